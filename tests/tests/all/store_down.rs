//! A store that fails at the token side: said as it is, and nothing is lost or half done.

use oauth_tests::{Answer, Server, on_every_server};

#[track_caller]
fn expect_unavailable(answer: Answer) {
    assert_eq!(answer.header("retry-after"), Some("5"), "{answer}");
    // F-52 (RFC 6749 §5.1)
    assert_eq!(answer.header("cache-control"), Some("no-store"), "{answer}");
    answer.expect_error(503, "temporarily_unavailable");
}

on_every_server! {
    // proves: vuln_15
    async fn r_072_a_revocation_that_failed_is_not_called_done(server: &Server) {
        let app = server.confidential().await;
        let tokens = server.approved_tokens(&app, "read").await;
        for verb in ["client", "access_token", "refresh_token", "revoke_grant"] {
            server.faults().fail(verb);
            expect_unavailable(server.revoke(&app, &tokens.refresh).await);
            server.faults().heal();
            assert!(server.is_alive(&tokens.access).await, "{verb}");
        }
        for verb in ["client", "access_token", "revoke_access_token"] {
            server.faults().fail(verb);
            expect_unavailable(server.revoke(&app, &tokens.access).await);
            server.faults().heal();
            assert!(server.is_alive(&tokens.access).await, "{verb}");
        }
        server.revoke(&app, &tokens.access).await.expect(200);
        assert!(!server.is_alive(&tokens.access).await);
        server.revoke(&app, &tokens.refresh).await.expect(200);
        server.refresh(&app, &tokens.refresh).await.expect_error(400, "invalid_grant");
    }

    async fn a_token_request_that_failed_can_be_made_again(server: &Server) {
        let app = server.confidential().await;
        let (code, tokens) = (server.approved(&app, app.ask("read")).await, server.approved_tokens(&app, "read").await);
        for verb in ["client", "code", "redeem", "refresh_token", "rotate", "issue"] {
            server.faults().fail(verb);
            let answers = [
                (["client", "code", "redeem"].contains(&verb), server.redeem(&app, &code)),
                (["client", "refresh_token", "rotate"].contains(&verb), server.refresh(&app, &tokens.refresh)),
                (["client", "issue"].contains(&verb), server.client_credentials(&app, "read")),
            ];
            for (_, call) in answers.into_iter().filter(|(fails, _)| *fails) {
                expect_unavailable(call.await);
            }
            server.faults().heal();
            assert!(server.is_alive(&tokens.access).await, "{verb}");
        }
        server.redeem(&app, &code).await.expect(200);
        server.refresh(&app, &tokens.refresh).await.expect(200);
        server.client_credentials(&app, "read").await.expect(200);
    }

    async fn introspection_that_failed_says_nothing_of_the_token(server: &Server) {
        let app = server.confidential().await;
        let tokens = server.approved_tokens(&app, "read").await;
        server.faults().fail("access_token");
        expect_unavailable(server.introspect(&app, &tokens.access).await);
        server.faults().heal();
        assert_eq!(server.introspect(&app, &tokens.access).await.expect(200).json()["active"], true);
    }
}
