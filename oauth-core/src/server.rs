//! What a request may ask, whatever is mounted: the application, its settings and its store, and what counts failures.

mod contested;
mod room;

pub(crate) use room::Room;

use crate::client::Client;
use crate::config::Config;
use crate::error::Rejection;
use crate::http::{self as wire, PeerAddress};
use crate::owner::{ResourceOwner, UnsentError};
use crate::store::{Housekeeping as _, Store};
use crate::throttle::Throttle;
use bytes::Bytes;
use http::{Request, Response};
use std::net::IpAddr;

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

/// An application as it runs, below all that is mounted on it: what a grant is given.
pub struct Server<P> {
    app: P,
    pub(crate) throttle: Throttle,
    pub(crate) scans: Throttle,
    contested: contested::Contested,
    pub(crate) room: Room,
}

impl<P: AuthorizationProvider> Server<P> {
    pub(crate) fn new(app: P) -> Self {
        let throttle = app.config().throttle();
        if let Some(failures) = app.store().failures() {
            throttle.share(failures);
        }
        let scans = Throttle::with_limits(app.config(), app.config().unknown_tokens_per_client, u32::MAX);
        Self { app, throttle, scans, contested: contested::Contested::default(), room: Room::default() }
    }

    /// Gives the application.
    pub fn app(&self) -> &P {
        &self.app
    }

    /// Gives the settings.
    pub fn config(&self) -> &Config {
        self.app.config()
    }

    /// Gives the resource owner's side.
    pub fn owner(&self) -> &P::Owner {
        self.app.owner()
    }

    pub(crate) fn store(&self) -> &P::Store {
        self.app.store()
    }

    /// Finds the client's address: the socket's peer, or what a trusted proxy says it is.
    pub(crate) fn address(&self, request: &Request<Bytes>) -> Option<IpAddr> {
        PeerAddress::of(request, &self.config().trusted_proxies)
    }

    /// Writes a rejection for a program.
    pub(crate) fn error(&self, rejection: Rejection) -> Response<Bytes> {
        wire::error(rejection, self.config().error_uri.as_deref())
    }

    /// Renders a rejection for a person: the application's page, or plain text.
    pub(crate) async fn error_page(&self, request: &Request<Bytes>, rejection: Rejection) -> Response<Bytes> {
        let page = self.owner().error_page(request, rejection).await;
        page.unwrap_or_else(|| wire::plain_error_page(rejection))
    }

    /// Says to a person that a client is blocked: the application's page, or plain text.
    pub(crate) async fn blocked_page(&self, request: &Request<Bytes>, client: &Client) -> Response<Bytes> {
        match self.owner().blocked_page(request, client).await {
            Some(page) => page,
            None => self.error_page(request, Rejection::BlockedClient).await,
        }
    }
}

/// Who shows an error that is not sent to its client.
pub(crate) trait ErrorPages: Sync {
    fn unsent_page(&self, error: &UnsentError<'_>) -> Response<Bytes>;
}

impl<P: AuthorizationProvider> ErrorPages for Server<P> {
    fn unsent_page(&self, error: &UnsentError<'_>) -> Response<Bytes> {
        let UnsentError { client, host, rejection, location } = *error;
        let plain = || wire::plain_unsent_page(rejection, &client.name, host, location);
        self.owner().unsent_page(error).unwrap_or_else(plain)
    }
}
