//! A more recent or a stronger sign-in, asked for by the API (RFC 9470).

use oauth_tests::{Server, on_every_server};

on_every_server! {
    async fn a_sign_in_must_be_recent(server: &Server) {
        let app = server.public().await;
        let (reads, writes) = (server.tokens(&app, "read").await, server.tokens(&app, "write").await);
        server.get("/own/recent").bearer(&reads.access).await.expect(200);
        server.advance(300);
        server.get("/own/recent").bearer(&reads.access).await.expect(200);
        server.advance(1);
        let again = server.get("/own/recent").bearer(&reads.access).await;
        let again = again.expect_error(401, "insufficient_user_authentication");
        let challenge = again.header("www-authenticate").unwrap();
        assert!(challenge.contains(r#"error="insufficient_user_authentication""#), "{challenge}");
        assert!(challenge.contains(r#"max_age="300""#), "{challenge}");
        server.get("/own/notes").bearer(&reads.access).await.expect(200);
        server.get("/own/recent").bearer(&writes.access).await.expect_error(403, "insufficient_scope");
    }

    async fn a_sign_in_must_be_strong(server: &Server) {
        let app = server.public().await;
        let tokens = server.tokens(&app, "read").await;
        let again = server.get("/own/strong").bearer(&tokens.access).await;
        let again = again.expect_error(401, "insufficient_user_authentication");
        let challenge = again.header("www-authenticate").unwrap();
        assert!(challenge.contains(r#"acr_values="mfa hardware""#) && !challenge.contains("max_age"), "{challenge}");
        server.get("/own/strong").await.expect(401);
    }
}
