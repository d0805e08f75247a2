//! What was revoked or used stays so for a second process over the same records, and for the first
//! one started anew: the database is opened once more. In memory there is no restart, but a second
//! server over one store.

use oauth_tests::{Race, Server, Tokens, on_every_server};

on_every_server! {
    restart;

    // proves: R-027, vuln_09
    async fn vuln_09_a_replayed_code_stays_revoked(server: &Server) {
        let app = server.confidential().await;
        let (code, other) = (server.code(&app, "read").await, server.tokens(&app, "read").await);
        let tokens = Tokens::from(server.redeem(&app, &code).await);
        server.redeem(&app, &code).await.expect_error(400, "invalid_grant");
        let second = server.beside().await;
        assert!(!second.is_alive(&tokens.access).await);
        second.refresh(&app, &tokens.refresh).await.expect_error(400, "invalid_grant");
        second.redeem(&app, &code).await.expect_error(400, "invalid_grant");
        assert!(second.is_alive(&other.access).await);
        second.refresh(&app, &other.refresh).await.expect(200);
    }

    // proves
    async fn vuln_09_a_used_code_is_known_for_one_elsewhere(server: &Server) {
        let app = server.confidential().await;
        let code = server.code(&app, "read").await;
        let tokens = Tokens::from(server.redeem(&app, &code).await);
        let second = server.beside().await;
        assert!(second.is_alive(&tokens.access).await);
        second.redeem(&app, &code).await.expect_error(400, "invalid_grant");
        for either in [&second, server] {
            assert!(!either.is_alive(&tokens.access).await);
            either.refresh(&app, &tokens.refresh).await.expect_error(400, "invalid_grant");
        }
    }

    // proves: R-166
    async fn vuln_09_a_reused_refresh_token_is_known_for_one_elsewhere(server: &Server) {
        let app = server.public().await;
        let first = server.tokens(&app, "read").await;
        let second = Tokens::from(server.refresh(&app, &first.refresh).await);
        let elsewhere = server.beside().await;
        let third = Tokens::from(elsewhere.refresh(&app, &second.refresh).await);
        assert!(server.is_alive(&third.access).await);
        elsewhere.refresh(&app, &first.refresh).await.expect_error(400, "invalid_grant");
        for either in [&elsewhere, server, &server.beside().await] {
            assert!(!either.is_alive(&third.access).await);
            either.refresh(&app, &third.refresh).await.expect_error(400, "invalid_grant");
        }
    }

    async fn a_lost_answer_can_be_had_again_elsewhere(server: &Server) {
        let app = server.public().await;
        let first = server.tokens(&app, "read").await;
        let second = server.refresh(&app, &first.refresh).await.expect(200);
        server.advance(9);
        let elsewhere = server.beside().await;
        let again = elsewhere.refresh(&app, &first.refresh).await.expect(200);
        assert_eq!(again.member("refresh_token"), second.member("refresh_token"));
        assert_eq!(again.member("access_token"), second.member("access_token"));
        assert_eq!(again.json()["expires_in"], 3_591);
        server.refresh(&app, &again.member("refresh_token")).await.expect(200);
    }

    // proves
    async fn what_was_revoked_stays_revoked(server: &Server) {
        let app = server.confidential().await;
        let (one, other) = (server.tokens(&app, "read").await, server.tokens(&app, "read").await);
        server.revoke(&app, &one.refresh).await.expect(200);
        server.revoke(&app, &other.access).await.expect(200);
        let second = server.beside().await;
        assert!(!second.is_alive(&one.access).await && !second.is_alive(&other.access).await);
        second.refresh(&app, &one.refresh).await.expect_error(400, "invalid_grant");
        second.refresh(&app, &other.refresh).await.expect(200);
    }

    // proves: vuln_02, vuln_05, R-195
    async fn vuln_02_two_processes_redeem_one_code(server: &Server) {
        let (app, second) = (server.public().await, server.beside().await);
        for round in 0..4 {
            let code = server.approved(&app, app.ask("read")).await;
            let either = |number: usize| if number.is_multiple_of(2) { server } else { &second };
            let race = Race::run((0..20).map(|number| either(number).redeem(&app, &code))).await;
            eprintln!("round {round}: {} of 20 overlapped", race.overlapped);
            let tokens = Tokens::from(race.expect_one_winner().clone());
            assert!(!server.is_alive(&tokens.access).await && !second.is_alive(&tokens.access).await);
        }
        second.approved_tokens(&app, "read").await;
    }
}
