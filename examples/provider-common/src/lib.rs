//! What the example providers share: options, commands, the first account, what is said at the start,
//! and the notes of the protected API. A program adds one web framework and nothing else.
//!
//! ```no_run
//! use provider_common::{Refused, Site};
//!
//! async fn serve(site: Site) -> Result<(), Refused> {
//!     // Mount `site.provider`, the API at `site.api_path`; bind `site.address`; then:
//!     site.welcome.say();
//!     site.stop.await;
//!     Ok(())
//! }
//!
//! fn main() -> std::process::ExitCode {
//!     provider_common::run("provider", serve)
//! }
//! ```

mod api;
mod arguments;
mod commands;
mod environment;
mod file;
mod first_account;
mod notes;
mod options;
mod output;
mod settings;
mod signals;
mod site;
mod storage;
mod unread;
mod welcome;

pub use api::{Api, refusal};
pub use notes::{LONGEST_NOTE, Notes, Said, profile};
pub use output::Refused;
pub use site::{App, Site};
pub use storage::Storage;
pub use welcome::Welcome;

use arguments::{Arguments, Command};
use clap::FromArgMatches as _;
use oauth_pages::StoredAccounts;
use options::Options;
use output::{Answer, Format};
use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::Duration;
use tracing_subscriber::EnvFilter;

/// Runs a program of this name: a command if the command line has one, and otherwise the server.
pub fn run(program: &'static str, serve: impl AsyncFnOnce(Site) -> Result<(), Refused>) -> ExitCode {
    let (unset, warning) = environment::unset(std::env::vars_os());
    let matches = arguments::definition(&unset).name(program).get_matches();
    let Arguments { mut options, command } = Arguments::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let format = if options.json { Format::Json } else { Format::Text };
    if let Err(refused) = options.complete(&matches) {
        return format.refuse(&refused);
    }
    // What a command did is its answer; a server's log is all there is to see of it.
    log_to_stderr(match command {
        None => "info",
        // The acts are lines of the log.
        Some(_) if options.config(options.port).is_ok_and(|config| config.audit_log) => "warn,oauth::audit=info",
        Some(_) => "warn",
    });
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let unread = unread::warnings(&std::env::current_dir().unwrap_or_default(), names);
    for warning in warning.into_iter().chain(unread) {
        tracing::warn!("{warning}");
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            return format.refuse(&Refused::new("server_error", format!("no threads can be started: {error}")));
        }
    };
    let outcome = runtime.block_on(async {
        match command {
            Some(command) => perform(command, &options).await.map(Some),
            None => serve(Site::prepare(&options, format, program).await?).await.map(|()| None),
        }
    });
    // Whatever was answered is stored already; a thread that still waits for a disk is not waited for.
    runtime.shutdown_timeout(Duration::from_millis(500));
    match outcome {
        Ok(None) => ExitCode::SUCCESS,
        Ok(Some((answer, code))) => {
            format.answer(&answer);
            code
        }
        Err(refused) => format.refuse(&refused),
    }
}

/// Performs a command; gives what it says, and how the program ends.
async fn perform(command: Command, options: &Options) -> Result<(Answer, ExitCode), Refused> {
    let config = options.config(options.port)?;
    let store = options.store().await?;
    let answer = match command {
        Command::Application(command) => commands::application::run(command, &store, &config).await,
        Command::User(command) => {
            commands::user::run(command, &StoredAccounts::new(store.clone(), &config), &store, &config).await
        }
        Command::Audit(asked) => commands::audit::run(&asked, &store).await,
        Command::Check => return commands::check::run(options, &store),
        Command::Sweep(asked) => commands::sweep::run(&asked, &store, &config).await,
    };
    Ok((answer?, ExitCode::SUCCESS))
}

/// Sends log lines to standard error: those that `PROVIDER_LOG` or `RUST_LOG` asks for, or else these.
fn log_to_stderr(default: &str) {
    let given = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let asked = given("PROVIDER_LOG").or_else(|| given("RUST_LOG"));
    let filter = EnvFilter::try_new(asked.as_deref().unwrap_or(default)).unwrap_or_else(|error| {
        output::warn(&format!("warning: PROVIDER_LOG: {error}; logging at level {default}"));
        EnvFilter::new(default)
    });
    let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colour).with_writer(std::io::stderr).init();
}
