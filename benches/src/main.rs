//! Measures what this workspace costs, as ratios in one run; `benches/README.md` says how to read it.

mod cpu;
mod figures;
mod growth;
mod load;
mod pages;
mod provider;
mod resource;
mod speed;
mod steady;

use clap::{Parser, Subcommand};

/// Whatever goes wrong ends the measurement.
type Error = Box<dyn std::error::Error + Send + Sync>;

#[derive(Parser)]
#[command(about = "Measures what the workspace costs, as ratios in one run")]
struct Arguments {
    #[command(subcommand)]
    measurement: Measurement,
}

#[derive(Subcommand)]
enum Measurement {
    /// What a check of an access token adds to a GET, on each framework.
    Resource(resource::Arguments),
    /// What SQLite adds to a whole request for a token.
    Sqlite(speed::sqlite::Arguments),
    /// How many tokens a second are issued on PostgreSQL, beside pgbench.
    Postgres(speed::postgres::Arguments),
    /// How many tokens a second are checked and issued on Redis, beside redis-benchmark.
    Redis(speed::redis::Arguments),
    /// What a whole request costs with few tokens stored and with many.
    Size(speed::size::Arguments),
    /// How much a million live access tokens take.
    Storage(speed::storage::Arguments),
    /// Whether a backlog is swept away beside checks, and what these wait for it.
    Growth(growth::Arguments),
    /// What pages cost with many records, and requests whose clients hang up.
    Pages(pages::Arguments),
    /// The server of all but `resource`, in a process of its own.
    #[command(hide = true)]
    ProviderServer(provider::ServerArguments),
    /// The server of `resource`, in a process of its own.
    #[command(hide = true)]
    ResourceServer(resource::ServerArguments),
}

fn main() -> Result<(), Error> {
    match Arguments::parse().measurement {
        Measurement::Resource(arguments) => resource::measure(&arguments),
        Measurement::Sqlite(arguments) => speed::sqlite::measure(&arguments),
        Measurement::Postgres(arguments) => speed::postgres::measure(&arguments),
        Measurement::Redis(arguments) => speed::redis::measure(&arguments),
        Measurement::Size(arguments) => speed::size::measure(&arguments),
        Measurement::Storage(arguments) => speed::storage::measure(&arguments),
        Measurement::Growth(arguments) => growth::measure(&arguments),
        Measurement::Pages(arguments) => pages::measure(&arguments),
        Measurement::ProviderServer(arguments) => provider::serve(&arguments),
        Measurement::ResourceServer(arguments) => resource::serve(&arguments),
    }
}
