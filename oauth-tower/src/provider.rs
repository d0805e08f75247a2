//! The provider as a service, and as a layer before an application's own.

use crate::body::read;
use crate::unfinished::Unfinished;
use bytes::Bytes;
use http::header::HOST;
use http::{Request, Response, StatusCode, Uri};
use http_body::Body;
use http_body_util::{Either, Full};
use oauth_core::http::{bad_request, body_too_large};
use oauth_core::provider::{Mounts, Service};
use std::convert::Infallible;
use std::error::Error;
use std::future::{Future, pending};
use std::panic::resume_unwind;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::task::JoinError;
use tower_layer::Layer;
use tracing::Instrument as _;

/// How many calls of providers run at a time in this process, those whose clients hung up among them:
/// who sends and hangs up could otherwise fill the memory while a store is slow.
static RUNNING: Semaphore = Semaphore::const_new(4_096);

/// Answers one request to one of the provider's [`Mounts`]: reads its body within the limit of 64 KiB,
/// and hands it on as it came. What adapters call.
///
/// The socket's peer stands in the request's extensions as a
/// [`PeerAddress`](oauth_core::http::PeerAddress); without it, failed authentications are counted for
/// all clients together. A body over the limit is answered 413, one that breaks off 400.
///
/// Once the body is read, the provider runs to its end on tokio's runtime, although this future may be
/// dropped because the client hung up or its time is over: what has committed is also told to the
/// [event sink](oauth_core::event::EventSink). A server that is to stop waits for it, where the request
/// carries its [`Unfinished`]. At most 4,096 run at a time, the next one waits; one whose
/// client hangs up while it waits never begins.
pub async fn answer<B>(service: &Arc<dyn Service>, request: Request<B>) -> Response<Bytes>
where
    B: Body,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let (mut parts, body) = request.into_parts();
    // A request may name a host of its own choice (RFC 9112 §3.2.2); who the provider is, its issuer says. A
    // target without a path is for proxies.
    let Some(target) = parts.uri.path_and_query().cloned() else { return bad_request() };
    // Servers other than ours may let two hosts pass; who sends none may have sent it in HTTP/2's way.
    if parts.headers.get_all(HOST).iter().nth(1).is_some() {
        return bad_request();
    }
    parts.uri = Uri::from(target);
    let body = match read(body).await {
        Ok(body) => body,
        Err(StatusCode::PAYLOAD_TOO_LARGE) => return body_too_large(service.config().error_uri.as_deref()),
        Err(_) => return bad_request(),
    };
    let unfinished = parts.extensions.remove::<Unfinished>();
    let (service, request) = (Arc::clone(service), Request::from_parts(parts, body));
    let call = async move {
        let _unfinished = unfinished;
        service.call(request).await
    };
    to_its_end(&RUNNING, call).await
}

/// Runs as a task of its own what must not stop half-way, where there is a runtime of tokio's.
async fn to_its_end(
    running: &'static Semaphore,
    call: impl Future<Output = Response<Bytes>> + Send + 'static,
) -> Response<Bytes> {
    let Ok(runtime) = Handle::try_current() else { return call.await };
    // Never closed, so that it always ends with a turn, which is over with the call.
    let turn = running.acquire().await;
    let call = async move {
        let _turn = turn;
        call.await
    };
    match runtime.spawn(call.in_current_span()).await.map_err(JoinError::try_into_panic) {
        Ok(response) => response,
        Err(Ok(panic)) => resume_unwind(panic),
        // The runtime is shutting down, and ends this future too.
        Err(Err(_)) => pending().await,
    }
}

/// A provider as a tower service: for a router's fallback, where every path that no route takes is the
/// provider's, which answers those that it does not know with its own page.
///
/// It looks at the whole path: where a router cuts a prefix off, such as axum's `nest_service`, the
/// provider does not know what is left. Beside a fallback of the application's own stands
/// [`ProviderLayer`].
///
/// ```
/// use bytes::Bytes;
/// use http::{Request, Response};
/// use http_body_util::Full;
/// use oauth_core::provider::Service as Provider;
/// use oauth_tower::ProviderService;
/// use std::convert::Infallible;
/// use std::sync::Arc;
/// use tower_service::Service;
///
/// async fn ask(provider: Arc<dyn Provider>, request: Request<Full<Bytes>>) -> Result<Response<Full<Bytes>>, Infallible> {
///     ProviderService::new(provider).call(request).await
/// }
/// ```
#[derive(Clone)]
pub struct ProviderService(Arc<dyn Service>);

impl ProviderService {
    /// Takes the provider.
    pub fn new(provider: Arc<dyn Service>) -> Self {
        Self(provider)
    }
}

impl<B> tower_service::Service<Request<B>> for ProviderService
where
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let provider = Arc::clone(&self.0);
        Box::pin(async move { Ok(answer(&provider, request).await.map(Full::new)) })
    }
}

/// Puts a provider before a service: it answers under its base path and at its well-known documents,
/// and every other request goes on untouched.
///
/// On axum: `router.layer(ProviderLayer::new(provider))`. Where the base path is empty, every path is
/// the provider's, and nothing goes on: use [`ProviderService`] as the fallback then.
///
/// ```
/// use oauth_core::provider::Service;
/// use oauth_tower::{ProviderLayer, WithProvider};
/// use std::sync::Arc;
/// use tower_layer::Layer as _;
///
/// fn site<S>(provider: Arc<dyn Service>, application: S) -> WithProvider<S> {
///     ProviderLayer::new(provider).layer(application)
/// }
/// ```
#[derive(Clone)]
pub struct ProviderLayer {
    provider: Arc<dyn Service>,
    mounts: Arc<Mounts>,
}

impl ProviderLayer {
    /// Takes the provider.
    pub fn new(provider: Arc<dyn Service>) -> Self {
        let mounts = Arc::new(provider.mounts());
        Self { provider, mounts }
    }
}

impl<S> Layer<S> for ProviderLayer {
    type Service = WithProvider<S>;

    fn layer(&self, next: S) -> WithProvider<S> {
        WithProvider { layer: self.clone(), next }
    }
}

/// A service with a provider before it: made by [`ProviderLayer`].
#[derive(Clone)]
pub struct WithProvider<S> {
    layer: ProviderLayer,
    next: S,
}

impl<S, B, A> tower_service::Service<Request<B>> for WithProvider<S>
where
    S: tower_service::Service<Request<B>, Response = Response<A>>,
    S::Future: Send + 'static,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    type Response = Response<Either<Full<Bytes>, A>>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.next.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        if self.layer.mounts.contains(request.uri().path()) {
            let provider = Arc::clone(&self.layer.provider);
            return Box::pin(async move { Ok(answer(&provider, request).await.map(Full::new).map(Either::Left)) });
        }
        let next = self.next.call(request);
        Box::pin(async move { Ok(next.await?.map(Either::Right)) })
    }
}

#[cfg(test)]
mod tests {
    use super::to_its_end;
    use bytes::Bytes;
    use http::Response;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;
    use tokio::sync::{Notify, Semaphore};
    use tokio::task::yield_now;
    use tokio::time::timeout;

    static TWO: Semaphore = Semaphore::const_new(2);

    #[tokio::test]
    async fn what_hang_ups_leave_behind_has_a_bound() {
        let (begun, go) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
        let call = |ends: bool| {
            let (begun, go) = (Arc::clone(&begun), Arc::clone(&go));
            async move {
                begun.fetch_add(1, Ordering::SeqCst);
                if !ends {
                    go.notified().await;
                }
                Response::new(Bytes::new())
            }
        };
        for _ in 0..5 {
            assert!(timeout(Duration::ZERO, to_its_end(&TWO, call(false))).await.is_err(), "the client hangs up");
            yield_now().await;
        }
        assert_eq!(begun.load(Ordering::SeqCst), 2);
        go.notify_one();
        assert!(timeout(Duration::from_secs(5), to_its_end(&TWO, call(true))).await.is_ok(), "a place is free again");
        assert_eq!(begun.load(Ordering::SeqCst), 3);
    }
}
