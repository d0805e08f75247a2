//! Serves an [`oauth_core`] provider in whatever speaks tower and http 1 (axum, tonic, plain hyper),
//! guards services by access tokens, and runs them within limits.
//!
//! This crate converts and mounts; it decides nothing. `ProviderLayer` puts a provider before an
//! application, `ProviderService` is the provider alone. `serve` runs any tower service with the limits
//! that the frameworks' own servers have not: for the time and size of a head, the time of a body and
//! of an answer, and for connections, of which slow ones give way.
//!
//! # Features
//! `provider` (default) mounts a provider, `serve` (default) is the server loop. An API that only checks
//! tokens needs neither.

#[cfg(feature = "provider")]
mod provider;
#[cfg(feature = "serve")]
mod serve;

#[cfg(feature = "provider")]
pub use provider::{ProviderLayer, ProviderService, WithProvider, answer};
#[cfg(feature = "serve")]
pub use serve::{Limits, RequestBody, Serve, serve};
