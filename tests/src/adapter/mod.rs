//! One file per adapter: the same provider and the same protected API on each.

mod layers;
mod own;
mod rocket;
mod tower;
mod warp;

use crate::{AnyStore, Failing};
use oauth_core::config::Config;
use oauth_core::grant::PasswordGrant;
use oauth_core::provider::Provider;
use oauth_core::resource::{Authorization, ResourceAuthorization as _};
use oauth_core::scopes;
use oauth_pages::{AccountPasswords, PagesProvider, StoredAccounts};
use serde_json::json;
use std::collections::BTreeMap;
use std::net::SocketAddr;

/// How a provider is put on the web.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Adapter {
    /// oauth-rocket.
    Rocket,
    /// oauth-warp, on the server that it brings.
    Warp,
    /// oauth-warp, on Warp's own server.
    WarpServer,
    /// oauth-tower, under the routes of axum, on the server that it brings.
    Tower,
    /// oauth-tower, under the routes of axum, on axum's own server.
    AxumServer,
    /// oauth-tower alone: its layers over services, without a framework.
    Layers,
}

impl Adapter {
    /// Starts a server; `None` where the port is taken.
    pub(crate) async fn start(self, address: SocketAddr, config: Config, store: Failing<AnyStore>) -> Option<Running> {
        let accounts = || StoredAccounts::new(store.clone(), &config);
        let passwords = PasswordGrant::new(AccountPasswords::new(accounts()));
        let accounts = accounts();
        let provider = Provider::new(PagesProvider::new(config, store, accounts)).expect("the settings are usable");
        // As if it were not there, unless the settings offer it.
        let provider = provider.with_grant(passwords);
        let stop = match self {
            Self::Rocket => rocket::start(address, provider).await?,
            Self::Warp => warp::start(address, provider).await?,
            Self::WarpServer => warp::start_warps(address, provider).await?,
            Self::Tower => tower::start(address, provider).await?,
            Self::AxumServer => tower::start_axums(address, provider).await?,
            Self::Layers => layers::start(address, provider).await?,
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

/// Writes what came in the form of an [`Own`](own::Own), after the layer that takes tokens from it.
fn written(token: &own::Own, form: &[u8]) -> String {
    let form: BTreeMap<_, _> = form_urlencoded::parse(form).into_owned().collect();
    let text = form.get("text").map_or("", String::as_str);
    format!("{} writes {text}, {:?}", token.row, form.get("access_token"))
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
