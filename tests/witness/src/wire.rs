use crate::Witness;
use bytes::Bytes;
use http::Request;
use oauth_core::http::{BODY_LIMIT, PeerAddress};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::sleep;

/// The way to a server that has a [`Witness`] for its provider.
pub struct Wire {
    /// Where it listens.
    pub address: SocketAddr,
    /// What it saw.
    pub witness: Arc<Witness>,
}

impl Wire {
    /// Opens a connection.
    pub async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends bytes on a connection of its own, and gives all that comes back.
    pub async fn raw(&self, text: &str) -> String {
        let mut stream = self.connect().await;
        let _ = stream.write_all(text.as_bytes()).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// Sends a request; each of the headers ends with its line.
    pub async fn say(&self, method: &str, target: &str, headers: &str, body: &str) -> String {
        let head = format!("{method} {target} HTTP/1.1\r\nHost: here\r\nConnection: close\r\n");
        self.raw(&format!("{head}Content-Length: {}\r\n{headers}\r\n{body}", body.len())).await
    }

    /// Sends a request, and gives it as the provider saw it.
    pub async fn seen(&self, method: &str, target: &str, headers: &str, body: &str) -> Request<Bytes> {
        let answer = self.say(method, target, headers, body).await;
        self.witness.take().unwrap_or_else(|| panic!("not seen: {answer}"))
    }

    /// Sends a request that the provider holds until it is released, and hangs up once it is there.
    pub async fn hang_up(&self) {
        let mut stream = self.connect().await;
        let request = b"POST /oauth/held HTTP/1.1\r\nHost: here\r\nContent-Length: 0\r\n\r\n";
        stream.write_all(request).await.unwrap();
        while self.witness.saw_nothing() {
            sleep(Duration::from_millis(2)).await;
        }
    }

    /// Sees that requests arrive as they were sent, with the peer, and that answers arrive whole.
    pub async fn requests_arrive_as_they_were_sent(&self) {
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PURGE"] {
            let request = self.seen(method, "/oauth/token", "", "").await;
            assert_eq!(request.method().as_str(), method);
        }
        let document = "/.well-known/oauth-authorization-server";
        for target in ["/oauth", "/oauth/", "/oauth?", "/oauth/a?a=%20&a=+&b=%2f&", "/oauth//t", "/oauth/%74", document]
        {
            assert_eq!(self.seen("GET", target, "", "").await.uri().to_string(), target);
        }
        let headers = "Authorization: Basic one\r\nAuthorization: Basic two\r\nX-Real-IP: 203.0.113.9\r\n";
        let request = self.seen("POST", "/oauth/token", headers, "_method=GET").await;
        assert_eq!(request.headers().get_all("authorization").iter().collect::<Vec<_>>(), ["Basic one", "Basic two"]);
        assert_eq!(request.body(), &Bytes::from("_method=GET"));
        assert_eq!(request.extensions().get(), Some(&PeerAddress("127.0.0.1".parse().unwrap())));
        let answer = self.say("GET", "/oauth/token", "", "").await;
        let whole = answer.contains("set-cookie: a=1\r\nset-cookie: b=2\r\n") && answer.ends_with("\r\n\r\nseen");
        assert!(whole, "{answer}");
        let _ = self.witness.take();
    }

    /// Sees that a body over the limit is refused, whether its length is announced or not.
    pub async fn the_body_has_a_limit(&self) {
        let whole = "a".repeat(BODY_LIMIT);
        assert_eq!(self.seen("POST", "/oauth/token", "", &whole).await.body().len(), BODY_LIMIT);
        let answer = self.say("POST", "/oauth/token", "", &format!("{whole}a")).await;
        assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
        let head =
            "POST /oauth/token HTTP/1.1\r\nHost: here\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n";
        let answer = self.raw(&format!("{head}10001\r\n{whole}a\r\n0\r\n\r\n")).await;
        assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
        assert!(self.witness.saw_nothing());
    }
}
