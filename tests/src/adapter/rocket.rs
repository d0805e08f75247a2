use super::own::{self, ByMethod, Either, Own, Recent, Strong};
use super::{Pages, Read, Stop, Write, said};
use ::rocket::config::{LogLevel, Shutdown};
use ::rocket::fairing::AdHoc;
use ::rocket::http::Status;
use ::rocket::response::content::RawJson;
use ::rocket::{FromForm, get, post, routes};
use oauth_core::provider::Provider;
use oauth_rocket::{Authorized, AuthorizedForm, MaybeAuthorized, OAuth, Resources};
use std::net::SocketAddr;
use tokio::sync::oneshot;

#[get("/profile")]
fn profile(token: Authorized<Read>) -> RawJson<String> {
    RawJson(said(&token))
}

#[get("/notes")]
fn notes(token: Authorized<Read>) -> RawJson<String> {
    RawJson(said(&token))
}

#[post("/notes")]
fn write_note(token: Authorized<Write>) -> (Status, RawJson<String>) {
    (Status::Created, RawJson(said(&token)))
}

#[get("/either")]
fn either(token: Authorized<Either, Own>) -> String {
    token.row.clone()
}

#[get("/notes")]
fn own_notes(token: Authorized<ByMethod, Own>) -> String {
    token.row.clone()
}

#[post("/notes")]
fn write_own_note(token: Authorized<ByMethod, Own>) -> String {
    token.row.clone()
}

#[get("/recent")]
fn recent(token: Authorized<Recent, Own>) -> String {
    token.row.clone()
}

#[get("/strong")]
fn strong(token: Authorized<Strong, Own>) -> String {
    token.row.clone()
}

#[get("/maybe")]
fn maybe(token: MaybeAuthorized<Read, Own>) -> String {
    token.as_ref().map_or_else(|| "nobody".to_owned(), |token| token.row.clone())
}

#[derive(FromForm)]
struct Note<'r> {
    text: &'r str,
    access_token: Option<&'r str>,
}

#[post("/form", data = "<sent>")]
fn form(sent: AuthorizedForm<Note<'_>, Write, Own>) -> String {
    let Note { text, access_token } = sent.form;
    format!("{} writes {text}, {access_token:?}", sent.token.row)
}

/// Takes the place of Rocket's logger, which every new Rocket sets to talk until it is ignited.
struct Silent;

impl log::Log for Silent {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        false
    }
    fn log(&self, _: &log::Record<'_>) {}
    fn flush(&self) {}
}

/// Starts a server; `None` where the port is taken.
pub(super) async fn start(address: SocketAddr, provider: Provider<Pages>) -> Option<Stop> {
    // The first server of the process does it, unless the test brought a logger of its own.
    let _ = log::set_logger(&Silent);
    let settings = ::rocket::Config {
        address: address.ip(),
        port: address.port(),
        log_level: LogLevel::Off,
        shutdown: Shutdown { ctrlc: false, signals: Default::default(), grace: 0, mercy: 0, ..Shutdown::default() },
        ..::rocket::Config::release_default()
    };
    let (listens, listening) = oneshot::channel();
    let listens = std::sync::Mutex::new(Some(listens));
    let launched = ::rocket::custom(settings)
        .attach(Resources::from(own::resource(&provider)))
        .mount(own::PATH, routes![either, own_notes, write_own_note, recent, strong, maybe, form])
        .attach(OAuth::with(provider))
        .mount("/api", routes![profile, notes, write_note])
        .attach(AdHoc::on_liftoff("tell the test", move |rocket| {
            let listens = listens.lock().unwrap().take();
            Box::pin(async move {
                if let Some(listens) = listens {
                    let _ = listens.send(rocket.shutdown());
                }
            })
        }));
    tokio::spawn(async move {
        if let Err(error) = launched.launch().await {
            match error.kind() {
                ::rocket::error::ErrorKind::Bind(_) | ::rocket::error::ErrorKind::Shutdown(..) => {}
                other => eprintln!("the server did not start: {other}"),
            }
        }
    });
    let shutdown = listening.await.ok()?;
    Some(Box::new(move || shutdown.notify()))
}
