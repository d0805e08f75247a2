//! A working OAuth 2.1 provider on Rocket: pages, a store of your choice, a protected API and a
//! command line.
//!
//! `cargo run` starts it. `cargo run -- --help` shows its options and commands, which it shares with
//! `warp-provider`; here stands what is Rocket's.

mod api;
mod server;

use std::process::ExitCode;

fn main() -> ExitCode {
    provider_common::run("provider", server::run)
}
