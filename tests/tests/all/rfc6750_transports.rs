//! Tokens in forms and queries, where an API switched them on (RFC 6750 §2).

use oauth_tests::{Server, on_every_server};

const FORM: &str = "application/x-www-form-urlencoded";

on_every_server! {
    async fn r_055_two_transports_are_refused(server: &Server) {
        let app = server.public().await;
        let token = server.tokens(&app, "write").await.access;
        let in_form = format!("text=hello&access_token={token}");
        let in_query = format!("/own/form?access_token={token}");
        server.post("/own/form").body(FORM, in_form.clone()).await.expect(200);
        server.post("/own/form").bearer(&token).body(FORM, "text=hello").await.expect(200);
        server.post(&in_query).body(FORM, "text=hello").await.expect(200);
        for twice in [
            server.post("/own/form").bearer(&token).body(FORM, in_form.clone()),
            server.post("/own/form").bearer("other").body(FORM, in_form.clone()),
            server.post(&in_query).bearer(&token).body(FORM, "text=hello"),
            server.post(&in_query).body(FORM, in_form.clone()),
            server.post("/own/form").body(FORM, format!("{in_form}&access_token={token}")),
            server.post("/own/form").body(FORM, format!("{in_form}&access%5Ftoken={token}")),
            server.post("/own/notes").header("authorization", "Bearer a").header("authorization", "Bearer a"),
        ] {
            let refused = twice.await.expect_error(400, "invalid_request");
            assert!(refused.header("www-authenticate").unwrap().contains(r#"error="invalid_request""#), "{refused}");
        }
    }

    async fn r_056_a_form_body_counts_only_as_the_clause_says(server: &Server) {
        let app = server.public().await;
        let token = server.tokens(&app, "write").await.access;
        let good = format!("access_token={token}&text=hello");
        let answer = server.post("/own/form").body("Application/X-WWW-Form-Urlencoded; charset=utf-8", good.clone()).await;
        assert_eq!(answer.expect(200).text(), "row of subject-ada writes hello, None", "the token stays here");
        let multipart = format!("--x\r\nContent-Disposition: form-data; name=\"access_token\"\r\n\r\n{token}\r\n--x--\r\n");
        for ignored in [
            server.post("/own/form").body("application/json", format!(r#"{{"access_token":"{token}"}}"#)),
            server.post("/own/form").body("multipart/form-data; boundary=x", multipart),
            server.post("/own/form").body("text/plain", good.clone()),
            server.post("/own/form").body(FORM, format!("{good}é")),
            server.post("/own/form").body(FORM, good.clone()).header("content-type", "text/plain"),
            server.post("/own/form").body(FORM, "text=hello"),
        ] {
            let refused = ignored.await.expect(401);
            let challenge = refused.header("www-authenticate").unwrap();
            assert!(!challenge.contains("error"), "as if none had been sent: {challenge}");
        }
    }

    async fn r_056_a_form_that_is_refused_or_too_long(server: &Server) {
        let app = server.public().await;
        let token = server.tokens(&app, "read").await.access;
        let in_form = |token: &str| server.post("/own/form").body(FORM, format!("access_token={token}&text=hello"));
        in_form(&token).await.expect_error(403, "insufficient_scope");
        in_form("never-issued").await.expect_error(401, "invalid_token");
        in_form("two+tokens").await.expect_error(400, "invalid_request");
        let long = format!("access_token={token}&text={}", "a".repeat(65 * 1024));
        server.post("/own/form").body(FORM, long).await.expect(413);
    }

    async fn r_057_a_token_in_the_query_counts_with_the_insecure_setting(server: &Server) {
        let app = server.public().await;
        let token = server.tokens(&app, "read").await.access;
        server.get(&format!("/own/notes?access_token={token}")).await.expect(200);
        server.get(&format!("/own/notes?x=1&access_token={token}&y")).await.expect(200);
        server.get("/own/notes?access_token=never-issued").await.expect_error(401, "invalid_token");
        server.get(&format!("/api/notes?access_token={token}")).await.expect(401);
    }
}
