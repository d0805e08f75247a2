//! What is asked, and what becomes of a proper answer (RFC 7662 §2).

use crate::server::*;
use http::Method;
use oauth_core::identifier::Resource;
use oauth_core::resource::{Refusal, ResourceProvider as _};
use serde_json::{Value, json};

/// Asks once with this answer.
async fn with(answer: Value) -> Result<oauth_core::resource::Authorization, Refusal> {
    let server = Server::start(move |call| call.is_introspection().then(|| Reply::Json(answer.clone()))).await;
    check(&server.trusted().build().unwrap(), "token").await
}

#[tokio::test]
async fn a_request_is_a_post_of_a_form_with_basic_credentials_form_encoded() {
    let server = Server::start(|_| None).await;
    let provider = server.trusted().build().unwrap();
    check(&provider, "mF_9.B5f-4.1JqM+/~==").await.unwrap();
    let calls = server.calls.lock().unwrap().clone();
    let [metadata, introspection] = calls.as_slice() else { panic!("{calls:?}") };
    assert_eq!(metadata.method, Method::GET);
    assert_eq!(metadata.path, "/.well-known/oauth-authorization-server");
    assert!(!metadata.headers.contains_key("authorization"), "metadata is for everybody");
    assert_eq!(introspection.method, Method::POST);
    assert_eq!(introspection.body, "token=mF_9.B5f-4.1JqM%2B%2F%7E%3D%3D&token_type_hint=access_token");
    let header = |name: &str| introspection.headers[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "application/x-www-form-urlencoded");
    assert_eq!(header("accept"), "application/json");
    assert_eq!(header("accept-encoding"), "identity");
    // RFC 6749 §2.3.1: `notes api` and `a+b %é`, each form-encoded, around a colon.
    assert_eq!(header("authorization"), "Basic bm90ZXMrYXBpOmElMkJiKyUyNSVDMyVBOQ==");
}

#[tokio::test]
async fn every_member_arrives() {
    let until = seconds_from_now(600);
    let found = with(json!({
        "active": true, "client_id": "app", "sub": "ada", "scope": "write read", "exp": until, "iat": seconds_from_now(-5),
        "nbf": seconds_from_now(-5), "token_type": "bearer", "auth_time": 1_000, "acr": "mfa", "username": "Ada",
        "tenant": "blue", "level": 3, "roles": ["a"], "deep": { "x": [[[]]] }, "nothing": null, "jti": "1",
    }));
    let found = found.await.unwrap();
    assert_eq!(found.client_id.as_str(), "app");
    assert_eq!(found.subject.unwrap().as_str(), "ada");
    assert_eq!(found.scope.to_string(), "read write");
    assert_eq!(found.expires_at.as_unix_seconds(), until);
    assert_eq!(found.auth_time.unwrap().as_unix_seconds(), 1_000);
    assert_eq!(found.acr.as_deref(), Some("mfa"));
    let attributes: Vec<_> = found.attributes.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(attributes, [("jti", "1"), ("tenant", "blue"), ("username", "Ada")], "texts alone, none taken twice");
}

#[tokio::test]
async fn a_client_that_is_its_own_subject_is_no_person() {
    assert!(with(active_with(json!({ "sub": "app" }))).await.unwrap().subject.is_none());
    assert!(with(active_with(json!({ "sub": null }))).await.unwrap().subject.is_none());
    assert_eq!(with(active_with(json!({ "sub": "App" }))).await.unwrap().subject.unwrap().as_str(), "App");
}

#[tokio::test]
async fn a_token_that_is_not_active_is_refused() {
    assert_eq!(with(json!({ "active": false })).await, Err(Refusal::InvalidToken));
    let dressed = active_with(json!({ "active": false }));
    assert_eq!(with(dressed).await, Err(Refusal::InvalidToken), "whatever else is said of it");
}

#[tokio::test]
async fn a_token_that_is_over_or_not_yet_is_refused_though_active() {
    for (member, seconds) in [("exp", 0), ("exp", -10), ("nbf", 600)] {
        let mut answer = active();
        answer[member] = seconds_from_now(seconds).into();
        assert_eq!(with(answer).await, Err(Refusal::InvalidToken), "{member} {seconds}");
    }
    assert!(with(active_with(json!({ "nbf": seconds_from_now(30) }))).await.is_ok(), "two clocks are never one");
}

#[tokio::test]
async fn an_answer_without_exp_is_good_for_a_moment_only() {
    let clock = clock();
    let mut answer = active();
    answer.as_object_mut().unwrap().remove("exp");
    let server = Server::start(move |call| call.is_introspection().then(|| Reply::Json(answer.clone()))).await;
    let provider = server.trusted().clock(clock.clone()).build().unwrap();
    let found = check(&provider, "token").await.unwrap();
    let now = oauth_core::clock::Clock::now(&*clock);
    assert_eq!(found.expires_at.seconds_since(now), 10, "as long as it is kept");
}

#[tokio::test]
async fn r_084_other_kinds_of_tokens_are_refused() {
    for other in [
        json!({ "token_type": "DPoP" }),
        json!({ "token_type": "refresh_token" }),
        json!({ "token_type": "" }),
        json!({ "cnf": { "jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I" } }),
        json!({ "cnf": "odd" }),
        json!({ "token_use": "refresh_token" }),
        json!({ "typ": "Refresh" }),
        json!({ "typ": "ID" }),
    ] {
        assert_eq!(with(active_with(other.clone())).await, Err(Refusal::InvalidToken), "{other}");
    }
    assert!(
        with(active_with(json!({ "token_type": "Bearer", "typ": "Bearer", "token_use": "access_token" })))
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn a_token_for_another_audience_is_refused() {
    let here = "https://notes.example/api";
    for (named, audience, good) in [
        (&[here][..], json!(here), true),
        (&[here], json!(["https://other.example", here]), true),
        (&["https://notes.example/v2", here], json!(here), true),
        (&[here], json!("https://other.example"), false),
        (&[here], json!("https://notes.example/api/"), false),
        (&[here], json!([]), false),
        (&[here], json!(null), false),
        (&[], json!(null), true),
        (&[], json!([]), true),
        (&[], json!(here), false),
        (&[], json!("account"), false),
        (&[], json!(""), false),
    ] {
        let answer = active_with(json!({ "aud": audience }));
        let server = Server::start(move |call| call.is_introspection().then(|| Reply::Json(answer.clone()))).await;
        let mut settings = server.trusted();
        for resource in named {
            settings = settings.audience(Resource::new(*resource).unwrap());
        }
        let found = check(&settings.build().unwrap(), "token").await;
        assert_eq!(found.is_ok(), good, "{named:?} {audience}");
        assert!(good || found == Err(Refusal::InvalidToken));
    }
}

#[tokio::test]
async fn two_providers_are_asked_in_turn() {
    let knows = |token: &'static str| {
        move |call: &Call| {
            call.is_introspection().then(|| {
                let known = call.body.contains(&format!("token={token}&"));
                Reply::Json(if known { active() } else { json!({ "active": false }) })
            })
        }
    };
    let (first, second) = (Server::start(knows("first")).await, Server::start(knows("second")).await);
    let both = first.trusted().build().unwrap().or(second.trusted().build().unwrap());
    let ask = async |token| {
        let token = oauth_core::resource::PresentedToken::new(token).unwrap();
        both.validate_access_token(&token).await.map(|found| found.client_id.to_string())
    };
    assert_eq!(ask("first").await.as_deref(), Ok("app"));
    assert_eq!(ask("second").await.as_deref(), Ok("app"));
    assert_eq!(ask("third").await, Err(Refusal::InvalidToken));
    drop(first);
    assert_eq!(ask("fourth").await, Err(Refusal::Unavailable), "the first might have known it");
    // And so the second is not asked (F-19).
    assert_eq!((second.introspections(), second.count("/introspect")), (2, 2));
}

#[test]
fn nothing_shows_the_secret() {
    let settings = trusting("https://id.example");
    assert!(!format!("{settings:?}").contains("a+b"), "{settings:?}");
    let provider = settings.build().unwrap();
    let shown = format!("{provider:?} {provider:#?}");
    assert!(!shown.contains("a+b") && !shown.contains("bm90"), "{shown}");
}
