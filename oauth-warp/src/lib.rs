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
//! Of several thousand generated requests, valid and odd, each got the same answer from this crate, from
//! `oauth-tower` and from `oauth-rocket`, but for these differences (`tests/tests/all/parity` compares, and
//! knows no other). What is said of Warp holds for a service behind oauth-tower's layers too, as far as
//! the service itself does not answer otherwise:
//! - **Each framework words its own errors**: what no route takes is answered by Warp in a few words, by
//!   Rocket with a page.
//! - **Rocket answers 400 to methods that it does not know**, where it is not the provider that is asked;
//!   Warp answers 404 or 405.
//! - **Rocket does not read the body of a method that it does not know**, and so does not say that it is
//!   too large.
//! - **Rocket takes `_method` in a form for the method**, so that a POST becomes what the form says. Under
//!   the provider's base path that is undone there; Warp does nothing of the kind.
//! - **Rocket drops headers that are not UTF-8**; they arrive here.
//! - **Rocket finds a route by what its path comes to**, with doubled slashes and encoded letters; Warp by
//!   the path as it was sent.
//! - **Rocket answers HEAD with an application's route for GET**; `warp::get` does not take it.
//! - **Rocket answers 404 where an application's route takes another method**; Warp answers 405.
//! - **Rocket answers an application's route although there is no `Host`, or two** (RFC 9112 §3.2): it answers 400
//!   where the provider is asked, `serve` everywhere.
//! - **`serve` limits the size of a request's head**, and the time for it and for the body; Rocket limits
//!   the number of headers only.
//!
//! # What else differs
//! - Warp stops an application's handler when its client hangs up, Rocket goes on. A request to the
//!   provider runs to its end on both.
//! - Warp's path filters panic at a target without a path, such as `CONNECT host:80`: `serve` refuses it
//!   before they see it, Warp's own server loses the connection.
//! - Rocket's `Shield` sets headers on the answers of the application's routes.

mod form;
#[cfg(feature = "provider")]
mod provider;
mod resources;
#[cfg(feature = "serve")]
mod serve;

pub use form::{UnreadForm, authorized_form};
pub use oauth_core::{resource::ProtectedResource, scopes};
#[cfg(feature = "provider")]
pub use provider::{provider, unknown_paths};
pub use resources::{
    Refused, authorized, authorized_by, maybe_authorized, maybe_authorized_by, recover, resource_metadata,
};
#[cfg(feature = "serve")]
pub use serve::{Limits, RequestBody, Serve, serve};
