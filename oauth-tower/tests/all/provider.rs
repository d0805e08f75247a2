//! What the provider is given, and what it is not.

use crate::running::start;
use bytes::Bytes;
use http_body_util::Full;
use oauth_core::http::BODY_LIMIT;
use oauth_core::provider::Service;
use oauth_tower::{Limits, ProviderService};
use std::sync::Arc;
use tower_service::Service as _;

#[tokio::test]
async fn requests_arrive_as_they_were_sent() {
    let server = start(Limits::default()).await;
    server.requests_arrive_as_they_were_sent().await;
}

#[tokio::test]
async fn a_host_in_the_target_is_not_handed_on() {
    let server = start(Limits::default()).await;
    let request = server.seen("GET", "http://evil.example/oauth/authorize?a=b", "", "").await;
    assert_eq!(request.uri().to_string(), "/oauth/authorize?a=b");
}

#[tokio::test]
async fn a_target_without_a_path_is_refused() {
    let server = start(Limits::default()).await;
    let provider: Arc<dyn Service> = server.witness.clone();
    let mut request = http::Request::new(Full::new(Bytes::new()));
    *request.uri_mut() = "client.example:80".parse().unwrap();
    let answer = ProviderService::new(provider).call(request).await.unwrap();
    assert_eq!(answer.status(), 400);
    assert!(server.witness.saw_nothing());
}

#[tokio::test]
async fn every_other_path_goes_on() {
    let server = start(Limits::default()).await;
    assert!(server.say("GET", "/open", "", "").await.ends_with("\r\n\r\nopen"));
    for path in ["/", "/oauthx", "/x/oauth", "/OAUTH", "/%6fauth", "/.well-known/oauth-authorization-server/x"] {
        let answer = server.say("GET", path, "", "").await;
        assert!(answer.starts_with("HTTP/1.1 404 ") && answer.ends_with("nothing here"), "{path}: {answer}");
    }
    let large = server.say("POST", "/body", "", &"a".repeat(BODY_LIMIT + 1)).await;
    assert!(large.matches('a').count() > BODY_LIMIT, "the limit is the provider's alone");
    assert!(server.witness.saw_nothing());
}

#[tokio::test]
async fn the_body_has_a_limit() {
    let server = start(Limits::default()).await;
    server.the_body_has_a_limit().await;
}

#[tokio::test]
async fn a_body_that_breaks_off_is_no_request() {
    let server = start(crate::running::quick()).await;
    let half = "POST /oauth/token HTTP/1.1\r\nHost: here\r\nContent-Length: 9\r\n\r\nhalf";
    let answer = server.raw(half).await;
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert!(server.witness.saw_nothing());
}
