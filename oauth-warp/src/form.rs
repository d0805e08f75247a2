//! The filter for tokens in forms.

use crate::resources::{Guard, asked};
use bytes::{Buf, BufMut as _, Bytes, BytesMut};
use futures_util::{Stream, TryStreamExt as _};
use http::{HeaderMap, Method, Response, StatusCode};
use oauth_core::http::{BODY_LIMIT, is_form, unread_form};
use oauth_core::resource::{ProtectedResource, ResourceAuthorization, ResourceRequest, Scopes};
use serde::de::DeserializeOwned;
use std::pin::pin;
use std::sync::Arc;
use warp::reject::{Reject, Rejection};
use warp::{Filter, reject};

/// Why a form could not be read: a rejection that [`recover`](crate::recover) turns into an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnreadForm(StatusCode);

impl UnreadForm {
    /// Gives the whole answer: 400, 413 or 415.
    pub fn response(&self) -> Response<Bytes> {
        unread_form(self.0)
    }
}

impl Reject for UnreadForm {}

/// Requires an access token that allows what `S` requires, in the header or in the form itself
/// (RFC 6750 §2.2), and extracts what the token says and the rest of the form.
///
/// The form counts only where [`Transports::with_form_body`](oauth_core::resource::Transports) is set on
/// the resource; elsewhere this takes tokens from the header, and `access_token` is a field like others.
/// A token in both is refused. At most 64 KiB are read. It stands last in its route: a body can be read
/// once, so no route after it gets one.
///
/// ```
/// use oauth_core::resource::Authorization;
/// use oauth_warp::{ProtectedResource, authorized_form, recover, scopes};
/// use std::collections::BTreeMap;
/// use warp::{Filter, Rejection, Reply};
/// scopes! { pub Write = "write"; }
///
/// fn api(resource: ProtectedResource) -> impl Filter<Extract = impl Reply, Error = Rejection> + Clone {
///     let add = warp::path!("notes").and(warp::post()).and(authorized_form::<Write, _, _>(&resource));
///     let add = add.map(|token: Authorization, form: BTreeMap<String, String>| {
///         format!("{} writes {:?}", token.client_id, form.get("text"))
///     });
///     add.recover(recover)
/// }
/// ```
pub fn authorized_form<S: Scopes, A: ResourceAuthorization + 'static, T: DeserializeOwned + Send>(
    resource: &ProtectedResource<A>,
) -> impl Filter<Extract = (A, T), Error = Rejection> + Clone + use<S, A, T> {
    let guard = Arc::new(Guard { resource: resource.clone(), access: S::ACCESS });
    let and_form = asked(resource).and(warp::body::stream()).and_then(
        move |query: Option<String>, method: Method, headers: HeaderMap, body| {
            let guard = Arc::clone(&guard);
            async move { guard.authorize_form(&method, &headers, query.as_deref(), body).await }
        },
    );
    and_form.untuple_one()
}

impl<A: ResourceAuthorization + 'static> Guard<A> {
    async fn authorize_form<T: DeserializeOwned>(
        &self,
        method: &Method,
        headers: &HeaderMap,
        query: Option<&str>,
        body: impl Stream<Item = Result<impl Buf, warp::Error>>,
    ) -> Result<(A, T), Rejection> {
        let asked = ResourceRequest::new(method, headers).query(query);
        let refused = |refusal| self.refused(refusal, method);
        // Nobody's body is read who would be refused anyhow.
        let known = match self.resource.reads_body(&asked) {
            true => None,
            false => Some(self.resource.require(&asked, &self.access).await.map_err(refused)?),
        };
        if !is_form(headers) {
            return Err(unread(StatusCode::UNSUPPORTED_MEDIA_TYPE));
        }
        let body = read(body).await.map_err(unread)?;
        let asked = asked.body(&body);
        let authorization = match known {
            Some(authorization) => authorization,
            None => self.resource.require(&asked, &self.access).await.map_err(refused)?,
        };
        let rest = self.resource.form_without_token(&asked);
        let form = serde_urlencoded::from_str(&rest).map_err(|_| unread(StatusCode::BAD_REQUEST))?;
        Ok((authorization, form))
    }
}

/// Reads a body of at most [`BODY_LIMIT`] bytes, or gives the status of the answer.
async fn read(body: impl Stream<Item = Result<impl Buf, warp::Error>>) -> Result<Bytes, StatusCode> {
    let mut body = pin!(body);
    let mut whole = BytesMut::new();
    while let Some(part) = body.try_next().await.map_err(|_| StatusCode::BAD_REQUEST)? {
        if whole.len() + part.remaining() > BODY_LIMIT {
            return Err(StatusCode::PAYLOAD_TOO_LARGE);
        }
        whole.put(part);
    }
    Ok(whole.freeze())
}

fn unread(status: StatusCode) -> Rejection {
    reject::custom(UnreadForm(status))
}
