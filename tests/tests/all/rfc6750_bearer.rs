//! Access tokens at the protected API (RFC 6750).

use oauth_tests::{Server, on_every_server};

const PROFILE: &str = "/api/profile";

on_every_server! {
    async fn r_060_a_token_opens_what_its_scope_allows(server: &Server) {
        let app = server.public().await;
        let tokens = server.tokens(&app, "read").await;
        let profile = server.get(PROFILE).bearer(&tokens.access).await.expect(200).json();
        assert_eq!(profile["subject"], "subject-ada");
        assert_eq!(profile["client_id"], app.id);
        let refused = server.post("/api/notes").bearer(&tokens.access).await.expect_error(403, "insufficient_scope");
        let challenge = refused.header("www-authenticate").unwrap();
        assert!(challenge.contains(r#"scope="write""#), "{challenge}");
        assert!(challenge.contains(r#"error="insufficient_scope""#), "{challenge}");
        let both = server.tokens(&app, "read write").await;
        server.post("/api/notes").bearer(&both.access).await.expect(201);
    }

    async fn r_053_a_refresh_token_opens_nothing(server: &Server) {
        let app = server.public().await;
        let tokens = server.tokens(&app, "read").await;
        server.get(PROFILE).bearer(&tokens.access).await.expect(200);
        server.get(PROFILE).bearer(&tokens.refresh).await.expect_error(401, "invalid_token");
        let code = server.code(&app, "read").await;
        server.get(PROFILE).bearer(&code.code).await.expect_error(401, "invalid_token");
    }

    async fn r_054_the_scheme_in_any_case(server: &Server) {
        let app = server.public().await;
        let tokens = server.tokens(&app, "read").await;
        for scheme in ["Bearer", "bearer", "BEARER", "bEaReR", "Bearer "] {
            server.get(PROFILE).header("authorization", format!("{scheme} {}", tokens.access)).await.expect(200);
        }
        server.get(PROFILE).header("authorization", format!("Token {}", tokens.access)).await.expect(401);
    }

    // proves: R-055, R-056, R-057
    async fn r_057_other_transports_are_as_if_they_were_not_there(server: &Server) {
        let app = server.public().await;
        let tokens = server.tokens(&app, "read write").await;
        let in_query = format!("{PROFILE}?access_token={}", tokens.access);
        let refused = server.get(&in_query).await.expect(401);
        assert!(!refused.header("www-authenticate").unwrap().contains("error"), "no token was sent");
        server.get(&in_query).bearer(&tokens.access).await.expect(200);
        server.get(&format!("{PROFILE}?access_token=other")).bearer(&tokens.access).await.expect(200);
        server.get(&in_query).bearer("other").await.expect_error(401, "invalid_token");
        let form = [("access_token", tokens.access.as_str())];
        server.post("/api/notes").form(form).await.expect(401);
        server.post("/api/notes").bearer(&tokens.access).form(form).await.expect(201);
        let json = format!(r#"{{"access_token":"{}"}}"#, tokens.access);
        server.post("/api/notes").body("application/json", json).await.expect(401);
    }

    // proves: R-058, R-059, R-060
    async fn r_058_every_refusal_carries_a_challenge(server: &Server) {
        let app = server.public().await;
        let tokens = server.tokens(&app, "read").await;
        let missing = server.get(PROFILE).await.expect(401);
        let challenge = missing.header("www-authenticate").unwrap();
        assert!(challenge.starts_with("Bearer") && challenge.contains(r#"scope="read""#), "{challenge}");
        assert!(!challenge.contains("error"), "r_059: no code where nothing was sent: {challenge}");
        let bad = server.get(PROFILE).bearer("never-issued").await.expect_error(401, "invalid_token");
        assert!(bad.header("www-authenticate").unwrap().contains(r#"error="invalid_token""#));
        let malformed = server.get(PROFILE).header("authorization", "Bearer two tokens").await;
        let malformed = malformed.expect_error(400, "invalid_request");
        assert!(malformed.header("www-authenticate").unwrap().contains(r#"error="invalid_request""#));
        server.get(PROFILE).bearer(&tokens.access).await.expect(200);
        server.advance(3_600);
        let over = server.get(PROFILE).bearer(&tokens.access).await.expect_error(401, "invalid_token");
        assert!(over.header("www-authenticate").unwrap().contains(r#"error="invalid_token""#));
    }

    // proves: R-061, R-062
    async fn r_062_strange_tokens_are_refused_quickly_and_never_repeated(server: &Server) {
        let app = server.public().await;
        let tokens = server.tokens(&app, "read").await;
        let long = "x".repeat(8_000);
        for strange in ["", "a b", "a,b", "\"quoted\"", "a\\b", "é", "a=b", "=", "<script>", long.as_str()] {
            let answer = server.get(PROFILE).header("authorization", format!("Bearer {strange}")).await;
            assert!(matches!(answer.status.as_u16(), 400 | 401), "{strange}: {answer}");
            let challenge = answer.header("www-authenticate").unwrap().to_owned();
            assert!(challenge.bytes().all(|byte| matches!(byte, b' '..=b'~')), "{challenge}");
            assert_eq!(challenge.matches('"').count() % 2, 0, "{challenge}");
            for name in ["realm=", "error=", "error_description=", "scope="] {
                assert!(challenge.matches(name).count() <= 1, "{challenge}");
            }
            assert!(strange.len() < 4 || !challenge.contains(strange), "{challenge}");
        }
        let twice = server.get(PROFILE).bearer(&tokens.access).bearer(&tokens.access).await;
        twice.expect_error(400, "invalid_request");
        server.get(PROFILE).bearer(&tokens.access).await.expect(200);
    }

    // proves: R-013, R-045
    async fn vuln_13_every_part_of_a_token_counts(server: &Server) {
        let app = server.public().await;
        let tokens = server.tokens(&app, "read").await;
        let token = tokens.access.as_str();
        let mut changed: Vec<String> = (1..token.len()).map(|end| token[..end].to_owned()).collect();
        changed.extend((1..token.len()).map(|start| token[start..].to_owned()));
        changed.extend(["A", "-", "=", "==", "%20"].map(|more| format!("{token}{more}")));
        changed.push(token.to_uppercase());
        for position in 0..token.len() {
            for bit in [1_u8, 2, 4, 8] {
                let mut bytes = token.as_bytes().to_vec();
                bytes[position] ^= bit;
                changed.extend(String::from_utf8(bytes).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_graphic())));
            }
        }
        for other in changed.iter().filter(|other| *other != token) {
            let answer = server.get(PROFILE).bearer(other).await;
            assert!(matches!(answer.status.as_u16(), 400 | 401), "{other}: {answer}");
        }
        server.get(PROFILE).bearer(token).await.expect(200);
    }
}

mod audience {
    use super::*;

    on_every_server! {
        config |config| {
            config.default_audience = vec!["https://here.example/api".to_owned().try_into().unwrap()];
            config.resources = vec!["https://elsewhere.example/api".to_owned().try_into().unwrap()];
        };

        async fn r_064_a_token_for_elsewhere_opens_nothing_here(server: &Server) {
            let app = server.public().await;
            let here = server.tokens(&app, "read").await;
            server.get(PROFILE).bearer(&here.access).await.expect(200);
            let code = server.code_for(&app, app.ask("read").set("resource", "https://elsewhere.example/api")).await;
            let elsewhere = server.redeem(&app, &code).await.expect(200).member("access_token");
            server.get(PROFILE).bearer(&elsewhere).await.expect_error(401, "invalid_token");
        }
    }
}
