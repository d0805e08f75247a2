//! The filters that check tokens, and how their refusals become answers.

use crate::form::UnreadForm;
use bytes::Bytes;
use futures_util::future::Either;
use http::{HeaderMap, Method, Response};
use oauth_core::resource::{
    Access, ProtectedResource, Refusal, ResourceAuthorization, ResourceMetadata, ResourceRequest, Scopes,
};
use std::future::{Future, ready};
use std::sync::Arc;
use warp::filters::BoxedFilter;
use warp::path::FullPath;
use warp::reject::{Reject, Rejection};
use warp::{Filter, header, reject};

/// Why a filter refused: a rejection that [`recover`] turns into an answer (RFC 6750 §3).
#[derive(Clone, Debug)]
pub struct Refused {
    refusal: Refusal,
    answer: Response<Bytes>,
}

impl Refused {
    /// Gives the reason.
    pub fn refusal(&self) -> Refusal {
        self.refusal
    }

    /// Gives the whole answer: status, challenge and JSON body.
    pub fn response(&self) -> Response<Bytes> {
        self.answer.clone()
    }
}

impl Reject for Refused {}

/// Requires an access token that allows what `S` requires, and extracts what the token says.
///
/// It stands after the path and the method: before them, a request that is meant for another route is
/// refused where no route takes it, 401 in the place of 404. Under [`recover`] a refusal is answered
/// with status, challenge and JSON body, whatever the routes beside it say; without it, Warp answers
/// with its own 500.
///
/// ```
/// use oauth_core::resource::Authorization;
/// use oauth_warp::{ProtectedResource, authorized, recover, scopes};
/// use warp::{Filter, Rejection, Reply};
/// scopes! { pub Write = "write"; }
///
/// fn api(resource: ProtectedResource) -> impl Filter<Extract = impl Reply, Error = Rejection> + Clone {
///     let add = warp::path!("notes").and(warp::post()).and(authorized::<Write, _>(&resource));
///     add.map(|token: Authorization| format!("written for {:?}", token.subject)).recover(recover)
/// }
/// ```
pub fn authorized<S: Scopes, A: ResourceAuthorization + 'static>(
    resource: &ProtectedResource<A>,
) -> impl Filter<Extract = (A,), Error = Rejection> + Clone + use<S, A> {
    authorized_by(resource, S::ACCESS)
}

/// Requires what [`authorized`] requires, of scopes that are computed while the program runs.
///
/// ```
/// use oauth_core::resource::{Authorization, Requirement, StepUp};
/// use oauth_warp::{ProtectedResource, authorized_by};
/// use warp::{Filter, Rejection, Reply};
///
/// fn report(
///     resource: ProtectedResource,
///     configured: Vec<String>,
/// ) -> impl Filter<Extract = impl Reply, Error = Rejection> + Clone {
///     let access = Requirement::AnyOf(configured.into()).with_step_up(StepUp::new().max_age(300));
///     warp::path!("report").and(authorized_by(&resource, access)).map(|_: Authorization| "a report")
/// }
/// ```
pub fn authorized_by<A: ResourceAuthorization + 'static, I: Into<Access>>(
    resource: &ProtectedResource<A>,
    access: I,
) -> impl Filter<Extract = (A,), Error = Rejection> + Clone + use<A, I> {
    let guard = Arc::new(Guard { resource: resource.clone(), access: access.into() });
    asked(resource).and_then(move |query, method, headers| {
        guard.authorize(query, method, headers, |found| found.ok_or(Refusal::NoToken))
    })
}

/// Takes an access token where one is sent: extracts `None` only where none was sent. A bad one, or
/// one that does not allow what `S` requires, is refused as by [`authorized`], and it stands where that
/// stands.
pub fn maybe_authorized<S: Scopes, A: ResourceAuthorization + 'static>(
    resource: &ProtectedResource<A>,
) -> impl Filter<Extract = (Option<A>,), Error = Rejection> + Clone + use<S, A> {
    maybe_authorized_by(resource, S::ACCESS)
}

/// Takes what [`maybe_authorized`] takes, with scopes that are computed while the program runs.
pub fn maybe_authorized_by<A: ResourceAuthorization + 'static, I: Into<Access>>(
    resource: &ProtectedResource<A>,
    access: I,
) -> impl Filter<Extract = (Option<A>,), Error = Rejection> + Clone + use<A, I> {
    let guard = Arc::new(Guard { resource: resource.clone(), access: access.into() });
    asked(resource).and_then(move |query, method, headers| guard.authorize(query, method, headers, Ok))
}

/// Answers the refusals of the filters of this crate, and passes every other rejection on: for
/// `.recover(oauth_warp::recover)` over all routes, before a `recover` of the application's own.
///
/// An application that offers another scheme beside ours appends a second `WWW-Authenticate` to the answer;
/// `warp::reply::with_header` would put it in the place of the first.
///
/// # Errors
/// The rejection itself, where no filter of this crate made it.
pub async fn recover(rejection: Rejection) -> Result<Response<Bytes>, Rejection> {
    if let Some(refused) = rejection.find::<Refused>() {
        return Ok(refused.response());
    }
    match rejection.find::<UnreadForm>() {
        Some(unread) => Ok(unread.response()),
        None => Err(rejection),
    }
}

/// Serves the [metadata](ProtectedResource::metadata) of a resource at its well-known path (RFC 9728 §3),
/// which comes from its settings, never from a request. Nothing where it has none.
///
/// ```
/// use oauth_warp::{ProtectedResource, authorized, recover, resource_metadata, scopes};
/// use warp::{Filter, Rejection, Reply};
/// scopes! { pub Read = "read"; }
///
/// fn api(resource: ProtectedResource) -> impl Filter<Extract = impl Reply, Error = Rejection> + Clone {
///     let notes = warp::path!("notes").and(authorized::<Read, _>(&resource)).map(|_| "notes");
///     notes.or(resource_metadata(&resource)).recover(recover)
/// }
/// ```
pub fn resource_metadata<A: ResourceAuthorization + 'static>(
    resource: &ProtectedResource<A>,
) -> impl Filter<Extract = (Response<Bytes>,), Error = Rejection> + Clone + use<A> {
    let metadata = resource.described().cloned().map(Arc::new);
    let here = warp::path::full().and_then(move |path: FullPath| {
        let here = metadata.clone().filter(|metadata| metadata.path() == path.as_str());
        async move { here.ok_or_else(reject::not_found) }
    });
    let looked = warp::get().or(warp::head()).unify().or(warp::options()).unify();
    let asked = here.and(looked).and(warp::method()).and(header::headers_cloned());
    asked.and_then(async |metadata: Arc<ResourceMetadata>, method: Method, headers: HeaderMap| {
        metadata.answer(&method, &headers).ok_or_else(reject::not_found)
    })
}

/// What a filter holds: one count to raise for a request.
pub(crate) struct Guard<A> {
    pub(crate) resource: ProtectedResource<A>,
    pub(crate) access: Access,
}

impl<A: ResourceAuthorization + 'static> Guard<A> {
    /// Authorizes a request, and takes of what was found what the filter extracts. Where nothing has to be
    /// waited for, there is no future but the answer: Warp moves futures from one into another, and one that
    /// waits is large.
    fn authorize<T: Send + 'static>(
        self: &Arc<Self>,
        query: Option<String>,
        method: Method,
        headers: HeaderMap,
        take: fn(Option<A>) -> Result<T, Refusal>,
    ) -> impl Future<Output = Result<T, Rejection>> + Send + use<A, T> {
        let request = ResourceRequest::new(&method, &headers).query(query.as_deref());
        if let Some(found) = self.resource.authorize_at_once(&request, &self.access) {
            return Either::Left(ready(found.and_then(take).map_err(|refusal| self.refused(refusal, &method))));
        }
        let guard = Arc::clone(self);
        Either::Right(Box::pin(async move {
            let request = ResourceRequest::new(&method, &headers).query(query.as_deref());
            let found = guard.resource.authorize(&request, &guard.access).await;
            found.and_then(take).map_err(|refusal| guard.refused(refusal, &method))
        }))
    }

    pub(crate) fn refused(&self, refusal: Refusal, method: &Method) -> Rejection {
        reject::custom(Refused { refusal, answer: self.resource.answer(refusal, method, &self.access) })
    }
}

/// What decides whether a request is let in. Warp gives all headers as a copy or one value of a name,
/// and whether a header is repeated counts. The query is copied only where it counts.
///
/// In a box, because it is several times as large, and Warp moves futures from one into another.
pub(crate) fn asked<A: ResourceAuthorization + 'static>(
    resource: &ProtectedResource<A>,
) -> BoxedFilter<(Option<String>, Method, HeaderMap)> {
    let asked = warp::method().and(header::headers_cloned());
    if !resource.reads_query() {
        return asked.map(|method, headers| (None, method, headers)).untuple_one().boxed();
    }
    warp::query::raw().map(Some).or(warp::any().map(|| None)).unify().and(asked).boxed()
}
