//! Whose errors may travel through the browser (RFC 9700 §4.11.2): a redirect to an address that anybody could
//! register lends this server's name to it.

use crate::client::Client;
use crate::config::ErrorsRedirect;
use crate::owner::ResourceOwner;
use crate::server::{AuthorizationProvider, Server};
use crate::store::{self, GrantFilter, GrantStore, Page};
use bytes::Bytes;
use http::Request;

/// Tells whether an error may be sent to the client. It may if an administrator answers for the client, if
/// somebody is signed in here, or if the request is `silent` (`prompt=none`), which only the client can hear of.
/// If that cannot be found out, it may not.
pub(super) async fn may_redirect<P: AuthorizationProvider>(
    server: &Server<P>,
    request: &Request<Bytes>,
    client: &Client,
    silent: bool,
) -> bool {
    let strict = server.config().errors_redirect == ErrorsRedirect::Known;
    if client.trusted || client.owner.is_none() || silent && !strict {
        return true;
    }
    found_known(server, request, client, silent).await.unwrap_or_else(|error| {
        tracing::warn!(%error, "an error is shown here: nobody can say who is signed in");
        false
    })
}

async fn found_known<P: AuthorizationProvider>(
    server: &Server<P>,
    request: &Request<Bytes>,
    client: &Client,
    silent: bool,
) -> store::Result<bool> {
    let owner = server.owner();
    if let Some(visitor) = owner.visitor(request).await? {
        if !silent {
            return Ok(true);
        }
        let approved = GrantFilter::Both(visitor, client.id.clone());
        let now = server.config().clock.now();
        if !server.store().grants(&approved, &Page::first(1), now).await?.is_empty() {
            return Ok(true);
        }
    }
    match &client.owner {
        Some(registrar) => owner.is_administrator(registrar).await,
        None => Ok(true),
    }
}
