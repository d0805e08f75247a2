//! Methods, paths and origins (RFC 9110 §15.5.6, RFC 9700 §2.6, RFC 6749 §3.1).

use oauth_core::client::ClientType;
use oauth_core::config::Paths;
use oauth_tests::{Server, on_every_server};

/// Requires that a path takes these methods and no other, with and without a slash at its end.
async fn takes(server: &Server, path: &str, methods: &str) {
    for path in [path.to_owned(), format!("{path}/")] {
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"] {
            if method == "PROPFIND" && server.config().paths.base.is_empty() {
                continue; // At the root, methods that Rocket does not know are the application's affair.
            }
            let answer = server.call(method, &path).header("origin", "https://client.example").await;
            if methods.split(", ").any(|known| known == method) {
                assert!(!matches!(answer.status.as_u16(), 301..=308 | 404 | 405), "{method} {path} {answer}");
            } else {
                let answer = answer.expect(405);
                assert_eq!(answer.header("allow"), Some(methods), "{method} {path} {answer}");
                assert_eq!(answer.location(), None, "{answer}");
            }
        }
    }
    server.get(&format!("{path}//")).await.expect(404);
    server.get(&format!("{path}/x")).await.expect(404);
}

on_every_server! {
    async fn every_endpoint_takes_its_methods_and_no_other(server: &Server) {
        takes(server, "/oauth/authorize", "GET, POST").await;
        takes(server, "/oauth/token", "POST").await;
        takes(server, "/oauth/revoke", "POST").await;
        takes(server, "/oauth/introspect", "POST").await;
        takes(server, "/.well-known/oauth-authorization-server", "GET, HEAD").await;
    }

    // proves: R-001
    async fn r_002_other_methods_never_decide(server: &Server) {
        let app = server.public().await;
        let ask = app.ask("read");
        let ada = server.ada().await;
        let form = ada.authorize(&ask).await.form().press("allow");
        let target = ada.post(&form).await.expect(303).location().unwrap().to_owned();
        let cookies: Vec<String> = ada.cookies().iter().map(|(name, value)| format!("{name}={value}")).collect();
        for method in ["HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"] {
            let answer = server.call(method, &target).header("cookie", cookies.join("; ")).await.expect(405);
            assert_eq!(answer.location(), None, "{method} {answer}");
        }
        let rewritten = server.post(&target).header("cookie", cookies.join("; "));
        rewritten.form([("_method", "GET")]).await.expect_page(400, 1002);
        assert!(ada.open(&target).await.parameter("code").is_some(), "the decision still waits for its GET");
    }

    // proves: R-175
    async fn vuln_37_no_other_origin_may_read_an_answer(server: &Server) {
        let origins = ["https://client.example", "https://evil.example"].map(str::to_owned);
        let app = server.register(ClientType::Public, |app| app.allowed_origins = origins.to_vec()).await;
        let query = app.ask("read").query();
        let paths = [format!("/oauth/authorize?{query}"), "/oauth/authorize".to_owned(), "/oauth/sign-in".to_owned(), "/oauth/".to_owned(), "/oauth/applications".to_owned(), "/oauth/introspect".to_owned(), "/oauth/nothing".to_owned()];
        for path in paths {
            for origin in ["https://client.example", "https://evil.example", "null"] {
                for method in ["GET", "POST", "OPTIONS"] {
                    let call = server.call(method, &path).header("origin", origin).header("access-control-request-method", "POST");
                    let call = call.header("access-control-request-headers", "authorization");
                    let answer = call.form([("client_id", app.id.as_str())]).await;
                    let cors = answer.headers.keys().find(|name| name.as_str().starts_with("access-control-"));
                    assert_eq!(cors, None, "{method} {path} {answer}");
                }
            }
        }
    }
}

macro_rules! at {
    ($name:ident, $paths:expr, $authorization:literal, $token:literal) => {
        on_every_server! {
            config |config| config.paths = $paths;

            async fn $name(server: &Server) {
                let document = server.get("/.well-known/oauth-authorization-server").await.expect(200).json();
                assert_eq!(document["authorization_endpoint"], format!("{}{}", server.issuer(), $authorization));
                assert_eq!(document["token_endpoint"], format!("{}{}", server.issuer(), $token));
                takes(server, $authorization, "GET, POST").await;
                takes(server, $token, "POST").await;
                let app = server.confidential().await;
                let code = server.code(&app, "read").await;
                server.redeem(&app, &code).await.expect(200);
                server.get("/oauth/authorize").await.expect(404);
            }
        }
    };
}

at!(r_101_the_metadata_follows_a_short_base, Paths::under("/o/"), "/o/authorize", "/o/token");
at!(
    r_101_the_metadata_follows_paths_of_ones_own,
    {
        let mut paths = Paths::under("/v1/oauth2");
        paths.authorization = "auth".to_owned();
        paths
    },
    "/v1/oauth2/auth",
    "/v1/oauth2/token"
);
at!(r_101_the_metadata_follows_the_root, Paths::under("/"), "/authorize", "/token");

on_every_server! {
    config |config| {
        config.paths.authorization = "authorize/".to_owned();
        config.paths.token = "token/".to_owned();
        config.paths.revocation = "/revoke_token/".to_owned();
    };

    async fn r_101_the_metadata_follows_a_slash_at_the_end(server: &Server) {
        let document = server.get("/.well-known/oauth-authorization-server").await.expect(200).json();
        for (name, path) in [("authorization", "authorize/"), ("token", "token/"), ("revocation", "revoke_token/"), ("introspection", "introspect")] {
            assert_eq!(document[format!("{name}_endpoint")], format!("{}/oauth/{path}", server.issuer()));
        }
        takes(server, "/oauth/authorize", "GET, POST").await;
        takes(server, "/oauth/token", "POST").await;
        takes(server, "/oauth/revoke_token", "POST").await;
        let app = server.confidential().await;
        let code = server.code(&app, "read").await;
        let access = server.redeem(&app, &code).await.member("access_token");
        server.revoke(&app, &access).await.expect(200);
        assert!(!server.is_alive(&access).await);
    }
}
