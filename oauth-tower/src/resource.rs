//! The layers that check tokens.

use bytes::Bytes;
use http::request::Parts;
use http::{Request, Response};
use http_body_util::{Either, Full};
use oauth_core::resource::{Access, ProtectedResource, Refusal, ResourceAuthorization, ResourceRequest, Scopes};
use std::future::Future;
use std::marker::PhantomData;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tower_layer::Layer;
use tower_service::Service;

/// Requires an access token that allows what `S` requires, and puts what the token says into the
/// request's extensions. What is refused is answered whole: status, challenge and JSON body (RFC 6750
/// §3); the service never sees it.
///
/// It stands on a route, not before a router, which could no longer answer 404 or 405. Tokens are taken
/// from the header, and from the query where the resource says so; from forms,
/// [`authorized_form`](crate::authorized_form) takes them too.
///
/// On axum it is a `route_layer`, and the handler takes `Extension<Authorization>`: `examples/axum` has it.
/// ```
/// use oauth_tower::{Authorized, ProtectedResource, authorized, scopes};
/// use oauth_core::resource::Authorization;
/// use tower_layer::Layer as _;
/// scopes! { pub Write = "write"; }
///
/// fn guarded<S>(resource: &ProtectedResource, service: S) -> Authorized<S, Authorization> {
///     authorized::<Write, _>(resource).layer(service)
/// }
/// ```
pub fn authorized<S: Scopes, A: ResourceAuthorization + 'static>(
    resource: &ProtectedResource<A>,
) -> AuthorizedLayer<A> {
    authorized_by(resource, S::ACCESS)
}

/// Requires what [`authorized`] requires, of scopes that are computed while the program runs.
pub fn authorized_by<A: ResourceAuthorization + 'static>(
    resource: &ProtectedResource<A>,
    access: impl Into<Access>,
) -> AuthorizedLayer<A> {
    AuthorizedLayer::new(resource, access.into(), Need::Required)
}

/// Takes an access token where one is sent: the extension is an `Option<A>`, `None` only where none was
/// sent. A bad one, or one that does not allow what `S` requires, is refused as by [`authorized`].
pub fn maybe_authorized<S: Scopes, A: ResourceAuthorization + 'static>(
    resource: &ProtectedResource<A>,
) -> AuthorizedLayer<A> {
    maybe_authorized_by(resource, S::ACCESS)
}

/// Takes what [`maybe_authorized`] takes, with scopes that are computed while the program runs.
pub fn maybe_authorized_by<A: ResourceAuthorization + 'static>(
    resource: &ProtectedResource<A>,
    access: impl Into<Access>,
) -> AuthorizedLayer<A> {
    AuthorizedLayer::new(resource, access.into(), Need::Optional)
}

/// Lets only authorized requests through: made by [`authorized`], [`maybe_authorized`] and
/// [`authorized_form`](crate::authorized_form).
pub struct AuthorizedLayer<A, T = InHeader> {
    guard: Arc<Guard<A>>,
    transports: PhantomData<fn() -> T>,
}

/// A service behind a check of tokens: made by [`AuthorizedLayer`].
pub struct Authorized<S, A, T = InHeader> {
    layer: AuthorizedLayer<A, T>,
    next: S,
}

/// Tells of a layer that it leaves the body to the service.
#[derive(Clone, Copy, Debug)]
pub enum InHeader {}

/// How a layer looks for the token, and what body the service then gets.
pub trait Admits<A, B> {
    type Body: Send;

    fn admit(
        guard: &Guard<A>,
        request: Request<B>,
    ) -> impl Future<Output = Result<Request<Self::Body>, Response<Bytes>>> + Send;
}

/// What a layer holds.
pub struct Guard<A> {
    pub(crate) resource: ProtectedResource<A>,
    access: Access,
    need: Need,
}

pub(crate) enum Need {
    Required,
    Optional,
}

impl<A: ResourceAuthorization + 'static, T> AuthorizedLayer<A, T> {
    pub(crate) fn new(resource: &ProtectedResource<A>, access: Access, need: Need) -> Self {
        let guard = Arc::new(Guard { resource: resource.clone(), access, need });
        Self { guard, transports: PhantomData }
    }
}

impl<A, T> Clone for AuthorizedLayer<A, T> {
    fn clone(&self) -> Self {
        Self { guard: Arc::clone(&self.guard), transports: PhantomData }
    }
}

impl<S, A, T> Layer<S> for AuthorizedLayer<A, T> {
    type Service = Authorized<S, A, T>;

    fn layer(&self, next: S) -> Authorized<S, A, T> {
        Authorized { layer: self.clone(), next }
    }
}

impl<S: Clone, A, T> Clone for Authorized<S, A, T> {
    fn clone(&self) -> Self {
        Self { layer: self.layer.clone(), next: self.next.clone() }
    }
}

/// What decides whether a request is let in, but for its body.
pub(crate) fn asked(parts: &Parts) -> ResourceRequest<'_> {
    ResourceRequest::new(&parts.method, &parts.headers).query(parts.uri.query())
}

impl<A: ResourceAuthorization + Clone + 'static> Guard<A> {
    /// Puts what the token says into the request's extensions.
    pub(crate) async fn admit(&self, parts: &mut Parts, body: &[u8]) -> Result<(), Response<Bytes>> {
        let asked = asked(parts).body(body);
        let found = match self.resource.authorize_at_once(&asked, &self.access) {
            Some(found) => found,
            None => self.resource.authorize(&asked, &self.access).await,
        };
        let refusal = match (found, &self.need) {
            (Ok(found), Need::Optional) => {
                parts.extensions.insert(found);
                return Ok(());
            }
            (Ok(Some(found)), Need::Required) => {
                parts.extensions.insert(found);
                return Ok(());
            }
            (Ok(None), Need::Required) => Refusal::NoToken,
            (Err(refusal), _) => refusal,
        };
        Err(self.resource.answer(refusal, &parts.method, &self.access))
    }
}

impl<A: ResourceAuthorization + Clone + 'static, B: Send> Admits<A, B> for InHeader {
    type Body = B;

    async fn admit(guard: &Guard<A>, request: Request<B>) -> Result<Request<B>, Response<Bytes>> {
        let (mut parts, body) = request.into_parts();
        guard.admit(&mut parts, &[]).await?;
        Ok(Request::from_parts(parts, body))
    }
}

impl<S, A, T, B, R> Service<Request<B>> for Authorized<S, A, T>
where
    S: Service<Request<T::Body>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    A: ResourceAuthorization + 'static,
    T: Admits<A, B>,
    B: Send + 'static,
{
    type Response = Response<Either<Full<Bytes>, R>>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.next.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // The one that is ready goes, its clone stays.
        let later = self.next.clone();
        let mut next = mem::replace(&mut self.next, later);
        let guard = Arc::clone(&self.layer.guard);
        Box::pin(async move {
            match T::admit(&guard, request).await {
                Ok(request) => Ok(next.call(request).await?.map(Either::Right)),
                Err(refused) => Ok(refused.map(Full::new).map(Either::Left)),
            }
        })
    }
}
