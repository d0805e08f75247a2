//! What the core sees of a request, and what becomes of its answer.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]
#![cfg(feature = "provider")]

use bytes::Bytes;
use http::Method as Sent;
use oauth_core::http::{BODY_LIMIT, PeerAddress};
use oauth_core::provider::Service;
use oauth_rocket::{routes, well_known};
use oauth_test_witness::Witness;
use rocket::http::{ContentType, Header, Method, Status};
use rocket::local::asynchronous::{Client, LocalRequest};
use std::sync::Arc;

async fn witness() -> (Client, Arc<Witness>) {
    let witness = Witness::new();
    let service: Arc<dyn Service> = witness.clone();
    let rocket = rocket::build().mount("/oauth", routes(&service)).mount("/", well_known(&service));
    (Client::untracked(rocket).await.unwrap(), witness)
}

async fn seen(witness: &Witness, request: LocalRequest<'_>) -> http::Request<Bytes> {
    request.dispatch().await;
    witness.take().unwrap()
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
    request.add_header(Header::new("Host", "id.example"));
    request.add_header(Header::new("Authorization", "Basic one"));
    request.add_header(Header::new("Authorization", "Basic two"));
    request.add_header(Header::new("X-Real-IP", "203.0.113.9"));
    let request = seen(&witness, request).await;
    assert_eq!(request.headers().get_all("authorization").iter().collect::<Vec<_>>(), ["Basic one", "Basic two"]);
    assert_eq!(request.extensions().get(), Some(&PeerAddress("192.0.2.1".parse().unwrap())));
}

#[rocket::async_test]
async fn f_38_a_request_over_a_socket_has_one_host() {
    let (client, witness) = witness().await;
    let cases: [(&[&str], u16); 4] = [(&[], 400), (&["a"], 200), (&["a", "b"], 400), (&["a", "a"], 400)];
    for (hosts, status) in cases {
        let mut request = client.get("/oauth/token").remote("192.0.2.1:4000".parse().unwrap());
        for host in hosts {
            request.add_header(Header::new("Host", *host));
        }
        assert_eq!(request.dispatch().await.status().code, status, "{hosts:?}");
        assert_eq!(witness.take().is_none(), status == 400, "{hosts:?}");
    }
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
    assert!(witness.saw_nothing());
}
