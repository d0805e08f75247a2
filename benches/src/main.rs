//! Measures what this workspace costs, as ratios in one run; `benches/README.md` says how to read it.

mod cpu;
mod figures;
mod load;
mod resource;

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
    /// The server of `resource`, in a process of its own.
    #[command(hide = true)]
    ResourceServer(resource::ServerArguments),
}

fn main() -> Result<(), Error> {
    match Arguments::parse().measurement {
        Measurement::Resource(arguments) => resource::measure(&arguments),
        Measurement::ResourceServer(arguments) => resource::serve(&arguments),
    }
}
