//! Resource indicators (RFC 8707): where a token may be used.

use oauth_core::client::ClientType;
use oauth_tests::{App, Ask, Server, Tokens, on_every_server};
use serde_json::{Value, json};

const NOTES: &str = "https://notes.example/";
const MAIL: &str = "https://mail.example/api?v=1";

/// Registers both resource servers, and gives a client beside them.
async fn with_two(server: &Server) -> (App, App, App) {
    let (notes, mail) = (server.resource_server(NOTES).await, server.resource_server(MAIL).await);
    (server.confidential().await, notes, mail)
}

fn for_both(ask: Ask) -> Ask {
    ask.and("resource", NOTES).and("resource", MAIL)
}

fn refresh<'t>(token: &'t str, resources: &[&'t str]) -> Vec<(&'t str, &'t str)> {
    let resources = resources.iter().map(|resource| ("resource", *resource));
    [("grant_type", "refresh_token"), ("refresh_token", token)].into_iter().chain(resources).collect()
}

fn alone<'t>(resources: &[&'t str]) -> Vec<(&'t str, &'t str)> {
    let resources = resources.iter().map(|resource| ("resource", *resource));
    [("grant_type", "client_credentials"), ("scope", "read")].into_iter().chain(resources).collect()
}

async fn audience(server: &Server, app: &App, token: &str) -> Value {
    let answer = server.introspect(app, token).await.expect(200).json();
    assert_eq!(answer["active"], true, "{answer}");
    let mut audience = answer["aud"].clone();
    // Their order means nothing.
    if let Some(several) = audience.as_array_mut() {
        several.sort_by_key(|uri| uri.as_str().map(str::to_owned));
    }
    audience
}

on_every_server! {
    async fn r_114_a_resource_is_an_absolute_uri_without_fragment(server: &Server) {
        let (app, ..) = with_two(server).await;
        let malformed = [
            "notes", "/api", "//notes.example/", "https://notes.example/#", "https://notes.example/#f", "https:",
            "https://notes.example/ a", "https://notes.example/\u{e9}", "https://notes.example/\"", ":", "1s://notes.example/",
        ];
        for resource in malformed {
            let asked = server.ada().await.authorize(&app.ask("read").set("resource", resource)).await;
            asked.answer.expect_redirected_error("invalid_target");
            server.token(&app, alone(&[resource])).await.expect_error(400, "invalid_target");
            server.token(&app, alone(&[NOTES, resource])).await.expect_error(400, "invalid_target");
        }
        server.token(&app, alone(&[NOTES])).await.expect(200);
        server.code_for(&app, app.ask("read").set("resource", NOTES)).await;
    }

    async fn r_115_a_resource_that_is_not_known_here(server: &Server) {
        let (app, notes, _) = with_two(server).await;
        let unknown = [
            "https://evil.example/", "https://notes.example.", "https://notes.example:8443/", "https://notes.example//",
            "http://notes.example/", "https://notes.example/x", "https://notes.example/?", "urn:notes", server.issuer(),
        ];
        for resource in unknown {
            let asked = server.ada().await.authorize(&app.ask("read").set("resource", resource)).await;
            asked.answer.expect_redirected_error("invalid_target");
            server.token(&app, alone(&[resource])).await.expect_error(400, "invalid_target");
            server.token(&app, alone(&[NOTES, resource])).await.expect_error(400, "invalid_target");
        }
        server.token(&app, alone(&[NOTES])).await.expect(200);
        let mut disabled = notes.client.clone();
        disabled.enabled = false;
        assert!(server.put_client(&disabled).await);
        server.token(&app, alone(&[NOTES])).await.expect_error(400, "invalid_target");
    }

    async fn r_116_several_resources(server: &Server) {
        let (app, ..) = with_two(server).await;
        let code = server.code_for(&app, for_both(app.ask("read"))).await;
        let tokens = Tokens::from(server.redeem(&app, &code).await);
        assert_eq!(audience(server, &app, &tokens.access).await, json!([MAIL, NOTES]));
        let both = server.token(&app, alone(&[NOTES, MAIL, NOTES])).await.expect(200).member("access_token");
        assert_eq!(audience(server, &app, &both).await, json!([MAIL, NOTES]), "each once");
    }

    async fn r_117_the_token_request_stays_within_what_was_authorised(server: &Server) {
        let (app, ..) = with_two(server).await;
        let code = server.code_for(&app, app.ask("read").set("resource", NOTES)).await;
        let redeem = |resource| {
            let fields = [
                ("grant_type", "authorization_code"),
                ("code", code.code.as_str()),
                ("code_verifier", &code.verifier),
                ("redirect_uri", &code.redirect_uri),
                ("resource", resource),
            ];
            server.token(&app, fields)
        };
        redeem(MAIL).await.expect_error(400, "invalid_target");
        redeem("https://evil.example/").await.expect_error(400, "invalid_target");
        let tokens = Tokens::from(redeem(NOTES).await);
        assert_eq!(audience(server, &app, &tokens.access).await, json!(NOTES));
        // A code of a request without a resource has none to give.
        let code = server.code(&app, "read").await;
        let fields = [("grant_type", "authorization_code"), ("code", &code.code), ("code_verifier", &code.verifier), ("resource", NOTES)];
        server.token(&app, fields).await.expect_error(400, "invalid_target");
        server.redeem(&app, &code).await.expect(200);
    }

    // proves: R-118
    async fn r_118_the_audience_is_what_was_asked(server: &Server) {
        let (app, notes, mail) = with_two(server).await;
        let code = server.code_for(&app, for_both(app.ask("read"))).await;
        let fields = [
            ("grant_type", "authorization_code"), ("code", &code.code), ("code_verifier", &code.verifier),
            ("redirect_uri", &code.redirect_uri), ("resource", MAIL),
        ];
        let tokens = Tokens::from(server.token(&app, fields).await);
        assert_eq!(audience(server, &mail, &tokens.access).await, json!(MAIL));
        assert_eq!(server.introspect(&notes, &tokens.access).await.expect(200).text(), r#"{"active":false}"#);
        let plain = server.client_credentials(&app, "read").await.member("access_token");
        assert_eq!(audience(server, &app, &plain).await, Value::Null);
        for other in [&notes, &mail] {
            assert_eq!(server.introspect(other, &plain).await.expect(200).text(), r#"{"active":false}"#);
        }
    }

    // proves: R-167
    async fn r_119_a_refresh_narrows_and_never_widens(server: &Server) {
        for client_type in [ClientType::Confidential, ClientType::Public] {
            let (_, notes, mail) = (server.confidential().await, server.resource_server(NOTES).await, server.resource_server(MAIL).await);
            server.resource_server("https://third.example/").await;
            let app = server.register(client_type, |_| ()).await;
            let code = server.code_for(&app, for_both(app.ask("read"))).await;
            let whole = Tokens::from(server.redeem(&app, &code).await);
            for wide in [&["https://third.example/"][..], &[NOTES, "https://third.example/"], &["https://evil.example/"]] {
                server.token(&app, refresh(&whole.refresh, wide)).await.expect_error(400, "invalid_target");
            }
            let narrow = Tokens::from(server.token(&app, refresh(&whole.refresh, &[NOTES])).await);
            assert_eq!(audience(server, &notes, &narrow.access).await, json!(NOTES));
            assert_eq!(server.introspect(&mail, &narrow.access).await.expect(200).text(), r#"{"active":false}"#);
            // The grant is as wide as it was (RFC 8707 section 2.2).
            let other = Tokens::from(server.token(&app, refresh(&narrow.refresh, &[MAIL])).await);
            assert_eq!(audience(server, &mail, &other.access).await, json!(MAIL));
            let both = Tokens::from(server.refresh(&app, &other.refresh).await);
            assert_eq!(audience(server, &mail, &both.access).await, json!([MAIL, NOTES]));
        }
    }
}

on_every_server! {
    config |config| {
        config.default_audience = vec![NOTES.to_owned().try_into().unwrap()];
        config.resources = vec![MAIL.to_owned().try_into().unwrap()];
    };

    // proves: R-115, R-118
    async fn the_default_audience_is_the_configured_one(server: &Server) {
        let app = server.confidential().await;
        let tokens = server.tokens(&app, "read").await;
        assert_eq!(audience(server, &app, &tokens.access).await, json!(NOTES));
        let next = Tokens::from(server.refresh(&app, &tokens.refresh).await);
        assert_eq!(audience(server, &app, &next.access).await, json!(NOTES));
        server.token(&app, refresh(&next.refresh, &[MAIL])).await.expect_error(400, "invalid_target");
        let alone_at = |answer: oauth_tests::Answer| answer.expect(200).member("access_token");
        let plain = alone_at(server.client_credentials(&app, "read").await);
        assert_eq!(audience(server, &app, &plain).await, json!(NOTES));
        let mail = alone_at(server.token(&app, alone(&[MAIL])).await);
        assert_eq!(audience(server, &app, &mail).await, json!(MAIL), "configured ones need no registration");
    }
}
