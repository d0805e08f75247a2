//! A site of oauth-tower's layers and nothing else: who is routed where stands in one `match`.

use super::own::{self, ByMethod, Either as EitherOf, Own, Recent, Strong};
use super::{Pages, Read, Stop, Write, said, written};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{Extensions, HeaderValue, Request, Response, StatusCode};
use http_body::Body;
use http_body_util::{BodyExt as _, Either, Full};
use oauth_core::provider::{Provider, Service as Endpoints};
use oauth_core::resource::{Authorization, ProtectedResource};
use oauth_tower::{
    Limits, ProviderLayer, ProviderService, RequestBody, authorized, authorized_form, maybe_authorized,
    resource_metadata, serve,
};
use std::convert::Infallible;
use std::fmt::Debug;
use std::future::{Future, Ready, ready};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tower_layer::Layer as _;
use tower_service::Service;

type Answer = Response<Full<Bytes>>;
type Answering<B> = Pin<Box<dyn Future<Output = Result<Response<B>, Infallible>> + Send>>;

/// What stands behind a layer, and says what the layer found.
#[derive(Clone, Copy)]
struct Says(fn(&Extensions) -> Answer);

/// What stands behind the layer that takes tokens from forms.
#[derive(Clone, Copy)]
struct Writes;

fn found<T: Clone + Send + Sync + 'static>(extensions: &Extensions) -> T {
    extensions.get::<T>().cloned().expect("the layer has put it there")
}

fn text(text: impl Into<Bytes>) -> Answer {
    Response::new(Full::new(text.into()))
}

fn with_status(status: StatusCode, mut answer: Answer) -> Answer {
    *answer.status_mut() = status;
    answer
}

fn read(extensions: &Extensions) -> Answer {
    let mut answer = text(said(&found::<Authorization>(extensions)));
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer
}

fn write(extensions: &Extensions) -> Answer {
    with_status(StatusCode::CREATED, read(extensions))
}

fn row(extensions: &Extensions) -> Answer {
    text(found::<Own>(extensions).row)
}

fn maybe(extensions: &Extensions) -> Answer {
    text(found::<Option<Own>>(extensions).map_or_else(|| "nobody".to_owned(), |token| token.row))
}

impl<B> Service<Request<B>> for Says {
    type Response = Answer;
    type Error = Infallible;
    type Future = Ready<Result<Answer, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        ready(Ok(self.0(request.extensions())))
    }
}

impl<B> Service<Request<B>> for Writes
where
    B: Body<Data: Send, Error: Debug> + Send + 'static,
{
    type Response = Answer;
    type Error = Infallible;
    type Future = Answering<Full<Bytes>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let token = found::<Own>(request.extensions());
        Box::pin(async move {
            Ok(match request.into_body().collect().await {
                Ok(body) => text(written(&token, &body.to_bytes())),
                Err(_) => with_status(StatusCode::BAD_REQUEST, text("")),
            })
        })
    }
}

/// Where everything is.
#[derive(Clone)]
struct Site {
    api: ProtectedResource,
    own: ProtectedResource<Own>,
    /// A provider at the root takes what is left, other methods too.
    rest: Option<ProviderService>,
}

impl Service<Request<RequestBody>> for Site {
    type Response = Response<Either<Full<Bytes>, Full<Bytes>>>;
    type Error = Infallible;
    type Future = Answering<Either<Full<Bytes>, Full<Bytes>>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<RequestBody>) -> Self::Future {
        let (api, own) = (&self.api, &self.own);
        // A router takes a path with a slash behind it, too.
        let path = request.uri().path();
        match (request.method().as_str(), path.strip_suffix('/').unwrap_or(path)) {
            ("GET", "/api/profile" | "/api/notes") => authorized::<Read, _>(api).layer(Says(read)).call(request),
            ("POST", "/api/notes") => authorized::<Write, _>(api).layer(Says(write)).call(request),
            ("GET", "/own/either") => authorized::<EitherOf, _>(own).layer(Says(row)).call(request),
            ("GET" | "POST", "/own/notes") => authorized::<ByMethod, _>(own).layer(Says(row)).call(request),
            ("GET", "/own/recent") => authorized::<Recent, _>(own).layer(Says(row)).call(request),
            ("GET", "/own/strong") => authorized::<Strong, _>(own).layer(Says(row)).call(request),
            ("GET", "/own/maybe") => maybe_authorized::<Read, _>(own).layer(Says(maybe)).call(request),
            ("POST", "/own/form") => authorized_form::<Write, _>(own).layer(Writes).call(request),
            (_, path) => match &mut self.rest {
                Some(provider) => {
                    let answer = provider.call(request);
                    Box::pin(async move { Ok(answer.await?.map(Either::Left)) })
                }
                None => {
                    let taken = path.starts_with("/own/") || matches!(path, "/api/profile" | "/api/notes");
                    let status = if taken { StatusCode::METHOD_NOT_ALLOWED } else { StatusCode::NOT_FOUND };
                    Box::pin(ready(Ok(with_status(status, text("")).map(Either::Right))))
                }
            },
        }
    }
}

/// Starts a server; `None` where the port is taken.
pub(super) async fn start(address: SocketAddr, provider: Provider<Pages>) -> Option<Stop> {
    let listener = TcpListener::bind(address).await.ok()?;
    let (api, own) = (provider.protected_resource(), own::resource(&provider));
    let metadata = resource_metadata(&own);
    let service: Arc<dyn Endpoints> = Arc::new(provider);
    let (stop, stopped) = oneshot::channel::<()>();
    if service.mounts().base.is_empty() {
        let rest = Some(ProviderService::new(Arc::clone(&service)));
        let server = serve(metadata.layer(Site { api, own, rest }), listener, Limits::default());
        tokio::spawn(server.sweeping(service).until(stopped));
    } else {
        let site = ProviderLayer::new(Arc::clone(&service)).layer(Site { api, own, rest: None });
        let server = serve(metadata.layer(site), listener, Limits::default());
        tokio::spawn(server.sweeping(service).until(stopped));
    }
    Some(Box::new(move || drop(stop)))
}
