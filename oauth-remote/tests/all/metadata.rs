//! The endpoint is found through RFC 8414 metadata, which must be that of the issuer.

use crate::server::*;
use oauth_core::resource::Refusal;
use oauth_remote::{InvalidSetting, UnsuitableUrl};
use serde_json::{Value, json};
use std::time::Duration;

const WELL_KNOWN: &str = "/.well-known/oauth-authorization-server";

/// Starts a provider whose metadata has these members changed.
async fn with(change: impl Fn(&str) -> Value + Send + Sync + 'static) -> Server {
    Server::start(move |call| {
        let origin = format!("http://{}", call.headers["host"].to_str().unwrap());
        let mut document = metadata(&origin);
        for (name, value) in change(&origin).as_object().unwrap() {
            document[name] = value.clone();
        }
        (call.path == WELL_KNOWN).then_some(Reply::Json(document))
    })
    .await
}

#[tokio::test]
async fn metadata_of_another_issuer_is_refused() {
    let slash = |origin: &str| json!({ "issuer": format!("{origin}/") });
    let case = |origin: &str| json!({ "issuer": origin.replace("http", "HTTP") });
    for server in [
        with(|_| json!({ "issuer": "https://id.example" })).await,
        with(|_| json!({ "issuer": null })).await,
        with(|_| json!({ "issuer": 7 })).await,
        with(slash).await,
        with(case).await,
    ] {
        let provider = server.trusted().build().unwrap();
        assert_eq!(check(&provider, "token").await, Err(Refusal::Unavailable));
        assert_eq!(server.introspections(), 0, "no token reaches it");
    }
    let server = with(|_| json!({ "further": ["members"] })).await;
    assert!(check(&server.trusted().build().unwrap(), "token").await.is_ok());
}

#[tokio::test]
async fn an_endpoint_is_refused_that_is_missing_or_plain_http_to_another_machine() {
    for endpoint in [
        json!(null),
        json!(7),
        json!(""),
        json!("/introspect"),
        json!("http://192.0.2.1/introspect"),
        json!("http://id.example/introspect"),
        json!("ftp://127.0.0.1/introspect"),
        json!("file:///etc/passwd"),
        json!("http://user@127.0.0.1/introspect"),
    ] {
        let server = with(move |_| json!({ "introspection_endpoint": endpoint })).await;
        assert_eq!(check(&server.trusted().build().unwrap(), "token").await, Err(Refusal::Unavailable));
        assert_eq!(server.introspections(), 0);
    }
}

#[tokio::test]
async fn metadata_that_is_not_a_good_document_is_refused() {
    for (status, kind, text) in [
        (404, "application/json", "{}".to_owned()),
        (500, "application/json", "{}".to_owned()),
        (302, "application/json", "{}".to_owned()),
        (200, "text/html", "<html>".to_owned()),
        (200, "application/json", "{".to_owned()),
        (200, "application/json", " ".repeat(70_000)),
    ] {
        let reply = text.clone();
        let server =
            Server::start(move |call| (call.path == WELL_KNOWN).then(|| Reply::Text(status, kind, reply.clone())));
        let server = server.await;
        assert_eq!(
            check(&server.trusted().build().unwrap(), "token").await,
            Err(Refusal::Unavailable),
            "{status} {kind}"
        );
        assert_eq!(server.introspections(), 0);
    }
}

#[tokio::test]
async fn r_096_an_issuer_with_a_path_has_its_metadata_behind_the_well_known_path() {
    let server = Server::start(|call| {
        let origin = format!("http://{}", call.headers["host"].to_str().unwrap());
        let mut document = metadata(&origin);
        document["issuer"] = format!("{origin}/tenant/one").into();
        (call.path == "/.well-known/oauth-authorization-server/tenant/one").then_some(Reply::Json(document))
    });
    let server = server.await;
    let issuer = format!("{}/tenant/one", server.origin);
    assert!(check(&trusting(&issuer).build().unwrap(), "token").await.is_ok());
}

#[tokio::test]
async fn metadata_is_fetched_once_and_again_after_its_lifetime() {
    let (server, clock) = (Server::start(|_| None).await, clock());
    let settings = server.trusted().metadata_lifetime(Duration::from_secs(60)).active_lifetime(Duration::ZERO);
    let provider = settings.clock(clock.clone()).build().unwrap();
    assert_eq!(server.count(WELL_KNOWN), 0, "not before the first token");
    for (seconds, fetched) in [(0, 1), (59, 1), (1, 2), (59, 2)] {
        clock.advance(Duration::from_secs(seconds));
        check(&provider, "token").await.unwrap();
        assert_eq!(server.count(WELL_KNOWN), fetched);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_first_checks_fetch_the_metadata_once_and_share_its_failure() {
    for good in [true, false] {
        let server = Server::start(move |call| {
            let origin = format!("http://{}", call.headers["host"].to_str().unwrap());
            let document = if good { metadata(&origin) } else { json!({ "issuer": "https://id.example" }) };
            (call.path == WELL_KNOWN).then(|| Reply::Later(Duration::from_millis(300), document))
        });
        let server = server.await;
        let provider = server.trusted().build().unwrap();
        let checks: Vec<_> = (0..30)
            .map(|number| {
                let provider = provider.clone();
                tokio::spawn(async move { check(&provider, &format!("token{number}")).await })
            })
            .collect();
        for checked in checks {
            assert_eq!(checked.await.unwrap().is_ok(), good);
        }
        assert_eq!(server.count(WELL_KNOWN), 1);
    }
}

#[tokio::test]
async fn an_endpoint_that_is_given_needs_no_metadata() {
    let server = Server::start(|call| (call.path == "/oauth/check").then(|| Reply::Json(active())));
    let server = server.await;
    let settings = server.trusted().introspection_endpoint(format!("{}/oauth/check", server.origin));
    assert!(check(&settings.build().unwrap(), "token").await.is_ok());
    assert_eq!((server.count("/oauth/check"), server.count(WELL_KNOWN)), (1, 0));
}

#[test]
fn settings_that_would_send_tokens_in_clear_are_refused() {
    let refused = |settings: oauth_remote::Builder| settings.build().unwrap_err();
    assert_eq!(refused(trusting("http://id.example")), InvalidSetting::Issuer(UnsuitableUrl::PlainHttp));
    for endpoint in ["http://id.example/introspect", "http://127.0.0.1/introspect"] {
        let settings = trusting("https://id.example").introspection_endpoint(endpoint);
        assert_eq!(refused(settings), InvalidSetting::IntrospectionEndpoint(UnsuitableUrl::PlainHttp));
    }
    let settings = trusting("https://id.example").root_certificates("no certificate");
    assert!(matches!(refused(settings), InvalidSetting::RootCertificates(_)));
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let settings = trusting("https://id.example").root_certificates(broken);
    assert!(matches!(refused(settings), InvalidSetting::RootCertificates(_)));
    for settings in [
        trusting("https://id.example").timeout(Duration::ZERO),
        trusting("https://id.example").connect_timeout(Duration::ZERO),
        trusting("https://id.example").concurrency(0),
        trusting("https://id.example").answer_size(0),
    ] {
        assert!(matches!(refused(settings), InvalidSetting::Zero(_)));
    }
}
