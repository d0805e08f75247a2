//! A server that answers by paths, over a provider that keeps what it saw.

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use oauth_test_witness::{Wire, Witness};
use oauth_tower::{Limits, ProviderLayer, RequestBody, serve};
use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;
use tower_layer::Layer as _;

/// More than what both ends of a socket hold for each other.
pub(crate) static LARGE: [u8; 64 << 20] = [0; 64 << 20];

/// The application: a path is what it does.
#[derive(Clone, Default)]
pub(crate) struct Application {
    /// Lets one `/held` go on.
    pub(crate) released: Arc<Notify>,
}

impl tower_service::Service<Request<RequestBody>> for Application {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<RequestBody>) -> Self::Future {
        let released = Arc::clone(&self.released);
        Box::pin(async move {
            let answer = |text: &'static str| Ok(Response::new(Full::new(Bytes::from(text))));
            match request.uri().path() {
                "/open" => answer("open"),
                "/held" => {
                    released.notified().await;
                    answer("held")
                }
                "/panic" => panic!("a handler may"),
                "/large" => Ok(Response::new(Full::new(Bytes::from_static(&LARGE)))),
                "/body" => match request.into_body().collect().await {
                    Ok(body) => Ok(Response::new(Full::new(body.to_bytes()))),
                    Err(_) => answer("broken"),
                },
                _ => {
                    let mut response = Response::new(Full::new(Bytes::from("nothing here")));
                    *response.status_mut() = StatusCode::NOT_FOUND;
                    Ok(response)
                }
            }
        })
    }
}

pub(crate) struct Running {
    pub(crate) wire: Wire,
    pub(crate) application: Application,
    pub(crate) stop: oneshot::Sender<()>,
    pub(crate) ended: JoinHandle<()>,
}

pub(crate) async fn start(limits: Limits) -> Running {
    let witness = Witness::new();
    let application = Application::default();
    let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
    let address = SocketAddr::from(([127, 0, 0, 1], listener.local_addr().unwrap().port()));
    let (stop, stopped) = oneshot::channel::<()>();
    let service = ProviderLayer::new(witness.clone()).layer(application.clone());
    let server = serve(service, listener, limits).sweeping(witness.clone());
    let ended = tokio::spawn(server.until(async { drop(stopped.await) }));
    Running { wire: Wire { address, witness }, application, stop, ended }
}

/// Short times, so that a test of them is short.
pub(crate) fn quick() -> Limits {
    let mut limits = Limits::default();
    (limits.idle_time, limits.head_time) = (Duration::from_millis(300), Duration::from_millis(300));
    limits.body_time = Duration::from_millis(300);
    limits.write_time = Duration::from_millis(300);
    limits
}

impl Deref for Running {
    type Target = Wire;

    fn deref(&self) -> &Wire {
        &self.wire
    }
}

impl Running {
    /// Stops it, and waits until it has ended.
    pub(crate) async fn end(self) {
        self.stop.send(()).unwrap();
        self.ended.await.unwrap();
    }
}

/// Reads until the server closes.
pub(crate) async fn rest(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

/// Reads one answer that ends with this text, and leaves the connection open.
pub(crate) async fn until(stream: &mut TcpStream, end: &str) -> String {
    let mut answer = Vec::new();
    while !answer.ends_with(end.as_bytes()) {
        let mut some = [0; 512];
        let read = stream.read(&mut some).await.unwrap();
        assert!(read > 0, "closed after {:?}", String::from_utf8_lossy(&answer));
        answer.extend_from_slice(some.get(..read).unwrap());
    }
    String::from_utf8(answer).unwrap()
}
