//! Counts the instructions of a request, in memory and without a framework: what 1,000 more requests add under
//! `valgrind --tool=callgrind`. Unlike time, this figure is the same on each run, so two versions can be compared.

mod requests;

use clap::{Parser, ValueEnum};
use requests::Requests;
use std::process::Command;

/// Whatever goes wrong ends the measurement.
type Error = Box<dyn std::error::Error + Send + Sync>;

/// The requests before those that are counted, and with them.
const FEW: u64 = 500;
const MANY: u64 = 1_500;

#[derive(Parser)]
#[command(about = "Counts the instructions of a request, with valgrind")]
struct Arguments {
    /// The kinds of requests; all if none is named.
    kinds: Vec<Kind>,
    /// Makes so many requests of the first kind here, and counts nothing.
    #[arg(long, hide = true)]
    make: Option<u64>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// A check of an access token, at the protected resource.
    Check,
    /// A token by `client_credentials`.
    ClientCredentials,
    /// An authorization request, decided at once: a code. Each is of another person.
    Authorization,
    /// The same, and the exchange of the code.
    Code,
    /// A refresh, each of the token before.
    Refresh,
}

impl Kind {
    fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
}

#[allow(clippy::print_stdout, reason = "it prints what it counted")]
fn main() -> Result<(), Error> {
    let Arguments { kinds, make } = Arguments::parse();
    let kinds = if kinds.is_empty() { Kind::value_variants().to_vec() } else { kinds };
    if let (Some(count), Some(kind)) = (make, kinds.first()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        return runtime.block_on(async { Requests::new().await?.make(*kind, count).await });
    }
    println!("| request | instructions |\n|---|---|");
    for kind in kinds {
        let more = instructions(kind, MANY)?.saturating_sub(instructions(kind, FEW)?);
        println!("| {} | {} |", kind.name(), more / (MANY - FEW));
    }
    Ok(())
}

/// Runs this program under valgrind, and reads its count.
fn instructions(kind: Kind, requests: u64) -> Result<u64, Error> {
    let ran = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe()?)
        .args([kind.name(), format!("--make={requests}")])
        .output()
        .map_err(|error| format!("valgrind: {error}; install it: apt-get install valgrind"))?;
    let said = String::from_utf8_lossy(&ran.stderr);
    let count = said.lines().find_map(|line| line.split_once("refs:")).map(|(_, count)| count.replace(',', ""));
    match count {
        Some(count) if ran.status.success() => Ok(count.trim().parse()?),
        _ => Err(format!("valgrind failed: {said}").into()),
    }
}
