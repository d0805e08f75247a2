//! The metadata of a protected resource, and the way to it (RFC 9728).

use oauth_tests::{Server, on_every_server};

const PATH: &str = "/.well-known/oauth-protected-resource/own";

on_every_server! {
    async fn r_232_the_document_comes_from_the_settings_alone(server: &Server) {
        for call in [
            server.get(PATH),
            server.get(PATH).set_header("host", "evil.example"),
            server.get(PATH).header("x-forwarded-host", "evil.example").header("forwarded", "host=evil.example"),
            server.get(&format!("{PATH}?resource=https://evil.example")),
        ] {
            let answer = call.await.expect(200);
            assert_eq!(answer.header("content-type"), Some("application/json"));
            let document = answer.json();
            assert_eq!(document["resource"], format!("{}/own", server.issuer()));
            assert_eq!(document["authorization_servers"], serde_json::json!([server.issuer()]));
            assert_eq!(document["bearer_methods_supported"], serde_json::json!(["header", "body", "query"]));
        }
        let head = server.call("HEAD", PATH).await.expect(200);
        assert!(head.body.is_empty());
        let preflight = server.call("OPTIONS", PATH).header("origin", "https://spa.example");
        let preflight = preflight.header("access-control-request-method", "GET");
        let preflight = preflight.header("access-control-request-headers", "mcp-protocol-version").await.expect(204);
        let allowed = preflight.header("access-control-allow-headers");
        assert_eq!(allowed, Some("authorization, content-type, mcp-protocol-version"), "F-23");
        server.get("/.well-known/oauth-protected-resource").await.expect(404);
        server.get("/.well-known/oauth-protected-resource/other").await.expect(404);
    }

    async fn r_232_every_challenge_points_to_it(server: &Server) {
        let app = server.public().await;
        let narrow = server.tokens(&app, "write").await.access;
        let member = format!(r#"resource_metadata="{}{PATH}""#, server.issuer());
        for (call, status) in [
            (server.get("/own/notes").set_header("host", "evil.example"), 401),
            (server.get("/own/notes").bearer("never-issued"), 401),
            (server.get("/own/notes").bearer("two tokens"), 400),
            (server.get("/own/notes").bearer(&narrow), 403),
            (server.get("/own/strong").bearer(&server.tokens(&app, "read").await.access), 401),
            (server.post("/own/form").form([("text", "hello")]), 401),
        ] {
            let refused = call.await.expect(status);
            let challenges = refused.header_values("www-authenticate");
            assert!(matches!(challenges[..], [one] if one.matches(&member).count() == 1), "{challenges:?}");
        }
        let elsewhere = server.get("/api/notes").await.expect(401);
        assert!(!elsewhere.header("www-authenticate").unwrap().contains("resource_metadata"), "it has none");
    }
}
