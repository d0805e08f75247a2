//! Serves an [`oauth_core`] provider in whatever speaks tower and http 1 (axum, tonic, plain hyper),
//! guards services by access tokens, and runs them within limits.
//!
//! This crate converts and mounts; it decides nothing. [`authorized`] is a layer that lets only requests
//! with a valid access token through, [`authorized_form`] takes the token of a form too, and
//! [`maybe_authorized`] tells who sent one; [`resource_metadata`] is a layer that says where tokens come
//! from. `ProviderLayer` puts a provider before an application, `ProviderService` is the provider alone.
//! `serve` runs any tower service with the limits
//! that the frameworks' own servers have not: for the time and size of a head, the time of a body and
//! of an answer, and for connections, of which slow ones give way.
//!
//! # The client's address
//! A provider counts failures by the socket's peer. `serve` says who that is; on another server the
//! application does, or all clients count as one. On axum's own:
#![cfg_attr(feature = "provider", doc = "```no_run")]
#![cfg_attr(not(feature = "provider"), doc = "```ignore")]
//! use axum::extract::{ConnectInfo, Request};
//! use axum::middleware::map_request;
//! use oauth_core::{http::PeerAddress, provider::Service};
//! use oauth_tower::ProviderLayer;
//! use std::{net::SocketAddr, sync::Arc};
//!
//! async fn peer(ConnectInfo(peer): ConnectInfo<SocketAddr>, mut request: Request) -> Request {
//!     request.extensions_mut().insert(PeerAddress(peer.ip().to_canonical()));
//!     request
//! }
//!
//! # async fn run(site: axum::Router, provider: Arc<dyn Service>, listener: tokio::net::TcpListener) -> std::io::Result<()> {
//! let site = site.layer(ProviderLayer::new(provider)).layer(map_request(peer));
//! axum::serve(listener, site.into_make_service_with_connect_info::<SocketAddr>()).await
//! # }
//! ```
//!
//! # Features
//! `provider` (default) mounts a provider, `serve` (default) is the server loop. An API that only checks
//! tokens needs neither.

mod body;
mod form;
mod metadata;
#[cfg(feature = "provider")]
mod provider;
mod resource;
#[cfg(feature = "serve")]
mod serve;
#[cfg(any(feature = "provider", feature = "serve"))]
mod unfinished;

pub use form::{InForm, authorized_form, authorized_form_by};
pub use metadata::{MetadataLayer, WithMetadata, resource_metadata};
pub use oauth_core::{resource::ProtectedResource, scopes};
#[cfg(feature = "provider")]
pub use provider::{ProviderLayer, ProviderService, WithProvider, answer};
pub use resource::{
    Authorized, AuthorizedLayer, InHeader, authorized, authorized_by, maybe_authorized, maybe_authorized_by,
};
#[cfg(feature = "serve")]
pub use serve::{Limits, RequestBody, Serve, serve};
#[cfg(any(feature = "provider", feature = "serve"))]
pub use unfinished::Unfinished;
