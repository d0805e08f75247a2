//! The request guards: where validation has to wait, once per request, however many of them a route has.

use crate::convert;
use crate::resources::{Attached, Refusals};
use bytes::Bytes;
use oauth_core::resource::{
    Access, AnyScope, Authorization, Challenge, ProtectedResource, Refusal, ResourceAuthorization, Scopes,
};
use rocket::futures::future::BoxFuture;
use rocket::http::Status;
use rocket::request::{FromRequest, Outcome};
use rocket::response::{self, Responder};
use rocket::{Ignite, Request, Rocket, Sentinel};
use std::fmt;
use std::future::ready;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

/// Requires an access token that allows all of `S` (RFC 6750 §2.1): dereferences to what the token
/// says.
///
/// A request without it is answered as RFC 6750 §3 says, with status, challenge and a JSON body. A
/// route that would answer itself takes `Result<Authorized<S>, Refused>`.
///
/// ```
/// use oauth_rocket::{Authorized, scopes};
/// scopes! { pub Write = "write"; }
///
/// #[rocket::post("/notes")]
/// fn add(token: Authorized<Write>) -> String {
///     format!("written for {:?}", token.subject)
/// }
/// ```
pub struct Authorized<S = AnyScope, A = Authorization> {
    authorization: Arc<A>,
    scopes: PhantomData<fn() -> S>,
}

/// Takes an access token where one is sent: `None` only where none was sent. A bad one, or one that
/// does not allow all of `S`, is refused as by [`Authorized`].
///
/// ```
/// use oauth_rocket::MaybeAuthorized;
///
/// #[rocket::get("/greeting")]
/// fn greet(token: MaybeAuthorized) -> String {
///     match token.as_ref().and_then(|token| token.subject.as_ref()) {
///         Some(subject) => format!("hello {subject}"),
///         None => "hello stranger".to_owned(),
///     }
/// }
/// ```
pub struct MaybeAuthorized<S = AnyScope, A = Authorization>(Option<Authorized<S, A>>);

/// Why a guard refused, as an answer with status, challenge and JSON body (RFC 6750 §3).
#[derive(Clone, Debug)]
pub struct Refused {
    refusal: Refusal,
    answer: Arc<http::Response<Bytes>>,
}

impl<S: Scopes, A: ResourceAuthorization + 'static> Authorized<S, A> {
    pub(crate) fn new(authorization: A) -> Self {
        Self { authorization: Arc::new(authorization), scopes: PhantomData }
    }

    /// Finds the token of a request and requires what it must allow, of scopes that are computed while the
    /// program runs: for a guard of the application's own, which `Outcome` answers a refusal whole.
    ///
    /// ```
    /// use oauth_rocket::{Authorized, Refused};
    /// use oauth_core::resource::Access;
    /// use rocket::request::{FromRequest, Outcome};
    /// use rocket::{Request, async_trait};
    ///
    /// /// A token that allows what the settings ask for, which are in the managed state.
    /// struct Allowed(Authorized);
    ///
    /// #[async_trait]
    /// impl<'r> FromRequest<'r> for Allowed {
    ///     type Error = Refused;
    ///     async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Refused> {
    ///         match request.rocket().state::<Access>() {
    ///             Some(access) => Authorized::by(request, access).await.map(Allowed),
    ///             None => Outcome::Forward(rocket::http::Status::InternalServerError),
    ///         }
    ///     }
    /// }
    /// ```
    pub async fn by(request: &Request<'_>, access: &Access) -> Outcome<Self, Refused> {
        let found = Self::find(request).await.and_then(|token| {
            let resource = request.rocket().state::<ProtectedResource<A>>().ok_or(Refusal::Unavailable)?;
            resource.check(&convert::method(request.method()), &token, access).map(|()| token)
        });
        match found {
            Ok(token) => Outcome::Success(token),
            Err(refusal) => Outcome::Error(refuse::<A>(request, refusal, access)),
        }
    }

    pub(crate) async fn find(request: &Request<'_>) -> Result<Self, Refusal> {
        let found = match find_at_once(request) {
            Some(found) => found,
            None => find(request).await,
        };
        found?.ok_or(Refusal::NoToken)
    }
}

impl<S, A> Deref for Authorized<S, A> {
    type Target = A;

    fn deref(&self) -> &A {
        &self.authorization
    }
}

impl<S, A: fmt::Debug> fmt::Debug for Authorized<S, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Authorized").field(&self.authorization).finish()
    }
}

impl<S, A> MaybeAuthorized<S, A> {
    /// Gives the authorization to keep, if a token was sent.
    pub fn into_inner(self) -> Option<Authorized<S, A>> {
        self.0
    }
}

impl<S, A> Deref for MaybeAuthorized<S, A> {
    type Target = Option<Authorized<S, A>>;

    fn deref(&self) -> &Option<Authorized<S, A>> {
        &self.0
    }
}

impl<S, A: fmt::Debug> fmt::Debug for MaybeAuthorized<S, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("MaybeAuthorized").field(&self.0).finish()
    }
}

impl Refused {
    /// Gives the reason.
    pub fn refusal(&self) -> Refusal {
        self.refusal
    }

    fn of<A: ResourceAuthorization + 'static>(request: &Request<'_>, refusal: Refusal, access: &Access) -> Self {
        let answer = match request.rocket().state::<ProtectedResource<A>>() {
            Some(resource) => resource.answer(refusal, &convert::method(request.method()), access),
            None => refusal.answer(&Challenge::default()),
        };
        Self { refusal, answer: Arc::new(answer) }
    }

    pub(crate) fn into_answer(self) -> http::Response<Bytes> {
        Arc::unwrap_or_clone(self.answer)
    }
}

impl<'r> Responder<'r, 'static> for Refused {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        Ok(convert::response(self.into_answer()))
    }
}

#[rocket::async_trait]
impl<'r, S: Scopes, A: ResourceAuthorization + 'static> FromRequest<'r> for Authorized<S, A> {
    type Error = Refused;

    fn from_request<'life0, 'async_trait>(request: &'r Request<'life0>) -> Guarded<'async_trait, Self>
    where
        'r: 'async_trait,
        'life0: 'async_trait,
    {
        guard::<S, A, _>(request, |found| found.ok_or(Refusal::NoToken))
    }
}

#[rocket::async_trait]
impl<'r, S: Scopes, A: ResourceAuthorization + 'static> FromRequest<'r> for MaybeAuthorized<S, A> {
    type Error = Refused;

    fn from_request<'life0, 'async_trait>(request: &'r Request<'life0>) -> Guarded<'async_trait, Self>
    where
        'r: 'async_trait,
        'life0: 'async_trait,
    {
        guard::<S, A, _>(request, |found| Ok(Self(found)))
    }
}

impl<S, A: 'static> Sentinel for Authorized<S, A> {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        is_unprovided::<A>(rocket)
    }
}

impl<S, A: 'static> Sentinel for MaybeAuthorized<S, A> {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        is_unprovided::<A>(rocket)
    }
}

/// Stops a launch that could only ever answer 503.
pub(crate) fn is_unprovided<A: 'static>(rocket: &Rocket<Ignite>) -> bool {
    let provided = rocket.state::<ProtectedResource<A>>().is_some() && rocket.state::<Attached>().is_some();
    if !provided {
        let kind = std::any::type_name::<A>();
        tracing::error!(
            "a route asks for Authorized<_, {kind}> and nothing validates such tokens: attach OAuth or Resources"
        );
    }
    !provided
}

/// What a guard gives, in the form that Rocket's trait wants it.
type Guarded<'a, T> = BoxFuture<'a, Outcome<T, Refused>>;

/// Makes of what was found what the guard gives.
type Take<S, A, T> = fn(Option<Authorized<S, A>>) -> Result<T, Refusal>;

/// Lets a request through or refuses it. Where nothing has to be waited for, the future is only the outcome:
/// one that could wait is many times as large.
fn guard<'a, S: Scopes, A, T>(request: &'a Request<'_>, take: Take<S, A, T>) -> Guarded<'a, T>
where
    A: ResourceAuthorization + 'static,
    T: Send + 'a,
{
    match find_at_once(request) {
        Some(found) => Box::pin(ready(outcome::<S, A, _>(request, found.and_then(take)))),
        None => Box::pin(async move { outcome::<S, A, _>(request, find(request).await.and_then(take)) }),
    }
}

/// Validates without waiting, where that can be done: then it costs no more than to remember it would.
fn find_at_once<S: Scopes, A>(request: &Request<'_>) -> Option<Result<Option<Authorized<S, A>>, Refusal>>
where
    A: ResourceAuthorization + 'static,
{
    let resource = request.rocket().state::<ProtectedResource<A>>()?;
    let method = convert::method(request.method());
    let found = resource.authorize_at_once(&convert::resource_request(request, &method), const { &S::ACCESS })?;
    Some(found.map(|found| found.map(Authorized::new)))
}

/// What validation gave, kept for the other guards of the same request.
struct Validated<A>(Result<Option<Arc<A>>, Refusal>);

async fn find<S: Scopes, A>(request: &Request<'_>) -> Result<Option<Authorized<S, A>>, Refusal>
where
    A: ResourceAuthorization + 'static,
{
    // The sentinel has seen to it that this is there; a route made by hand may have none.
    let resource = request.rocket().state::<ProtectedResource<A>>().ok_or(Refusal::Unavailable)?;
    let method = convert::method(request.method());
    let validate = async {
        let found = resource.validate(&convert::resource_request(request, &method)).await;
        Validated(found.map(|found| found.map(Arc::new)))
    };
    let Validated(found) = request.local_cache_async(validate).await;
    let Some(authorization) = found.clone()? else { return Ok(None) };
    resource.check(&method, &authorization, const { &S::ACCESS })?;
    Ok(Some(Authorized { authorization, scopes: PhantomData }))
}

fn outcome<S: Scopes, A, T>(request: &Request<'_>, found: Result<T, Refusal>) -> Outcome<T, Refused>
where
    A: ResourceAuthorization + 'static,
{
    match found {
        Ok(guard) => Outcome::Success(guard),
        Err(refusal) => Outcome::Error(refuse::<A>(request, refusal, const { &S::ACCESS })),
    }
}

/// Makes the answer, and notes it for the fairing.
pub(crate) fn refuse<A>(request: &Request<'_>, refusal: Refusal, access: &Access) -> (Status, Refused)
where
    A: ResourceAuthorization + 'static,
{
    let refused = Refused::of::<A>(request, refusal, access);
    let status = Status::new(refused.answer.status().as_u16());
    Refusals::of(request).note(request, refused.clone());
    (status, refused)
}
