//! The endpoints: one file each, one rhythm: parse, identify, load, decide, commit, respond.

mod answer;
mod authorization;
mod implicit;
mod introspection;
mod known;
pub(crate) mod metadata;
mod revocation;
mod steps;
mod token;

pub use authorization::Authorization;
pub use introspection::Introspection;
pub use metadata::{Metadata, MetadataDocument};
pub use revocation::Revocation;
pub use steps::{CodeRequest, Declined};
pub use token::Token;

use crate::config::Config;
use crate::http::Cors;
use crate::installed::Installed;
use crate::server::AuthorizationProvider;
use bytes::Bytes;
use http::{Method, Request, Response};

/// An endpoint, as a value that is mounted on a [`Provider`](crate::provider::Provider).
#[async_trait::async_trait]
pub trait Endpoint<P: AuthorizationProvider>: Send + Sync + 'static {
    /// Gives the whole path it is mounted at; it is asked with and without a slash at its end.
    fn path(&self, config: &Config) -> String;

    /// Gives further paths at which it answers the same; none unless written.
    fn other_paths(&self, _config: &Config) -> Vec<String> {
        Vec::new()
    }

    /// Gives the methods it takes.
    fn methods(&self) -> &'static [Method];

    /// Tells which scripts of other origins may read its answers: none unless written. The provider
    /// answers preflights, and adds the headers.
    fn cors(&self) -> Cors {
        Cors::SameOrigin
    }

    /// Writes what it adds to the metadata document (RFC 8414 §2).
    fn describe(&self, config: &Config, document: &mut MetadataDocument);

    /// Answers a request whose method is one of [`methods`](Self::methods).
    async fn call(&self, installed: &Installed<P>, request: &Request<Bytes>) -> Response<Bytes>;
}
