//! The server: pages, endpoints and API on one socket.

use crate::first_account::{self, FirstAccount};
use crate::options::{Options, origin};
use crate::output::{Format, Refused, write_out};
use crate::{api, welcome};
use oauth_core::config::Config;
use oauth_core::provider::Provider;
use oauth_diesel::SqliteStore;
use oauth_pages::{PagesProvider, StoredAccounts};
use oauth_rocket::OAuth;
use rocket::config::{Ident, LogLevel, Shutdown};
use rocket::error::ErrorKind;
use rocket::fairing::AdHoc;
use rocket::response::Redirect;
use rocket::{Build, Rocket, State, get, routes};
use std::net::{IpAddr, TcpListener};

/// Where the root leads to.
struct Home(String);

/// Serves until Ctrl-C or SIGTERM.
pub(crate) async fn run(options: &Options, format: Format) -> Result<(), Refused> {
    let stop = stop().map_err(|error| Refused::new("server_error", format!("signals cannot be received: {error}")))?;
    let port = free_port(options.address, options.port)?;
    let config = options.config(port)?;
    for warning in options.warnings() {
        tracing::warn!("{warning}");
    }
    let database = options.database.clone();
    let store = options.store().await?;
    let accounts = StoredAccounts::new(store.clone(), &config);
    let account = first_account::create(&accounts).await?;
    if let (Format::Text, Some(text)) = (format, welcome::first_account(&account, &database)) {
        write_out(&text);
    }
    let rocket = rocket(options.address, port, config.clone(), store, accounts)?;
    let rocket = rocket.attach(welcome(options.address, config, database, account, format));
    match launch(rocket, stop).await {
        Ok(()) => Ok(()),
        Err(error) if matches!(error.kind(), ErrorKind::Shutdown(..)) => {
            // Whoever keeps a request open does not decide how this ends.
            tracing::warn!("ended although requests were under way: their clients did not send or read the rest");
            Ok(())
        }
        Err(error) => Err(did_not_launch(&error, options.address, port)),
    }
}

async fn launch(rocket: Rocket<Build>, stop: impl Future<Output = ()> + Send + 'static) -> Result<(), rocket::Error> {
    let rocket = rocket.ignite().await?;
    let shutdown = rocket.shutdown();
    tokio::spawn(async move {
        stop.await;
        shutdown.notify();
    });
    rocket.launch().await.map(drop)
}

/// Receives Ctrl-C and SIGTERM from now on: Rocket would begin only after it said that it listens, and
/// until then they would kill.
#[cfg(unix)]
fn stop() -> std::io::Result<impl Future<Output = ()> + Send + 'static> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Receives Ctrl-C.
#[cfg(not(unix))]
fn stop() -> std::io::Result<impl Future<Output = ()> + Send + 'static> {
    Ok(async { drop(tokio::signal::ctrl_c().await) })
}

/// Puts the provider and the API on Rocket. The API takes tokens that are meant for it, the default
/// audience of the settings; neither Rocket.toml nor `ROCKET_` variables are read.
fn rocket(
    address: IpAddr,
    port: u16,
    config: Config,
    store: SqliteStore,
    accounts: StoredAccounts<SqliteStore>,
) -> Result<Rocket<Build>, Refused> {
    let settings = rocket::Config {
        address,
        port,
        ident: Ident::none(),
        // Rocket writes whole requests and answers, tokens included, to its log (RFC 6819 §5.1.4.1).
        log_level: LogLevel::Off,
        cli_colors: false,
        shutdown: without_signals(),
        ..rocket::Config::release_default()
    };
    let api_path = format!("{}/api", config.issuer.path());
    let home = Home(format!("{}/", config.paths.base));
    let provider = Provider::new(PagesProvider::new(config, store, accounts))
        .map_err(|wrong| Refused::new("invalid_configuration", wrong.to_string()))?;
    Ok(rocket::custom(settings)
        .attach(OAuth::with(provider))
        .manage(api::Notes::default())
        .manage(home)
        .mount(api_path, api::routes())
        .mount("/", routes![root]))
}

/// Leaves signals to [`stop`].
fn without_signals() -> Shutdown {
    let mut shutdown = Shutdown { ctrlc: false, ..Shutdown::default() };
    #[cfg(unix)]
    shutdown.signals.clear();
    shutdown
}

#[get("/")]
fn root(home: &State<Home>) -> Redirect {
    Redirect::to(home.0.clone())
}

/// Says where to go next once the socket is bound.
fn welcome(address: IpAddr, config: Config, database: String, account: FirstAccount, format: Format) -> AdHoc {
    AdHoc::on_liftoff("Welcome", move |rocket| {
        Box::pin(async move {
            let listening = origin(address, rocket.config().port);
            format.answer(&welcome::listening(&config, &listening, &database, &account));
        })
    })
}

/// Checks that a port is free before anything is written, or finds a free one: the issuer must be
/// known before Rocket binds.
fn free_port(address: IpAddr, port: u16) -> Result<u16, Refused> {
    let bound = TcpListener::bind((address, port)).and_then(|listener| listener.local_addr());
    bound.map(|bound| bound.port()).map_err(|error| not_bound(&error, address, port))
}

fn not_bound(error: &std::io::Error, address: IpAddr, port: u16) -> Refused {
    let place = std::net::SocketAddr::new(address, port);
    let reason = match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            format!(
                "--port: {place} is in use by another program; end that one, or give another port (0 takes a free one)"
            )
        }
        std::io::ErrorKind::PermissionDenied => {
            format!("--port: {place} may not be bound by this user; give a port of 1024 or more")
        }
        _ => format!("--address: {place} cannot be bound: {error}"),
    };
    Refused::new("address_unavailable", reason)
}

fn did_not_launch(error: &rocket::Error, address: IpAddr, port: u16) -> Refused {
    match error.kind() {
        ErrorKind::Bind(error) | ErrorKind::Io(error) => not_bound(error, address, port),
        other => Refused::new("server_error", format!("the server does not start: {other}")),
    }
}
