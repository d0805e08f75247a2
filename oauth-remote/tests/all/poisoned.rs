//! Answers that a provider must not give. None of them is a pass, and none is a 401, because the token
//! may be good.

use crate::server::*;
use bytes::Bytes;
use http::Response;
use oauth_core::resource::Refusal;
use serde_json::json;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Asks once, with this reply at the introspection endpoint.
async fn with(reply: impl Fn() -> Reply + Send + Sync + 'static) -> Result<String, Refusal> {
    let server = Server::start(move |call| call.is_introspection().then(&reply)).await;
    let provider = server.trusted().timeout(Duration::from_secs(5)).build().unwrap();
    let found = check(&provider, "token").await;
    assert_eq!(server.introspections(), 1);
    found.map(|found| found.client_id.to_string())
}

async fn text(status: u16, kind: &'static str, text: impl Into<String>) -> Result<String, Refusal> {
    let text = text.into();
    with(move || Reply::Text(status, kind, text.clone())).await
}

#[tokio::test]
async fn members_of_the_wrong_type() {
    for wrong in [
        json!({ "active": "true" }),
        json!({ "active": 1 }),
        json!({ "active": null }),
        json!({ "active": [true] }),
        json!({ "active": "false" }),
        json!({ "exp": "2000000000" }),
        json!({ "exp": 2_000_000_000.5 }),
        json!({ "exp": -1 }),
        json!({ "exp": 9_999_999_999_999_999_999_u64 }),
        json!({ "exp": true }),
        json!({ "iat": "1" }),
        json!({ "nbf": {} }),
        json!({ "auth_time": "yesterday" }),
        json!({ "client_id": null }),
        json!({ "client_id": "" }),
        json!({ "client_id": 7 }),
        json!({ "client_id": "a\u{0}b" }),
        json!({ "client_id": "x".repeat(300) }),
        json!({ "sub": 7 }),
        json!({ "sub": "" }),
        json!({ "sub": "a\u{0}b" }),
        json!({ "scope": ["read"] }),
        json!({ "scope": "read \"write\"" }),
        json!({ "aud": 7 }),
        json!({ "aud": [7] }),
        json!({ "aud": { "x": "y" } }),
        json!({ "token_type": 7 }),
        json!({ "acr": 7 }),
        json!({ "iss": 7 }),
        json!({ "iss": "https://other.example" }),
        json!({ "iat": seconds_from_now(3_600) }),
        json!({ "name": "a\u{0}b" }),
        json!({ "na\u{0}me": "b" }),
        json!({ "large": "x".repeat(17 * 1_024) }),
    ] {
        let answer = active_with(wrong.clone()).to_string();
        assert_eq!(text(200, "application/json", answer).await, Err(Refusal::Unavailable), "{wrong}");
    }
    assert_eq!(text(200, "application/json", active().to_string()).await.as_deref(), Ok("app"));
}

#[tokio::test]
async fn what_is_no_object_with_each_member_once() {
    let good = active().to_string();
    let rest = good.strip_prefix('{').unwrap();
    for wrong in [
        String::new(),
        "{".to_owned(),
        "null".to_owned(),
        "true".to_owned(),
        "[]".to_owned(),
        "{}".to_owned(),
        format!("[{good}]"),
        format!("{good}{good}"),
        format!("\u{feff}{good}"),
        format!("{{\"active\":false,{rest}"),
        format!("{{\"\\u0061ctive\":false,{rest}"),
        format!("{{\"x\":\"\0\",{rest}"),
        format!("{{\"x\":{}{},{rest}", "[".repeat(10_000), "]".repeat(10_000)),
        good.replace('"', "'"),
    ] {
        let start: String = wrong.chars().take(60).collect();
        assert_eq!(text(200, "application/json", wrong).await, Err(Refusal::Unavailable), "{start}");
    }
    let latin = Bytes::from([b"{\"x\":\"\xfc\",".as_slice(), rest.as_bytes()].concat());
    let json = move || Response::builder().header("content-type", "application/json").body(latin.clone()).unwrap();
    assert_eq!(with(move || Reply::Whole(json())).await, Err(Refusal::Unavailable));
}

#[tokio::test]
async fn other_statuses_and_types() {
    for status in [201, 202, 204, 206, 400, 401, 403, 404, 405, 410, 429, 500, 502, 503] {
        let found = text(status, "application/json", active().to_string()).await;
        assert_eq!(found, Err(Refusal::Unavailable), "{status}");
        let found = text(status, "application/json", r#"{"active":false}"#).await;
        assert_eq!(found, Err(Refusal::Unavailable), "{status}");
    }
    for kind in ["text/html", "text/plain", "application/token-introspection+jwt", "application/jsonx", "", "json"] {
        assert_eq!(text(200, kind, active().to_string()).await, Err(Refusal::Unavailable), "{kind}");
    }
    assert!(text(200, "Application/JSON; charset=utf-8", active().to_string()).await.is_ok());
    let html = "<html><body>Sign in to the network</body></html>";
    assert_eq!(text(200, "text/html", html).await, Err(Refusal::Unavailable));
}

#[tokio::test]
async fn odd_headers() {
    for (name, value) in [("content-encoding", "gzip"), ("content-encoding", "br"), ("content-type", "text/html")] {
        let reply = move || {
            let response = Response::builder().header("content-type", "application/json").header(name, value);
            Reply::Whole(response.body(Bytes::from(active().to_string())).unwrap())
        };
        assert_eq!(with(reply).await, Err(Refusal::Unavailable), "{name}: {value}");
    }
    let huge = || {
        let response = Response::builder().header("content-type", "application/json").header("x", "y".repeat(100_000));
        Reply::Whole(response.body(Bytes::from(active().to_string())).unwrap())
    };
    assert_eq!(with(huge).await, Err(Refusal::Unavailable));
}

#[tokio::test]
async fn bodies_that_are_too_large() {
    let spaces = |count| format!("{}{}", active(), " ".repeat(count));
    assert!(text(200, "application/json", spaces(60_000)).await.is_ok());
    assert_eq!(text(200, "application/json", spaces(66_000)).await, Err(Refusal::Unavailable));
    assert_eq!(text(200, "application/json", spaces(10 << 20)).await, Err(Refusal::Unavailable));
    let before = std::time::Instant::now();
    assert_eq!(with(|| Reply::Endless("          ")).await, Err(Refusal::Unavailable));
    assert!(before.elapsed() < Duration::from_secs(4), "an endless body ends at the limit, not with the time-out");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    for status in [301, 302, 303, 307, 308] {
        let elsewhere = Server::start(|_| None).await;
        let location = format!("{}/introspect", elsewhere.origin);
        let reply = move || {
            Reply::Whole(Response::builder().status(status).header("location", &location).body(Bytes::new()).unwrap())
        };
        assert_eq!(with(reply).await, Err(Refusal::Unavailable), "{status}");
        assert_eq!(elsewhere.connections.load(Ordering::SeqCst), 0, "{status}");
    }
}

#[tokio::test]
async fn an_odd_token_does_not_stop_the_others() {
    let server = Server::start(|call| {
        let odd = |kind: &str| call.is_introspection() && call.body.contains(&format!("token={kind}"));
        match (odd("odd"), odd("fatal")) {
            (true, _) => Some(Reply::Text(500, "text/plain", String::new())),
            (_, true) => Some(Reply::Break),
            _ => None,
        }
    });
    let server = server.await;
    let provider = server.trusted().build().unwrap();
    for number in 0..10 {
        assert_eq!(check(&provider, &format!("odd{number}")).await, Err(Refusal::Unavailable));
        assert_eq!(check(&provider, &format!("fatal{number}")).await, Err(Refusal::Unavailable));
    }
    assert!(check(&provider, "good").await.is_ok());
    assert_eq!(check(&provider, "odd1").await, Err(Refusal::Unavailable));
    assert_eq!(server.introspections(), 22, "what could not be told is asked again");
}
