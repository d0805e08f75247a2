//! The layer that serves the metadata of a resource.

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{Either, Full};
use oauth_core::resource::{ProtectedResource, ResourceAuthorization, ResourceMetadata};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tower_layer::Layer;
use tower_service::Service;

/// Serves the [metadata](ProtectedResource::metadata) of a resource at its well-known path (RFC 9728 §3)
/// before a service: it comes from the settings, never from a request. Every other request goes on
/// untouched, and all of them where the resource has none.
///
/// It stands before a router, as in `router.layer(resource_metadata(&resource))` on axum, and before a
/// [`ProviderLayer`](crate::ProviderLayer) whose base path is empty.
///
/// ```
/// use oauth_tower::{ProtectedResource, WithMetadata, resource_metadata};
/// use tower_layer::Layer as _;
///
/// fn site<S>(resource: &ProtectedResource, application: S) -> WithMetadata<S> {
///     resource_metadata(resource).layer(application)
/// }
/// ```
pub fn resource_metadata<A: ResourceAuthorization + 'static>(resource: &ProtectedResource<A>) -> MetadataLayer {
    MetadataLayer(resource.described().cloned().map(Arc::new))
}

/// Serves a resource's metadata: made by [`resource_metadata`].
#[derive(Clone, Debug)]
pub struct MetadataLayer(Option<Arc<ResourceMetadata>>);

/// A service with a resource's metadata before it: made by [`MetadataLayer`].
#[derive(Clone, Debug)]
pub struct WithMetadata<S> {
    layer: MetadataLayer,
    next: S,
}

impl<S> Layer<S> for MetadataLayer {
    type Service = WithMetadata<S>;

    fn layer(&self, next: S) -> WithMetadata<S> {
        WithMetadata { layer: self.clone(), next }
    }
}

impl<S, B, R> Service<Request<B>> for WithMetadata<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    S::Future: Send + 'static,
{
    type Response = Response<Either<Full<Bytes>, R>>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.next.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let MetadataLayer(metadata) = &self.layer;
        let here = metadata.as_ref().filter(|metadata| metadata.path() == request.uri().path());
        if let Some(answer) = here.and_then(|metadata| metadata.answer(request.method(), request.headers())) {
            return Box::pin(async move { Ok(answer.map(Full::new).map(Either::Left)) });
        }
        let next = self.next.call(request);
        Box::pin(async move { Ok(next.await?.map(Either::Right)) })
    }
}
