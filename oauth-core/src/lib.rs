//! The OAuth 2.1 protocol as a library: what an application mounts to become a provider.
//!
//! A request is an [`http::Request<Bytes>`](::http::Request), an answer an
//! [`http::Response<Bytes>`](::http::Response). There is no framework, no runtime, no HTML and no I/O
//! in here: `oauth-rocket` puts it on the web, `oauth-diesel` stores it, `oauth-pages` renders it. It
//! is not a server; it becomes one inside yours.
//!
//! # A provider
//! An application says where it keeps things, who is signed in, and its settings
//! ([`AuthorizationProvider`](provider::AuthorizationProvider)); the endpoints are provided:
#![cfg_attr(feature = "provider", doc = "```")]
#![cfg_attr(not(feature = "provider"), doc = "```ignore")]
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
//! use bytes::Bytes;
//! use http::{Request, Response};
//! use oauth_core::config::Config;
//! use oauth_core::identifier::Subject;
//! use oauth_core::owner::{Approval, AuthorizationRequest, Decided, Decision, ResourceOwner};
//! use oauth_core::provider::{AuthorizationProvider, Provider, Service};
//! use oauth_core::store::{MemoryStore, Result};
//!
//! struct App { store: MemoryStore, owner: OneUser, config: Config }
//!
//! impl AuthorizationProvider for App {
//!     type Store = MemoryStore;
//!     type Owner = OneUser;
//!     fn store(&self) -> &MemoryStore { &self.store }
//!     fn owner(&self) -> &OneUser { &self.owner }
//!     fn config(&self) -> &Config { &self.config }
//! }
//!
//! struct OneUser(Subject);
//!
//! impl ResourceOwner for OneUser {
//!     async fn decide(&self, _: &Request<Bytes>, ask: &AuthorizationRequest) -> Result<Decided> {
//!         Ok(Decision::Allow(Approval::new(self.0.clone(), ask.scope().clone())).into())
//!     }
//! }
//!
//! let app = App {
//!     store: MemoryStore::new(),
//!     owner: OneUser(Subject::new("me")?),
//!     config: Config::new("https://id.example")?,
//! };
//! let provider = Provider::new(app)?;
//! let metadata = Request::get("/.well-known/oauth-authorization-server").body(Bytes::new())?;
//! assert_eq!(provider.call(metadata).await.status(), 200);
//! # Ok::<(), Box<dyn std::error::Error>>(()) })?; Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Where is which clause?
//! | specification | module |
//! |---|---|
//! | RFC 6749 §2.3 client authentication | [`client_auth`] |
//! | RFC 6749 §3.1, §4.1.1-2 authorization endpoint | `endpoint/authorization.rs`, [`owner`] |
//! | RFC 6749 §3.1.2, RFC 8252 §7, RFC 9700 §2.1 redirect URIs | [`redirect`] |
//! | RFC 6749 §3.2, §5 token endpoint | `endpoint/token.rs`, [`grant`] |
//! | RFC 6749 §3.3 scope | [`scope`], `grant/scope.rs` |
//! | RFC 6749 §4.1.3, §4.4, §6 grants | `grant/authorization_code.rs`, `grant/client_credentials.rs`, `grant/refresh_token.rs` |
//! | RFC 6749 §4.2, §4.3 grants that OAuth 2.1 has removed | `endpoint/implicit.rs`, `grant/password.rs` |
//! | RFC 6749 §4.1.2.1, §5.2 errors | [`error`] |
//! | RFC 6750 bearer tokens | [`resource`] |
//! | RFC 7009 revocation | `endpoint/revocation.rs` |
//! | RFC 7636 PKCE | [`pkce`] |
//! | RFC 7662 introspection | `endpoint/introspection.rs` |
//! | RFC 8414 metadata, RFC 9207 issuer | `endpoint/metadata.rs`, [`config`] |
//! | RFC 8707 resource indicators | `grant/audience.rs` |
//! | RFC 9470 step-up authentication | [`resource::StepUp`] |
//! | RFC 9728 protected resource metadata | [`resource::ResourceMetadata`] |
//! | RFC 9700 §2.6 scripts of other origins | [`http::Cors`] |
//! | RFC 9700 §4.14 refresh token rotation | [`store::TokenStore::rotate`], `grant/refresh_token.rs` |
//!
//! # What the types prevent
//! An open redirect: a [`RedirectTarget`](redirect::RedirectTarget) cannot be made from a text.
#![cfg_attr(feature = "provider", doc = "```compile_fail")]
#![cfg_attr(not(feature = "provider"), doc = "```ignore")]
//! let target = oauth_core::redirect::RedirectTarget { uri: "https://evil.example".into(), sent: true };
//! ```
//! A grant without client authentication: an [`AuthenticatedClient`](client_auth::AuthenticatedClient)
//! is made by [`Provider::authenticate`](provider::Provider::authenticate) only.
#![cfg_attr(feature = "provider", doc = "```compile_fail")]
#![cfg_attr(not(feature = "provider"), doc = "```ignore")]
//! # fn forged(client: oauth_core::client::Client) {
//! let client = oauth_core::client_auth::AuthenticatedClient { client, secret: None, address: None };
//! # }
//! ```
//! A secret in a log line or in a store: a secret has no `Display`, and a store takes a digest.
//! ```compile_fail
//! println!("{}", oauth_core::secret::AccessToken::generate());
//! ```
#![cfg_attr(feature = "provider", doc = "```compile_fail")]
#![cfg_attr(not(feature = "provider"), doc = "```ignore")]
//! # async fn lookup(store: impl oauth_core::store::TokenStore, token: oauth_core::secret::AccessToken) {
//! store.access_token(&token, oauth_core::clock::Timestamp::from_unix_seconds(0)).await;
//! # }
//! ```
//!
//! # Features
//! `provider` (default) is the authorization server; `resource` alone is what an API needs that only
//! checks tokens; `conformance` adds the tests that every store must pass.

#[cfg(feature = "provider")]
mod act;
#[cfg(feature = "provider")]
pub mod administration;
#[cfg(feature = "provider")]
mod asked;
mod authorization;
#[cfg(feature = "provider")]
pub mod client;
#[cfg(feature = "provider")]
pub mod client_auth;
#[cfg(feature = "provider")]
mod client_type;
pub mod clock;
#[cfg(feature = "provider")]
pub mod config;
#[cfg(feature = "provider")]
pub mod endpoint;
#[cfg(feature = "provider")]
pub mod error;
#[cfg(feature = "provider")]
pub mod event;
#[cfg(feature = "provider")]
pub mod grant;
pub mod http;
pub mod identifier;
#[cfg(feature = "provider")]
pub mod installed;
#[cfg(feature = "provider")]
mod issue;
#[cfg(feature = "provider")]
pub mod name;
#[cfg(feature = "provider")]
pub mod owner;
#[cfg(feature = "provider")]
pub mod password;
#[cfg(feature = "provider")]
pub mod pkce;
#[cfg(feature = "provider")]
pub mod provider;
#[cfg(feature = "provider")]
pub mod redirect;
pub mod resource;
pub mod scope;
pub mod secret;
#[cfg(feature = "provider")]
pub mod server;
#[cfg(feature = "provider")]
pub mod store;
#[cfg(feature = "provider")]
pub mod throttle;
#[cfg(feature = "provider")]
mod timer;
#[cfg(feature = "provider")]
mod token_format;
