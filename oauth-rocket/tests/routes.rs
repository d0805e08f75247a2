//! What the core sees of a request, and what becomes of its answer.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]
#![cfg(feature = "provider")]

use bytes::Bytes;
use http::header::{ALLOW, SET_COOKIE, X_FRAME_OPTIONS};
use http::{HeaderValue, Method as Sent, Response};
use oauth_core::config::Config;
use oauth_core::http::{BODY_LIMIT, PeerAddress};
use oauth_core::provider::{Mounts, Service};
use oauth_rocket::{routes, well_known};
use rocket::http::{ContentType, Header, Method, Status};
use rocket::local::asynchronous::{Client, LocalRequest};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Keeps what it saw, and answers with headers that are hard to carry.
struct Witness {
    config: Config,
    seen: Mutex<Vec<http::Request<Bytes>>>,
}

#[rocket::async_trait]
impl Service for Witness {
    async fn call(&self, request: http::Request<Bytes>) -> Response<Bytes> {
        self.seen.lock().unwrap().push(request);
        let mut response = Response::new(Bytes::from("seen"));
        response.headers_mut().append(SET_COOKIE, HeaderValue::from_static("a=1"));
        response.headers_mut().append(SET_COOKIE, HeaderValue::from_static("b=2"));
        response.headers_mut().insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
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

async fn witness() -> (Client, Arc<Witness>) {
    let config = Config::new("https://id.example").unwrap();
    let witness = Arc::new(Witness { config, seen: Mutex::default() });
    let service: Arc<dyn Service> = witness.clone();
    let rocket = rocket::build().mount("/oauth", routes(&service)).mount("/", well_known(&service));
    (Client::untracked(rocket).await.unwrap(), witness)
}

async fn seen(witness: &Witness, request: LocalRequest<'_>) -> http::Request<Bytes> {
    request.dispatch().await;
    witness.seen.lock().unwrap().pop().unwrap()
}

#[rocket::async_test]
async fn the_method_field_changes_nothing() {
    let (client, witness) = witness().await;
    for method in ["DELETE", "delete", "PUT", "GET", "TRACE", "POST", "nonsense"] {
        let body = format!("_method={method}&grant_type=refresh_token");
        let request = client.post("/oauth/token").header(ContentType::Form).body(&body);
        let request = seen(&witness, request).await;
        assert_eq!((request.method(), request.body()), (&Sent::POST, &Bytes::from(body)));
    }
}

#[rocket::async_test]
async fn every_method_arrives_as_it_is() {
    let (client, witness) = witness().await;
    for method in
        [Method::Get, Method::Head, Method::Put, Method::Delete, Method::Options, Method::Trace, Method::Patch]
    {
        for path in ["/oauth", "/oauth/", "/oauth/token", "/.well-known/oauth-authorization-server"] {
            let request = seen(&witness, client.req(method, path)).await;
            assert_eq!((request.method().as_str(), request.uri().path()), (method.as_str(), path));
        }
    }
}

#[rocket::async_test]
async fn paths_and_queries_arrive_raw() {
    let (client, witness) = witness().await;
    for uri in
        ["/oauth/authorize?a=%20&a=+&b=%2f&", "/oauth//token", "/oauth/%74oken", "/oauth/a/../token/", "/oauth/x?"]
    {
        assert_eq!(seen(&witness, client.get(uri)).await.uri().to_string(), uri);
    }
}

#[rocket::async_test]
async fn headers_and_the_peer_arrive() {
    let (client, witness) = witness().await;
    let mut request = client.get("/oauth/token").remote("192.0.2.1:4000".parse().unwrap());
    request.add_header(Header::new("Authorization", "Basic one"));
    request.add_header(Header::new("Authorization", "Basic two"));
    request.add_header(Header::new("X-Real-IP", "203.0.113.9"));
    let request = seen(&witness, request).await;
    assert_eq!(request.headers().get_all("authorization").iter().collect::<Vec<_>>(), ["Basic one", "Basic two"]);
    assert_eq!(request.extensions().get(), Some(&PeerAddress("192.0.2.1".parse().unwrap())));
}

#[rocket::async_test]
async fn answers_keep_their_headers() {
    let (client, _) = witness().await;
    let response = client.get("/oauth/token").dispatch().await;
    assert_eq!(response.headers().get("set-cookie").collect::<Vec<_>>(), ["a=1", "b=2"]);
    assert_eq!(response.headers().get("x-frame-options").collect::<Vec<_>>(), ["DENY"], "not Shield's SAMEORIGIN");
}

#[rocket::async_test]
async fn the_body_has_a_limit() {
    let (client, witness) = witness().await;
    let request = |length: usize| client.post("/oauth/token").header(ContentType::Form).body(vec![b'a'; length]);
    assert_eq!(seen(&witness, request(BODY_LIMIT)).await.body().len(), BODY_LIMIT);
    assert_eq!(request(BODY_LIMIT + 1).dispatch().await.status(), Status::PayloadTooLarge);
    assert!(witness.seen.lock().unwrap().is_empty());
}
