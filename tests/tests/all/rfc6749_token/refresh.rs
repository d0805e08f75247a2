//! Refreshing (RFC 6749 §6), rotation and what reuse does (RFC 9700 §4.14.2).

use oauth_core::client::ClientType;
use oauth_core::event::Event;
use oauth_tests::{App, Server, Tokens, on_every_server};

/// Everything that a token may be altered to: shortened on either side, lengthened, one character
/// changed, in another case or another encoding.
pub(super) fn altered(token: &str) -> Vec<String> {
    let cut = (1..token.len()).flat_map(|at| [token[..at].to_owned(), token[at..].to_owned()]);
    let flipped = (0..token.len()).flat_map(|at| {
        let other = |bit: u8| {
            let mut bytes = token.as_bytes().to_vec();
            bytes[at] ^= bit;
            String::from_utf8(bytes).ok().filter(|text| text.bytes().all(|byte| byte > b' '))
        };
        [other(1), other(2), other(32)].into_iter().flatten()
    });
    let around = ["=", "==", "A", ".", "\0", " ", "%00", "\u{feff}"];
    let longer = around.into_iter().flat_map(|extra| [format!("{token}{extra}"), format!("{extra}{token}")]);
    let rewritten = [token.to_uppercase(), token.to_lowercase(), token.chars().rev().collect()];
    cut.chain(flipped).chain(longer).chain(rewritten).filter(|other| other != token).collect()
}

/// Gives the tokens of a fresh grant and of three rotations after it, the newest last.
async fn rotated_three_times(server: &Server, app: &App) -> [Tokens; 4] {
    let first = server.approved_tokens(app, "read").await;
    let second = Tokens::from(server.refresh(app, &first.refresh).await);
    let third = Tokens::from(server.refresh(app, &second.refresh).await);
    let fourth = Tokens::from(server.refresh(app, &third.refresh).await);
    [first, second, third, fourth]
}

on_every_server! {
    async fn r_042_a_refresh_token_is_bound_to_its_client(server: &Server) {
        for client_type in [ClientType::Confidential, ClientType::Public] {
            let app = server.register(client_type, |_| ()).await;
            let tokens = server.approved_tokens(&app, "read").await;
            for other in [server.confidential().await, server.public().await] {
                server.refresh(&other, &tokens.refresh).await.expect_error(400, "invalid_grant");
            }
            assert!(server.is_alive(&tokens.access).await, "what another client presents is no reuse");
            let next = Tokens::from(server.refresh(&app, &tokens.refresh).await);
            for other in [server.confidential().await, server.public().await] {
                server.refresh(&other, &tokens.refresh).await.expect_error(400, "invalid_grant");
                server.refresh(&other, &next.refresh).await.expect_error(400, "invalid_grant");
            }
            server.refresh(&app, &next.refresh).await.expect(200);
        }
    }

    // proves: R-019
    async fn r_042_a_confidential_client_authenticates_to_refresh(server: &Server) {
        let app = server.confidential().await;
        let tokens = server.approved_tokens(&app, "read").await;
        for secret in [None, Some(""), Some("wrong"), Some("null")] {
            let unproved = App { secret: secret.map(str::to_owned), ..app.clone() };
            server.refresh(&unproved, &tokens.refresh).await.expect_error(401, "invalid_client");
        }
        server.refresh(&app, &tokens.refresh).await.expect(200);
    }

    async fn r_043_the_scope_never_grows(server: &Server) {
        let app = server.confidential().await;
        let tokens = server.approved_tokens(&app, "read").await;
        let ask = |scope| [("grant_type", "refresh_token"), ("refresh_token", &tokens.refresh), ("scope", scope)];
        for scope in ["read write", "write", "READ", "admin", "read admin", "read\twrite", "\"read\"", "r\u{e9}ad"] {
            server.token(&app, ask(scope)).await.expect_error(400, "invalid_scope");
        }
        assert!(server.is_alive(&tokens.access).await);
        let next = Tokens::from(server.token(&app, ask("read")).await);
        assert_eq!(next.answer.member("scope"), "read");
        server.post("/api/notes").bearer(&next.access).await.expect(403);
    }

    // proves: R-167
    async fn r_044_a_narrowed_refresh_keeps_the_whole_grant(server: &Server) {
        let app = server.confidential().await;
        let whole = server.approved_tokens(&app, "read write").await;
        let ask = |token, scope| [("grant_type", "refresh_token"), ("refresh_token", token), ("scope", scope)];
        let narrow = Tokens::from(server.token(&app, ask(&whole.refresh, "read")).await);
        assert_eq!(narrow.answer.member("scope"), "read");
        server.get("/api/notes").bearer(&narrow.access).await.expect(200);
        server.post("/api/notes").bearer(&narrow.access).await.expect(403);
        let wide = Tokens::from(server.token(&app, ask(&narrow.refresh, "write read")).await);
        server.post("/api/notes").bearer(&wide.access).await.expect(201);
        let unsaid = Tokens::from(server.refresh(&app, &wide.refresh).await);
        assert_eq!(unsaid.answer.member("scope"), "read write");
        server.post("/api/notes").bearer(&narrow.access).await.expect(403);
    }

    async fn r_167_what_the_client_may_no_longer_have_is_not_refreshed(server: &Server) {
        let app = server.confidential().await;
        let tokens = server.approved_tokens(&app, "read write").await;
        let mut limited = app.client.clone();
        limited.scope = Some("read".parse().unwrap());
        assert!(server.put_client(&limited).await);
        let next = Tokens::from(server.refresh(&app, &tokens.refresh).await);
        assert_eq!(next.answer.member("scope"), "read");
        let ask = [("grant_type", "refresh_token"), ("refresh_token", &next.refresh), ("scope", "read write")];
        server.token(&app, ask).await.expect_error(400, "invalid_scope");
        server.refresh(&app, &next.refresh).await.expect(200);
    }

    // proves: vuln_13
    async fn r_045_no_altered_token_is_taken(server: &Server) {
        let app = server.public().await;
        let tokens = server.approved_tokens(&app, "read").await;
        for other in altered(&tokens.refresh) {
            let answer = server.refresh(&app, &other).await;
            assert_eq!(answer.status, 400, "{other:?} {answer}");
        }
        let is_header = |text: &&String| text.bytes().all(|byte| matches!(byte, 0x21..=0x7E));
        let others: Vec<String> = altered(&tokens.access);
        for other in others.iter().filter(is_header) {
            // One that is no b64token at all is a malformed request (RFC 6750 section 3.1).
            let answer = server.get("/api/profile").bearer(other).await;
            assert!(matches!(answer.status.as_u16(), 400 | 401), "{other:?} {answer}");
        }
        assert!(server.is_alive(&tokens.access).await);
        server.refresh(&app, &tokens.refresh).await.expect(200);
    }

    // proves: vuln_13
    async fn an_altered_token_is_inactive_and_revokes_nothing(server: &Server) {
        let app = server.confidential().await;
        let tokens = server.approved_tokens(&app, "read").await;
        for other in altered(&tokens.access).iter().step_by(5) {
            server.revoke(&app, other).await.expect(200);
            assert_eq!(server.introspect(&app, other).await.expect(200).text(), r#"{"active":false}"#, "{other:?}");
        }
        assert!(server.is_alive(&tokens.access).await);
        server.refresh(&app, &tokens.refresh).await.expect(200);
    }

    // proves: R-192
    async fn r_165_r_166_reuse_revokes_the_family(server: &Server) {
        for client_type in [ClientType::Public, ClientType::Confidential] {
            let app = server.register(client_type, |_| ()).await;
            let other = server.approved_tokens(&app, "read").await;
            let first = server.approved_tokens(&app, "read").await;
            let second = Tokens::from(server.refresh(&app, &first.refresh).await);
            let third = Tokens::from(server.refresh(&app, &second.refresh).await);
            assert!(first.refresh != second.refresh && second.refresh != third.refresh, "each is new");
            assert!(server.is_alive(&third.access).await);
            server.events().take();
            server.refresh(&app, &first.refresh).await.expect_error(400, "invalid_grant");
            for tokens in [&first, &second, &third] {
                assert!(!server.is_alive(&tokens.access).await);
                server.refresh(&app, &tokens.refresh).await.expect_error(400, "invalid_grant");
            }
            let reused = server.events().count(|event| matches!(event, Event::RefreshTokenReused { .. }));
            assert_eq!(reused, 1, "told once, when it was noticed");
            assert!(server.is_alive(&other.access).await, "another approval is another family");
            server.refresh(&app, &other.refresh).await.expect(200);
        }
    }

    // The clock of these tests stands still: all rotations are in the same second.
    async fn vuln_07_order_is_not_judged_by_time(server: &Server) {
        let app = server.confidential().await;
        for replayed in 0..3 {
            let chain = rotated_three_times(server, &app).await;
            let answer = server.refresh(&app, &chain[replayed].refresh).await;
            if replayed == 2 {
                // Only the last one's successor was not presented: a retry, the same answer again.
                assert_eq!(answer.expect(200).json(), chain[3].answer.json());
                server.refresh(&app, &chain[3].refresh).await.expect(200);
            } else {
                answer.expect_error(400, "invalid_grant");
                server.refresh(&app, &chain[3].refresh).await.expect_error(400, "invalid_grant");
            }
        }
    }
}

on_every_server! {
    config |config| config.retry_window = std::time::Duration::ZERO;

    async fn vuln_07_order_is_not_judged_by_time_without_a_window(server: &Server) {
        let app = server.confidential().await;
        for replayed in 0..3 {
            let chain = rotated_three_times(server, &app).await;
            server.refresh(&app, &chain[replayed].refresh).await.expect_error(400, "invalid_grant");
            assert!(!server.is_alive(&chain[3].access).await);
            server.refresh(&app, &chain[3].refresh).await.expect_error(400, "invalid_grant");
        }
    }
}
