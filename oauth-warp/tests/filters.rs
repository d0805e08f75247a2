//! What the filters let in, how they refuse, how they compose, and what the server limits: on a socket.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, in its helpers too")]
#![cfg(feature = "provider")]

use async_trait::async_trait;
use bytes::Bytes;
use http::header::SET_COOKIE;
use http::{HeaderValue, Response, StatusCode};
use oauth_core::config::Config;
use oauth_core::http::{BODY_LIMIT, PeerAddress};
use oauth_core::identifier::ClientId;
use oauth_core::provider::{Mounts, Service};
use oauth_core::resource::{PresentedToken, Refusal, Requirement, ResourceAuthorization, ResourceProvider, StepUp};
use oauth_core::scope::Scope;
use oauth_warp::{
    Limits, ProtectedResource, authorized, authorized_by, maybe_authorized, maybe_authorized_by, provider, recover,
    scopes, serve,
};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
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

/// The token's own text is its scope: an authorization of the application's own.
struct Pass {
    client_id: ClientId,
    scope: Scope,
}

impl ResourceAuthorization for Pass {
    fn client_id(&self) -> &ClientId {
        &self.client_id
    }
    fn subject(&self) -> Option<&oauth_core::identifier::Subject> {
        None
    }
    fn scope(&self) -> &Scope {
        &self.scope
    }
    fn audience(&self) -> &[oauth_core::identifier::Resource] {
        &[]
    }
    fn expires_at(&self) -> oauth_core::clock::Timestamp {
        oauth_core::clock::Timestamp::default()
    }
    fn attributes(&self) -> &oauth_core::identifier::Attributes {
        static NONE: oauth_core::identifier::Attributes = oauth_core::identifier::Attributes::new();
        &NONE
    }
}

struct Gate;

impl ResourceProvider for Gate {
    type Authorization = Pass;

    async fn validate_access_token(&self, token: &PresentedToken<'_>) -> Result<Pass, Refusal> {
        match token.expose() {
            "bad" => Err(Refusal::InvalidToken),
            "down" => Err(Refusal::Unavailable),
            "odd" => Err(Refusal::NoToken),
            scope => Ok(Pass { client_id: ClientId::new("notes").unwrap(), scope: scope.parse().unwrap() }),
        }
    }
}

#[derive(Debug)]
struct Teapot;

impl Reject for Teapot {}

/// Keeps what it saw, and answers with headers that are hard to carry.
struct Witness {
    config: Config,
    seen: Mutex<Vec<http::Request<Bytes>>>,
}

#[async_trait]
impl Service for Witness {
    async fn call(&self, request: http::Request<Bytes>) -> Response<Bytes> {
        self.seen.lock().unwrap().push(request);
        let mut response = Response::new(Bytes::from("seen"));
        response.headers_mut().append(SET_COOKIE, HeaderValue::from_static("a=1"));
        response.headers_mut().append(SET_COOKIE, HeaderValue::from_static("b=2"));
        response
    }
    fn config(&self) -> &Config {
        &self.config
    }
    fn mounts(&self) -> Mounts {
        Mounts { base: "/oauth".to_owned(), well_known: vec!["/.well-known/oauth-authorization-server".to_owned()] }
    }
    async fn sweep(&self) -> Duration {
        Duration::from_secs(60)
    }
}

struct Running {
    address: SocketAddr,
    witness: Arc<Witness>,
    stop: oneshot::Sender<()>,
    ended: tokio::task::JoinHandle<()>,
}

impl Running {
    /// Sends a request on a connection of its own, and gives all that comes back.
    async fn say(&self, method: &str, target: &str, headers: &str, body: &str) -> String {
        let length = body.len();
        self.raw(&format!(
            "{method} {target} HTTP/1.1\r\nHost: here\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
        ))
        .await
    }

    async fn raw(&self, text: &str) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let _ = stream.write_all(text.as_bytes()).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8_lossy(&answer).into_owned()
    }

    async fn seen(&self, method: &str, target: &str, headers: &str, body: &str) -> http::Request<Bytes> {
        let answer = self.say(method, target, headers, body).await;
        self.witness.seen.lock().unwrap().pop().unwrap_or_else(|| panic!("not seen: {answer}"))
    }
}

fn routes(service: Arc<dyn Service>) -> impl Filter<Extract = impl Reply, Error = Rejection> + Clone + Send + Sync {
    let resources = ProtectedResource::new(Gate).realm("notes");
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
    let config = Config::new("https://id.example").unwrap();
    let witness = Arc::new(Witness { config, seen: Mutex::default() });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let server = serve(routes(witness.clone()), listener, limits);
    let ended = tokio::spawn(server.until(async { drop(stopped.await) }));
    Running { address, witness, stop, ended }
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
    let resource = ProtectedResource::new(Gate).realm("notes");
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
    let resource = ProtectedResource::new(Gate).realm("notes");
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
    let resource = ProtectedResource::new(Gate);
    let read = warp::path!("notes").and(authorized::<Read, _>(&resource)).map(|_| "read");
    assert_eq!(warp::test::request().path("/notes").reply(&read).await.status(), 500);
    assert_eq!(warp::test::request().path("/notes").reply(&read.recover(recover)).await.status(), 401);
}

#[tokio::test]
async fn requests_arrive_as_they_were_sent() {
    let server = start(Limits::default()).await;
    for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PURGE"] {
        let request = server.seen(method, "/oauth/token", "", "").await;
        assert_eq!(request.method().as_str(), method);
    }
    let document = "/.well-known/oauth-authorization-server";
    for target in ["/oauth", "/oauth/", "/oauth?", "/oauth/a?a=%20&a=+&b=%2f&", "/oauth//t", "/oauth/%74", document] {
        assert_eq!(server.seen("GET", target, "", "").await.uri().to_string(), target);
    }
    let headers = "Authorization: Basic one\r\nAuthorization: Basic two\r\nX-Real-IP: 203.0.113.9\r\n";
    let request = server.seen("POST", "/oauth/token", headers, "_method=GET").await;
    assert_eq!(request.headers().get_all("authorization").iter().collect::<Vec<_>>(), ["Basic one", "Basic two"]);
    assert_eq!(request.body(), &Bytes::from("_method=GET"));
    assert_eq!(request.extensions().get(), Some(&PeerAddress("127.0.0.1".parse().unwrap())));
    let answer = server.say("GET", "/oauth/token", "", "").await;
    assert!(answer.contains("set-cookie: a=1\r\nset-cookie: b=2\r\n"), "{answer}");
}

#[tokio::test]
async fn the_body_has_a_limit() {
    let server = start(Limits::default()).await;
    let whole = "a".repeat(BODY_LIMIT);
    assert_eq!(server.seen("POST", "/oauth/token", "", &whole).await.body().len(), BODY_LIMIT);
    let answer = server.say("POST", "/oauth/token", "", &format!("{whole}a")).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    let head = "POST /oauth/token HTTP/1.1\r\nHost: here\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n";
    let answer = server.raw(&format!("{head}10001\r\n{whole}a\r\n0\r\n\r\n")).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert!(server.witness.seen.lock().unwrap().is_empty());
}

fn quick() -> Limits {
    let mut limits = Limits::default();
    limits.head_time = Duration::from_millis(300);
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
    assert!(server.witness.seen.lock().unwrap().is_empty());
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
    assert!(TcpStream::connect(server.address).await.is_err());
}
