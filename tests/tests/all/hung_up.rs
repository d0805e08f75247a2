//! Clients that hang up: before the commit nothing is lost, after it a refresh answer can be had
//! again, and a code is used with tokens that can be revoked.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use oauth_core::event::Event;
use oauth_core::identifier::{GrantId, Subject};
use oauth_core::store::{GrantFilter, GrantStore as _, Page};
use oauth_tests::{App, Code, Server, Tokens, on_every_server};
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;

/// Writes a token request out, byte for byte.
fn request(server: &Server, app: &App, fields: &[(&str, &str)]) -> Vec<u8> {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let credentials = STANDARD.encode(format!("{}:{}", app.id, app.secret()));
    let head = [
        format!("POST {} HTTP/1.1", server.config().paths.token_path()),
        format!("Host: {}", server.address()),
        format!("Authorization: Basic {credentials}"),
        "Content-Type: application/x-www-form-urlencoded".to_owned(),
        format!("Content-Length: {}", body.len()),
    ];
    format!("{}\r\n\r\n{body}", head.join("\r\n")).into_bytes()
}

fn refreshing(token: &str) -> [(&'static str, &str); 2] {
    [("grant_type", "refresh_token"), ("refresh_token", token)]
}

fn redeeming(code: &Code) -> [(&'static str, &str); 4] {
    [
        ("grant_type", "authorization_code"),
        ("code", &code.code),
        ("redirect_uri", &code.redirect_uri),
        ("code_verifier", &code.verifier),
    ]
}

/// Sends a part of a request, and hangs up without reading.
async fn hang_up_after(server: &Server, bytes: &[u8]) {
    let mut stream = server.connect().await;
    stream.write_all(bytes).await.unwrap();
    stream.flush().await.unwrap();
}

fn issued(server: &Server) -> usize {
    server.events().count(|event| matches!(event, Event::Issued { .. }))
}

/// Sends a request, waits until the server has issued its tokens, and hangs up without reading.
async fn hang_up_once_issued(server: &Server, whole: &[u8]) {
    let before = issued(server);
    let mut stream = server.connect().await;
    stream.write_all(whole).await.unwrap();
    for _ in 0..1_000 {
        if issued(server) > before {
            return;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    panic!("nothing was issued");
}

on_every_server! {
    async fn before_the_commit_nothing_is_lost(server: &Server) {
        let app = server.confidential().await;
        let (code, tokens) = (server.approved(&app, app.ask("read")).await, server.approved_tokens(&app, "read").await);
        let before = issued(server);
        for whole in [request(server, &app, &redeeming(&code)), request(server, &app, &refreshing(&tokens.refresh))] {
            for missing in [1, 20, whole.len() - 100, whole.len() - 10] {
                hang_up_after(server, &whole[..whole.len() - missing]).await;
            }
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(issued(server), before);
        assert!(server.is_alive(&tokens.access).await);
        server.refresh(&app, &tokens.refresh).await.expect(200);
        server.redeem(&app, &code).await.expect(200);
    }

    async fn after_the_commit_a_refresh_answer_can_be_had_again(server: &Server) {
        let app = server.confidential().await;
        let first = server.approved_tokens(&app, "read").await;
        let before = issued(server);
        hang_up_once_issued(server, &request(server, &app, &refreshing(&first.refresh))).await;
        server.advance(9);
        let second = Tokens::from(server.refresh(&app, &first.refresh).await);
        assert_eq!(second.answer.json()["expires_in"], 3_591, "it is the answer that was lost");
        assert_eq!(issued(server), before + 1);
        assert!(server.is_alive(&second.access).await);
        server.refresh(&app, &second.refresh).await.expect(200);
    }

    async fn after_the_commit_a_code_is_used_and_its_tokens_can_be_revoked(server: &Server) {
        let app = server.confidential().await;
        let code = server.approved(&app, app.ask("read")).await;
        hang_up_once_issued(server, &request(server, &app, &redeeming(&code))).await;
        let filter = GrantFilter::Both(Subject::new("subject-ada").unwrap(), app.client.id.clone());
        let live = async || server.store().grants(&filter, &Page::<GrantId>::first(10), server.now()).await.unwrap().len();
        assert_eq!(live().await, 1, "it is among what she has allowed");
        server.redeem(&app, &code).await.expect_error(400, "invalid_grant");
        assert_eq!(live().await, 0, "the retry is a valid replay");
        let again = server.code(&app, "read").await;
        server.redeem(&app, &again).await.expect(200);
    }

    async fn a_client_that_keeps_hanging_up_never_loses_its_family(server: &Server) {
        let app = server.confidential().await;
        let mut tokens = server.approved_tokens(&app, "read").await;
        for round in 0..25_u64 {
            let whole = request(server, &app, &refreshing(&tokens.refresh));
            let mut stream = server.connect().await;
            stream.write_all(&whole).await.unwrap();
            tokio::time::sleep(Duration::from_micros(round * 150)).await;
            let client = stream.local_addr().unwrap();
            drop(stream);
            // Whether the lost request has ended, is under way or was never read.
            tokens = server.refresh(&app, &tokens.refresh).await.into();
            // A request that the server reads only after its retry's answer was used is the reuse of a refresh
            // token, and revokes the family. A client uses the answer an hour later; this one waits as long as it must.
            server.let_go(client).await;
            assert!(server.is_alive(&tokens.access).await, "round {round}");
        }
        server.refresh(&app, &tokens.refresh).await.expect(200);
    }
}
