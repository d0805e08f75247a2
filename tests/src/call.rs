use crate::Answer;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request};
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;
use std::future::{Future, IntoFuture};
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

/// A request on its way: built in a line, sent when awaited, on a connection of its own.
///
/// ```no_run
/// # async fn example(server: &oauth_tests::Server) {
/// let answer = server.get("/api/profile").bearer("a-token").await;
/// answer.expect(401);
/// # }
/// ```
#[must_use = "a call is sent when it is awaited"]
#[derive(Clone, Debug)]
pub struct Call {
    to: SocketAddr,
    from: Option<IpAddr>,
    method: Method,
    target: String,
    headers: HeaderMap,
    body: Bytes,
}

impl Call {
    /// Begins a request to any server.
    pub fn new(to: SocketAddr, method: Method, target: &str) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_str(&to.to_string()).unwrap());
        Self { to, from: None, method, target: target.to_owned(), headers, body: Bytes::new() }
    }

    /// Adds a header; sent beside others of the same name.
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        self.headers.append(name, HeaderValue::from_bytes(value.as_ref()).unwrap());
        self
    }

    /// Sets a header in the place of others of the same name.
    pub fn set_header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.remove(name);
        self.header(name, value)
    }

    /// Sends an access token (RFC 6750 §2.1).
    pub fn bearer(self, token: &str) -> Self {
        self.header(AUTHORIZATION.as_str(), format!("Bearer {token}"))
    }

    /// Sends credentials by HTTP Basic, form-encoded as RFC 6749 §2.3.1 says.
    pub fn basic(self, id: &str, secret: &str) -> Self {
        let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        self.raw_basic(&encode(id), &encode(secret))
    }

    /// Sends credentials by HTTP Basic as they are, which most clients do.
    pub fn raw_basic(self, id: &str, secret: &str) -> Self {
        self.header(AUTHORIZATION.as_str(), format!("Basic {}", STANDARD.encode(format!("{id}:{secret}"))))
    }

    /// Sends parameters as a form.
    pub fn form<N: AsRef<str>, V: AsRef<str>>(self, fields: impl IntoIterator<Item = (N, V)>) -> Self {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.body("application/x-www-form-urlencoded", body)
    }

    /// Sends a body of any kind.
    pub fn body(mut self, content_type: &str, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self.set_header(CONTENT_TYPE.as_str(), content_type)
    }

    /// Sends it from another address of this machine, such as `127.0.0.2`.
    pub fn from(mut self, address: &str) -> Self {
        self.from = Some(address.parse().unwrap());
        self
    }

    /// Sends it, and hangs up once something has happened: comes back when the server has closed its
    /// side too, and so has noticed.
    pub async fn hang_up_once(self, happened: impl Future<Output = ()>) {
        let mut stream = self.connect().await;
        let mut request = format!("{} {} HTTP/1.1\r\n", self.method, self.target).into_bytes();
        for (name, value) in &self.headers {
            request.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
        }
        request.extend(format!("content-length: {}\r\n\r\n", self.body.len()).into_bytes());
        request.extend(&self.body);
        stream.write_all(&request).await.unwrap();
        happened.await;
        stream.shutdown().await.unwrap();
        let mut answer = Vec::new();
        let closed = timeout(Duration::from_secs(10), stream.read_to_end(&mut answer)).await;
        // However it closed: a reset is as good.
        let _ = closed.expect("a server closes when its client has gone");
        assert!(answer.is_empty(), "answered before it hung up: {}", String::from_utf8_lossy(&answer));
    }

    async fn connect(&self) -> TcpStream {
        let socket = TcpSocket::new_v4().unwrap();
        if let Some(from) = self.from {
            socket.bind(SocketAddr::new(from, 0)).unwrap();
        }
        socket.connect(self.to).await.expect("the server listens")
    }

    async fn send(self) -> Answer {
        let stream = self.connect().await;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
        let driver = tokio::spawn(connection);
        let mut request = Request::new(Full::new(self.body));
        *request.method_mut() = self.method;
        *request.uri_mut() = self.target.parse().unwrap_or_else(|error| panic!("{:?}: {error}", self.target));
        *request.headers_mut() = self.headers;
        let response = sender.send_request(request).await.expect("the server answers");
        let (parts, body) = response.into_parts();
        let body = body.collect().await.expect("the body arrives whole").to_bytes();
        driver.abort();
        http::Response::from_parts(parts, body).into()
    }
}

impl IntoFuture for Call {
    type Output = Answer;
    type IntoFuture = Pin<Box<dyn Future<Output = Answer> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}
