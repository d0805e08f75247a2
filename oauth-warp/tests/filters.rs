//! What the filters let in, how they refuse, how they compose, and what the server limits: on a socket.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, in its helpers too")]
#![cfg(feature = "provider")]

use http::{HeaderValue, StatusCode};
use oauth_core::provider::Service;
use oauth_core::resource::{Requirement, StepUp};
use oauth_test_witness::{Gate, Pass, Wire, Witness};
use oauth_warp::{
    Limits, ProtectedResource, authorized, authorized_by, maybe_authorized, maybe_authorized_by, provider, recover,
    scopes, serve,
};
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use warp::reject::{Reject, Rejection};
use warp::{Filter, Reply};

scopes! {
    Read = "read";
    Write = "write";
}

#[derive(Debug)]
struct Teapot;

impl Reject for Teapot {}

struct Running {
    wire: Wire,
    stop: oneshot::Sender<()>,
    ended: tokio::task::JoinHandle<()>,
}

impl Deref for Running {
    type Target = Wire;

    fn deref(&self) -> &Wire {
        &self.wire
    }
}

fn routes(service: Arc<dyn Service>) -> impl Filter<Extract = impl Reply, Error = Rejection> + Clone + Send + Sync {
    let resources = ProtectedResource::new(Gate::default()).realm("notes");
    let read = warp::path!("notes").and(warp::get()).and(authorized::<Read, _>(&resources));
    let read = read.map(|pass: Pass| pass.client_id.to_string());
    let write = warp::path!("notes").and(warp::post()).and(authorized::<Write, _>(&resources)).map(|_| "written");
    let maybe = warp::path!("maybe").and(maybe_authorized::<Read, _>(&resources));
    let maybe = maybe.map(|pass: Option<Pass>| if pass.is_some() { "somebody" } else { "nobody" });
    let open = warp::path!("open").and(warp::get()).map(|| "open");
    let own = warp::path!("own").and_then(|| async { Err::<String, _>(warp::reject::custom(Teapot)) });
    let api = read.or(write).or(maybe).or(open).or(own).recover(recover).recover(|rejection: Rejection| async move {
        match rejection.find::<Teapot>() {
            Some(Teapot) => Ok(warp::reply::with_status("short and stout", StatusCode::IM_A_TEAPOT)),
            None => Err(rejection),
        }
    });
    provider(service).or(api)
}

async fn start(limits: Limits) -> Running {
    let witness = Witness::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let server = serve(routes(witness.clone()), listener, limits);
    let ended = tokio::spawn(server.until(async { drop(stopped.await) }));
    Running { wire: Wire { address, witness }, stop, ended }
}

#[tokio::test]
async fn refusals_carry_status_challenge_and_body() {
    let server = start(Limits::default()).await;
    let cases = [
        ("", "401", r#"Bearer realm="notes", scope="read""#, "unauthorized"),
        ("Authorization: Basic bm8=\r\n", "401", r#"Bearer realm="notes", scope="read""#, "unauthorized"),
        ("Authorization: Bearer bad\r\n", "401", r#"realm="notes", error="invalid_token""#, "invalid_token"),
        ("Authorization: Bearer write\r\n", "403", r#"error="insufficient_scope""#, "insufficient_scope"),
        ("Authorization: Bearer a b\r\n", "400", r#"error="invalid_request""#, "invalid_request"),
        ("Authorization: Bearer read\r\nAuthorization: Bearer read\r\n", "400", "invalid_request", "invalid_request"),
        ("Authorization: Bearer down\r\n", "503", "retry-after: 5", "temporarily_unavailable"),
    ];
    for (header, status, challenge, error) in cases {
        let answer = server.say("GET", "/notes", header, "").await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{header}: {answer}");
        assert!(answer.contains(challenge) && answer.contains(&format!(r#""error":"{error}""#)), "{answer}");
        assert!(answer.contains("cache-control: no-store"), "{answer}");
    }
    let good = server.say("GET", "/notes", "Authorization: bearer read\r\n", "").await;
    assert!(good.starts_with("HTTP/1.1 200 ") && good.ends_with("\r\n\r\nnotes"), "{good}");
}

#[tokio::test]
async fn a_refusal_stays_itself_beside_other_routes() {
    let server = start(Limits::default()).await;
    let cases = [
        ("GET", "/notes", "401"),
        ("POST", "/notes", "401"),
        ("DELETE", "/notes", "405"),
        ("GET", "/open", "200"),
        ("POST", "/open", "405"),
        ("GET", "/nowhere", "404"),
        ("GET", "/own", "418"),
        ("GET", "/oauthx", "404"),
        ("GET", "/.well-known/oauth-authorization-server/x", "404"),
    ];
    for (method, path, status) in cases {
        let answer = server.say(method, path, "", "").await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{method} {path}: {answer}");
    }
}

#[tokio::test]
async fn maybe_is_none_only_where_nothing_was_sent() {
    let server = start(Limits::default()).await;
    let ask = async |header: &str| server.say("GET", "/maybe", header, "").await;
    assert!(ask("").await.ends_with("nobody"));
    assert!(ask("Authorization: Bearer read\r\n").await.ends_with("somebody"));
    for (token, status) in [("bad", "401"), ("odd", "401"), ("write", "403"), ("", "400"), ("down", "503")] {
        let answer = ask(&format!("Authorization: Bearer {token}\r\n")).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{token}: {answer}");
    }
}

#[tokio::test]
async fn challenges_of_other_schemes_survive() {
    let resource = ProtectedResource::new(Gate::default()).realm("notes");
    let read = warp::path!("notes").and(authorized::<Read, _>(&resource)).map(|_| "read");
    let offers = read.recover(recover).map(|reply| {
        let mut answer = Reply::into_response(reply);
        answer.headers_mut().append("www-authenticate", HeaderValue::from_static("Basic"));
        answer
    });
    let answer = warp::test::request().path("/notes").reply(&offers).await;
    let challenges: Vec<_> = answer.headers().get_all("www-authenticate").iter().collect();
    assert_eq!(challenges, [r#"Bearer realm="notes", scope="read""#, "Basic"]);
}

#[tokio::test]
async fn requirements_may_be_computed() {
    let resource = ProtectedResource::new(Gate::default()).realm("notes");
    let configured = vec!["admin".to_owned(), "write".to_owned()];
    let any = warp::path!("any").and(authorized_by(&resource, Requirement::AnyOf(configured.clone().into())));
    let all = warp::path!("all").and(authorized_by(&resource, Requirement::AllOf(configured.into())));
    let step_up = StepUp::new().computed_acr_values(vec!["mfa".to_owned()]);
    let strong = warp::path!("strong").and(authorized_by(&resource, Requirement::all_of(&[]).with_step_up(step_up)));
    let maybe = warp::path!("maybe").and(maybe_authorized_by(&resource, Requirement::any_of(&["admin"])));
    let maybe = maybe.map(|pass: Option<Pass>| if pass.is_some() { "somebody" } else { "nobody" });
    let api = any.or(all).unify().or(strong).unify().map(|_| "in").or(maybe).recover(recover);
    for (path, token, status, challenge) in [
        ("/any", "admin", 200, ""),
        ("/any", "write", 200, ""),
        ("/any", "read", 403, r#"scope="admin""#),
        ("/all", "write", 403, r#"scope="admin write""#),
        ("/strong", "admin", 401, r#"acr_values="mfa""#),
        ("/maybe", "admin", 200, ""),
        ("/maybe", "read", 403, r#"scope="admin""#),
    ] {
        let bearer = format!("Bearer {token}");
        let answer = warp::test::request().path(path).header("authorization", bearer).reply(&api).await;
        assert_eq!(answer.status(), status, "{path} {token}");
        let written = answer.headers().get("www-authenticate").map_or("", |value| value.to_str().unwrap());
        assert!(written.contains(challenge), "{path} {token}: {written}");
    }
    assert_eq!(warp::test::request().path("/maybe").reply(&api).await.body(), "nobody");
}

#[tokio::test]
async fn without_recover_a_refusal_is_warps_500() {
    let resource = ProtectedResource::new(Gate::default());
    let read = warp::path!("notes").and(authorized::<Read, _>(&resource)).map(|_| "read");
    assert_eq!(warp::test::request().path("/notes").reply(&read).await.status(), 500);
    assert_eq!(warp::test::request().path("/notes").reply(&read.recover(recover)).await.status(), 401);
}

#[tokio::test]
async fn requests_arrive_as_they_were_sent() {
    let server = start(Limits::default()).await;
    server.requests_arrive_as_they_were_sent().await;
}

#[tokio::test]
async fn the_body_has_a_limit() {
    let server = start(Limits::default()).await;
    server.the_body_has_a_limit().await;
}

fn quick() -> Limits {
    let mut limits = Limits::default();
    (limits.idle_time, limits.head_time) = (Duration::from_millis(300), Duration::from_millis(300));
    limits.body_time = Duration::from_millis(300);
    limits
}

#[tokio::test]
async fn slow_heads_and_bodies_are_broken_off() {
    let server = start(quick()).await;
    for slow in [
        "GET /open HTTP/1.1\r\nHost:",
        "POST /oauth/token HTTP/1.1\r\nHost: here\r\nContent-Length: 9\r\n\r\nhalf",
        "GET /open HTTP/1.1\r\nHost: here\r\n\r\n",
    ] {
        let began = Instant::now();
        server.raw(slow).await;
        let took = began.elapsed();
        assert!(took >= Duration::from_millis(250) && took < Duration::from_secs(5), "{slow}: {took:?}");
    }
    assert!(server.witness.saw_nothing());
}

#[tokio::test]
async fn a_long_head_is_refused() {
    let server = start(Limits::default()).await;
    let header = format!("X-Long: {}\r\n", "x".repeat(200 * 1024));
    let answer = server.say("GET", "/open", &header, "").await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431 "), "a reset may overtake the answer: {answer}");
    let header = format!("X-Long: {}\r\n", "x".repeat(8 * 1024));
    assert!(server.say("GET", "/open", &header, "").await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn slow_connections_at_the_cap_give_their_places_back() {
    let mut limits = quick();
    limits.connections = 3;
    let server = start(limits).await;
    let mut slow = Vec::new();
    for _ in 0..9 {
        slow.push(TcpStream::connect(server.address).await.unwrap());
    }
    let answer = tokio::time::timeout(Duration::from_secs(8), server.say("GET", "/open", "", "")).await.unwrap();
    assert!(answer.ends_with("open"), "{answer}");
}

#[tokio::test]
async fn stopping_ends_idle_connections_and_takes_no_more() {
    let server = start(Limits::default()).await;
    let mut idle = TcpStream::connect(server.address).await.unwrap();
    idle.write_all(b"GET /open HTTP/1.1\r\nHost: here\r\n\r\n").await.unwrap();
    assert!(idle.read(&mut [0; 512]).await.unwrap() > 0);
    server.stop.send(()).unwrap();
    tokio::time::timeout(Duration::from_secs(5), server.ended).await.unwrap().unwrap();
    assert!(TcpStream::connect(server.wire.address).await.is_err());
}

#[tokio::test]
async fn stopping_waits_for_the_provider_where_clients_hung_up() {
    let server = start(Limits::default()).await;
    server.hang_up().await;
    let (witness, ended) = (server.witness.clone(), server.ended);
    server.stop.send(()).unwrap();
    // Longer than what the last connection takes to end.
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert!(!ended.is_finished(), "its event is not told yet");
    witness.released.notify_one();
    tokio::time::timeout(Duration::from_secs(5), ended).await.unwrap().unwrap();
    assert_eq!(witness.told.load(Ordering::SeqCst), 1);
}
