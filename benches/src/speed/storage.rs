//! How much a million access tokens take that are alive, indexes included.

use super::verdict;
use crate::Error;
use crate::provider::{Process, name_in};
use oauth_test_servers::{Postgres, Redis};
use std::fs;
use tempfile::TempDir;

/// Stores so many tokens, and says how many bytes they take.
type Measure = fn(usize) -> Result<f64, Error>;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// How many tokens are stored.
    #[arg(long, default_value_t = 1_000_000)]
    tokens: usize,
}

#[allow(clippy::print_stdout, reason = "it is a program, and this is its answer")]
pub(crate) fn measure(arguments: &Arguments) -> Result<(), Error> {
    let tokens = arguments.tokens;
    let stores: [(&str, f64, Measure); 4] = [
        ("memory", 350.0, memory),
        ("SQLite", 130.0, sqlite),
        ("PostgreSQL", 250.0, postgres),
        ("Redis", 350.0, redis),
    ];
    for (name, allowed, measure) in stores {
        let bytes = measure(tokens)?;
        let million = bytes / f64::from(u32::try_from(tokens)?);
        println!(
            "  {name:<10} {million:.0} MB for a million, {} the {allowed} MB allowed",
            verdict(million <= allowed)
        );
    }
    Ok(())
}

/// What the whole process has grown by.
fn memory(tokens: usize) -> Result<f64, Error> {
    let mut server = Process::filled("memory:", 1_000)?;
    let before = server.memory()?;
    server.ask(&format!("fill 1000 {} live", tokens + 1_000))?;
    Ok(server.memory()? - before)
}

/// The file and its log.
fn sqlite(tokens: usize) -> Result<f64, Error> {
    let directory = TempDir::new()?;
    drop(Process::filled(&format!("sqlite:{}", directory.path().join("tokens").display()), tokens)?);
    let mut bytes = 0;
    for file in fs::read_dir(directory.path())? {
        bytes += file?.metadata()?.len();
    }
    Ok(bytes as f64)
}

/// The tables with their indexes.
fn postgres(tokens: usize) -> Result<f64, Error> {
    let server = Postgres::start(&[("max_wal_size", "4GB")]);
    let url = server.database();
    let filled = Process::filled(&url, tokens)?;
    let said = server.sql(name_in(&url)?, "SELECT pg_total_relation_size('oauth_access_tokens')");
    drop(filled);
    Ok(said.trim().parse()?)
}

/// What Redis says that its records take.
fn redis(tokens: usize) -> Result<f64, Error> {
    let server = Redis::start(&[]);
    let used = || -> Result<f64, Error> {
        let said = server.cli(&["info", "memory"]);
        let used = said.lines().find_map(|line| line.strip_prefix("used_memory:"));
        Ok(used.ok_or("it says its memory")?.trim().parse()?)
    };
    let before = used()?;
    let filled = Process::filled(&server.url(), tokens)?;
    let after = used()?;
    drop(filled);
    Ok(after - before)
}
