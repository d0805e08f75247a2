//! Mounts an [`oauth_core`] provider in a Rocket 0.5 application, and guards its routes.
//!
//! This crate converts and mounts; it decides nothing. [`OAuth`] is a fairing that reads the settings
//! under `[default.oauth]`, mounts the endpoints, runs the sweep and lets [`Authorized`] check access
//! tokens in the provider's own store. An API apart from the provider attaches [`Resources`] instead
//! and needs neither store nor provider (`default-features = false`).
//!
//! ```no_run
//! use oauth_core::provider::AuthorizationProvider;
//! use oauth_rocket::{Authorized, OAuth, scopes};
//! use rocket::{Build, Rocket, get, routes};
//!
//! scopes! { pub Read = "read"; }
//!
//! #[get("/profile")]
//! fn profile(token: Authorized<Read>) -> String {
//!     format!("a token of {}", token.client_id)
//! }
//!
//! fn rocket<P: AuthorizationProvider>(
//!     provider: impl FnOnce(oauth_core::config::Config) -> Result<P, String> + Send + 'static,
//! ) -> Rocket<Build> {
//!     rocket::build().attach(OAuth::new(provider)).mount("/api", routes![profile])
//! }
//! ```
//!
//! # What Rocket does and this crate undoes
//! - Rocket rewrites the method of a form post whose first field is `_method`; the core sees `POST`.
//!   A request that really is `PUT` and has such a body cannot be told from it, and counts as `POST`.
//!   Under an empty base path that holds for the application's own forms too.
//! - Rocket answers `HEAD` with the route of `GET`; here `HEAD` has a route of its own.
//! - Rocket refuses methods it does not know; under the base path and at the well-known documents they
//!   are answered 405 like others.
//! - Rocket's catchers never see why a guard failed; the fairings write that into the answer.
//! - Rocket's `Shield` sets headers that the core sets too; the core's win, without its warnings.
//!
//! # Limits
//! Rocket drops request headers that are not UTF-8, and has no time limit for reading a request's
//! head: put a proxy in front where strangers connect.

mod convert;
mod form;
mod guard;
#[cfg(feature = "provider")]
mod provider;
mod resources;

pub use form::{AuthorizedForm, UnauthorizedForm};
pub use guard::{Authorized, MaybeAuthorized, Refused};
pub use oauth_core::scopes;
#[cfg(feature = "provider")]
pub use provider::{OAuth, routes, well_known};
pub use resources::Resources;
