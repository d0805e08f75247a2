//! What scripts of other origins may read (the Fetch standard's CORS protocol, RFC 9700 §2.6, RFC 10017).

use oauth_core::client::{ClientType, GrantType};
use oauth_tests::{Answer, App, Server, on_every_server};

const APP: &str = "https://app.example";
const WELL_KNOWN: &str = "/.well-known/oauth-authorization-server";

/// Registers a client whose scripts run at [`APP`].
async fn in_browser(server: &Server, client_type: ClientType) -> App {
    let change = |app: &mut oauth_core::client::Registration| {
        app.allowed_origins = vec![APP.to_owned(), "http://127.0.0.1:3000".to_owned()];
        if client_type == ClientType::Confidential {
            app.grant_types.push(GrantType::ClientCredentials);
        }
    };
    server.register(client_type, change).await
}

/// Requires that this origin may read an answer, and no credentials of a browser were asked for.
#[track_caller]
fn readable(answer: Answer, origin: &str) -> Answer {
    assert_eq!(answer.header("access-control-allow-origin"), Some(origin), "{answer}");
    assert_eq!(answer.header("access-control-allow-credentials"), None, "{answer}");
    assert!(origin == "*" || varies(&answer), "{answer}");
    answer
}

/// Requires that no origin may read an answer, and that caches keep it apart.
#[track_caller]
fn unreadable(answer: Answer) -> Answer {
    let cors = answer.headers.keys().find(|name| name.as_str().starts_with("access-control-"));
    assert_eq!(cors, None, "{answer}");
    assert!(varies(&answer), "{answer}");
    answer
}

fn varies(answer: &Answer) -> bool {
    answer.header_values("vary").iter().any(|value| value.eq_ignore_ascii_case("origin"))
}

on_every_server! {
    // proves: R-175
    async fn r_204_the_origins_of_the_client_read_its_answers(server: &Server) {
        let app = in_browser(server, ClientType::Public).await;
        for origin in [APP, "http://127.0.0.1:3000"] {
            let code = server.code(&app, "read").await;
            let answer = readable(server.redeem(&app, &code).header("origin", origin).await.expect(200), origin);
            let refreshed = server.refresh(&app, &answer.member("refresh_token")).header("origin", origin).await.expect(200);
            let access = readable(refreshed, origin).member("access_token");
            readable(server.revoke(&app, &access).header("origin", origin).await.expect(200), origin);
        }
    }

    async fn r_204_they_read_errors_too(server: &Server) {
        let app = in_browser(server, ClientType::Confidential).await;
        let asked = |grant: &'static str| server.token(&app, [("grant_type", grant)]).header("origin", APP);
        readable(asked("client_credentials").await.expect(200), APP);
        readable(asked("nothing").await.expect_error(400, "unsupported_grant_type"), APP);
        let token = || server.post("/oauth/token").header("origin", APP);
        let wrong = token().basic(&app.id, "wrong").form([("grant_type", "client_credentials")]).await;
        let wrong = readable(wrong.expect_error(401, "invalid_client"), APP);
        assert!(wrong.header("access-control-expose-headers").is_some_and(|names| names.contains("www-authenticate")));
        let named = ("client_id", app.id.as_str());
        readable(token().form([named, ("scope", "a"), ("scope", "b")]).await.expect_error(400, "invalid_request"), APP);
        readable(token().basic(&app.id, "x").form([named, ("client_secret", "x")]).await.expect_error(400, "invalid_request"), APP);
        readable(token().basic(&app.id, "x").body("application/json", "{}").await.expect_error(400, "invalid_request"), APP);
        readable(server.revoke(&app, "").header("origin", APP).await.expect_error(400, "invalid_request"), APP);
    }

    // proves: vuln_37
    async fn r_204_no_other_origin_reads_them(server: &Server) {
        let app = in_browser(server, ClientType::Confidential).await;
        let other = server.confidential().await;
        let grant = ("grant_type", "client_credentials");
        for origin in ["https://evil.example", "null", "https://app.example.evil.example", "https://app.example:444", "http://app.example", "https://APP.example", "https://app.example/", "*", ""] {
            unreadable(server.token(&app, [grant]).header("origin", origin).await.expect(200));
            let access = server.token(&app, [grant]).await.member("access_token");
            unreadable(server.revoke(&app, &access).header("origin", origin).await.expect(200));
        }
        unreadable(server.token(&other, [grant]).header("origin", APP).await.expect(200));
        unreadable(server.post("/oauth/token").header("origin", APP).form([grant, ("client_id", "nobody")]).await.expect(401));
        let twice = server.token(&app, [grant]).header("origin", APP).header("origin", "https://evil.example").await;
        assert_eq!(twice.header("access-control-allow-origin"), None, "{twice}");
        let plain = server.token(&app, [grant]).await.expect(200);
        assert_eq!(plain.header("access-control-allow-origin"), None, "nobody asked: {plain}");
        unreadable_introspection(server, &app).await;
    }

    async fn r_175_a_preflight_is_answered(server: &Server) {
        for path in ["/oauth/token", "/oauth/token/", "/oauth/revoke"] {
            let call = server.call("OPTIONS", path).header("origin", "https://anyone.example").header("access-control-request-method", "POST");
            let answer = readable(call.header("access-control-request-headers", "authorization").await.expect(204), "*");
            assert_eq!(answer.header("access-control-allow-methods"), Some("POST"), "{answer}");
            let headers = answer.header("access-control-allow-headers").unwrap();
            assert!(headers.contains("authorization") && headers.contains("content-type"), "{answer}");
            assert!(answer.body.is_empty() && answer.header("access-control-max-age").is_some(), "{answer}");
            let without = server.call("OPTIONS", path).header("origin", APP).await.expect(405);
            assert_eq!((without.header("allow"), without.header("access-control-allow-origin")), (Some("POST"), None));
        }
        for path in ["/oauth/authorize", "/oauth/introspect"] {
            let answer = server.call("OPTIONS", path).header("origin", APP).header("access-control-request-method", "POST").await.expect(405);
            assert_eq!(answer.header("access-control-allow-origin"), None, "{answer}");
        }
    }

    async fn r_175_everybody_reads_the_metadata(server: &Server) {
        readable(server.get(WELL_KNOWN).await.expect(200), "*");
        readable(server.get(WELL_KNOWN).header("origin", "https://anyone.example").await.expect(200), "*");
        let preflight = server.call("OPTIONS", WELL_KNOWN).header("origin", APP).header("access-control-request-method", "GET").await;
        assert_eq!(readable(preflight.expect(204), "*").header("access-control-allow-methods"), Some("GET, HEAD"));
    }
}

/// Introspection is for servers: no script reads it, whatever its client has registered.
async fn unreadable_introspection(server: &Server, app: &App) {
    let answer = server.introspect(app, "anything").header("origin", APP).await.expect(200);
    let cors = answer.headers.keys().find(|name| name.as_str().starts_with("access-control-"));
    assert_eq!(cors, None, "{answer}");
}
