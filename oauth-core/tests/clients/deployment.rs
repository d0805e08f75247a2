//! What stands between a client and the server.

use super::Server;
use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http::{Method, Request, Response};
use oauth_core::config::{Config, Settings};
use oauth_core::provider::Service as _;
use serde_json::Value;

async fn get(server: &Server, path: &str) -> Response<Bytes> {
    server.provider.call(Request::get(path).body(Bytes::new()).unwrap()).await
}

fn document(answer: &Response<Bytes>) -> Value {
    assert_eq!(answer.status(), 200, "{answer:?}");
    serde_json::from_slice(answer.body()).unwrap()
}

fn settings(text: &str) -> Config {
    serde_json::from_str::<Settings>(text).unwrap().apply("http://127.0.0.1:8000").unwrap()
}

#[tokio::test]
async fn f_33_a_public_prefix_stands_in_the_metadata_and_not_in_the_routes() {
    let set = settings(r#"{"issuer": "https://id.example/auth", "public_prefix": "/auth"}"#);
    let server = Server::new(|config| (config.issuer, config.paths) = (set.issuer, set.paths));
    let mounts = server.provider.mounts();
    assert_eq!(mounts.base, "/oauth");
    // By RFC 8414 as it comes, and behind the issuer as the proxy leaves it.
    for path in ["/.well-known/oauth-authorization-server/auth", "/.well-known/oauth-authorization-server"] {
        assert!(mounts.contains(path), "{mounts:?}");
        let document = document(&get(&server, path).await);
        assert_eq!(document["issuer"], "https://id.example/auth");
        for (name, end) in [
            ("authorization_endpoint", "authorize"),
            ("token_endpoint", "token"),
            ("revocation_endpoint", "revoke"),
            ("introspection_endpoint", "introspect"),
        ] {
            assert_eq!(document[name], format!("https://id.example/auth/oauth/{end}"));
        }
    }
    server.register("app", |_| ()).await;
    let alone = [("grant_type", "client_credentials"), ("scope", "read")];
    assert_eq!(server.token(&alone).await.0, 200);
    assert_eq!(get(&server, "/auth/oauth/token").await.status(), 404);
}

#[tokio::test]
async fn f_33_the_metadata_is_found_in_both_places_without_a_prefix_too() {
    let set = settings(r#"{"issuer": "https://id.example/tenant"}"#);
    let server = Server::new(|config| (config.issuer, config.paths) = (set.issuer, set.paths));
    for path in ["/.well-known/oauth-authorization-server/tenant", "/tenant/.well-known/oauth-authorization-server"] {
        assert_eq!(document(&get(&server, path).await)["token_endpoint"], "https://id.example/tenant/oauth/token");
    }
    assert_eq!(get(&server, "/.well-known/oauth-authorization-server").await.status(), 404);
}

#[test]
fn f_33_a_prefix_is_a_path() {
    for (written, prefix) in [("/auth", "/auth"), ("auth/", "/auth"), ("/a/b/", "/a/b"), ("/", ""), ("", "")] {
        let config = settings(&format!(r#"{{"issuer": "https://id.example/auth", "public_prefix": "{written}"}}"#));
        assert_eq!(config.paths.public_prefix, prefix);
        let base = if prefix == "/auth" { "/oauth" } else { "/auth/oauth" };
        assert_eq!(config.paths.base, base, "{written}");
    }
    let own = settings(r#"{"issuer": "https://id.example/auth", "public_prefix": "/auth", "base_path": "/sso"}"#);
    assert_eq!((own.paths.base.as_str(), own.paths.link("sign-in").as_str()), ("/sso", "/auth/sso/sign-in"));
    for wrong in ["/a b", "/a//b", "/..", "https://id.example", "/a?b"] {
        let text = format!(r#"{{"public_prefix": "{wrong}"}}"#);
        let refused = serde_json::from_str::<Settings>(&text).unwrap().apply("http://127.0.0.1:8000").unwrap_err();
        assert_eq!(refused.key, "public_prefix");
    }
}

#[tokio::test]
async fn f_37_head_is_get_but_for_the_body() {
    let server = Server::new(|_| ());
    for path in ["/.well-known/oauth-authorization-server", "/oauth/nowhere", "/oauth/token"] {
        let by = |method| Request::builder().method(method).uri(path).body(Bytes::new()).unwrap();
        let (get, head) = (server.provider.call(by(Method::GET)).await, server.provider.call(by(Method::HEAD)).await);
        assert_eq!(get.status(), head.status());
        assert!(head.body().is_empty());
        assert_eq!(head.headers()[CONTENT_LENGTH], get.body().len().to_string(), "{path}");
        let mut others = head.headers().clone();
        others.remove(CONTENT_LENGTH);
        assert_eq!(&others, get.headers(), "{path}");
    }
}
