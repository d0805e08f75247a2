//! Token introspection (RFC 7662).

use oauth_core::client::GrantType;
use oauth_core::store::{AccountStore as _, ClientStore as _};
use oauth_tests::{ADA, App, Server, on_every_server};
use serde_json::Value;
use std::time::Duration;

const INTROSPECT: &str = "/oauth/introspect";
const NOTES: &str = "https://notes.example/api";
const MAIL: &str = "https://mail.example/api";

async fn tokens_for(server: &Server, app: &App, resource: &str) -> oauth_tests::Tokens {
    let code = server.code_for(app, app.ask("read").set("resource", resource)).await;
    server.redeem(app, &code).await.into()
}

/// Byte for byte: nothing else may stand beside it.
#[track_caller]
fn expect_inactive(answer: oauth_tests::Answer) {
    let answer = answer.expect(200);
    assert_eq!(answer.text(), r#"{"active":false}"#);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}

on_every_server! {
    // proves: R-077, R-080
    async fn r_077_the_holder_reads_what_the_token_says(server: &Server) {
        let app = server.confidential().await;
        let tokens = server.tokens(&app, "read").await;
        let answer = server.introspect(&app, &tokens.access).await.expect(200);
        let said = answer.json();
        assert_eq!(said["active"], Value::Bool(true), "a JSON boolean");
        assert_eq!(said["client_id"], app.id);
        assert_eq!(said["sub"], "subject-ada");
        assert_eq!(said["username"], ADA);
        assert_eq!(said["scope"], "read");
        assert_eq!(said["token_type"], "Bearer");
        assert_eq!(said["iss"], server.issuer());
        assert_eq!(said["iat"], server.now().as_unix_seconds());
        assert_eq!(said["exp"], server.now().as_unix_seconds() + 3_600);
    }

    // proves: R-075, R-020
    async fn r_075_the_caller_is_a_confidential_client(server: &Server) {
        let (app, public) = (server.confidential().await, server.public().await);
        let tokens = server.tokens(&public, "read").await;
        let token = tokens.access.as_str();
        server.post(INTROSPECT).form([("token", token)]).await.expect_error(401, "invalid_client");
        server.post(INTROSPECT).basic(&app.id, "wrong").form([("token", token)]).await.expect_error(401, "invalid_client");
        server.post(INTROSPECT).form([("token", token), ("client_id", &app.id)]).await.expect_error(401, "invalid_client");
        server.introspect(&public, token).await.expect_error(401, "invalid_client");
        server.post(INTROSPECT).bearer(token).form([("token", token)]).await.expect_error(401, "invalid_client");
        server.introspect(&app, token).await.expect(200);
    }

    async fn r_076_post_only(server: &Server) {
        let app = server.confidential().await;
        let tokens = server.tokens(&app, "read").await;
        for method in ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"] {
            let call = server.call(method, &format!("{INTROSPECT}?token={}", tokens.access)).basic(&app.id, app.secret());
            assert_eq!(call.await.expect(405).header("allow"), Some("POST"), "{method}");
        }
        let in_query = server.post(&format!("{INTROSPECT}?token={}", tokens.access)).basic(&app.id, app.secret());
        in_query.form([("a", "b")]).await.expect_error(400, "invalid_request");
        assert_eq!(server.introspect(&app, &tokens.access).await.json()["active"], true);
    }

    // proves: R-078, R-079, R-080, R-084
    async fn r_079_what_is_not_alive_is_inactive_and_nothing_else(server: &Server) {
        let app = server.confidential().await;
        let tokens = server.tokens(&app, "read").await;
        let revoked = server.tokens(&app, "read").await;
        server.revoke(&app, &revoked.access).await.expect(200);
        assert_eq!(server.introspect(&app, &tokens.access).await.json()["active"], true, "the OK case");
        expect_inactive(server.introspect(&app, "never-issued").await);
        expect_inactive(server.introspect(&app, &revoked.access).await);
        expect_inactive(server.introspect(&app, &tokens.refresh).await);
        expect_inactive(server.introspect(&app, &server.code(&app, "read").await.code).await);
        server.advance(3_599);
        assert_eq!(server.introspect(&app, &tokens.access).await.json()["active"], true);
        server.advance(1);
        expect_inactive(server.introspect(&app, &tokens.access).await);
    }

    // proves: R-081
    async fn vuln_41_tokens_of_others_are_inactive(server: &Server) {
        let (app, other) = (server.confidential().await, server.confidential().await);
        let tokens = server.tokens(&app, "read").await;
        expect_inactive(server.introspect(&other, &tokens.access).await);
        assert_eq!(server.introspect(&app, &tokens.access).await.json()["active"], true);
    }

    // proves: R-079, R-081
    async fn vuln_40_a_resource_server_sees_what_is_meant_for_it(server: &Server) {
        let (notes, mail) = (server.resource_server(NOTES).await, server.resource_server(MAIL).await);
        let app = server.public().await;
        let tokens = tokens_for(server, &app, NOTES).await;
        let said = server.introspect(&notes, &tokens.access).await.expect(200).json();
        assert_eq!((&said["active"], &said["aud"]), (&Value::Bool(true), &Value::from(NOTES)));
        expect_inactive(server.introspect(&mail, &tokens.access).await);
    }

    async fn several_audiences_are_a_list(server: &Server) {
        let (notes, mail) = (server.resource_server(NOTES).await, server.resource_server(MAIL).await);
        let app = server.public().await;
        let code = server.code_for(&app, app.ask("read").and("resource", NOTES).and("resource", MAIL)).await;
        let token = server.redeem(&app, &code).await.expect(200).member("access_token");
        for who in [notes, mail] {
            let said = server.introspect(&who, &token).await.json();
            let audience: Vec<&str> = said["aud"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
            assert!(audience.len() == 2 && audience.contains(&NOTES) && audience.contains(&MAIL), "{said}");
        }
    }

    async fn r_083_nothing_is_active_of_who_is_switched_off(server: &Server) {
        let (app, notes) = (server.public().await, server.resource_server(NOTES).await);
        let tokens = tokens_for(server, &app, NOTES).await;
        let active = async || server.introspect(&notes, &tokens.access).await.json()["active"] == true;
        assert!(active().await);
        let mut client = app.client.clone();
        client.enabled = false;
        assert!(server.put_client(&client).await);
        assert!(!active().await, "the client is disabled");
        client.enabled = true;
        assert!(server.put_client(&client).await);
        assert!(active().await);
        let ada = server.store().account_named(ADA).await.unwrap().unwrap();
        server.change_account(&ada.subject, |account| account.enabled = false).await;
        assert!(!active().await, "the person's account is disabled");
    }

    async fn r_083_nothing_is_active_of_a_deleted_client(server: &Server) {
        let (app, notes) = (server.public().await, server.resource_server(NOTES).await);
        let tokens = tokens_for(server, &app, NOTES).await;
        server.store().delete_client(&app.client.id, server.now()).await.unwrap();
        expect_inactive(server.introspect(&notes, &tokens.access).await);
    }

    async fn a_client_that_acts_for_itself_is_its_own_subject(server: &Server) {
        let app = server.confidential().await;
        let token = server.client_credentials(&app, "read").await.expect(200).member("access_token");
        let said = server.introspect(&app, &token).await.json();
        assert_eq!(said["sub"], app.id);
        assert_eq!(said.get("username"), None);
        assert!(app.client.may_use(GrantType::ClientCredentials));
    }

    // proves: R-081
    async fn r_081_a_disabled_resource_server_is_not_told(server: &Server) {
        let (app, notes) = (server.public().await, server.resource_server(NOTES).await);
        let tokens = tokens_for(server, &app, NOTES).await;
        let mut client = notes.client.clone();
        client.enabled = false;
        assert!(server.put_client(&client).await);
        server.introspect(&notes, &tokens.access).await.expect_error(400, "unauthorized_client");
    }
}

mod scanning {
    use super::*;

    on_every_server! {
        config |config| config.unknown_tokens_per_client = 20;

        // proves: R-082
        async fn r_082_nobody_scans_for_tokens(server: &Server) {
            let app = server.confidential().await;
            let tokens = server.tokens(&app, "read").await;
            for number in 0..19 {
                expect_inactive(server.introspect(&app, &format!("guess-{number}")).await);
                let good = server.introspect(&app, &tokens.access).await.json();
                assert_eq!(good["active"], true, "good ones do not count");
            }
            expect_inactive(server.introspect(&app, "guess-19").await);
            let throttled = server.introspect(&app, "guess-20").await.expect(429);
            assert!(throttled.header("retry-after").is_some());
            let good = server.introspect(&app, &tokens.access).await.json();
            assert_eq!(good["active"], true, "R-184: who sends junk to an API does not switch it off");
            server.advance(Duration::from_secs(60).as_secs());
            expect_inactive(server.introspect(&app, "guess-21").await);
        }
    }
}
