//! What SQLite adds to a whole request for a token, over the store in memory: in rounds that take turns.

use super::{cost, verdict};
use crate::figures::Figures;
use crate::load::Load;
use crate::provider::{Place, Process, Store, client_credentials};
use crate::{Error, cpu};

/// What issue 4 allows, in microseconds of CPU.
const ALLOWED: f64 = 25.0;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// How many rounds are measured.
    #[arg(long, default_value_t = 60)]
    rounds: usize,
    /// How many clients have a request under way.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// How many requests a client sends in a round.
    #[arg(long, default_value_t = 40)]
    requests: usize,
    /// How many threads serve.
    #[arg(long, default_value_t = 1)]
    threads: usize,
}

#[allow(clippy::print_stdout, reason = "it is a program, and this is its answer")]
pub(crate) fn measure(arguments: &Arguments) -> Result<(), Error> {
    let Arguments { rounds, connections, requests, threads } = *arguments;
    let place = Place::new(Store::Sqlite, &[])?;
    let memory = Process::start("memory:", threads)?;
    let sqlite = Process::start(&place.database("tokens"), threads)?;
    let request = client_credentials();
    let mut loads =
        [Load::connect(memory.address, connections, &request)?, Load::connect(sqlite.address, connections, &request)?];
    println!("client_credentials, {connections} clients, synchronous=FULL; load {}", cpu::load_average());
    let mut found = Vec::new();
    for round in 0..=rounds {
        let mut costs = Vec::new();
        for (server, load) in [&memory, &sqlite].into_iter().zip(&mut loads) {
            costs.push(cost(server, load, requests, &mut std::iter::repeat(request.as_slice()))?);
        }
        // The first round warms up.
        if let ([memory, sqlite], true) = (&costs[..], round > 0) {
            found.push((*memory, *sqlite));
        }
    }
    let more = Figures::of(found.iter().map(|(memory, sqlite)| sqlite.cpu - memory.cpu));
    println!("  in memory   {}", Figures::of(found.iter().map(|(memory, _)| memory.cpu)));
    println!("  in SQLite   {}", Figures::of(found.iter().map(|(_, sqlite)| sqlite.cpu)));
    println!("  SQLite adds {more}: {} the {ALLOWED} µs allowed", verdict(more.median() <= ALLOWED));
    let rate = |of: f64| format!("{of:.0} a second");
    println!(
        "  in memory {}, in SQLite {}",
        rate(Figures::of(found.iter().map(|(memory, _)| memory.rate)).median()),
        rate(Figures::of(found.iter().map(|(_, sqlite)| sqlite.rate)).median())
    );
    println!("load {}", cpu::load_average());
    Ok(())
}
