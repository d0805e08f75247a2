//! What an application has to say: before tokens are issued, and of the scopes it offers.

use oauth_core::client::{Client, ClientType, GrantType};
use oauth_core::grant::{BeforeIssuing, Issuance, OfferedScopes, Refusal, ScopePolicy, ScopeQuestion};
use oauth_tests::{ADA, PASSWORD, Server, Tokens, on_every_server};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Does everything that a hook may do, by what the client is called.
struct House;

#[async_trait::async_trait]
impl BeforeIssuing for House {
    async fn before_issuing(&self, issuance: &mut Issuance<'_>) -> Result<(), Refusal> {
        assert_eq!(issuance.subject().is_some(), issuance.grant_type() != GrantType::ClientCredentials);
        match issuance.client().name.as_str() {
            "Denied" => return Err(Refusal::AccessDenied),
            "Refused" => return Err(Refusal::InvalidGrant),
            "Later" => return Err(Refusal::Unavailable),
            "Nothing" => issuance.narrow_scope(&"else".parse().unwrap()),
            "Control" => drop(issuance.attributes().insert("a".to_owned(), "\u{0}".to_owned())),
            "Refused to refresh" if issuance.grant_type() == GrantType::RefreshToken => {
                return Err(Refusal::AccessDenied);
            }
            _ => {}
        }
        issuance.narrow_scope(&"read else".parse().unwrap());
        issuance.set_lifetime(Duration::from_secs(120));
        let how = issuance.grant_type().to_string();
        issuance.attributes().insert("how".to_owned(), how);
        issuance.add_member("region", json!({ "name": "eu" }))?;
        for standard in ["access_token", "expires_in", "refresh_token", "scope", "token_type", "state", "iss", "error"]
        {
            assert!(issuance.add_member(standard, "mine").is_err(), "{standard}");
        }
        Ok(())
    }
}

on_every_server! {
    config |config| {
        config.issuing = Some(Arc::new(House));
        config.insecure_password_grant = true;
        config.insecure_implicit_grant = true;
    };

    async fn a_hook_allows_less_and_says_more_at_every_grant(server: &Server) {
        let app = server.confidential().await;
        let code = server.code(&app, "read write").await;
        let redeemed = Tokens::from(server.redeem(&app, &code).await);
        let refreshed = Tokens::from(server.refresh(&app, &redeemed.refresh).await);
        let replayed = server.refresh(&app, &redeemed.refresh).await.expect(200);
        assert_eq!(replayed.json(), refreshed.answer.json(), "the answer that was lost, as it was");
        let alone = Tokens::from(server.client_credentials(&app, "read write").await);
        let fields = [("grant_type", "password"), ("username", ADA), ("password", PASSWORD), ("scope", "read write")];
        let by_password = Tokens::from(server.token(&app, fields).await);
        for (tokens, how) in [(&redeemed, "authorization_code"), (&refreshed, "refresh_token"), (&alone, "client_credentials"), (&by_password, "password")] {
            let answer = tokens.answer.json();
            assert_eq!((&answer["scope"], &answer["expires_in"]), (&json!("read"), &json!(120)), "{answer}");
            assert_eq!((&answer["region"]["name"], &answer["token_type"]), (&json!("eu"), &json!("Bearer")), "{answer}");
            let said = server.get("/api/profile").bearer(&tokens.access).await.expect(200).json();
            assert_eq!((&said["scope"], &said["attributes"]["how"]), (&json!("read"), &json!(how)), "{said}");
        }
        let ask = app.ask("read write").set("response_type", "token").without_pkce();
        let answer = server.ada().await.authorize(&ask).await.allow_if_asked().await;
        assert_eq!((answer.fragment("scope").as_deref(), answer.fragment("expires_in").as_deref()), (Some("read"), Some("120")));
        assert!(answer.fragment("refresh_token").is_none() && answer.fragment("region").is_none(), "{answer}");
        server.advance(120);
        assert!(!server.is_alive(&redeemed.access).await);
        assert!(server.refresh(&app, &refreshed.refresh).await.status.is_success(), "the grant has what it had");
    }

    async fn a_hook_refuses_and_nothing_is_consumed(server: &Server) {
        for (name, status, error) in [
            ("Denied", 400, "access_denied"),
            ("Refused", 400, "invalid_grant"),
            ("Nothing", 400, "access_denied"),
            ("Later", 503, "temporarily_unavailable"),
            ("Control", 500, "server_error"),
        ] {
            let app = server.register(ClientType::Confidential, |app| {
                app.name = name.to_owned();
                app.grant_types.push(GrantType::ClientCredentials);
            }).await;
            let code = server.approved(&app, app.ask("read")).await;
            for _ in 0..2 {
                server.redeem(&app, &code).await.expect_error(status, error);
            }
            server.client_credentials(&app, "read").await.expect_error(status, error);
        }
        let app = server.register(ClientType::Confidential, |app| app.name = "Refused to refresh".to_owned()).await;
        let tokens = server.approved_tokens(&app, "read").await;
        for _ in 0..2 {
            server.refresh(&app, &tokens.refresh).await.expect_error(400, "access_denied");
        }
        assert!(server.is_alive(&tokens.access).await, "a refusal is no reuse");
    }

    // proves: R-026
    async fn a_hook_does_not_keep_a_replay_from_the_store(server: &Server) {
        let app = server.register(ClientType::Confidential, |app| app.name = "Now".to_owned()).await;
        let code = server.approved(&app, app.ask("read")).await;
        let tokens = Tokens::from(server.redeem(&app, &code).await);
        server.redeem(&app, &code).await.expect_error(400, "invalid_grant");
        assert!(!server.is_alive(&tokens.access).await, "the grant of a code that came twice is revoked");
    }
}

/// Offers by plan, and to those who ask without a person less.
struct ByPlan;

#[async_trait::async_trait]
impl ScopePolicy for ByPlan {
    async fn offered(&self, client: &Client, question: &ScopeQuestion<'_>) -> oauth_core::store::Result<OfferedScopes> {
        let mut scopes = BTreeMap::from([("read".to_owned(), "See what is yours".to_owned())]);
        if client.attributes.get("plan").is_some_and(|plan| plan == "paid") {
            scopes.insert("reports:send".to_owned(), "Send reports in your name".to_owned());
        }
        if question.grant_type == GrantType::ClientCredentials {
            scopes.remove("read");
        }
        let default = if question.parameters.get("resource").is_some() { "" } else { "read reports:send" };
        Ok(OfferedScopes::new(scopes).with_default(default.parse().unwrap()))
    }
}

on_every_server! {
    config |config| config.scope_policy = Some(Arc::new(ByPlan));

    async fn scopes_are_offered_by_client_and_request(server: &Server) {
        let register = async |plan: &str| server.register(ClientType::Confidential, |app| {
            app.grant_types.push(GrantType::ClientCredentials);
            app.attributes.insert("plan".to_owned(), plan.to_owned());
        }).await;
        let (paid, free) = (register("paid").await, register("free").await);
        let page = server.ada().await.authorize(&paid.ask("read reports:send")).await;
        let text = page.answer.text();
        assert!(text.contains("Send reports in your name") && text.contains("See what is yours"), "{text}");
        assert!(page.allow().await.parameter("code").is_some());
        server.authorize(&free.ask("reports:send")).await.expect_redirected_error("invalid_scope");
        server.authorize(&paid.ask("write")).await.expect_redirected_error("invalid_scope");
        server.client_credentials(&paid, "reports:send").await.expect(200);
        server.client_credentials(&paid, "read").await.expect_error(400, "invalid_scope");
        let default = server.code_for(&free, free.ask("read").without("scope")).await;
        assert_eq!(server.redeem(&free, &default).await.member("scope"), "read");
        let default = server.code_for(&paid, paid.ask("read").without("scope")).await;
        assert_eq!(server.redeem(&paid, &default).await.member("scope"), "read reports:send");
        let limited = server.register(ClientType::Confidential, |app| {
            app.attributes.insert("plan".to_owned(), "paid".to_owned());
            app.scope = "read".parse().ok();
        }).await;
        server.authorize(&limited.ask("reports:send")).await.expect_redirected_error("invalid_scope");
    }
}
