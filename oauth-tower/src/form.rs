//! The layer for tokens in forms.

use crate::body::read;
use crate::resource::{Admits, AuthorizedLayer, Guard, Need, asked};
use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http::{HeaderValue, Request, Response};
use http_body::Body;
use http_body_util::{Either, Full};
use oauth_core::http::unread_form;
use oauth_core::resource::{Access, ProtectedResource, ResourceAuthorization, Scopes};
use std::error::Error;

/// Requires what [`authorized`](crate::authorized) requires, and takes the token from a form too
/// (RFC 6750 §2.2). What the token says is in the request's extensions; the service reads the form, in
/// which the token no longer stands.
///
/// The form counts only where [`Transports::with_form_body`](oauth_core::resource::Transports) is set on
/// the resource; elsewhere, and for every other content type, the body goes on as it came. A token in
/// both is refused. Of a form that may have a token at most 64 KiB are read: a longer one is answered
/// 413, one that breaks off 400.
///
/// ```
/// use oauth_core::resource::Authorization;
/// use oauth_tower::{Authorized, InForm, ProtectedResource, authorized_form, scopes};
/// use tower_layer::Layer as _;
/// scopes! { pub Write = "write"; }
///
/// fn guarded<S>(resource: &ProtectedResource, service: S) -> Authorized<S, Authorization, InForm> {
///     authorized_form::<Write, _>(resource).layer(service)
/// }
/// ```
pub fn authorized_form<S: Scopes, A: ResourceAuthorization + 'static>(
    resource: &ProtectedResource<A>,
) -> AuthorizedLayer<A, InForm> {
    authorized_form_by(resource, S::ACCESS)
}

/// Requires what [`authorized_form`] requires, of scopes that are computed while the program runs.
pub fn authorized_form_by<A: ResourceAuthorization + 'static>(
    resource: &ProtectedResource<A>,
    access: impl Into<Access>,
) -> AuthorizedLayer<A, InForm> {
    AuthorizedLayer::new(resource, access.into(), Need::Required)
}

/// Tells of a layer that it takes tokens from forms too, and hands the form on without them.
#[derive(Clone, Copy, Debug)]
pub enum InForm {}

impl<A, B> Admits<A, B> for InForm
where
    A: ResourceAuthorization + Clone + 'static,
    B: Body<Data = Bytes> + Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    type Body = Either<Full<Bytes>, B>;

    async fn admit(guard: &Guard<A>, request: Request<B>) -> Result<Request<Self::Body>, Response<Bytes>> {
        let (mut parts, body) = request.into_parts();
        if !guard.resource.reads_body(&asked(&parts)) {
            guard.admit(&mut parts, &[]).await?;
            return Ok(Request::from_parts(parts, Either::Right(body)));
        }
        let body = read(body).await.map_err(unread_form)?;
        guard.admit(&mut parts, &body).await?;
        let form = guard.resource.form_without_token(&asked(&parts).body(&body));
        if let Some(length) = parts.headers.get_mut(CONTENT_LENGTH) {
            *length = HeaderValue::from(form.len());
        }
        Ok(Request::from_parts(parts, Either::Left(Full::from(form))))
    }
}
