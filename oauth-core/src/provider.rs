//! The authorization server as a value: an application, the endpoints mounted on it, and the way a
//! request goes through them.

mod contested;
mod into;
mod mounts;
mod sweep;

pub use into::IntoProvider;
pub use mounts::Mounts;

use crate::client::Client;
use crate::config::{Config, InvalidSetting};
use crate::endpoint::{Authorization, Endpoint, Introspection, Metadata, Revocation, Token, metadata};
use crate::error::Rejection;
use crate::grant::room::Room;
use crate::grant::{AuthorizationCodeGrant, ClientCredentialsGrant, RefreshTokenGrant, TokenGrant};
use crate::http::{self as wire, Cors, PeerAddress};
use crate::owner::{ResourceOwner, UnsentError};
use crate::resource::{LocalResourceProvider, ProtectedResource};
use crate::store::{Housekeeping as _, Store};
use crate::throttle::Throttle;
use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http::{Method, Request, Response};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// What an application gives to become an authorization server; the endpoints are provided.
///
/// It comes from pyoauth2, whose hooks have their places here:
///
/// | pyoauth2 | here |
/// |---|---|
/// | `validate_client_id`, `validate_client_secret` | [`ClientStore::client`](crate::store::ClientStore::client); the core compares digests |
/// | `validate_redirect_uri`, `validate_scope` | what the [`Client`] is registered with; [`Config::scope_policy`] for more |
/// | `validate_access` | [`ResourceOwner::decide`] |
/// | `persist_authorization_code` | [`CodeStore::save_code`](crate::store::CodeStore::save_code) |
/// | `from_authorization_code`, `discard_authorization_code` | [`CodeStore::redeem`](crate::store::CodeStore::redeem), one step |
/// | `from_refresh_token`, `discard_refresh_token` | [`TokenStore::rotate`](crate::store::TokenStore::rotate), one step |
/// | `persist_token_information` | [`TokenStore::issue`](crate::store::TokenStore::issue); its `data` are the attributes of the grant |
/// | `generate_authorization_code`, `generate_access_token`, `generate_refresh_token`, `token_length` | [`Config::code_format`], [`Config::access_token_format`], [`Config::refresh_token_format`] |
/// | `token_type`, `token_expires_in` | [`Config::token_type`], [`Config::access_token_lifetime`], [`Client::lifetimes`] |
///
/// ```
/// use oauth_core::config::Config;
/// use oauth_core::owner::ResourceOwner;
/// use oauth_core::provider::AuthorizationProvider;
/// use oauth_core::store::MemoryStore;
///
/// struct App<O> { store: MemoryStore, owner: O, config: Config }
///
/// impl<O: ResourceOwner> AuthorizationProvider for App<O> {
///     type Store = MemoryStore;
///     type Owner = O;
///     fn store(&self) -> &MemoryStore { &self.store }
///     fn owner(&self) -> &O { &self.owner }
///     fn config(&self) -> &Config { &self.config }
/// }
/// ```
pub trait AuthorizationProvider: Send + Sync + 'static {
    /// Where clients, grants, codes and tokens are kept.
    type Store: Store;
    /// Who is signed in, and what they allow.
    type Owner: ResourceOwner;

    /// Gives the store.
    fn store(&self) -> &Self::Store;

    /// Gives the resource owner's side.
    fn owner(&self) -> &Self::Owner;

    /// Gives the settings.
    fn config(&self) -> &Config;
}

/// A provider as an object: what a web framework keeps in its state.
#[async_trait::async_trait]
pub trait Service: Send + Sync + 'static {
    /// Answers a request to one of the [`mounts`](Self::mounts). The socket's peer belongs into its
    /// extensions as a [`PeerAddress`].
    ///
    /// An adapter lets it run to its end, although its client hangs up: a verb of the store that has
    /// begun commits, and only who waits for it learns that and tells the
    /// [event sink](crate::event::EventSink).
    async fn call(&self, request: Request<Bytes>) -> Response<Bytes>;

    /// Gives the settings.
    fn config(&self) -> &Config;

    /// Gives the paths to route here: the base path with all below it, and the well-known documents.
    fn mounts(&self) -> Mounts;

    /// Runs one batch of the sweep and tells how long to wait before the next: until the next sweep, or,
    /// where more waits, as long as the batch took, which leaves requests half of the store. An adapter
    /// loops over it with its runtime's timer; a store that fails is tried again later.
    ///
    /// Tells the [event sink](crate::event::EventSink) how old the backlog is.
    async fn sweep(&self) -> Duration;
}

/// An authorization server over an application.
pub struct Provider<P> {
    pub(crate) app: P,
    pub(crate) throttle: Throttle,
    pub(crate) scans: Throttle,
    grants: Vec<Arc<dyn TokenGrant<P>>>,
    endpoints: Vec<Arc<dyn Endpoint<P>>>,
    by_path: HashMap<String, usize>,
    pub(crate) metadata: Bytes,
    backlog: sweep::Backlog,
    contested: contested::Contested,
    pub(crate) room: Room,
}

impl<P: AuthorizationProvider> Provider<P> {
    /// Mounts the endpoints that every provider has: authorization, token, revocation, introspection
    /// and metadata; and the grants: authorization code, refresh token and client credentials.
    ///
    /// # Errors
    /// Names the setting that cannot be used.
    pub fn new(app: P) -> Result<Self, InvalidSetting> {
        app.config().check()?;
        let throttle = app.config().throttle();
        if let Some(failures) = app.store().failures() {
            throttle.share(failures);
        }
        let provider = Self {
            throttle,
            scans: Throttle::with_limits(app.config(), app.config().unknown_tokens_per_client, u32::MAX),
            app,
            grants: Vec::new(),
            endpoints: Vec::new(),
            by_path: HashMap::new(),
            metadata: Bytes::new(),
            backlog: sweep::Backlog::default(),
            contested: contested::Contested::default(),
            room: Room::default(),
        };
        let provider = provider
            .with_grant(AuthorizationCodeGrant)
            .with_grant(RefreshTokenGrant)
            .with_grant(ClientCredentialsGrant);
        provider.with(Authorization)?.with(Token)?.with(Revocation)?.with(Introspection)?.with(Metadata)
    }

    /// Mounts one more grant, in the place of an earlier one of the same type.
    #[must_use]
    pub fn with_grant<G: TokenGrant<P>>(mut self, grant: G) -> Self {
        self.grants.retain(|known| known.grant_type() != grant.grant_type());
        self.grants.push(Arc::new(grant));
        self.describe();
        self
    }

    /// Mounts one more endpoint; what its type asks of the store must hold.
    ///
    /// # Errors
    /// Its path is taken.
    pub fn with<E: Endpoint<P>>(mut self, endpoint: E) -> Result<Self, InvalidSetting> {
        let config = self.app.config();
        for path in [endpoint.path(config)].into_iter().chain(endpoint.other_paths(config)) {
            let path = path.strip_suffix('/').unwrap_or(&path).to_owned();
            if self.by_path.insert(path.clone(), self.endpoints.len()).is_some() {
                let reason = format!("two endpoints are at {path}: give each its own path");
                return Err(InvalidSetting::new(config.paths.key_of(&path), reason));
            }
        }
        self.endpoints.push(Arc::new(endpoint));
        self.describe();
        Ok(self)
    }

    fn describe(&mut self) {
        self.metadata = metadata::document(self.app.config(), &self.endpoints, &self.grants);
    }

    /// Finds a mounted grant by its name on the wire.
    pub(crate) fn grant(&self, name: &str) -> Option<&dyn TokenGrant<P>> {
        let offered = self.grants.iter().filter(|grant| grant.is_offered(self.app.config()));
        offered.map(AsRef::as_ref).find(|grant| grant.grant_type().as_str() == name)
    }

    /// Gives the application.
    pub fn app(&self) -> &P {
        &self.app
    }

    /// Makes what checks access tokens in this provider's own store, for the configured default
    /// audience: for an API in the same process.
    pub fn resources(&self) -> LocalResourceProvider<P::Store> {
        let config = self.app.config();
        let resources = LocalResourceProvider::new(self.app.store().clone()).with_clock(Arc::clone(&config.clock));
        config.default_audience.iter().cloned().fold(resources, LocalResourceProvider::for_audience)
    }

    /// Makes what guards and filters check tokens with, in this provider's own store and by its clock:
    /// [`Self::resources`] behind a [`ProtectedResource`].
    pub fn protected_resource(&self) -> ProtectedResource {
        ProtectedResource::new(self.resources()).clock(Arc::clone(&self.app.config().clock))
    }

    /// Finds the client's address: the socket's peer, or what a trusted proxy says it is.
    pub(crate) fn address(&self, request: &Request<Bytes>) -> Option<IpAddr> {
        PeerAddress::of(request, &self.app.config().trusted_proxies)
    }

    async fn route(&self, request: Request<Bytes>) -> Response<Bytes> {
        let path = request.uri().path();
        let known = self.by_path.get(path).or_else(|| self.by_path.get(path.strip_suffix('/')?));
        let Some(endpoint) = known.and_then(|index| self.endpoints.get(*index)) else {
            return match self.app.owner().page(&request).await {
                Some(page) => page,
                None => self.error_page(&request, Rejection::NotFound).await,
            };
        };
        let methods = endpoint.methods();
        if !methods.contains(request.method()) {
            let preflight = endpoint.cors().preflight(&request, methods);
            return preflight.unwrap_or_else(|| wire::method_not_allowed(methods));
        }
        if request.body().len() > wire::BODY_LIMIT {
            return self.error(Rejection::BodyTooLarge);
        }
        let (cors, origin) = (endpoint.cors(), wire::origin(request.headers()));
        // Asked before: what an endpoint has committed is answered without waiting for anything.
        let allowed = match (cors, origin) {
            (Cors::RegisteredOrigins, Some(origin)) => self.has_registered(origin, &request).await,
            _ => false,
        };
        let mut response = endpoint.call(self, &request).await;
        match cors {
            Cors::AnyOrigin => wire::allow_all(&mut response),
            Cors::RegisteredOrigins if origin.is_some() => wire::allow(&mut response, origin.filter(|_| allowed)),
            Cors::RegisteredOrigins | Cors::SameOrigin => {}
        }
        response
    }

    /// Says to a person that a client is blocked: the application's page, or plain text.
    pub(crate) async fn blocked_page(&self, request: &Request<Bytes>, client: &Client) -> Response<Bytes> {
        match self.app.owner().blocked_page(request, client).await {
            Some(page) => page,
            None => self.error_page(request, Rejection::BlockedClient).await,
        }
    }

    /// Shows an answer to HEAD as that to GET is, but for the body (RFC 9110 §9.3.2).
    async fn answer(&self, request: Request<Bytes>) -> Response<Bytes> {
        let is_head = request.method() == Method::HEAD;
        let mut response = self.route(request).await;
        if is_head {
            let body = std::mem::take(response.body_mut());
            response.headers_mut().insert(CONTENT_LENGTH, body.len().into());
        }
        response
    }

    /// Writes a rejection for a program.
    pub(crate) fn error(&self, rejection: Rejection) -> Response<Bytes> {
        wire::error(rejection, self.app.config().error_uri.as_deref())
    }

    /// Renders a rejection for a person: the application's page, or plain text.
    pub(crate) async fn error_page(&self, request: &Request<Bytes>, rejection: Rejection) -> Response<Bytes> {
        let page = self.app.owner().error_page(request, rejection).await;
        page.unwrap_or_else(|| wire::plain_error_page(rejection))
    }
}

/// Who shows an error that is not sent to its client.
pub(crate) trait ErrorPages: Sync {
    fn unsent_page(&self, error: &UnsentError<'_>) -> Response<Bytes>;
}

impl<P: AuthorizationProvider> ErrorPages for Provider<P> {
    fn unsent_page(&self, error: &UnsentError<'_>) -> Response<Bytes> {
        let UnsentError { client, host, rejection, location } = *error;
        let plain = || wire::plain_unsent_page(rejection, &client.name, host, location);
        self.app.owner().unsent_page(error).unwrap_or_else(plain)
    }
}

#[async_trait::async_trait]
impl<P: AuthorizationProvider> Service for Provider<P> {
    async fn call(&self, request: Request<Bytes>) -> Response<Bytes> {
        self.answer(request).await
    }

    fn config(&self) -> &Config {
        self.app.config()
    }

    fn mounts(&self) -> Mounts {
        let base = &self.app.config().paths.base;
        let outside = |path: &&String| !path.starts_with(&format!("{base}/"));
        Mounts { base: base.clone(), well_known: self.by_path.keys().filter(outside).cloned().collect() }
    }

    async fn sweep(&self) -> Duration {
        self.sweep_batch().await.unwrap_or_else(|error| {
            tracing::warn!(%error, "the sweep will be tried again");
            self.app.config().sweep_interval
        })
    }
}
