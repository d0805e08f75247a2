//! Token revocation (RFC 7009).

use oauth_core::client::ClientType;
use oauth_tests::{Server, on_every_server};

const REVOKE: &str = "/oauth/revoke";

on_every_server! {
    // proves: R-065
    async fn r_065_an_access_token_ends_alone(server: &Server) {
        let app = server.confidential().await;
        let tokens = server.tokens(&app, "read").await;
        let refreshed = server.refresh(&app, &tokens.refresh).await.expect(200);
        let other = refreshed.member("access_token");
        assert!(server.is_alive(&tokens.access).await, "the OK case");
        server.revoke(&app, &tokens.access).await.expect(200);
        assert!(!server.is_alive(&tokens.access).await);
        assert!(server.is_alive(&other).await, "revoking an access token ends that token only");
        server.refresh(&app, &refreshed.member("refresh_token")).await.expect(200);
    }

    // proves
    async fn r_070_a_refresh_token_ends_its_family(server: &Server) {
        let app = server.confidential().await;
        let first = server.tokens(&app, "read").await;
        let second = server.refresh(&app, &first.refresh).await.expect(200);
        server.revoke(&app, &second.member("refresh_token")).await.expect(200);
        for token in [&first.access, &second.member("access_token")] {
            assert!(!server.is_alive(token).await, "the access tokens of the family are dead");
        }
        for token in [&first.refresh, &second.member("refresh_token")] {
            server.refresh(&app, token).await.expect_error(400, "invalid_grant");
        }
    }

    // proves: R-074
    async fn r_074_a_retired_refresh_token_ends_its_family_too(server: &Server) {
        let app = server.confidential().await;
        let first = server.tokens(&app, "read").await;
        let second = server.refresh(&app, &first.refresh).await.expect(200);
        let third = server.refresh(&app, &second.member("refresh_token")).await.expect(200);
        server.revoke(&app, &first.refresh).await.expect(200);
        assert!(!server.is_alive(&third.member("access_token")).await);
        server.refresh(&app, &third.member("refresh_token")).await.expect_error(400, "invalid_grant");
    }

    async fn another_approval_of_the_same_person_lives_on(server: &Server) {
        let app = server.confidential().await;
        let (one, other) = (server.tokens(&app, "read").await, server.tokens(&app, "read").await);
        server.revoke(&app, &one.refresh).await.expect(200);
        assert!(server.is_alive(&other.access).await);
        server.refresh(&app, &other.refresh).await.expect(200);
    }

    async fn r_066_post_with_a_token(server: &Server) {
        let app = server.confidential().await;
        let tokens = server.tokens(&app, "read").await;
        for method in ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"] {
            let answer = server.call(method, &format!("{REVOKE}?token={}", tokens.access)).basic(&app.id, app.secret()).await;
            assert_eq!(answer.expect(405).header("allow"), Some("POST"), "{method}");
        }
        let fields: [(&str, &str); 0] = [];
        server.as_client(&app, REVOKE, fields).await.expect_error(400, "invalid_request");
        server.as_client(&app, REVOKE, [("token", "")]).await.expect_error(400, "invalid_request");
        assert!(server.is_alive(&tokens.access).await);
        server.revoke(&app, &tokens.access).await.expect(200);
    }

    // proves
    async fn r_067_the_caller_is_authenticated_first(server: &Server) {
        let app = server.confidential().await;
        let tokens = server.tokens(&app, "read").await;
        let token = tokens.access.as_str();
        server.post(REVOKE).form([("token", token)]).await.expect_error(401, "invalid_client");
        server.post(REVOKE).form([("token", token), ("client_id", &app.id)]).await.expect_error(401, "invalid_client");
        let wrong = server.post(REVOKE).basic(&app.id, "wrong").form([("token", token)]).await;
        assert!(wrong.expect_error(401, "invalid_client").header("www-authenticate").unwrap().starts_with("Basic "));
        assert!(server.is_alive(token).await);
        let in_form = [("token", token), ("client_id", app.id.as_str()), ("client_secret", app.secret())];
        server.post(REVOKE).form(in_form).await.expect(200);
        assert!(!server.is_alive(token).await);
    }

    // proves: R-067
    async fn r_067_a_public_client_revokes_by_its_identifier(server: &Server) {
        let app = server.public().await;
        let tokens = server.tokens(&app, "read").await;
        server.revoke(&app, &tokens.refresh).await.expect(200);
        assert!(!server.is_alive(&tokens.access).await, "vuln_42: revocation does something for public clients too");
    }

    // proves: R-068
    async fn vuln_42_tokens_of_another_client_live_on(server: &Server) {
        let (app, other) = (server.confidential().await, server.public().await);
        let tokens = server.tokens(&app, "read").await;
        let nothing = server.revoke(&other, "no-such-token").await.expect(200);
        for token in [&tokens.access, &tokens.refresh] {
            let answer = server.revoke(&other, token).await.expect(200);
            assert_eq!((answer.body, answer.headers.get("content-type")), (nothing.body.clone(), nothing.headers.get("content-type")));
        }
        assert!(server.is_alive(&tokens.access).await);
        server.refresh(&app, &tokens.refresh).await.expect(200);
    }

    async fn r_069_the_hint_is_a_hint(server: &Server) {
        let app = server.confidential().await;
        for hint in ["access_token", "refresh_token", "something_else", ""] {
            let (one, two) = (server.tokens(&app, "read").await, server.tokens(&app, "read").await);
            server.as_client(&app, REVOKE, [("token", one.access.as_str()), ("token_type_hint", hint)]).await.expect(200);
            server.as_client(&app, REVOKE, [("token", two.refresh.as_str()), ("token_type_hint", hint)]).await.expect(200);
            assert!(!server.is_alive(&one.access).await, "{hint}");
            assert!(!server.is_alive(&two.access).await, "{hint}");
        }
    }

    async fn r_071_an_unknown_token_is_answered_as_a_known_one(server: &Server) {
        let app = server.confidential().await;
        let tokens = server.tokens(&app, "read").await;
        let known = server.revoke(&app, &tokens.access).await.expect(200);
        let again = server.revoke(&app, &tokens.access).await.expect(200);
        let unknown = server.revoke(&app, "never-issued").await.expect(200);
        let strange = server.revoke(&app, "\u{0}\"<é>").await.expect(200);
        for answer in [again, unknown, strange] {
            assert_eq!(answer.body, known.body);
            let names = |answer: &oauth_tests::Answer| answer.headers.keys().map(ToString::to_string).collect::<Vec<_>>();
            assert_eq!(names(&answer), names(&known));
        }
    }

    async fn r_073_revocation_is_seen_by_another_instance_at_once(server: &Server) {
        let other = server.beside().await;
        let app = server.confidential().await;
        let tokens = server.tokens(&app, "read").await;
        assert!(other.is_alive(&tokens.access).await);
        server.revoke(&app, &tokens.access).await.expect(200);
        assert!(!other.is_alive(&tokens.access).await);
    }

    async fn a_code_is_not_a_token(server: &Server) {
        let app = server.confidential().await;
        let code = server.code(&app, "read").await;
        server.revoke(&app, &code.code).await.expect(200);
        server.redeem(&app, &code).await.expect(200);
    }

    async fn a_client_without_grants_may_still_revoke(server: &Server) {
        let app = server.register(ClientType::Confidential, |app| {
            app.grant_types = vec![oauth_core::client::GrantType::ClientCredentials];
        }).await;
        let token = server.client_credentials(&app, "read").await.expect(200).member("access_token");
        server.revoke(&app, &token).await.expect(200);
        assert!(!server.is_alive(&token).await);
    }
}
