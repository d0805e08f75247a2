//! One file per adapter: the same provider and the same protected API on each.

mod own;
mod rocket;
mod tower;
mod warp;

use crate::{AnyStore, Failing};
use oauth_core::config::Config;
use oauth_core::provider::Provider;
use oauth_core::resource::{Authorization, ResourceAuthorization as _};
use oauth_core::scopes;
use oauth_pages::{PagesProvider, StoredAccounts};
use serde_json::json;
use std::net::SocketAddr;

/// How a provider is put on the web.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Adapter {
    /// oauth-rocket.
    Rocket,
    /// oauth-warp, on its own server.
    Warp,
    /// oauth-tower, under the routes of axum.
    Tower,
}

impl Adapter {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Rocket, Self::Warp, Self::Tower];

    /// Starts a server; `None` where the port is taken.
    pub(crate) async fn start(self, address: SocketAddr, config: Config, store: Failing<AnyStore>) -> Option<Running> {
        let accounts = StoredAccounts::new(store.clone(), &config);
        let provider = Provider::new(PagesProvider::new(config, store, accounts)).expect("the settings are usable");
        let stop = match self {
            Self::Rocket => rocket::start(address, provider).await?,
            Self::Warp => warp::start(address, provider).await?,
            Self::Tower => tower::start(address, provider).await?,
        };
        Some(Running { address, stop: Some(stop) })
    }
}

/// What every adapter serves.
type Pages = PagesProvider<Failing<AnyStore>, StoredAccounts<Failing<AnyStore>>>;

scopes! {
    Read = "read";
    Write = "write";
}

/// Writes what the API knows of a token.
fn said(token: &Authorization) -> String {
    let said = json!({
        "client_id": token.client_id(),
        "subject": token.subject(),
        "scope": token.scope(),
        "audience": token.audience(),
        "attributes": token.attributes(),
        "auth_time": token.auth_time,
    });
    said.to_string()
}

type Stop = Box<dyn FnOnce() + Send + Sync>;

/// A server that listens; it ends when this is dropped.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    stop: Option<Stop>,
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            stop();
        }
    }
}
