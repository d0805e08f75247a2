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
//! # A route that exists becomes a protected one
//! By one argument, where `OAuth` or `Resources` is attached:
//! ```diff
//!  #[get("/hello")]
//! -fn hello() -> &'static str {
//! +fn hello(_token: Authorized<Read>) -> &'static str {
//!      "hello"
//!  }
//! ```
//! ```
//! use oauth_core::resource::ResourceProvider;
//! use oauth_rocket::{Authorized, Resources, scopes};
//! use rocket::{Build, Rocket, get, routes};
//!
//! scopes! { Read = "read"; }
//!
//! #[get("/hello")]
//! fn hello(_token: Authorized<Read>) -> &'static str {
//!     "hello"
//! }
//!
//! fn rocket(tokens: impl ResourceProvider) -> Rocket<Build> {
//!     rocket::build().attach(Resources::new(tokens)).mount("/", routes![hello])
//! }
//! ```
//!
//! # An authorization of your own
//! What a [`ResourceProvider`](oauth_core::resource::ResourceProvider) of the application gives arrives in the
//! guard as it is; here a `Member`, with the row that was loaded with the token:
//! ```
//! use oauth_rocket::{Authorized, Resources, scopes};
//! use oauth_core::resource::{Authorization, ResourceAuthorization, ResourceProvider};
//! # use oauth_core::{clock::Timestamp, identifier::{Attributes, ClientId, Resource, Subject}, scope::Scope};
//! scopes! { Read = "read"; }
//! # struct Member { token: Authorization, name: String }
//! # impl ResourceAuthorization for Member {
//! #     fn client_id(&self) -> &ClientId { &self.token.client_id }
//! #     fn subject(&self) -> Option<&Subject> { self.token.subject.as_ref() }
//! #     fn scope(&self) -> &Scope { &self.token.scope }
//! #     fn audience(&self) -> &[Resource] { &self.token.audience }
//! #     fn expires_at(&self) -> Timestamp { self.token.expires_at }
//! #     fn attributes(&self) -> &Attributes { &self.token.attributes }
//! # }
//!
//! #[rocket::get("/hello")]
//! fn hello(member: Authorized<Read, Member>) -> String {
//!     format!("hello {}", member.name)
//! }
//!
//! fn rocket(members: impl ResourceProvider<Authorization = Member>) -> rocket::Rocket<rocket::Build> {
//!     rocket::build().attach(Resources::new(members)).mount("/", rocket::routes![hello])
//! }
//! ```
//!
//! # A requirement that is computed
//! `Authorized<S>` takes what a type says. If settings decide, a guard of the application's own calls
//! [`Authorized::by`].
//!
//! # Paths that no route takes
//! [`unknown_paths`] gives catchers that answer with the provider's own error page:
//! ```
//! use oauth_core::provider::Service;
//! use rocket::{Build, Rocket, fairing::AdHoc};
//! use std::sync::Arc;
//!
//! fn own_error_pages(rocket: Rocket<Build>) -> Rocket<Build> {
//!     rocket.attach(AdHoc::try_on_ignite("error pages", |rocket| async {
//!         let Some(service) = rocket.state::<Arc<dyn Service>>().cloned() else { return Err(rocket) };
//!         Ok(rocket.register("/", oauth_rocket::unknown_paths(&service)))
//!     }))
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
//! - Rocket takes a body that breaks off at its beginning for a whole one; the provider refuses it.
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
pub use provider::{OAuth, routes, unknown_paths, well_known};
pub use resources::Resources;
