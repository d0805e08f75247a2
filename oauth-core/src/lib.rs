//! The OAuth 2.1 protocol as a library: what an application mounts to become a provider.
//!
//! A request is an [`http::Request<Bytes>`](::http::Request), an answer an
//! [`http::Response<Bytes>`](::http::Response); there is no framework, no runtime, no HTML and no I/O
//! in here. `oauth-rocket` puts it on the web, `oauth-diesel` stores it, `oauth-pages` renders it.

#[cfg(feature = "provider")]
pub mod client;
#[cfg(feature = "provider")]
pub mod client_auth;
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
#[cfg(feature = "provider")]
pub mod http;
pub mod identifier;
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
pub mod store;
#[cfg(feature = "provider")]
pub mod throttle;
