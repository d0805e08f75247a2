//! HTTP in and out: parameters parsed once, answers written in one place, and where a request came
//! from.

mod address;
mod parameters;
mod response;

pub use address::PeerAddress;
pub use parameters::Parameters;
pub use response::body_too_large;
pub(crate) use response::{error, json, method_not_allowed, plain_error_page, redirect};

/// The most bytes of a body that are looked at: 64 KiB.
pub const BODY_LIMIT: usize = 64 * 1024;
