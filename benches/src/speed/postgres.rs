//! How many tokens a second are issued on PostgreSQL, beside `pgbench` that inserts one row at a time on
//! the same server with the same settings: in rounds that take turns.

use super::{cost, verdict};
use crate::figures::Figures;
use crate::load::Load;
use crate::provider::{Process, client_credentials, name_in};
use crate::{Error, cpu};
use oauth_test_servers::Postgres;
use std::path::PathBuf;
use std::process::Command;

/// What issue 4 asks for: the part of pgbench's rate that is reached.
const ASKED: f64 = 0.3;

/// A row with a random key and as many bytes as a digest has.
const SCRIPT: &str = "\\set id random(1, 9223372036854775807)\n\
    INSERT INTO bench_rows VALUES (:id, '\\x000102030405060708090a0b0c0d0e0f000102030405060708090a0b0c0d0e0f');\n";

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// How many rounds are measured.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// How many seconds each part of a round takes.
    #[arg(long, default_value_t = 5)]
    seconds: usize,
    /// How many connections to the database, for us and for pgbench.
    #[arg(long, default_value_t = 16)]
    database_connections: usize,
}

/// The settings that both have; those of the tests' servers are not safe, and these are.
const SETTINGS: [(&str, &str); 3] = [("fsync", "on"), ("synchronous_commit", "on"), ("shared_buffers", "512MB")];

#[allow(clippy::print_stdout, reason = "it is a program, and this is its answer")]
pub(crate) fn measure(arguments: &Arguments) -> Result<(), Error> {
    let Arguments { rounds, seconds, database_connections } = *arguments;
    let server = Postgres::start(&SETTINGS);
    let url = server.database();
    server.sql(name_in(&url)?, "CREATE TABLE bench_rows (id BIGINT PRIMARY KEY, payload BYTEA)");
    let script = tempfile::NamedTempFile::new()?;
    std::fs::write(script.path(), SCRIPT)?;
    let mut ours = Process::start(&format!("{url}?connections={database_connections}"), 2)?;
    let request = client_credentials();
    println!("{database_connections} connections, fsync and synchronous_commit on; load {}", cpu::load_average());
    let mut found = Vec::new();
    for _ in 0..rounds {
        let seconds_each = f64::from(u32::try_from(seconds)?);
        let pgbench = pgbench(&url, script.path(), database_connections, seconds)?;
        let verbs = ours.number(&format!("issue {seconds}"))? / seconds_each;
        let batches = usize::try_from(verbs as u64)? * seconds / 64;
        // Anew each time: the server gives up who says nothing for so long.
        let mut load = Load::connect(ours.address, 64, &request)?;
        let requests = cost(&ours, &mut load, batches.max(1), &mut std::iter::repeat(request.as_slice()))?;
        println!("  pgbench {pgbench:.0}, store {verbs:.0}, whole requests {:.0} a second", requests.rate);
        found.push([pgbench, verbs, requests.rate]);
    }
    for (what, of) in [("the store's issue", 1), ("a whole request", 2)] {
        let ratios = found.iter().filter_map(|round| Some(round.get(of)? / round.first()?));
        let ratio = Figures::of(ratios).median();
        println!(
            "  {what}: {:.0} % of pgbench's single-row inserts, {} the {:.0} % asked for",
            100.0 * ratio,
            verdict(ratio >= ASKED),
            100.0 * ASKED
        );
    }
    println!("load {}", cpu::load_average());
    Ok(())
}

/// Gives pgbench's transactions a second.
fn pgbench(url: &str, script: &std::path::Path, connections: usize, seconds: usize) -> Result<f64, Error> {
    let output = Command::new(program()?)
        .args(["-n", "-M", "prepared", "-j", "2", "-c", &connections.to_string(), "-T", &seconds.to_string(), "-f"])
        .arg(script)
        .arg(url)
        .output()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let tps = said.lines().find_map(|line| line.strip_prefix("tps = "));
    let tps = tps.ok_or_else(|| String::from_utf8_lossy(&output.stderr).into_owned())?;
    Ok(tps.split(' ').next().unwrap_or_default().parse()?)
}

/// Looks for pgbench where Debian keeps it.
fn program() -> Result<PathBuf, Error> {
    for version in std::fs::read_dir("/usr/lib/postgresql")? {
        let path = version?.path().join("bin/pgbench");
        if path.exists() {
            return Ok(path);
        }
    }
    Err("pgbench is not there: install the package postgresql".into())
}
