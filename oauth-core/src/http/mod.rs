//! HTTP in and out: parameters parsed once, answers written in one place, and where a request came
//! from.

mod address;
#[cfg(feature = "provider")]
mod cors;
mod form;
mod host;
mod network;
#[cfg(feature = "provider")]
mod parameters;
mod preflight;
mod proxies;
#[cfg(feature = "provider")]
mod response;

pub use address::PeerAddress;
#[cfg(feature = "provider")]
pub use cors::Cors;
#[cfg(feature = "provider")]
pub(crate) use cors::{allow, allow_all};
pub(crate) use form::{Field, is_form_type};
pub use form::{is_form, unread_form};
pub use host::{has_one_host, is_this_machine};
pub use network::Network;
#[cfg(feature = "provider")]
pub use parameters::Parameters;
#[cfg(feature = "provider")]
pub(crate) use preflight::origin;
pub(crate) use preflight::preflight;
use proxies::masked;
pub use proxies::{InvalidProxies, TrustedProxies};
#[cfg(feature = "provider")]
pub use response::{bad_request, body_too_large};
#[cfg(feature = "provider")]
pub(crate) use response::{error, json, method_not_allowed, plain_error_page, plain_unsent_page, redirect};

/// The most bytes of a body that are looked at: 64 KiB.
pub const BODY_LIMIT: usize = 64 * 1024;
