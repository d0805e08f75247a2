//! Access tokens at the protected API (RFC 6750).

use oauth_tests::{Server, on_every_store};

on_every_store! {
    async fn r_060_a_token_opens_what_its_scope_allows(server: &Server) {
        let app = server.public().await;
        let tokens = server.tokens(&app, "read").await;
        let profile = server.get("/api/profile").bearer(&tokens.access).await.expect(200).json();
        assert_eq!(profile["subject"], "subject-ada");
        assert_eq!(profile["client_id"], app.id);
        let refused = server.post("/api/notes").bearer(&tokens.access).await.expect_error(403, "insufficient_scope");
        let challenge = refused.header("www-authenticate").unwrap();
        assert!(challenge.contains(r#"scope="write""#), "{challenge}");
    }
}
