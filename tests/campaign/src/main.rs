//! The campaign of faults behind `tests/chaos`: races, decisions that end, `kill -9`, outages of the database, narrow limits.
//! It counts what it does, prints the counts as tables, and fails where a promise was broken.
//!
//! Run without a section it does all of them, in full; `--slice` is the short form for CI.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a campaign that cannot go on ends, and it speaks to whoever runs it"
)]

mod arguments;
mod decisions;
mod disk;
mod http;
mod kills;
mod limits;
mod load;
mod moment;
mod outages;
mod place;
mod provider;
mod races;
mod report;
mod sizes;
mod store;

use arguments::{Arguments, Section};
use clap::Parser as _;
use report::Report;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    match (words.next().as_deref(), words.next()) {
        // What it starts beside itself.
        (Some("serve"), Some(location)) => provider::serve(&location, words.next().as_deref() == Some("pages")).await,
        (Some("contend"), Some(location)) => races::contend(&location, words.next()).await,
        (Some("page"), Some(records)) => print!("{}", report::page(records.as_ref())),
        _ => return campaign(Arguments::parse()).await,
    }
    ExitCode::SUCCESS
}

async fn campaign(arguments: Arguments) -> ExitCode {
    let sizes = arguments.sizes();
    let mut report = Report::new(&arguments);
    for section in arguments.sections() {
        report.begin(section);
        match section {
            Section::Races => races::run(&arguments, &sizes, &mut report).await,
            Section::Decisions => decisions::run(&arguments, &sizes, &mut report).await,
            Section::Kills => kills::run(&arguments, &sizes, &mut report).await,
            Section::Outages => outages::run(&arguments, &sizes, &mut report).await,
            Section::Limits => limits::run(&arguments, &sizes, &mut report).await,
        }
        report.end();
    }
    if report.finish() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
