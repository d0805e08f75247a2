//! A working OAuth 2.1 provider on Warp: pages, a store of your choice, a protected API and a
//! command line.
//!
//! `cargo run -p warp-provider` starts it. `cargo run -p warp-provider -- --help` shows its options and
//! commands, which it shares with `provider`; here stands what is Warp's.

mod api;
mod server;

use std::process::ExitCode;

fn main() -> ExitCode {
    provider_common::run("warp-provider", server::run)
}
