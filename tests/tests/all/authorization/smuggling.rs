//! Requests whose length can be read in two ways (RFC 9112 §6.3; RUSTSEC-2020-0008, -2021-0020, -2021-0078).

use oauth_tests::{Server, on_every_server};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// What would be answered if the end of the first request were misjudged.
const SMUGGLED: &str =
    "GET /.well-known/oauth-authorization-server HTTP/1.1\r\nHost: smuggled\r\nConnection: close\r\nX: ";

/// Sends bytes and reads all answers.
async fn answers(server: &Server, head: &str, body: &str) -> String {
    let host = server.address();
    let request = format!(
        "POST /oauth/token HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-www-form-urlencoded\r\n{head}\r\n\r\n{body}"
    );
    let mut stream = server.connect().await;
    let _ = stream.write_all(request.as_bytes()).await;
    // What is no request at all ends the connection, where it was not ended before.
    let _ = stream.write_all(b"\0\r\n\r\n").await;
    let mut received = Vec::new();
    let _ = tokio::time::timeout(Duration::from_secs(1), stream.read_to_end(&mut received)).await;
    String::from_utf8_lossy(&received).into_owned()
}

on_every_server! {
    async fn vuln_66_the_end_of_a_request_is_never_misjudged(server: &Server) {
        let chunked = format!("0\r\n\r\n{SMUGGLED}\r\n\r\n");
        let length = SMUGGLED.len();
        // Both, or neither as it should be: refused, or the connection ends after one answer.
        let heads = [
            "Content-Length: 5\r\nTransfer-Encoding: chunked".to_owned(),
            format!("Content-Length: {length}\r\nTransfer-Encoding: chunked\r\nConnection: close"),
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity".to_owned(),
            "Transfer-Encoding: chunked, identity".to_owned(),
            "Transfer-Encoding: identity, chunked, x".to_owned(),
            "Transfer-Encoding: xchunked".to_owned(),
            "Transfer-Encoding: \"chunked\"".to_owned(),
            "Transfer-Encoding:\u{b}chunked".to_owned(),
            "Transfer-Encoding : chunked".to_owned(),
            " Transfer-Encoding: chunked".to_owned(),
            "X: y\r\n Transfer-Encoding: chunked".to_owned(),
            "Content-Length: 0\r\nContent-Length: 44".to_owned(),
            "Content-Length: 0, 44".to_owned(),
            "Content-Length: +5".to_owned(),
            "Content-Length: -1".to_owned(),
            "Content-Length: 0x5".to_owned(),
            "Content-Length: 5 5".to_owned(),
            "Content-Length: 18446744073709551616".to_owned(),
            "Content-Length: 18446744073709551621".to_owned(),
            "Content-Length : 5".to_owned(),
        ];
        for head in heads {
            let received = answers(server, &head, &chunked).await;
            assert!(!received.contains("authorization_endpoint"), "{head:?} {received}");
            assert!(!received.contains("HTTP/1.1 200") && !received.contains("HTTP/1.1 5"), "{head:?} {received}");
        }
        for body in ["fffffffffffffffff\r\na=b", "10000000000000005\r\na=b\r\n0\r\n\r\n", "-1\r\n", "0x3\r\na=b\r\n0\r\n\r\n", "3 3\r\na=b\r\n0\r\n\r\n", "3\na=b\n0\n\n", "g\r\n", "\r\n"] {
            let received = answers(server, "Transfer-Encoding: chunked", &format!("{body}{SMUGGLED}\r\n\r\n")).await;
            assert!(!received.contains("authorization_endpoint") && !received.contains("HTTP/1.1 200"), "{body:?} {received}");
        }
    }

    // The same bytes, well formed: two requests, two answers.
    async fn vuln_66_what_is_well_formed_is_answered(server: &Server) {
        let received = answers(server, "Content-Length: 3", &format!("a=b{SMUGGLED}\r\n\r\n")).await;
        assert_eq!(received.matches("HTTP/1.1 ").count(), 2, "{received}");
        assert!(received.contains("authorization_endpoint"), "{received}");
        let received = answers(server, "Transfer-Encoding: chunked", &format!("3\r\na=b\r\n0\r\n\r\n{SMUGGLED}\r\n\r\n")).await;
        assert!(received.contains("authorization_endpoint"), "{received}");
    }
}
