//! What a code is bound to (RFC 6749 §4.1.3), how long it lives, and what a replay does.

use super::refresh::altered;
use oauth_core::client::ClientType;
use oauth_core::event::Event;
use oauth_tests::{App, Call, Code, Server, on_every_server, verifier};

/// Redeems a code with some fields other than they should be; an empty value leaves the field out.
fn redeem_with(server: &Server, app: &App, code: &Code, changes: &[(&str, &str)]) -> Call {
    let mut fields = vec![
        ("grant_type", "authorization_code"),
        ("code", code.code.as_str()),
        ("redirect_uri", code.redirect_uri.as_str()),
        ("code_verifier", code.verifier.as_str()),
    ];
    for (name, value) in changes {
        fields.retain(|(other, _)| other != name);
        if !value.is_empty() {
            fields.push((name, value));
        }
    }
    server.token(app, fields)
}

on_every_server! {
    async fn r_025_a_code_lives_for_a_minute(server: &Server) {
        let app = server.confidential().await;
        let (in_time, late) = (server.code(&app, "read").await, server.code(&app, "read").await);
        server.advance(59);
        server.redeem(&app, &in_time).await.expect(200);
        server.advance(1);
        server.redeem(&app, &late).await.expect_error(400, "invalid_grant");
    }

    async fn r_027_a_valid_replay_revokes_all_that_came_of_the_code(server: &Server) {
        let app = server.confidential().await;
        let code = server.code(&app, "read").await;
        let other = server.approved_tokens(&app, "read").await;
        let first = oauth_tests::Tokens::from(server.redeem(&app, &code).await);
        let second = oauth_tests::Tokens::from(server.refresh(&app, &first.refresh).await);
        // Also long after the code itself would have been over.
        server.advance(600);
        assert!(server.is_alive(&second.access).await);
        server.redeem(&app, &code).await.expect_error(400, "invalid_grant");
        for access in [&first.access, &second.access] {
            assert!(!server.is_alive(access).await);
            assert_eq!(server.introspect(&app, access).await.expect(200).text(), r#"{"active":false}"#);
        }
        server.refresh(&app, &second.refresh).await.expect_error(400, "invalid_grant");
        assert_eq!(server.events().count(|event| matches!(event, Event::CodeReused { .. })), 1);
        assert!(server.is_alive(&other.access).await, "another approval has nothing to do with it");
        server.refresh(&app, &other.refresh).await.expect(200);
    }

    // proves: vuln_12
    async fn r_028_a_code_is_bound_to_its_client(server: &Server) {
        for client_type in [ClientType::Confidential, ClientType::Public] {
            let (app, other) = (server.register(client_type, |_| ()).await, server.confidential().await);
            let code = server.code(&app, "read").await;
            server.redeem(&other, &code).await.expect_error(400, "invalid_grant");
            let answer = server.redeem(&server.public().await, &code).await.expect_error(400, "invalid_grant");
            assert!(answer.json().get("access_token").is_none());
            let tokens = oauth_tests::Tokens::from(server.redeem(&app, &code).await);
            server.redeem(&other, &code).await.expect_error(400, "invalid_grant");
            assert!(server.is_alive(&tokens.access).await, "what another client presents is no replay");
        }
    }

    async fn r_029_the_redirect_uri_is_the_one_the_code_was_sent_to(server: &Server) {
        let several = ["https://client.example/callback", "https://client.example/callback?a=1"];
        let app = server
            .register(ClientType::Confidential, |app| app.redirect_uris = several.map(str::to_owned).to_vec())
            .await;
        let code = server.code(&app, "read").await;
        let wrong = [
            "https://client.example/callback/", "https://client.example/Callback", "https://CLIENT.example/callback",
            "https://client.example/callback?a=1", "https://client.example:443/callback", "http://client.example/callback",
            "https://client.example/callback#", "https://client.example/%63allback", " https://client.example/callback",
            "https://client.example/callback%20", "https://evil.example/callback", "null",
        ];
        for uri in wrong {
            let answer = redeem_with(server, &app, &code, &[("redirect_uri", uri)]).await;
            assert_eq!(answer.status, 400, "{uri} {answer}");
            answer.expect_error(400, "invalid_grant");
        }
        let tokens = oauth_tests::Tokens::from(server.redeem(&app, &code).await);
        redeem_with(server, &app, &code, &[("redirect_uri", wrong[0])]).await.expect_error(400, "invalid_grant");
        assert!(server.is_alive(&tokens.access).await);
        // OAuth 2.1 section 10.2: a challenge binds the code, so it need not be sent.
        let code = server.code(&app, "read").await;
        redeem_with(server, &app, &code, &[("redirect_uri", "")]).await.expect(200);
    }

    async fn r_029_without_a_challenge_the_redirect_uri_is_needed(server: &Server) {
        let app = server.register(ClientType::Confidential, |app| app.insecure_without_pkce = true).await;
        let code = server.code_for(&app, app.ask("read").without_pkce()).await;
        let without = |uri| [("code_verifier", ""), ("redirect_uri", uri)];
        redeem_with(server, &app, &code, &without("")).await.expect_error(400, "invalid_grant");
        redeem_with(server, &app, &code, &without("https://client.example/")).await.expect_error(400, "invalid_grant");
        redeem_with(server, &app, &code, &without(&app.redirect_uri)).await.expect(200);
        // Where the request did not name it, the token request need not either.
        let code = server.code_for(&app, app.ask("read").without_pkce().without("redirect_uri")).await;
        redeem_with(server, &app, &code, &without("")).await.expect(200);
    }

    async fn r_048_an_invalid_replay_changes_nothing(server: &Server) {
        let app = server.confidential().await;
        let (code, other) = (server.code(&app, "read").await, server.confidential().await);
        let invalid = async |round: usize| {
            redeem_with(server, &app, &code, &[("code_verifier", &verifier())]).await.expect_error(400, "invalid_grant");
            redeem_with(server, &app, &code, &[("code_verifier", "")]).await.expect_error(400, "invalid_grant");
            redeem_with(server, &app, &code, &[("redirect_uri", "https://evil.example/")])
                .await
                .expect_error(400, "invalid_grant");
            server.redeem(&other, &code).await.expect_error(400, "invalid_grant");
            if round < 2 {
                let stolen = App { secret: Some("a wrong secret".to_owned()), ..app.clone() };
                server.redeem(&stolen, &code).await.expect_error(401, "invalid_client");
                let nobody = App { secret: None, ..app.clone() };
                server.redeem(&nobody, &code).await.expect_error(401, "invalid_client");
            }
        };
        // Before it is redeemed they do not burn the honest client's code ...
        for round in 0..10 {
            invalid(round).await;
        }
        let tokens = oauth_tests::Tokens::from(server.redeem(&app, &code).await);
        // ... and afterwards they do not revoke what it got.
        for round in 0..10 {
            invalid(round).await;
        }
        assert!(server.is_alive(&tokens.access).await);
        server.refresh(&app, &tokens.refresh).await.expect(200);
        assert_eq!(server.events().count(|event| matches!(event, Event::CodeReused { .. })), 0);
        server.redeem(&app, &code).await.expect_error(400, "invalid_grant");
        assert!(!server.is_alive(&tokens.access).await, "the valid one does");
    }

    // proves: vuln_10
    async fn r_052_one_kind_of_token_is_never_taken_for_another(server: &Server) {
        let app = server.confidential().await;
        let (code, unused) = (server.code(&app, "read").await, server.code(&app, "read").await);
        let tokens = oauth_tests::Tokens::from(server.redeem(&app, &code).await);
        let foreign = [
            tokens.refresh.as_str(), tokens.access.as_str(), "GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS", &app.id,
            "urn:ietf:params:oauth:request_uri:6esc_11ACC5bwc014ltc14eY22c", app.secret(), &code.verifier,
        ];
        for other in foreign {
            redeem_with(server, &app, &code, &[("code", other)]).await.expect_error(400, "invalid_grant");
        }
        for other in [unused.code.as_str(), &code.code, &tokens.access, app.secret()] {
            server.refresh(&app, other).await.expect_error(400, "invalid_grant");
        }
        for other in [unused.code.as_str(), &tokens.refresh, app.secret()] {
            assert!(!server.is_alive(other).await);
            assert_eq!(server.introspect(&app, other).await.expect(200).text(), r#"{"active":false}"#);
        }
        assert!(server.is_alive(&tokens.access).await);
        server.revoke(&app, &unused.code).await.expect(200);
        server.redeem(&app, &unused).await.expect(200);
        server.refresh(&app, &tokens.refresh).await.expect(200);
    }

    async fn vuln_11_no_part_of_a_code_can_be_changed(server: &Server) {
        let app = server.public().await;
        let code = server.code(&app, "read").await;
        let mine = server.code(&server.confidential().await, "read write").await;
        let mixed: Vec<String> = [10, 21, 22, 33]
            .into_iter()
            .flat_map(|at| [[&code.code[..at], &mine.code[at..]].concat(), [&mine.code[..at], &code.code[at..]].concat()])
            .collect();
        let changed: Vec<String> = altered(&code.code).into_iter().chain(mixed).collect();
        for changed in &changed {
            let answer = redeem_with(server, &app, &code, &[("code", changed)]).await;
            assert_eq!(answer.status, 400, "{changed:?} {answer}");
        }
        server.redeem(&app, &code).await.expect(200);
    }
}
