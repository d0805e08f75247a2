//! Serves an [`oauth_core`] provider in a Warp 0.4 application, and guards its routes.
//!
//! This crate converts and mounts; it decides nothing. [`authorized`] is a filter that checks access
//! tokens, and [`recover`] answers its refusals. With the feature `provider` (default), the filter
//! `provider` serves the endpoints and pages; with `serve` (which it brings), the function of that name
//! runs a server with the limits that Warp's own has not. An API apart from the provider needs neither
//! (`default-features = false`).
//!
//! # What differs from Rocket
//! - Warp stops an application's handler when its client hangs up, Rocket goes on. A request to the
//!   provider runs to its end on both.
//! - Methods that Rocket does not know are answered here like the known ones.
//! - Headers that are not UTF-8 arrive here; Rocket drops them.
//! - The time limits for a request's head and body, and the limit for its head's size, are set in
//!   `serve`; Rocket has no limit of time for the head.

mod body;
mod form;
#[cfg(feature = "provider")]
mod provider;
mod resources;
#[cfg(feature = "serve")]
mod serve;

pub use form::{UnreadForm, authorized_form};
pub use oauth_core::{resource::ProtectedResource, scopes};
#[cfg(feature = "provider")]
pub use provider::provider;
pub use resources::{
    Refused, authorized, authorized_by, maybe_authorized, maybe_authorized_by, recover, resource_metadata,
};
#[cfg(feature = "serve")]
pub use serve::{Limits, RequestBody, Serve, serve};
