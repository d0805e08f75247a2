//! Serves an [`oauth_core`] provider in whatever speaks tower and http 1 (axum, tonic, plain hyper),
//! guards services by access tokens, and runs them within limits.
//!
//! This crate converts and mounts; it decides nothing. [`authorized`] is a layer that lets only requests
//! with a valid access token through, and [`maybe_authorized`] one that tells who sent one. `ProviderLayer` puts a provider before an
//! application, `ProviderService` is the provider alone. `serve` runs any tower service with the limits
//! that the frameworks' own servers have not: for the time and size of a head, the time of a body and
//! of an answer, and for connections, of which slow ones give way.
//!
//! # Features
//! `provider` (default) mounts a provider, `serve` (default) is the server loop. An API that only checks
//! tokens needs neither.

#[cfg(feature = "provider")]
mod provider;
mod resource;
#[cfg(feature = "serve")]
mod serve;

pub use oauth_core::{resource::ProtectedResource, scopes};
#[cfg(feature = "provider")]
pub use provider::{ProviderLayer, ProviderService, WithProvider, answer};
pub use resource::{Authorized, AuthorizedLayer, authorized, authorized_by, maybe_authorized, maybe_authorized_by};
#[cfg(feature = "serve")]
pub use serve::{Limits, RequestBody, Serve, serve};
