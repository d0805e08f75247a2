//! The layers that check tokens.

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{Either, Full};
use oauth_core::resource::{Access, ProtectedResource, Refusal, ResourceAuthorization, ResourceRequest, Scopes};
use std::future::Future;
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
/// from the header, and from the query where the resource says so; a layer does not read bodies.
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

/// Lets only authorized requests through: made by [`authorized`] and [`maybe_authorized`].
pub struct AuthorizedLayer<A>(Arc<Guard<A>>);

/// A service behind a check of tokens: made by [`AuthorizedLayer`].
pub struct Authorized<S, A> {
    guard: Arc<Guard<A>>,
    next: S,
}

struct Guard<A> {
    resource: ProtectedResource<A>,
    access: Access,
    need: Need,
}

enum Need {
    Required,
    Optional,
}

impl<A: ResourceAuthorization + 'static> AuthorizedLayer<A> {
    fn new(resource: &ProtectedResource<A>, access: Access, need: Need) -> Self {
        Self(Arc::new(Guard { resource: resource.clone(), access, need }))
    }
}

impl<A> Clone for AuthorizedLayer<A> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S, A> Layer<S> for AuthorizedLayer<A> {
    type Service = Authorized<S, A>;

    fn layer(&self, next: S) -> Authorized<S, A> {
        Authorized { guard: Arc::clone(&self.0), next }
    }
}

impl<S: Clone, A> Clone for Authorized<S, A> {
    fn clone(&self) -> Self {
        Self { guard: Arc::clone(&self.guard), next: self.next.clone() }
    }
}

impl<A: ResourceAuthorization + Clone + 'static> Guard<A> {
    /// Puts what the token says into the request.
    async fn admit<B>(&self, request: Request<B>) -> Result<Request<B>, Response<Bytes>> {
        let (mut parts, body) = request.into_parts();
        let asked = ResourceRequest::new(&parts.method, &parts.headers).query(parts.uri.query());
        let found = self.resource.authorize(&asked, &self.access).await;
        let refusal = match (found, &self.need) {
            (Ok(found), Need::Optional) => {
                parts.extensions.insert(found);
                return Ok(Request::from_parts(parts, body));
            }
            (Ok(Some(found)), Need::Required) => {
                parts.extensions.insert(found);
                return Ok(Request::from_parts(parts, body));
            }
            (Ok(None), Need::Required) => Refusal::NoToken,
            (Err(refusal), _) => refusal,
        };
        Err(self.resource.answer(refusal, &parts.method, &self.access))
    }
}

impl<S, A, B, R> Service<Request<B>> for Authorized<S, A>
where
    S: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    A: ResourceAuthorization + Clone + 'static,
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
        let guard = Arc::clone(&self.guard);
        Box::pin(async move {
            match guard.admit(request).await {
                Ok(request) => Ok(next.call(request).await?.map(Either::Right)),
                Err(refused) => Ok(refused.map(Full::new).map(Either::Left)),
            }
        })
    }
}
