//! The resource server's side: how a bearer token becomes an authorization (RFC 6750).
//!
//! This module compiles alone (`default-features = false, features = ["resource"]`): an API that only
//! checks tokens pulls in neither a store nor password hashing.

mod authorization;
mod bearer;
mod composed;
#[cfg(feature = "provider")]
mod local;
mod metadata;
mod names;
mod protected;
mod provider;
mod refusal;
mod request;
mod requirement;
mod scopes;
mod step_up;
#[cfg(test)]
mod tests;
mod transport;

pub use crate::authorization::Authorization;
pub use authorization::ResourceAuthorization;
pub use bearer::PresentedToken;
pub use composed::{Composed, Mapped};
#[cfg(feature = "provider")]
pub use local::LocalResourceProvider;
pub use metadata::{InvalidMetadata, ResourceMetadata};
pub use names::Names;
pub use protected::ProtectedResource;
pub use provider::{ResourceProvider, Validate};
pub use refusal::{Challenge, Refusal};
pub use request::ResourceRequest;
pub use requirement::{Access, Requirement};
#[doc(hidden)]
pub use scopes::is_scope_token;
pub use scopes::{AnyScope, Scopes};
pub use step_up::StepUp;
pub use transport::{FoundToken, Transports};
