use super::token::CLIENT_AUTHENTICATION;
use super::{Endpoint, MetadataDocument};
use crate::config::Config;
use crate::error::Rejection;
use crate::event::Event;
use crate::http::{self as wire, Cors, Parameters};
use crate::identifier::ClientId;
use crate::installed::Installed;
use crate::secret::Digest;
use crate::server::{AuthorizationProvider, Server};
use crate::store::{GrantStore, TokenStore};
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};

/// The revocation endpoint (RFC 7009). A refresh token, a retired one too, ends its whole family with
/// the access tokens; an access token ends alone.
#[derive(Clone, Copy, Debug, Default)]
pub struct Revocation;

#[async_trait::async_trait]
impl<P: AuthorizationProvider> Endpoint<P> for Revocation {
    fn path(&self, config: &Config) -> String {
        config.paths.revocation_path()
    }

    fn methods(&self) -> &'static [Method] {
        &[Method::POST]
    }

    fn cors(&self) -> Cors {
        Cors::RegisteredOrigins
    }

    fn describe(&self, config: &Config, document: &mut MetadataDocument) {
        document.set("revocation_endpoint", config.url(&config.paths.revocation_path()));
        document.add("revocation_endpoint_auth_methods_supported", CLIENT_AUTHENTICATION);
        document.add("revocation_endpoint_auth_methods_supported", ["none"]);
    }

    async fn call(&self, installed: &Installed<P>, request: &Request<Bytes>) -> Response<Bytes> {
        let server = installed.server();
        match revoke(server, request).await {
            // The same answer whether there was such a token or not (RFC 7009 §2.2).
            Ok(()) => wire::json(StatusCode::OK, &serde_json::json!({})),
            Err(rejection) => server.error(rejection),
        }
    }
}

async fn revoke<P: AuthorizationProvider>(server: &Server<P>, request: &Request<Bytes>) -> Result<(), Rejection> {
    let parameters = Parameters::from_form(request)?;
    let client = server.authenticate(request, &parameters).await?;
    let digest = Digest::of(parameters.require("token")?);
    let client_id = &client.client().id;
    // The hint says where to look first; both places are looked at (RFC 7009 §2.1).
    let refresh_first = parameters.get("token_type_hint") == Some("refresh_token");
    let found = refresh_first && revoke_refresh(server, &digest, client_id).await?;
    let found = found || revoke_access(server, &digest, client_id).await?;
    if !found && !refresh_first {
        revoke_refresh(server, &digest, client_id).await?;
    }
    Ok(())
}

async fn revoke_access<P: AuthorizationProvider>(
    server: &Server<P>,
    digest: &Digest,
    client_id: &ClientId,
) -> Result<bool, Rejection> {
    let (config, store) = (server.config(), server.store());
    let now = config.clock.now();
    let Some(active) = store.access_token(digest, now).await? else { return Ok(false) };
    if active.token.client_id == *client_id && store.revoke_access_token(digest, now).await? {
        config.events.record(&Event::AccessTokenRevoked { client_id: client_id.clone() });
    }
    Ok(true)
}

async fn revoke_refresh<P: AuthorizationProvider>(
    server: &Server<P>,
    digest: &Digest,
    client_id: &ClientId,
) -> Result<bool, Rejection> {
    let (config, store) = (server.config(), server.store());
    let Some(stored) = store.refresh_token(digest).await? else { return Ok(false) };
    if stored.grant.client_id == *client_id && store.revoke_grant(&stored.grant.id, config.clock.now()).await? {
        config.events.record(&Event::GrantRevoked { client_id: client_id.clone(), grant: stored.grant.id });
    }
    Ok(true)
}
