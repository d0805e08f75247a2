//! The request guards: what they let in, and how they refuse (RFC 6750).
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use oauth_rocket::{Authorized, MaybeAuthorized, Refused, Resources, scopes};
use oauth_test_witness::{Gate, Pass};
use rocket::http::{Header, Status};
use rocket::local::asynchronous::{Client, LocalResponse};
use rocket::{Build, Rocket, catch, catchers, get, routes};
use std::sync::atomic::Ordering;

scopes! {
    Read = "read";
    Write = "write";
    ReadWrite = "read", "write";
}

#[get("/read")]
fn read(token: Authorized<Read, Pass>) -> String {
    token.client_id.to_string()
}

#[get("/both")]
fn both(_read: Authorized<Read, Pass>, _write: Authorized<Write, Pass>, _any: MaybeAuthorized<ReadWrite, Pass>) {}

#[get("/maybe")]
fn maybe(token: MaybeAuthorized<Read, Pass>) -> &'static str {
    if token.is_some() { "somebody" } else { "nobody" }
}

#[get("/own")]
fn own(token: Result<Authorized<Read, Pass>, Refused>) -> Result<&'static str, (Status, String)> {
    token.map(|_| "in").map_err(|refused| (Status::ImATeapot, refused.refusal().to_string()))
}

#[get("/passed-on")]
fn passed_on(token: Result<Authorized<Read, Pass>, Refused>) -> Result<&'static str, Refused> {
    token.map(|_| "in")
}

#[get("/forwards")]
fn forwards(_token: Option<Authorized<Write, Pass>>, _never: Never) {}

#[get("/forwards", rank = 2)]
fn forwarded() -> (Status, &'static str) {
    (Status::Unauthorized, "an answer of its own")
}

#[get("/forwards-well")]
fn forwards_well(_token: Option<Authorized<Write, Pass>>, _never: Never) {}

#[get("/forwards-well", rank = 2)]
fn forwarded_well(_token: Authorized<Read, Pass>) -> &'static str {
    "in"
}

/// A guard that always forwards.
struct Never;

#[rocket::async_trait]
impl<'r> rocket::request::FromRequest<'r> for Never {
    type Error = ();

    async fn from_request(_: &'r rocket::Request<'_>) -> rocket::request::Outcome<Self, ()> {
        rocket::request::Outcome::Forward(Status::NotFound)
    }
}

#[catch(401)]
fn page() -> &'static str {
    "<h1>sign in</h1>"
}

/// Offers another scheme beside ours.
#[derive(rocket::Responder)]
#[response(status = 401)]
struct Offer(&'static str, Header<'static>);

#[catch(401)]
fn offers_basic() -> Offer {
    Offer("<h1>sign in</h1>", Header::new("WWW-Authenticate", r#"Basic realm="people""#))
}

#[rocket::async_test]
async fn challenges_of_other_schemes_survive() {
    let rocket = rocket(Gate::default()).register("/read", catchers![offers_basic]);
    let client = Client::tracked(rocket).await.unwrap();
    let response = get(&client, "/read", None).await;
    let challenges: Vec<_> = response.headers().get("www-authenticate").collect();
    assert_eq!(challenges, [r#"Basic realm="people""#, r#"Bearer realm="notes", scope="read""#]);
    assert_eq!(response.headers().get("content-type").collect::<Vec<_>>(), ["application/json"]);
}

fn rocket(gate: Gate) -> Rocket<Build> {
    let mounted = routes![read, both, maybe, own, passed_on, forwards, forwarded, forwards_well, forwarded_well];
    rocket::build().attach(Resources::new(gate).realm("notes")).mount("/", mounted).register("/", catchers![page])
}

async fn get<'c>(client: &'c Client, path: &'c str, authorization: Option<&'c str>) -> LocalResponse<'c> {
    let mut request = client.get(path);
    if let Some(value) = authorization {
        request.add_header(Header::new("Authorization", value.to_owned()));
    }
    request.dispatch().await
}

async fn client(gate: Gate) -> Client {
    Client::tracked(rocket(gate)).await.unwrap()
}

#[rocket::async_test]
async fn a_good_token_comes_in() {
    let client = client(Gate::default()).await;
    let response = get(&client, "/read", Some("Bearer read.write")).await;
    assert_eq!(response.status(), Status::Ok);
    assert_eq!(response.into_string().await.unwrap(), "notes");
}

#[rocket::async_test]
async fn refusals_carry_status_challenge_and_body() {
    let client = client(Gate::default()).await;
    let cases = [
        (None, 401, r#"Bearer realm="notes", scope="read""#, "unauthorized"),
        (Some("Basic bm8="), 401, r#"Bearer realm="notes", scope="read""#, "unauthorized"),
        (Some("Bearer bad"), 401, r#"Bearer realm="notes", error="invalid_token""#, "invalid_token"),
        (Some("Bearer write"), 403, r#"Bearer realm="notes", error="insufficient_scope""#, "insufficient_scope"),
        (Some("Bearer two tokens"), 400, r#"Bearer realm="notes", error="invalid_request""#, "invalid_request"),
        (Some("Bearer down"), 503, "", "temporarily_unavailable"),
    ];
    for (authorization, status, challenge, error) in cases {
        let response = get(&client, "/read", authorization).await;
        assert_eq!(response.status().code, status, "{authorization:?}");
        let challenges: Vec<_> = response.headers().get("www-authenticate").map(str::to_owned).collect();
        assert_eq!(challenges.len(), usize::from(!challenge.is_empty()), "{challenges:?}");
        assert!(challenges.iter().all(|sent| sent.starts_with(challenge)), "{challenges:?}");
        assert_eq!(response.headers().get_one("cache-control"), Some("no-store"));
        assert_eq!(response.headers().get("content-type").collect::<Vec<_>>(), ["application/json"]);
        let body = response.into_string().await.unwrap();
        assert!(body.contains(&format!(r#""error":"{error}""#)), "{body}");
    }
}

#[rocket::async_test]
async fn two_authorization_headers_are_refused() {
    let client = client(Gate::default()).await;
    let request = client.get("/read").header(Header::new("Authorization", "Bearer read"));
    let mut request = request;
    request.add_header(Header::new("Authorization", "Bearer read"));
    assert_eq!(request.dispatch().await.status(), Status::BadRequest);
}

#[rocket::async_test]
async fn a_request_is_validated_once() {
    let gate = Gate::default();
    let client = client(gate.clone()).await;
    assert_eq!(get(&client, "/both", Some("Bearer read.write")).await.status(), Status::Ok);
    assert_eq!(gate.0.load(Ordering::SeqCst), 1);
    assert_eq!(get(&client, "/both", Some("Bearer read")).await.status(), Status::Forbidden);
    assert_eq!(gate.0.load(Ordering::SeqCst), 2);
}

#[rocket::async_test]
async fn maybe_is_none_only_where_nothing_was_sent() {
    let client = client(Gate::default()).await;
    assert_eq!(get(&client, "/maybe", None).await.into_string().await.unwrap(), "nobody");
    assert_eq!(get(&client, "/maybe", Some("Bearer read")).await.into_string().await.unwrap(), "somebody");
    assert_eq!(get(&client, "/maybe", Some("Bearer bad")).await.status(), Status::Unauthorized);
    assert_eq!(get(&client, "/maybe", Some("Bearer write")).await.status(), Status::Forbidden);
    assert_eq!(get(&client, "/maybe", Some("Bearer")).await.status(), Status::BadRequest);
}

#[rocket::async_test]
async fn a_route_may_answer_a_refusal_itself() {
    let client = client(Gate::default()).await;
    let response = get(&client, "/own", Some("Bearer bad")).await;
    assert_eq!(response.status(), Status::ImATeapot);
    assert!(response.headers().get_one("www-authenticate").is_none());
    let response = get(&client, "/passed-on", None).await;
    assert_eq!(response.headers().get_one("www-authenticate"), Some(r#"Bearer realm="notes", scope="read""#));
}

#[rocket::async_test]
async fn a_refusal_does_not_outlive_its_route() {
    let client = client(Gate::default()).await;
    let response = get(&client, "/forwards", None).await;
    assert_eq!(response.status(), Status::Unauthorized);
    assert_eq!(response.into_string().await.unwrap(), "an answer of its own");
    let response = get(&client, "/forwards-well", Some("Bearer read")).await;
    assert_eq!(response.status(), Status::Ok);
    assert_eq!(response.into_string().await.unwrap(), "in");
}

#[rocket::async_test]
async fn a_guard_without_a_provider_does_not_launch() {
    for route in [routes![read], routes![maybe]] {
        let error = rocket::build().mount("/", route).ignite().await.map(drop).unwrap_err();
        assert!(matches!(error.kind(), rocket::error::ErrorKind::SentinelAborts(_)), "{error}");
    }
}
