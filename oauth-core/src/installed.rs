//! A server with what is mounted on it.

use crate::grant::TokenGrant;
use crate::server::{AuthorizationProvider, Server};
use bytes::Bytes;
use std::sync::Arc;

/// A server with the grants that are mounted on it: what an endpoint is given.
pub struct Installed<P> {
    server: Server<P>,
    grants: Vec<Arc<dyn TokenGrant<P>>>,
    /// The metadata document, once all is mounted.
    pub(crate) metadata: Bytes,
}

impl<P: AuthorizationProvider> Installed<P> {
    pub(crate) fn new(app: P) -> Self {
        Self { server: Server::new(app), grants: Vec::new(), metadata: Bytes::new() }
    }

    /// Gives what is below.
    pub fn server(&self) -> &Server<P> {
        &self.server
    }

    /// Mounts a grant, in the place of an earlier one of the same type.
    pub(crate) fn mount(&mut self, grant: impl TokenGrant<P>) {
        self.grants.retain(|known| known.grant_type() != grant.grant_type());
        self.grants.push(Arc::new(grant));
    }

    pub(crate) fn grants(&self) -> &[Arc<dyn TokenGrant<P>>] {
        &self.grants
    }

    /// Finds a mounted grant by its name on the wire.
    pub(crate) fn grant(&self, name: &str) -> Option<&dyn TokenGrant<P>> {
        let offered = self.grants.iter().filter(|grant| grant.is_offered(self.server.config()));
        offered.map(AsRef::as_ref).find(|grant| grant.grant_type().as_str() == name)
    }
}
