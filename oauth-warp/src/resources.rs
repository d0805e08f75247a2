//! The filters that check tokens, and how their refusals become answers.

use bytes::Bytes;
use http::{HeaderMap, Response};
use oauth_core::resource::{
    Challenge, PresentedToken, Refusal, ResourceAuthorization, ResourceProvider, Scopes, Validate, authorize,
};
use std::sync::Arc;
use warp::reject::{Reject, Rejection};
use warp::{Filter, header};

/// The realm of challenges where none is named; RFC 6750 §3 wants at least one parameter in them.
const REALM: &str = "api";

/// What stands behind [`authorized`]: a resource provider, and the realm that challenges name.
///
/// ```
/// use oauth_core::resource::ResourceProvider;
/// use oauth_warp::Resources;
///
/// fn resources<P: ResourceProvider>(provider: P) -> Resources<P::Authorization> {
///     Resources::new(provider).realm("notes")
/// }
/// ```
pub struct Resources<A> {
    validate: Arc<dyn Validate<A>>,
    realm: Arc<str>,
}

impl<A: ResourceAuthorization + 'static> Resources<A> {
    /// Takes the resource provider.
    pub fn new(provider: impl ResourceProvider<Authorization = A>) -> Self {
        Self { validate: Arc::new(provider), realm: REALM.into() }
    }

    /// Names the protection space in challenges: `api` unless set.
    #[must_use]
    pub fn realm(mut self, realm: &str) -> Self {
        self.realm = realm.into();
        self
    }

    fn refused<S: Scopes>(&self, refusal: Refusal) -> Rejection {
        warp::reject::custom(Refused { refusal, required: S::REQUIRED, realm: Arc::clone(&self.realm) })
    }
}

impl<A> Clone for Resources<A> {
    fn clone(&self) -> Self {
        Self { validate: Arc::clone(&self.validate), realm: Arc::clone(&self.realm) }
    }
}

/// Why a filter refused: a rejection that [`recover`] turns into an answer (RFC 6750 §3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    refusal: Refusal,
    required: &'static [&'static str],
    realm: Arc<str>,
}

impl Refused {
    /// Gives the reason.
    pub fn refusal(&self) -> Refusal {
        self.refusal
    }

    /// Writes the whole answer: status, challenge and JSON body.
    pub fn response(&self) -> Response<Bytes> {
        self.refusal.response(&Challenge { realm: &self.realm, required: self.required })
    }
}

impl Reject for Refused {}

/// Requires an access token that allows all of `S` (RFC 6750 §2.1), and extracts what the token says.
///
/// It stands after the path and the method: before them, a request that is meant for another route is
/// refused where no route takes it, 401 in the place of 404. Under [`recover`] a refusal is answered
/// with status, challenge and JSON body, whatever the routes beside it say.
///
/// ```
/// use oauth_core::resource::Authorization;
/// use oauth_warp::{Resources, authorized, recover, scopes};
/// use warp::{Filter, Rejection, Reply};
/// scopes! { pub Write = "write"; }
///
/// fn api(resources: &Resources<Authorization>) -> impl Filter<Extract = impl Reply, Error = Rejection> + Clone {
///     let add = warp::path!("notes").and(warp::post()).and(authorized::<Write, _>(resources));
///     add.map(|token: Authorization| format!("written for {:?}", token.subject)).recover(recover)
/// }
/// ```
pub fn authorized<S: Scopes, A: ResourceAuthorization + 'static>(
    resources: &Resources<A>,
) -> impl Filter<Extract = (A,), Error = Rejection> + Clone + use<S, A> {
    let resources = resources.clone();
    header::headers_cloned().and_then(move |headers: HeaderMap| {
        let resources = resources.clone();
        async move {
            authorize(&resources.validate, &headers, S::REQUIRED)
                .await
                .map_err(|refusal| resources.refused::<S>(refusal))
        }
    })
}

/// Takes an access token where one is sent: extracts `None` only where none was sent. A bad one, or
/// one that does not allow all of `S`, is refused as by [`authorized`], and it stands where that stands.
pub fn maybe_authorized<S: Scopes, A: ResourceAuthorization + 'static>(
    resources: &Resources<A>,
) -> impl Filter<Extract = (Option<A>,), Error = Rejection> + Clone + use<S, A> {
    let resources = resources.clone();
    header::headers_cloned().and_then(move |headers: HeaderMap| {
        let resources = resources.clone();
        async move {
            // Not by the refusal: a resource provider of the application's own could give it for a token.
            if let Ok(None) = PresentedToken::from_headers(&headers) {
                return Ok(None);
            }
            let found = authorize(&resources.validate, &headers, S::REQUIRED).await;
            found.map(Some).map_err(|refusal| resources.refused::<S>(refusal))
        }
    })
}

/// Answers the refusals of [`authorized`] and [`maybe_authorized`], and passes every other rejection
/// on: for `.recover(oauth_warp::recover)` over all routes, before a `recover` of the application's own.
///
/// # Errors
/// The rejection itself, where no filter of this crate made it.
pub async fn recover(rejection: Rejection) -> Result<Response<Bytes>, Rejection> {
    match rejection.find::<Refused>() {
        Some(refused) => Ok(refused.response()),
        None => Err(rejection),
    }
}
