//! A rotation whose answer was lost: the same answer again for ten seconds, until the successor was
//! presented (RFC 9700 §4.14.2 leaves it open; no lost answer may log anybody out).

use oauth_core::event::Event;
use oauth_tests::{App, Server, Tokens, on_every_server};
use serde_json::Value;

/// Leaves out the one member that may differ.
fn without_expiry(tokens: &Tokens) -> Value {
    let mut body = tokens.answer.json();
    body.as_object_mut().unwrap().remove("expires_in");
    body
}

on_every_server! {
    async fn the_same_answer_again_with_what_remains_of_it(server: &Server) {
        let app = server.confidential().await;
        let first = server.approved_tokens(&app, "read write").await;
        let second = Tokens::from(server.refresh(&app, &first.refresh).await);
        for waited in [0, 1, 4, 4] {
            server.advance(waited);
            let again = Tokens::from(server.refresh(&app, &first.refresh).await);
            assert_eq!(without_expiry(&again), without_expiry(&second));
            let passed = server.now().seconds_since(oauth_core::clock::Timestamp::from_unix_seconds(1_800_000_000));
            assert_eq!(again.answer.json()["expires_in"], Value::from(3_600 - passed), "what remains of it");
        }
        assert_eq!(server.events().count(|event| matches!(event, Event::AnswerReplayed { .. })), 4);
        assert!(server.is_alive(&second.access).await);
        server.refresh(&app, &second.refresh).await.expect(200);
    }

    // proves: R-166
    async fn the_window_ends_with_its_tenth_second(server: &Server) {
        let app = server.confidential().await;
        let (kept, lost) = (server.approved_tokens(&app, "read").await, server.approved_tokens(&app, "read").await);
        let kept_next = Tokens::from(server.refresh(&app, &kept.refresh).await);
        let lost_next = Tokens::from(server.refresh(&app, &lost.refresh).await);
        server.advance(9);
        assert_eq!(without_expiry(&server.refresh(&app, &kept.refresh).await.into()), without_expiry(&kept_next));
        server.advance(1);
        server.refresh(&app, &lost.refresh).await.expect_error(400, "invalid_grant");
        assert!(!server.is_alive(&lost_next.access).await, "from then on it is reuse");
        server.refresh(&app, &lost_next.refresh).await.expect_error(400, "invalid_grant");
        server.refresh(&app, &kept_next.refresh).await.expect(200);
    }

    // proves: R-166
    async fn the_window_ends_when_the_successor_was_presented(server: &Server) {
        let app = server.confidential().await;
        let first = server.approved_tokens(&app, "read").await;
        let second = Tokens::from(server.refresh(&app, &first.refresh).await);
        let third = Tokens::from(server.refresh(&app, &second.refresh).await);
        server.refresh(&app, &first.refresh).await.expect_error(400, "invalid_grant");
        assert!(!server.is_alive(&third.access).await);
        server.refresh(&app, &third.refresh).await.expect_error(400, "invalid_grant");
    }

    // Presented successfully, that is: a refused attempt says nothing about who holds the successor.
    async fn a_refused_successor_does_not_end_the_window(server: &Server) {
        let app = server.confidential().await;
        let first = server.approved_tokens(&app, "read").await;
        let second = Tokens::from(server.refresh(&app, &first.refresh).await);
        let wide = [("grant_type", "refresh_token"), ("refresh_token", &second.refresh), ("scope", "read write")];
        server.token(&app, wide).await.expect_error(400, "invalid_scope");
        server.refresh(&server.public().await, &second.refresh).await.expect_error(400, "invalid_grant");
        assert_eq!(without_expiry(&server.refresh(&app, &first.refresh).await.into()), without_expiry(&second));
        server.refresh(&app, &second.refresh).await.expect(200);
    }

    // proves: R-042
    async fn another_client_gets_nothing_in_the_window(server: &Server) {
        let app = server.confidential().await;
        let first = server.approved_tokens(&app, "read").await;
        let second = Tokens::from(server.refresh(&app, &first.refresh).await);
        for other in [server.confidential().await, server.public().await] {
            let refused = server.refresh(&other, &first.refresh).await.expect_error(400, "invalid_grant");
            assert!(!refused.text().contains(&second.access), "{refused}");
        }
        let unproved = App { secret: Some("wrong".to_owned()), ..app.clone() };
        server.refresh(&unproved, &first.refresh).await.expect_error(401, "invalid_client");
        assert_eq!(without_expiry(&server.refresh(&app, &first.refresh).await.into()), without_expiry(&second));
    }

    // proves: R-043
    async fn the_scope_of_the_answer_is_not_changed_by_a_retry(server: &Server) {
        let app = server.confidential().await;
        let first = server.approved_tokens(&app, "read write").await;
        let ask = |scope| [("grant_type", "refresh_token"), ("refresh_token", &first.refresh), ("scope", scope)];
        let second = Tokens::from(server.token(&app, ask("read")).await);
        assert_eq!(second.answer.member("scope"), "read");
        // Other words, the same answer: it says itself what it is good for.
        for scope in ["read", "write", "read write", ""] {
            assert_eq!(without_expiry(&server.token(&app, ask(scope)).await.into()), without_expiry(&second));
        }
        server.token(&app, ask("read admin")).await.expect_error(400, "invalid_scope");
        server.post("/api/notes").bearer(&second.access).await.expect(403);
        server.refresh(&app, &second.refresh).await.expect(200);
    }

    async fn a_revoked_family_has_no_answer_to_give_again(server: &Server) {
        let app = server.confidential().await;
        let first = server.approved_tokens(&app, "read").await;
        let second = Tokens::from(server.refresh(&app, &first.refresh).await);
        server.revoke(&app, &second.refresh).await.expect(200);
        let refused = server.refresh(&app, &first.refresh).await.expect_error(400, "invalid_grant");
        assert!(!refused.text().contains(&second.access));
    }
}

on_every_server! {
    config |config| config.retry_window = std::time::Duration::ZERO;

    // proves: R-166
    async fn a_window_of_zero_switches_it_off(server: &Server) {
        let app = server.confidential().await;
        let first = server.approved_tokens(&app, "read").await;
        let second = Tokens::from(server.refresh(&app, &first.refresh).await);
        assert!(server.is_alive(&second.access).await);
        server.refresh(&app, &first.refresh).await.expect_error(400, "invalid_grant");
        assert!(!server.is_alive(&second.access).await);
        server.refresh(&app, &second.refresh).await.expect_error(400, "invalid_grant");
    }
}
