//! What only a socket shows of the Rocket adapter.

use oauth_tests::{Server, on_every_store};

on_every_store! {
    async fn the_body_has_a_limit(server: &Server) {
        let body = "a".repeat(64 * 1024 + 1);
        let answer = server.post("/oauth/token").body("application/x-www-form-urlencoded", body).await;
        answer.expect_error(413, "invalid_request");
    }

    async fn every_page_has_its_own_headers_once(server: &Server) {
        let page = server.get("/oauth/sign-in").await.expect(200);
        assert_eq!(page.header("x-frame-options"), Some("DENY"));
        assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    }

    async fn raw_bytes_arrive(server: &Server) {
        server.raw("TRACE /oauth/token HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").await.expect(405);
    }
}
