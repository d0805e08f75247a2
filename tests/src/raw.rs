//! Requests that no client library would send.

use crate::{Answer, Server};
use bytes::Bytes;
use http::Response;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

impl Server {
    /// Sends bytes as they are, and reads the answer until the server closes: the request should say
    /// `Connection: close`. `{host}` stands for the server's host and port.
    ///
    /// ```no_run
    /// # async fn example(server: &oauth_tests::Server) {
    /// server.raw("TRACE /oauth/token HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").await.expect(405);
    /// # }
    /// ```
    pub async fn raw(&self, request: impl AsRef<[u8]>) -> Answer {
        let host = self.address().to_string();
        let request = replace(request.as_ref(), b"{host}", host.as_bytes());
        let answers = self.exchange(&request, |_| false).await;
        answers.into_iter().next().expect("the server answers")
    }

    /// Sends bytes as they are, and reads every answer until the server closes; `is_head` tells whether
    /// the answer at a position is one to `HEAD`, which has no body. What comes between (1xx) is left out.
    pub async fn exchange(&self, bytes: &[u8], is_head: impl Fn(usize) -> bool) -> Vec<Answer> {
        let mut stream = self.connect().await;
        // The server may refuse before it has read all; what it says is what counts.
        let _ = stream.write_all(bytes).await;
        let mut received = Vec::new();
        let _ = timeout(Duration::from_secs(10), stream.read_to_end(&mut received)).await;
        let (mut answers, mut rest) = (Vec::new(), received.as_slice());
        while !rest.is_empty() {
            let (answer, after) = parse(rest, is_head(answers.len()));
            rest = after;
            if !answer.status.is_informational() {
                answers.push(answer);
            }
        }
        answers
    }

    /// Opens a connection to write to and to drop at will.
    pub async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address()).await.expect("the server listens")
    }

    /// Waits until the server has let go of the connection of a client that hung up: until then it may read a
    /// request from it, or be at work on one.
    pub async fn let_go(&self, client: SocketAddr) {
        let (server, client) = (format!(":{:04X}", self.address().port()), format!(":{:04X}", client.port()));
        for _ in 0..5_000 {
            let table = tokio::fs::read_to_string("/proc/net/tcp").await.expect("Linux lists its sockets");
            // The columns: a number, the own address, the other's, the state; established is 01, close wait is 08.
            let holds = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>()).any(|columns| {
                matches!(columns.as_slice(), [_, own, other, "01" | "08", ..]
                    if own.ends_with(&server) && other.ends_with(&client))
            });
            if !holds {
                return;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        panic!("the server keeps a connection whose client is gone");
    }
}

fn replace(text: &[u8], what: &[u8], with: &[u8]) -> Vec<u8> {
    match text.windows(what.len()).position(|window| window == what) {
        Some(at) => [&text[..at], with, &text[at + what.len()..]].concat(),
        None => text.to_vec(),
    }
}

/// Reads a response, and gives what comes after it.
fn parse(received: &[u8], is_head: bool) -> (Answer, &[u8]) {
    let shown = || String::from_utf8_lossy(received).into_owned();
    let end = received.windows(4).position(|window| window == b"\r\n\r\n");
    let end = end.unwrap_or_else(|| panic!("the answer has no whole head: {:?}", shown()));
    let head = String::from_utf8_lossy(&received[..end]);
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).expect("a status");
    let mut response = Response::builder().status(status);
    let (mut chunked, mut length) = (false, None);
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        chunked |= name.eq_ignore_ascii_case("transfer-encoding");
        if name.eq_ignore_ascii_case("content-length") {
            length = Some(value.trim().parse().expect("a length"));
        }
        response = response.header(name, value.trim());
    }
    let rest = &received[end + 4..];
    let (body, after) = if is_head || status.starts_with('1') || status == "204" || status == "304" {
        (Vec::new(), rest)
    } else if chunked {
        unchunk(rest)
    } else {
        // One that broke off, as by a reset, is as long as it came.
        let (body, after) = rest.split_at(length.unwrap_or(rest.len()).min(rest.len()));
        (body.to_vec(), after)
    };
    let answer = response.body(Bytes::from(body)).unwrap_or_else(|error| panic!("{error}: {:?}", shown()));
    (answer.into(), after)
}

fn unchunk(mut body: &[u8]) -> (Vec<u8>, &[u8]) {
    let mut whole = Vec::new();
    while let Some(at) = body.windows(2).position(|window| window == b"\r\n") {
        let length = usize::from_str_radix(&String::from_utf8_lossy(&body[..at]), 16).unwrap_or(0);
        if length == 0 {
            return (whole, &body[(at + 4).min(body.len())..]);
        }
        whole.extend_from_slice(&body[at + 2..at + 2 + length]);
        body = &body[at + 4 + length..];
    }
    (whole, body)
}
