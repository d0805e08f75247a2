//! The service, the layers and the server loop, on real sockets.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]
#![cfg(all(feature = "provider", feature = "serve"))]

mod provider;
mod resource;
mod running;
mod serve;
mod slow;
