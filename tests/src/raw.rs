//! Requests that no client library would send.

use crate::{Answer, Server};
use bytes::Bytes;
use http::Response;
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
        let mut stream = self.connect().await;
        let host = self.address().to_string();
        let request = replace(request.as_ref(), b"{host}", host.as_bytes());
        // The server may refuse before it has read all; what it says is what counts.
        let _ = stream.write_all(&request).await;
        let mut received = Vec::new();
        let _ = timeout(Duration::from_secs(10), stream.read_to_end(&mut received)).await;
        parse(&received)
    }

    /// Opens a connection to write to and to drop at will.
    pub async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address()).await.expect("the server listens")
    }
}

fn replace(text: &[u8], what: &[u8], with: &[u8]) -> Vec<u8> {
    match text.windows(what.len()).position(|window| window == what) {
        Some(at) => [&text[..at], with, &text[at + what.len()..]].concat(),
        None => text.to_vec(),
    }
}

/// Reads a response; its body may come in chunks.
fn parse(received: &[u8]) -> Answer {
    let shown = || String::from_utf8_lossy(received).into_owned();
    let end = received.windows(4).position(|window| window == b"\r\n\r\n");
    let end = end.unwrap_or_else(|| panic!("the answer has no whole head: {:?}", shown()));
    let head = String::from_utf8_lossy(&received[..end]);
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).expect("a status");
    let mut response = Response::builder().status(status);
    let mut chunked = false;
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        chunked |= name.eq_ignore_ascii_case("transfer-encoding");
        response = response.header(name, value.trim());
    }
    let body = &received[end + 4..];
    let body = if chunked { unchunk(body) } else { body.to_vec() };
    response.body(Bytes::from(body)).unwrap_or_else(|error| panic!("{error}: {:?}", shown())).into()
}

fn unchunk(mut body: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    while let Some(at) = body.windows(2).position(|window| window == b"\r\n") {
        let length = usize::from_str_radix(&String::from_utf8_lossy(&body[..at]), 16).unwrap_or(0);
        if length == 0 {
            break;
        }
        whole.extend_from_slice(&body[at + 2..at + 2 + length]);
        body = &body[at + 4 + length..];
    }
    whole
}
