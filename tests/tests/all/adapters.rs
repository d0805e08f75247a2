//! What only a socket shows of an adapter.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use oauth_core::secret::Digest;
use oauth_core::store::CodeStore as _;
use oauth_tests::{Server, on_every_server};
use std::time::{Duration, Instant};
use tokio::time::sleep;

on_every_server! {
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

    async fn f_37_head_says_the_length_of_get(server: &Server) {
        for path in ["/.well-known/oauth-authorization-server", "/oauth/sign-in", "/oauth/style.css", "/oauth/errors", "/oauth/token", "/oauth/nowhere"] {
            let (get, head) = (server.get(path).await, server.call("HEAD", path).await);
            assert_eq!(get.status, head.status, "{path}");
            assert!(head.body.is_empty());
            assert_eq!(head.header("content-length"), Some(get.body.len().to_string().as_str()), "{path}");
            assert_eq!(head.header("content-type"), get.header("content-type"), "{path}");
        }
    }

    async fn f_38_a_request_has_one_host(server: &Server) {
        for path in ["/oauth/sign-in", "/.well-known/oauth-authorization-server"] {
            for (hosts, status) in [("", 400), ("Host: {host}\r\n", 200), ("Host: {host}\r\nHost: b\r\n", 400)] {
                let answer = server.raw(format!("GET {path} HTTP/1.1\r\n{hosts}Connection: close\r\n\r\n")).await;
                assert_eq!(answer.status, status, "{path} {hosts:?} {answer}");
            }
        }
    }

    async fn raw_bytes_arrive(server: &Server) {
        server.raw("TRACE /oauth/token HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").await.expect(405);
    }

    async fn a_body_that_breaks_off_is_not_acted_on(server: &Server) {
        let app = server.confidential().await;
        let credentials = STANDARD.encode(format!("{}:{}", app.id, app.secret()));
        let head = format!(
            "POST /oauth/revoke HTTP/1.1\r\nHost: {{host}}\r\nConnection: close\r\nAuthorization: Basic {credentials}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n"
        );
        // The first ones are shorter than what Rocket looks at before it routes.
        for arrived in ["token=a", "token=ab&a=bc", "token=abcdefghijklmnopqrstuvwxyz"] {
            let chunk = format!("{:x}\r\n{arrived}\r\n", arrived.len());
            assert_eq!(server.raw(format!("{head}{chunk}broken\r\n")).await.expect(400).text(), "", "{arrived}");
            server.raw(format!("{head}{chunk}0\r\n\r\n")).await.expect(200);
        }
    }

    async fn a_target_without_a_path_is_refused(server: &Server) {
        for method in ["CONNECT", "GET", "OPTIONS"] {
            server.raw(format!("{method} client.example:80 HTTP/1.1\r\nHost: {{host}}\r\nConnection: close\r\n\r\n")).await.expect(400);
        }
    }
}

on_every_server! {
    config |config| config.sweep_interval = Duration::from_secs(1);

    async fn the_sweep_runs_by_itself(server: &Server) {
        let app = server.public().await;
        let code = Digest::of(&server.code(&app, "read").await.code);
        assert!(server.store().code(&code).await.unwrap().is_some());
        server.advance(365 * 24 * 60 * 60);
        let started = Instant::now();
        while server.store().code(&code).await.unwrap().is_some() {
            assert!(started.elapsed() < Duration::from_secs(10), "nothing was swept");
            sleep(Duration::from_millis(20)).await;
        }
    }
}
