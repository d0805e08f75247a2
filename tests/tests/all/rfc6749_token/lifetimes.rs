//! How long tokens live, exactly, whether or not the sweep has run.

use oauth_tests::{Server, Tokens, on_every_server};
use std::time::Duration;

const DAY: u64 = 24 * 60 * 60;

on_every_server! {
    async fn r_168_an_unused_refresh_token_ends_after_thirty_days(server: &Server) {
        let app = server.confidential().await;
        let (used, unused) = (server.approved_tokens(&app, "read").await, server.approved_tokens(&app, "read").await);
        server.advance(30 * DAY - 1);
        let used = Tokens::from(server.refresh(&app, &used.refresh).await);
        server.advance(1);
        server.refresh(&app, &unused.refresh).await.expect_error(400, "invalid_grant");
        server.advance(30 * DAY - 2);
        server.refresh(&app, &used.refresh).await.expect(200);
    }

    async fn r_203_ten_rotations_do_not_move_the_end(server: &Server) {
        let app = server.public().await;
        let mut tokens = server.approved_tokens(&app, "read").await;
        for _ in 0..10 {
            server.advance(8 * DAY);
            tokens = server.refresh(&app, &tokens.refresh).await.into();
        }
        server.advance(10 * DAY - 1);
        let last = Tokens::from(server.refresh(&app, &tokens.refresh).await);
        assert_eq!(last.answer.json()["expires_in"], 1, "nor does an access token outlive the family");
        assert!(server.is_alive(&last.access).await);
        server.advance(1);
        assert!(!server.is_alive(&last.access).await);
        server.refresh(&app, &last.refresh).await.expect_error(400, "invalid_grant");
    }

    // proves: R-063
    async fn an_access_token_lives_for_an_hour(server: &Server) {
        let app = server.confidential().await;
        let (tokens, alone) =
            (server.approved_tokens(&app, "read").await, server.client_credentials(&app, "read").await.member("access_token"));
        server.advance(3_599);
        assert!(server.is_alive(&tokens.access).await && server.is_alive(&alone).await);
        server.advance(1);
        assert!(!server.is_alive(&tokens.access).await && !server.is_alive(&alone).await);
        server.refresh(&app, &tokens.refresh).await.expect(200);
    }
}

on_every_server! {
    config |config| config.sweep_interval = Duration::from_secs(100 * DAY);

    async fn vuln_44_nothing_depends_on_the_sweep(server: &Server) {
        let app = server.confidential().await;
        let (code, tokens) = (server.approved(&app, app.ask("read")).await, server.approved_tokens(&app, "read").await);
        server.advance(59);
        assert!(server.is_alive(&tokens.access).await);
        server.advance(1);
        server.redeem(&app, &code).await.expect_error(400, "invalid_grant");
        server.advance(3_600 - 61);
        let introspected = server.introspect(&app, &tokens.access).await.expect(200);
        assert_eq!(introspected.json()["active"], true, "{introspected}");
        server.advance(1);
        assert!(!server.is_alive(&tokens.access).await);
        assert_eq!(server.introspect(&app, &tokens.access).await.expect(200).text(), r#"{"active":false}"#);
        server.advance(30 * DAY - 3_600);
        server.refresh(&app, &tokens.refresh).await.expect_error(400, "invalid_grant");
    }
}

on_every_server! {
    config |config| {
        config.code_lifetime = Duration::from_secs(5);
        config.access_token_lifetime = Duration::from_secs(7);
        config.refresh_token_idle = Duration::from_secs(11);
        config.refresh_token_lifetime = Duration::from_secs(20);
    };

    // proves: R-025, R-063, R-168, R-203
    async fn every_lifetime_can_be_set(server: &Server) {
        let app = server.confidential().await;
        let (in_time, late) = (server.code(&app, "read").await, server.code(&app, "read").await);
        server.advance(4);
        let tokens = Tokens::from(server.redeem(&app, &in_time).await);
        assert_eq!(tokens.answer.json()["expires_in"], 7);
        server.advance(1);
        server.redeem(&app, &late).await.expect_error(400, "invalid_grant");
        server.advance(5);
        assert!(server.is_alive(&tokens.access).await);
        server.advance(1);
        assert!(!server.is_alive(&tokens.access).await);
        server.advance(3);
        let tokens = Tokens::from(server.refresh(&app, &tokens.refresh).await);
        server.advance(9);
        let tokens = Tokens::from(server.refresh(&app, &tokens.refresh).await);
        server.advance(1);
        server.refresh(&app, &tokens.refresh).await.expect_error(400, "invalid_grant");
    }

    async fn r_168_an_idle_end_of_one_second_more_is_too_late(server: &Server) {
        let app = server.confidential().await;
        let (used, unused) = (server.approved_tokens(&app, "read").await, server.approved_tokens(&app, "read").await);
        server.advance(10);
        server.refresh(&app, &used.refresh).await.expect(200);
        server.advance(1);
        server.refresh(&app, &unused.refresh).await.expect_error(400, "invalid_grant");
    }
}

on_every_server! {
    // A clock that is set back issues nothing that is over at once, and revives nothing that was used.
    async fn a_clock_that_is_set_back_revives_no_code(server: &Server) {
        let app = server.confidential().await;
        let start = server.now();
        let code = server.approved(&app, app.ask("read")).await;
        server.advance(30);
        let tokens = Tokens::from(server.redeem(&app, &code).await);
        server.set_clock(start);
        assert!(server.is_alive(&tokens.access).await);
        server.redeem(&app, &code).await.expect_error(400, "invalid_grant");
        assert!(!server.is_alive(&tokens.access).await);
    }
}
