use super::bare::{Bare, Known};
use super::{ANSWER, announce, tokens};
use crate::Error;
use oauth_core::resource::LocalResourceProvider;
use oauth_rocket::{Authorized, Resources, scopes};
use rocket::config::{LogLevel, Shutdown};
use rocket::fairing::AdHoc;
use rocket::http::Status;
use rocket::request::{FromRequest, Outcome};
use rocket::{Build, Request, Rocket, get, routes};
use std::hint::black_box;
use std::net::{Ipv4Addr, SocketAddr};

scopes! { Read = "read"; }

#[get("/hello")]
fn plain() -> &'static str {
    ANSWER
}

#[get("/hello")]
fn checked(known: Checked) -> &'static str {
    black_box(known.0.subject);
    ANSWER
}

#[get("/hello")]
fn guarded(token: Authorized<Read>) -> &'static str {
    black_box(&token.subject);
    ANSWER
}

struct Checked(Known);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Checked {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        let bare = request.rocket().state::<Bare>();
        match bare.and_then(|bare| bare.check(request.headers().get_one("authorization"))) {
            Some(known) => Outcome::Success(Self(known)),
            None => Outcome::Error((Status::Unauthorized, ())),
        }
    }
}

/// Serves the three cases, each in an application of its own: a plain one has no fairing either.
pub(super) async fn serve(tokens: usize) -> Result<(), Error> {
    let resources = LocalResourceProvider::new(tokens::store(tokens).await?);
    let cases = [
        application().mount("/", routes![plain]),
        application().mount("/", routes![checked]).manage(Bare::new(tokens)),
        application().mount("/", routes![guarded]).attach(Resources::new(resources)),
    ];
    let mut running = Vec::new();
    for (case, rocket) in cases.into_iter().enumerate() {
        let rocket = rocket.attach(AdHoc::on_liftoff("announce", move |rocket| {
            let address = SocketAddr::new(rocket.config().address, rocket.config().port);
            Box::pin(async move { announce(case, address) })
        }));
        running.push(tokio::spawn(rocket.launch()));
    }
    for rocket in running {
        rocket.await??;
    }
    Ok(())
}

fn application() -> Rocket<Build> {
    rocket::custom(rocket::Config {
        address: Ipv4Addr::LOCALHOST.into(),
        port: 0,
        log_level: LogLevel::Off,
        shutdown: Shutdown { ctrlc: false, ..Shutdown::default() },
        ..rocket::Config::release_default()
    })
}
