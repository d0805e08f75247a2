//! How many tokens a second are checked and issued on Redis, beside `redis-benchmark` on the same server:
//! in rounds that take turns.

use super::verdict;
use crate::figures::Figures;
use crate::provider::Process;
use crate::{Error, cpu};
use oauth_test_servers::Redis;
use std::process::Command;

/// What issue 4 asks for: the part of redis-benchmark's rate that is reached.
const ASKED: f64 = 0.2;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// How many rounds are measured.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// How many seconds each part of a round takes.
    #[arg(long, default_value_t = 4)]
    seconds: usize,
    /// How many tokens are stored.
    #[arg(long, default_value_t = 100_000)]
    tokens: usize,
}

#[allow(clippy::print_stdout, reason = "it is a program, and this is its answer")]
pub(crate) fn measure(arguments: &Arguments) -> Result<(), Error> {
    let Arguments { rounds, seconds, tokens } = *arguments;
    let server = Redis::start(&[]);
    let mut ours = Process::start(&server.url(), 2)?;
    ours.ask(&format!("fill 0 {tokens} live"))?;
    println!("64 calls at a time, {tokens} tokens; load {}", cpu::load_average());
    let mut found = Vec::new();
    for _ in 0..rounds {
        let seconds_each = f64::from(u32::try_from(seconds)?);
        let [set, get] = redis_benchmark(server.port())?;
        let check = ours.number(&format!("check {seconds} {tokens}"))? / seconds_each;
        let issue = ours.number(&format!("issue {seconds}"))? / seconds_each;
        println!("  GET {get:.0}, our check {check:.0}; SET {set:.0}, our issue {issue:.0} a second");
        found.push([check / get, issue / set]);
    }
    for (what, of) in [("checks of GET", 0), ("issues of SET", 1)] {
        let ratio = Figures::of(found.iter().filter_map(|round| round.get(of).copied())).median();
        println!(
            "  {what}: {:.0} % of redis-benchmark, {} the {:.0} % asked for",
            100.0 * ratio,
            verdict(ratio >= ASKED),
            100.0 * ASKED
        );
    }
    println!("load {}", cpu::load_average());
    Ok(())
}

/// Gives how many `SET` and `GET` a second redis-benchmark gets from as many clients.
fn redis_benchmark(port: u16) -> Result<[f64; 2], Error> {
    let output = Command::new("redis-benchmark")
        .args(["-p", &port.to_string(), "-c", "64", "-n", "200000", "-d", "64", "-r", "100000"])
        .args(["-t", "set,get", "--csv"])
        .output()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let rate = |name: &str| {
        let line = said.lines().find_map(|line| line.strip_prefix(&format!("\"{name}\",\"")))?;
        line.split('"').next()?.parse().ok()
    };
    match (rate("SET"), rate("GET")) {
        (Some(set), Some(get)) => Ok([set, get]),
        _ => Err(format!("redis-benchmark said: {said}").into()),
    }
}
