//! The authorization server as a value: an application, the endpoints mounted on it, and the way a
//! request goes through them.

mod into;
mod mounts;
mod steps;
mod sweep;

pub use crate::server::AuthorizationProvider;
pub use into::IntoProvider;
pub use mounts::Mounts;

use crate::client_auth::AuthenticatedClient;
use crate::config::{Config, InvalidSetting};
use crate::endpoint::{Authorization, Endpoint, Introspection, Metadata, Revocation, Token, metadata};
use crate::error::Rejection;
use crate::grant::{AuthorizationCodeGrant, ClientCredentialsGrant, RefreshTokenGrant, TokenGrant};
use crate::http::{self as wire, Cors, Parameters};
use crate::installed::Installed;
use crate::owner::ResourceOwner;
use crate::resource::{LocalResourceProvider, ProtectedResource};
use crate::server::Server;
use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http::{Method, Request, Response};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// A provider as an object: what a web framework keeps in its state.
#[async_trait::async_trait]
pub trait Service: Send + Sync + 'static {
    /// Answers a request to one of the [`mounts`](Self::mounts). The socket's peer belongs into its
    /// extensions as a [`PeerAddress`](wire::PeerAddress).
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
    installed: Installed<P>,
    endpoints: Vec<Arc<dyn Endpoint<P>>>,
    by_path: HashMap<String, usize>,
    backlog: sweep::Backlog,
}

impl<P: AuthorizationProvider> Provider<P> {
    /// Mounts the endpoints that every provider has: authorization, token, revocation, introspection
    /// and metadata; and the grants: authorization code, refresh token and client credentials.
    ///
    /// # Errors
    /// Names the setting that cannot be used.
    pub fn new(app: P) -> Result<Self, InvalidSetting> {
        app.config().check()?;
        let provider = Self {
            installed: Installed::new(app),
            endpoints: Vec::new(),
            by_path: HashMap::new(),
            backlog: sweep::Backlog::default(),
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
        self.installed.mount(grant);
        self.describe();
        self
    }

    /// Mounts one more endpoint; what its type asks of the store must hold.
    ///
    /// # Errors
    /// Its path is taken.
    pub fn with<E: Endpoint<P>>(mut self, endpoint: E) -> Result<Self, InvalidSetting> {
        let config = self.installed.server().config();
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
        let (server, grants) = (self.installed.server(), self.installed.grants());
        self.installed.metadata = metadata::document(server.config(), &self.endpoints, grants);
    }

    /// Gives the application.
    pub fn app(&self) -> &P {
        self.server().app()
    }

    fn server(&self) -> &Server<P> {
        self.installed.server()
    }

    /// Authenticates the client of a token, revocation or introspection request: see [`Server::authenticate`].
    ///
    /// # Errors
    /// Says why the client was not authenticated.
    pub async fn authenticate(
        &self,
        request: &Request<Bytes>,
        parameters: &Parameters,
    ) -> Result<AuthenticatedClient, Rejection> {
        self.server().authenticate(request, parameters).await
    }

    /// Makes what checks access tokens in this provider's own store, for the configured default
    /// audience: for an API in the same process.
    pub fn resources(&self) -> LocalResourceProvider<P::Store> {
        let config = self.server().config();
        let resources = LocalResourceProvider::new(self.server().store().clone()).with_clock(Arc::clone(&config.clock));
        config.default_audience.iter().cloned().fold(resources, LocalResourceProvider::for_audience)
    }

    /// Makes what guards and filters check tokens with, in this provider's own store and by its clock:
    /// [`Self::resources`] behind a [`ProtectedResource`].
    pub fn protected_resource(&self) -> ProtectedResource {
        ProtectedResource::new(self.resources()).clock(Arc::clone(&self.server().config().clock))
    }

    async fn route(&self, request: Request<Bytes>) -> Response<Bytes> {
        let path = request.uri().path();
        let known = self.by_path.get(path).or_else(|| self.by_path.get(path.strip_suffix('/')?));
        let Some(endpoint) = known.and_then(|index| self.endpoints.get(*index)) else {
            return match self.server().owner().page(&request).await {
                Some(page) => page,
                None => self.server().error_page(&request, Rejection::NotFound).await,
            };
        };
        let methods = endpoint.methods();
        if !methods.contains(request.method()) {
            let preflight = endpoint.cors().preflight(&request, methods);
            return preflight.unwrap_or_else(|| wire::method_not_allowed(methods));
        }
        if request.body().len() > wire::BODY_LIMIT {
            return self.server().error(Rejection::BodyTooLarge);
        }
        let (cors, origin) = (endpoint.cors(), wire::origin(request.headers()));
        // Asked before: what an endpoint has committed is answered without waiting for anything.
        let allowed = match (cors, origin) {
            (Cors::RegisteredOrigins, Some(origin)) => self.server().has_registered(origin, &request).await,
            _ => false,
        };
        let mut response = endpoint.call(&self.installed, &request).await;
        match cors {
            Cors::AnyOrigin => wire::allow_all(&mut response),
            Cors::RegisteredOrigins if origin.is_some() => wire::allow(&mut response, origin.filter(|_| allowed)),
            Cors::RegisteredOrigins | Cors::SameOrigin => {}
        }
        response
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
}

#[async_trait::async_trait]
impl<P: AuthorizationProvider> Service for Provider<P> {
    async fn call(&self, request: Request<Bytes>) -> Response<Bytes> {
        self.answer(request).await
    }

    fn config(&self) -> &Config {
        self.server().config()
    }

    fn mounts(&self) -> Mounts {
        let base = &self.server().config().paths.base;
        let outside = |path: &&String| !path.starts_with(&format!("{base}/"));
        Mounts { base: base.clone(), well_known: self.by_path.keys().filter(outside).cloned().collect() }
    }

    async fn sweep(&self) -> Duration {
        self.sweep_batch().await.unwrap_or_else(|error| {
            tracing::warn!(%error, "the sweep will be tried again");
            self.server().config().sweep_interval
        })
    }
}
