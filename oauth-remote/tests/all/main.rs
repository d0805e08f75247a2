//! The remote resource provider against servers on loopback that behave well, badly and not at all.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

mod cache;
mod connections;
mod metadata;
mod outage;
mod poisoned;
mod request;
mod server;
mod tls;
