//! A working OAuth 2.1 provider: pages, SQLite, a protected API and a command line.
//!
//! `cargo run` starts it. `cargo run -- --help` shows its options and commands.

mod api;
mod arguments;
mod commands;
mod first_account;
mod options;
mod output;
mod server;
mod welcome;

use arguments::{Arguments, Command};
use clap::Parser;
use oauth_pages::StoredAccounts;
use options::Options;
use output::{Answer, Format, Refused};
use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::Duration;
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let Arguments { options, command } = Arguments::parse();
    let format = if options.json { Format::Json } else { Format::Text };
    // What a command did is its answer; a server's log is all there is to see of it.
    log_to_stderr(if command.is_some() { "warn" } else { "info" });
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            return format.refuse(&Refused::new("server_error", format!("no threads can be started: {error}")));
        }
    };
    let outcome = runtime.block_on(async {
        match command {
            Some(command) => run(command, &options).await.map(Some),
            None => server::run(&options, format).await.map(|()| None),
        }
    });
    // Whatever was answered is stored already; a thread that still waits for a disk is not waited for.
    runtime.shutdown_timeout(Duration::from_millis(500));
    match outcome {
        Ok(answer) => {
            answer.iter().for_each(|answer| format.answer(answer));
            ExitCode::SUCCESS
        }
        Err(refused) => format.refuse(&refused),
    }
}

async fn run(command: Command, options: &Options) -> Result<Answer, Refused> {
    let config = options.config(options.port)?;
    let store = options.store().await?;
    match command {
        Command::Application(command) => commands::application::run(command, &store, &config).await,
        Command::User(command) => commands::user::run(command, &StoredAccounts::new(store, &config)).await,
        Command::Sweep => commands::sweep::run(&store, &config).await,
    }
}

/// Sends log lines to standard error: those that `PROVIDER_LOG` or `RUST_LOG` asks for, or else these.
fn log_to_stderr(default: &str) {
    let asked = std::env::var("PROVIDER_LOG").or_else(|_| std::env::var("RUST_LOG"));
    let filter = EnvFilter::try_new(asked.as_deref().unwrap_or(default)).unwrap_or_else(|error| {
        output::warn(&format!("warning: PROVIDER_LOG: {error}; logging at level {default}"));
        EnvFilter::new(default)
    });
    let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colour).with_writer(std::io::stderr).init();
}
