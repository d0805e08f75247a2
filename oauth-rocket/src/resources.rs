//! What stands behind the guards, and how their refusals get into the answer.

use crate::convert;
use crate::guard::Refused;
use http::header::WWW_AUTHENTICATE;
use oauth_core::resource::{ProtectedResource, ResourceAuthorization, ResourceMetadata, ResourceProvider, Transports};
use rocket::fairing::{self, Fairing, Info, Kind};
use rocket::http::uri::Origin;
use rocket::http::{Header, Method, Status};
use rocket::route::{self, Handler, Route};
use rocket::{Build, Data, Request, Response, Rocket};
use std::borrow::Cow;
use std::io::Cursor;
use std::sync::{Mutex, PoisonError};

/// Lets [`Authorized<_, A>`](crate::Authorized) check tokens with a resource provider: a fairing, for
/// an API apart from its provider, or for authorizations of a type of the application's own.
///
/// Attach it before [`OAuth`](crate::OAuth) to replace the one that `OAuth` brings.
///
/// ```
/// use oauth_core::resource::ResourceProvider;
/// use oauth_rocket::Resources;
///
/// fn api(provider: impl ResourceProvider) -> rocket::Rocket<rocket::Build> {
///     rocket::build().attach(Resources::new(provider).realm("notes"))
/// }
/// ```
pub struct Resources<A>(ProtectedResource<A>);

impl<A> From<ProtectedResource<A>> for Resources<A> {
    fn from(resource: ProtectedResource<A>) -> Self {
        Self(resource)
    }
}

impl<A: ResourceAuthorization + 'static> Resources<A> {
    /// Takes the resource provider.
    pub fn new(provider: impl ResourceProvider<Authorization = A>) -> Self {
        ProtectedResource::new(provider).into()
    }

    /// Names the protection space in challenges: `api` unless set.
    #[must_use]
    pub fn realm(self, realm: impl Into<Cow<'static, str>>) -> Self {
        self.0.realm(realm).into()
    }

    /// Takes tokens from other places than the header too; from forms only where a route has an
    /// [`AuthorizedForm`](crate::AuthorizedForm), because a request guard does not see the body.
    #[must_use]
    pub fn transports(self, transports: Transports) -> Self {
        self.0.transports(transports).into()
    }

    /// Serves this document at its well-known path, and points to it in every challenge (RFC 9728 §5).
    ///
    /// ```
    /// use oauth_core::identifier::Resource;
    /// use oauth_core::resource::{ResourceMetadata, ResourceProvider};
    /// use oauth_rocket::Resources;
    /// use rocket::{Build, Rocket};
    ///
    /// fn api(provider: impl ResourceProvider) -> Result<Rocket<Build>, Box<dyn std::error::Error>> {
    ///     let metadata = ResourceMetadata::new(Resource::new("https://api.example")?)?
    ///         .authorization_server("https://id.example")?;
    ///     Ok(rocket::build().attach(Resources::new(provider).metadata(metadata)))
    /// }
    /// ```
    #[must_use]
    pub fn metadata(self, metadata: ResourceMetadata) -> Self {
        self.0.metadata(metadata).into()
    }
}

/// Answers with the metadata of the resource, and preflights; Rocket answers HEAD with it too, without the body.
#[derive(Clone)]
struct Described(ResourceMetadata);

#[rocket::async_trait]
impl Handler for Described {
    async fn handle<'r>(&self, request: &'r Request<'_>, data: Data<'r>) -> route::Outcome<'r> {
        match self.0.answer(&convert::method(request.method()), &convert::headers(request.headers())) {
            Some(answer) => route::Outcome::Success(convert::response(answer)),
            None => route::Outcome::Forward((data, Status::NotFound)),
        }
    }
}

#[rocket::async_trait]
impl<A: ResourceAuthorization + 'static> Fairing for Resources<A> {
    fn info(&self) -> Info {
        Info { name: "OAuth resources", kind: Kind::Ignite | Kind::Response }
    }

    async fn on_ignite(&self, rocket: Rocket<Build>) -> fairing::Result {
        if rocket.state::<ProtectedResource<A>>().is_some() {
            let kind = std::any::type_name::<A>();
            tracing::error!(
                "tokens for {kind} are validated already: attach one Resources of a type, and before OAuth"
            );
            return Err(rocket);
        }
        provide(rocket, self.0.clone())
    }

    async fn on_response<'r>(&self, request: &'r Request<'_>, response: &mut Response<'r>) {
        finish(request, response);
    }
}

/// In the managed state where one of the fairings is attached, so that [`finish`] is called.
pub(crate) struct Attached;

/// Puts it where the guards look for it, and mounts its metadata.
#[expect(clippy::result_large_err, reason = "fairings give the whole Rocket back")]
pub(crate) fn provide<A>(rocket: Rocket<Build>, resource: ProtectedResource<A>) -> fairing::Result
where
    A: ResourceAuthorization + 'static,
{
    let metadata = resource.described().cloned();
    let rocket = rocket.manage(resource);
    let rocket = if rocket.state::<Attached>().is_some() { rocket } else { rocket.manage(Attached) };
    let Some(metadata) = metadata else { return Ok(rocket) };
    // Rocket takes paths as they are written, and panics at some that no route can have.
    let path = metadata.path().to_owned();
    if path.contains(['<', '>']) || Origin::parse(&path).is_err() {
        tracing::error!("cannot launch: no route can be at {path}: choose another resource identifier");
        return Err(rocket);
    }
    let route = |method| Route::new(method, &path, Described(metadata.clone()));
    Ok(rocket.mount("/", [Method::Get, Method::Options].map(route)))
}

/// The last refusal of a guard, with the route it happened on.
#[derive(Default)]
pub(crate) struct Refusals(Mutex<Option<(usize, Refused)>>);

impl Refusals {
    pub(crate) fn of<'r>(request: &'r Request<'_>) -> &'r Self {
        request.local_cache(Self::default)
    }

    pub(crate) fn note(&self, request: &Request<'_>, refused: Refused) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((route_of(request), refused));
    }

    fn take(&self) -> Option<(usize, Refused)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Tells routes apart by where the router keeps them, which does not change while Rocket runs.
fn route_of(request: &Request<'_>) -> usize {
    request.route().map_or(0, |route| std::ptr::from_ref(route).addr())
}

/// The name of the routes of the provider, the only ones that leave headers for later.
pub(crate) const ENDPOINTS: &str = "oauth";

/// Headers that Rocket's `Shield` would warn about: set after it has run, so that ours win silently.
#[derive(Default)]
pub(crate) struct AfterShield(pub(crate) Mutex<Vec<Header<'static>>>);

/// Writes into the answer what Rocket has no place for: why a guard refused, and the headers that
/// `Shield` also sets.
///
/// Rocket gives a guard's error to nobody: it calls the catcher of its status, which knows only the
/// status. The guard therefore notes its refusal with the request. It holds for the answer only where
/// the route that the guard stood on is the last that was tried and the status is still the
/// refusal's: not where the route took the guard as `Option` or `Result` and answered otherwise, and
/// not where a later route succeeded or failed on its own. A route that took a [`Refused`] and
/// answers with it has its `Bearer` challenge already.
///
/// Most answers are neither: they are told apart without making what nobody noted.
pub(crate) fn finish<'r>(request: &'r Request<'_>, response: &mut Response<'r>) {
    if request.route().is_some_and(|route| route.name.as_deref() == Some(ENDPOINTS)) {
        for header in AfterShield::of(request) {
            response.set_header(header);
        }
    }
    if response.status().code < Status::BadRequest.code {
        return;
    }
    let Some((route, refused)) = Refusals::of(request).take() else { return };
    let answer = refused.into_answer();
    let challenged = response.headers().get("www-authenticate").any(|challenge| challenge.starts_with("Bearer"));
    if route != route_of(request) || response.status().code != answer.status().as_u16() || challenged {
        return;
    }
    let (parts, body) = answer.into_parts();
    for (name, value) in &parts.headers {
        let header = Header::new(name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned());
        // Beside the challenges of other schemes, which a catcher may have set (RFC 9110 §11.6.1).
        if name == WWW_AUTHENTICATE {
            response.adjoin_header(header);
        } else {
            response.set_header(header);
        }
    }
    response.set_sized_body(body.len(), Cursor::new(body));
}

impl AfterShield {
    fn of(request: &Request<'_>) -> Vec<Header<'static>> {
        let Self(headers) = request.local_cache(Self::default);
        std::mem::take(&mut *headers.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
