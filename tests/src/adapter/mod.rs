//! One file per adapter: the same provider and the same protected API on each.

pub(crate) mod rocket;

use std::net::SocketAddr;

/// A server that listens; it ends when this is dropped.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    stop: Option<Box<dyn FnOnce() + Send + Sync>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            stop();
        }
    }
}
