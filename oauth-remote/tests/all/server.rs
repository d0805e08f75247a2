//! A provider to talk to: metadata, introspection, and whatever a test wants it to do instead.

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body, Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use oauth_core::clock::{Clock as _, ManualClock, SystemClock};
use oauth_core::identifier::ClientId;
use oauth_core::resource::{Authorization, PresentedToken, Refusal, ResourceProvider as _};
use oauth_core::secret::ClientSecret;
use oauth_remote::{Builder, RemoteResourceProvider};
use rcgen::{CertifiedKey, KeyPair};
use serde_json::{Value, json};
use std::convert::Infallible;
use std::error::Error;
use std::future::pending;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

/// What the server was asked.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Call {
    pub(crate) fn is_introspection(&self) -> bool {
        self.path == "/introspect"
    }
}

/// What the server does.
pub(crate) enum Reply {
    Json(Value),
    Text(u16, &'static str, String),
    Later(Duration, Value),
    When(watch::Receiver<bool>, Value),
    Whole(Response<Bytes>),
    Endless(&'static str),
    Hang,
    /// Closes the connection.
    Break,
}

pub(crate) struct Server {
    pub(crate) origin: String,
    pub(crate) calls: Arc<Mutex<Vec<Call>>>,
    pub(crate) connections: Arc<AtomicUsize>,
    pub(crate) open: Arc<AtomicUsize>,
    task: tokio::task::JoinHandle<()>,
}

type Behaviour = Arc<dyn Fn(&Call) -> Option<Reply> + Send + Sync>;

impl Server {
    /// Starts a provider that answers as told, with its metadata and `active()` where it is not told.
    pub(crate) async fn start(behaviour: impl Fn(&Call) -> Option<Reply> + Send + Sync + 'static) -> Self {
        Self::start_on("127.0.0.1:0", None, behaviour).await
    }

    pub(crate) async fn start_on(
        address: &str,
        tls: Option<TlsAcceptor>,
        behaviour: impl Fn(&Call) -> Option<Reply> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let origin = format!("{scheme}://{}", listener.local_addr().unwrap());
        let (calls, connections, open) = (Arc::default(), Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
        let state = State { origin: origin.clone(), calls: Arc::clone(&calls), behaviour: Arc::new(behaviour) };
        let (counted, alive) = (Arc::clone(&connections), Arc::clone(&open));
        let task = tokio::spawn(async move {
            let mut served = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::SeqCst);
                let (state, tls, alive) = (state.clone(), tls.clone(), Arc::clone(&alive));
                served.spawn(async move {
                    alive.fetch_add(1, Ordering::SeqCst);
                    connection(state, stream, tls).await;
                    alive.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        Self { origin, calls, connections, open, task }
    }

    /// Begins the settings of an API that trusts this server.
    pub(crate) fn trusted(&self) -> Builder {
        trusting(&self.origin)
    }

    /// Counts the calls of one path.
    pub(crate) fn count(&self, path: &str) -> usize {
        self.calls.lock().unwrap().iter().filter(|call| call.path == path).count()
    }

    pub(crate) fn introspections(&self) -> usize {
        self.count("/introspect")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

pub(crate) fn trusting(issuer: &str) -> Builder {
    let id = ClientId::new("notes api").unwrap();
    let settings = RemoteResourceProvider::builder(issuer, id, ClientSecret::new("a+b %é"));
    settings.timeout(Duration::from_secs(10)).root_certificates(AUTHORITY.as_str())
}

/// A certificate to trust: reading those of the operating system takes longer than most of the tests.
static AUTHORITY: LazyLock<String> = LazyLock::new(|| self_signed().cert.pem());

/// Makes a certificate for this machine, which is its own authority.
pub(crate) fn self_signed() -> CertifiedKey<KeyPair> {
    rcgen::generate_simple_self_signed(["127.0.0.1".to_owned(), "localhost".to_owned()]).unwrap()
}

/// A moment that the clocks of these tests start at: the present one, so that `exp` means what it says.
pub(crate) fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::starting_at(SystemClock.now()))
}

pub(crate) fn seconds_from_now(seconds: i64) -> i64 {
    SystemClock.now().as_unix_seconds() + seconds
}

/// The answer for a good token.
pub(crate) fn active() -> Value {
    json!({ "active": true, "client_id": "app", "sub": "ada", "scope": "read write", "exp": seconds_from_now(3_600) })
}

/// The answer for a good token with other members.
pub(crate) fn active_with(members: Value) -> Value {
    let mut answer = active();
    for (name, value) in members.as_object().unwrap() {
        answer[name] = value.clone();
    }
    answer
}

pub(crate) async fn check(provider: &RemoteResourceProvider, token: &str) -> Result<Authorization, Refusal> {
    provider.validate_access_token(&PresentedToken::new(token).unwrap()).await
}

#[derive(Clone)]
struct State {
    origin: String,
    calls: Arc<Mutex<Vec<Call>>>,
    behaviour: Behaviour,
}

async fn connection(state: State, stream: TcpStream, tls: Option<TlsAcceptor>) {
    match tls {
        None => serve(state, stream).await,
        Some(tls) => {
            if let Ok(stream) = tls.accept(stream).await {
                serve(state, stream).await;
            }
        }
    }
}

async fn serve(state: State, stream: impl AsyncRead + AsyncWrite + Unpin) {
    let service = service_fn(move |request| answer(state.clone(), request));
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn answer(
    state: State,
    request: Request<Incoming>,
) -> Result<Response<BoxBody<Bytes, Infallible>>, Box<dyn Error + Send + Sync>> {
    let (parts, body) = request.into_parts();
    let body = String::from_utf8(body.collect().await?.to_bytes().to_vec()).unwrap();
    let call = Call { method: parts.method, path: parts.uri.path().to_owned(), headers: parts.headers, body };
    state.calls.lock().unwrap().push(call.clone());
    let reply = (state.behaviour)(&call).unwrap_or_else(|| match call.path.as_str() {
        "/.well-known/oauth-authorization-server" => Reply::Json(metadata(&state.origin)),
        "/introspect" => Reply::Json(active()),
        _ => Reply::Text(404, "text/plain", String::new()),
    });
    Ok(match reply {
        Reply::Json(value) => full(200, "application/json", value.to_string()),
        Reply::Text(status, kind, text) => full(status, kind, text),
        Reply::Later(time, value) => {
            tokio::time::sleep(time).await;
            full(200, "application/json", value.to_string())
        }
        Reply::When(mut released, value) => {
            let _ = released.wait_for(|released| *released).await;
            full(200, "application/json", value.to_string())
        }
        Reply::Whole(response) => response.map(|body| Full::new(body).boxed()),
        Reply::Endless(text) => {
            let body = Endless(Bytes::from_static(text.as_bytes())).boxed();
            Response::builder().header("content-type", "application/json").body(body).unwrap()
        }
        Reply::Hang => pending().await,
        Reply::Break => return Err("the connection breaks".into()),
    })
}

pub(crate) fn metadata(origin: &str) -> Value {
    json!({ "issuer": origin, "introspection_endpoint": format!("{origin}/introspect") })
}

fn full(status: u16, kind: &str, text: String) -> Response<BoxBody<Bytes, Infallible>> {
    let response = Response::builder().status(status).header("content-type", kind);
    response.body(Full::new(Bytes::from(text)).boxed()).unwrap()
}

/// A body without end.
struct Endless(Bytes);

impl Body for Endless {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(Some(Ok(Frame::data(self.0.clone()))))
    }
}
