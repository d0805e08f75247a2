use crate::provider::{CLIENT, SECRET};
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, LOCATION, RETRY_AFTER};
use http::{HeaderMap, Request};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long is waited for an answer that may never come.
const PATIENCE: Duration = Duration::from_secs(40);

/// What came of a request.
pub(crate) enum Reply {
    /// It was answered, after this time.
    Answered(Answer, Duration),
    /// It was sent, and no whole answer came.
    Lost(String),
    /// Nobody took the connection.
    Refused,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    pub(crate) fn says_when_to_retry(&self) -> bool {
        self.headers.contains_key(RETRY_AFTER)
    }

    /// Gives a parameter of the address that it redirects to.
    pub(crate) fn redirected(&self, name: &str) -> Option<String> {
        let location = url::Url::parse(self.headers.get(LOCATION)?.to_str().ok()?).ok()?;
        location.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }
}

/// A client with a connection that it keeps.
pub(crate) struct Caller {
    address: SocketAddr,
    connection: Option<SendRequest<Full<Bytes>>>,
}

impl Caller {
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self { address, connection: None }
    }

    /// Posts a form as the client that all of this belongs to.
    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let credentials = [("client_id", CLIENT), ("client_secret", SECRET)];
        let form =
            form_urlencoded::Serializer::new(String::new()).extend_pairs(credentials).extend_pairs(fields).finish();
        let request = Request::post(path).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.header(HOST, "127.0.0.1").body(Full::new(Bytes::from(form))).unwrap()).await
    }

    pub(crate) async fn get(&mut self, target: &str, bearer: Option<&str>) -> Reply {
        let mut request = Request::get(target).header(HOST, "127.0.0.1");
        if let Some(token) = bearer {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        self.send(request.body(Full::new(Bytes::new())).unwrap()).await
    }

    async fn send(&mut self, request: Request<Full<Bytes>>) -> Reply {
        let Some(mut connection) = self.connect().await else { return Reply::Refused };
        let started = Instant::now();
        let whole = async {
            let response = connection.send_request(request).await?;
            let (parts, body) = response.into_parts();
            let body = body.collect().await?.to_bytes();
            Ok::<_, hyper::Error>(Answer { status: parts.status.as_u16(), headers: parts.headers, body })
        };
        match timeout(PATIENCE, whole).await {
            Ok(Ok(answer)) => {
                self.connection = Some(connection);
                Reply::Answered(answer, started.elapsed())
            }
            Ok(Err(error)) => Reply::Lost(error.to_string()),
            Err(_) => Reply::Lost(format!("no answer for {PATIENCE:?}")),
        }
    }

    async fn connect(&mut self) -> Option<SendRequest<Full<Bytes>>> {
        if let Some(mut kept) = self.connection.take()
            && kept.ready().await.is_ok()
        {
            return Some(kept);
        }
        let stream = TcpStream::connect(self.address).await.ok()?;
        let _ = stream.set_nodelay(true);
        let (mut sender, connection) = handshake(TokioIo::new(stream)).await.ok()?;
        tokio::spawn(connection);
        sender.ready().await.ok()?;
        Some(sender)
    }
}
