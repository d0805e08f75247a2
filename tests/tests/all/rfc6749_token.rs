//! The token endpoint (RFC 6749 §3.2, §5).

mod answers;
mod code;
mod lifetimes;
mod races;
mod refresh;
mod retry;

use oauth_tests::{Server, on_every_server};

on_every_server! {
    async fn r_004_fields_of_no_meaning_change_nothing(server: &Server) {
        let app = server.confidential().await;
        for method in ["DELETE", "GET", "HEAD", "PUT", "TRACE"] {
            let code = server.code(&app, "read").await;
            let fields = [
                ("_method", method),
                ("grant_type", "authorization_code"),
                ("code", &code.code),
                ("redirect_uri", &code.redirect_uri),
                ("code_verifier", &code.verifier),
            ];
            server.token(&app, fields).await.expect(200).member("access_token");
        }
    }

    async fn r_013_other_methods_are_405(server: &Server) {
        let app = server.confidential().await;
        let query = "/oauth/token?grant_type=client_credentials";
        for method in ["GET", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"] {
            let answer = server.call(method, query).basic(&app.id, app.secret()).await.expect(405);
            assert_eq!(answer.header("allow"), Some("POST"), "{method}");
        }
        server.call("HEAD", query).basic(&app.id, app.secret()).await.expect(405);
        server.client_credentials(&app, "read").await.expect(200);
    }

    async fn r_026_code_used_twice(server: &Server) {
        let app = server.confidential().await;
        let code = server.code(&app, "read").await;
        let first = server.redeem(&app, &code).await.expect(200).member("access_token");
        assert!(server.is_alive(&first).await);
        server.redeem(&app, &code).await.expect_error(400, "invalid_grant");
        assert!(!server.is_alive(&first).await, "what came of the code is revoked");
    }
}
