//! Serves an [`oauth_core`] provider in a Warp 0.4 application, and guards its routes.
//!
//! This crate converts and mounts; it decides nothing. [`authorized`] is a filter that checks access
//! tokens, and [`recover`] answers its refusals. With the feature `provider` (default), the filter
//! `provider` serves the endpoints and pages; with `serve` (which it brings), the function of that name
//! runs a server with the limits that Warp's own has not. An API apart from the provider needs neither
//! (`default-features = false`).
//!
//! # A route that exists becomes a protected one
//! ```diff
//! +use oauth_warp::{ProtectedResource, authorized, recover, scopes};
//!  use warp::Filter;
//!
//! +scopes! { Read = "read"; }
//!
//!  // in main
//! +    let resource = ProtectedResource::new(tokens);
//!      let hello = warp::path!("hello")
//! -        .map(|| "hello");
//! +        .and(authorized::<Read, _>(&resource))
//! +        .map(|_token| "hello")
//! +        .recover(recover);
//! ```
//! `tokens` is a [`ResourceProvider`](oauth_core::resource::ResourceProvider). The filter stands after the path,
//! so that it answers for its own route only, and **without [`recover`] Warp answers every refusal with 500**.
//! ```
//! use oauth_core::resource::ResourceProvider;
//! use oauth_warp::{ProtectedResource, authorized, recover, scopes};
//! use warp::Filter;
//!
//! scopes! { Read = "read"; }
//!
//! fn hello(tokens: impl ResourceProvider) -> impl Filter<Extract = impl warp::Reply> + Clone {
//!     let resource = ProtectedResource::new(tokens);
//!     let hello = warp::path!("hello")
//!         .and(authorized::<Read, _>(&resource))
//!         .map(|_token| "hello")
//!         .recover(recover);
//!     hello
//! }
//! ```
//!
//! # An authorization of your own
//! What a resource provider of the application gives arrives in the filter as it is; here a `Member`, with the
//! row that was loaded with the token:
//! ```
//! use oauth_warp::{ProtectedResource, authorized, recover, scopes};
//! use warp::{Filter, Rejection, Reply};
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
//! fn api(
//!     members: impl ResourceProvider<Authorization = Member>,
//! ) -> impl Filter<Extract = impl Reply, Error = Rejection> + Clone {
//!     let resource = ProtectedResource::new(members);
//!     let hello = warp::path!("hello").and(authorized::<Read, _>(&resource));
//!     hello.map(|member: Member| format!("hello {}", member.name)).recover(recover)
//! }
//! ```
//!
//! # What differs from Rocket
//! - Warp stops an application's handler when its client hangs up, Rocket goes on. A request to the
//!   provider runs to its end on both.
//! - Methods that Rocket does not know are answered here like the known ones.
//! - Headers that are not UTF-8 arrive here; Rocket drops them.
//! - The time limits for a request's head and body, and the limit for its head's size, are set in
//!   `serve`; Rocket has no limit of time for the head.

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
