//! The server: pages, endpoints and API on one socket.

use crate::api;
use oauth_core::provider::Service;
use oauth_rocket::{OAuth, unknown_paths};
use provider_common::{Notes, Refused, Site};
use rocket::config::{Ident, LogLevel, Shutdown};
use rocket::error::ErrorKind;
use rocket::fairing::{self, AdHoc};
use rocket::response::Redirect;
use rocket::{Build, Rocket, State, get, routes};
use std::net::SocketAddr;
use std::sync::Arc;

/// Where the root leads to.
struct Home(String);

#[get("/")]
fn root(home: &State<Home>) -> Redirect {
    Redirect::to(home.0.clone())
}

/// Serves until Ctrl-C or SIGTERM.
pub(crate) async fn run(site: Site) -> Result<(), Refused> {
    let Site { provider, address, api_path, api, idle_time, home, welcome, stop } = site;
    let oauth = OAuth::with(provider);
    let oauth = api.metadata.into_iter().fold(oauth, OAuth::metadata);
    let refused = |error: rocket::Error| did_not_launch(&error, address);
    let rocket = rocket::custom(settings(address, idle_time))
        .attach(oauth)
        .attach(AdHoc::try_on_ignite("Error pages", error_pages))
        .manage(Notes::default())
        .manage(Home(home))
        .manage(api.access)
        .register(api_path.clone(), api::catchers())
        .mount(api_path, api::routes())
        .mount("/", routes![root])
        .attach(AdHoc::on_liftoff("Welcome", |_| Box::pin(async { welcome.say() })))
        .ignite()
        .await
        .map_err(refused)?;
    let shutdown = rocket.shutdown();
    tokio::spawn(async move {
        stop.await;
        shutdown.notify();
    });
    match rocket.launch().await {
        Ok(_) => Ok(()),
        Err(error) if matches!(error.kind(), ErrorKind::Shutdown(..)) => {
            // A client that keeps a request open does not decide how this ends.
            tracing::warn!("requests were still under way when the server stopped");
            Ok(())
        }
        Err(error) => Err(refused(error)),
    }
}

/// Answers unknown paths with the provider's own page.
async fn error_pages(rocket: Rocket<Build>) -> fairing::Result {
    match rocket.state::<Arc<dyn Service>>().cloned() {
        Some(service) => Ok(rocket.register("/", unknown_paths(&service))),
        None => Err(rocket),
    }
}

/// Neither Rocket.toml nor `ROCKET_` variables are read.
fn settings(address: SocketAddr, idle_time: u32) -> rocket::Config {
    rocket::Config {
        address: address.ip(),
        port: address.port(),
        // Rocket 0.5 keeps idle connections of HTTP/1 open if this is not 0, however long it is.
        keep_alive: idle_time,
        ident: Ident::none(),
        // Rocket writes whole requests and answers, tokens included, to its log (RFC 6819 §5.1.4.1).
        log_level: LogLevel::Off,
        cli_colors: false,
        shutdown: without_signals(),
        ..rocket::Config::release_default()
    }
}

/// Leaves signals to the site's `stop`.
fn without_signals() -> Shutdown {
    let mut shutdown = Shutdown { ctrlc: false, ..Shutdown::default() };
    #[cfg(unix)]
    shutdown.signals.clear();
    shutdown
}

fn did_not_launch(error: &rocket::Error, address: SocketAddr) -> Refused {
    match error.kind() {
        ErrorKind::Bind(error) | ErrorKind::Io(error) => Refused::not_bound(error, address),
        other => Refused::new("server_error", format!("the server does not start: {other}")),
    }
}
