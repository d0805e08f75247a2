//! All black-box tests in one binary: one module per RFC, because linking costs more than running.
//!
//! Add a module here, its file beside this one; see the first page of `oauth_tests` for the style.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

mod adapters;
mod api_access;
mod attributes;
mod authorization;
mod bad_input;
mod client_authentication;
mod client_oauth2_rust;
mod command_line;
mod cors;
mod events_told;
mod grant_lifetime;
mod hello;
mod hooks;
mod hung_up;
mod lifecycle;
mod local_cache;
mod metadata_truth;
mod parity;
mod peer;
mod readme;
mod remote;
mod restart;
mod rfc6749_implicit;
mod rfc6749_password;
mod rfc6749_token;
mod rfc6750_bearer;
mod rfc6750_scopes;
mod rfc6750_transports;
mod rfc6819_secrets;
mod rfc7009_revocation;
mod rfc7662_introspection;
mod rfc8414_metadata;
mod rfc8707_resource;
mod rfc9470_step_up;
mod rfc9728_metadata;
mod steps;
mod store_down;
mod token_shapes;
mod two_issuers;
mod waiting;
mod warp_notes;
