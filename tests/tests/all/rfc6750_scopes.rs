//! Requirements that are not "all of these", and a token that may be missing (RFC 6750 §3.1).

use oauth_tests::{Server, on_every_server};

on_every_server! {
    async fn r_060_any_of_wants_one(server: &Server) {
        let app = server.public().await;
        for scope in ["read", "write", "read write"] {
            let tokens = server.tokens(&app, scope).await;
            let answer = server.get("/own/either").bearer(&tokens.access).await.expect(200);
            assert_eq!(answer.text(), "row of subject-ada", "an authorization of the application's own");
        }
        let missing = server.get("/own/either").await.expect(401);
        let challenge = missing.header("www-authenticate").unwrap();
        assert!(challenge.contains(r#"realm="own", scope="read""#), "no more than is needed: {challenge}");
    }

    async fn r_060_by_method_tells_reading_from_writing(server: &Server) {
        let app = server.public().await;
        let (reads, writes) = (server.tokens(&app, "read").await, server.tokens(&app, "write").await);
        server.get("/own/notes").bearer(&reads.access).await.expect(200);
        server.post("/own/notes").bearer(&writes.access).await.expect(200);
        for (call, token, named) in [
            (server.post("/own/notes"), &reads, r#"scope="write""#),
            (server.get("/own/notes"), &writes, r#"scope="read""#),
        ] {
            let refused = call.bearer(&token.access).await.expect_error(403, "insufficient_scope");
            assert!(refused.header("www-authenticate").unwrap().contains(named), "{refused}");
        }
    }

    // proves: R-058, R-060
    async fn r_059_no_token_is_not_a_bad_token(server: &Server) {
        let app = server.public().await;
        let (good, narrow) = (server.tokens(&app, "read").await, server.tokens(&app, "write").await);
        assert_eq!(server.get("/own/maybe").await.expect(200).text(), "nobody");
        assert_eq!(server.get("/own/maybe").bearer(&good.access).await.expect(200).text(), "row of subject-ada");
        server.get("/own/maybe").bearer("never-issued").await.expect_error(401, "invalid_token");
        server.get("/own/maybe").bearer(&narrow.access).await.expect_error(403, "insufficient_scope");
        server.get("/own/maybe").bearer("two tokens").await.expect_error(400, "invalid_request");
    }
}
