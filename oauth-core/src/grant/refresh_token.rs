use super::audience::granted_resources;
use super::scope::granted_scope;
use super::tokens::{self, Family, Purpose};
use super::{TokenGrant, TokenResponse, seal};
use crate::client::GrantType;
use crate::client_auth::AuthenticatedClient;
use crate::clock::Timestamp;
use crate::config::Config;
use crate::error::Rejection;
use crate::event::Event;
use crate::http::Parameters;
use crate::issue::{About, NewTokens};
use crate::owner::ResourceOwner;
use crate::secret::RefreshToken;
use crate::server::{AuthorizationProvider, Server};
use crate::store::{Retry, Rotated, StoredRefresh, TokenStore};

/// The refresh token grant (RFC 6749 §6), with rotation and reuse detection (RFC 9700 §4.14.2).
///
/// The answer of a rotation can be had again for [`Config::retry_window`], until its successor has
/// been presented: a lost response logs nobody out. It is kept sealed under the presented token.
#[derive(Clone, Copy, Debug, Default)]
pub struct RefreshTokenGrant;

#[async_trait::async_trait]
impl<P: AuthorizationProvider> TokenGrant<P> for RefreshTokenGrant {
    fn grant_type(&self) -> GrantType {
        GrantType::RefreshToken
    }

    async fn exchange(
        &self,
        server: &Server<P>,
        authenticated: &AuthenticatedClient,
        parameters: &Parameters,
    ) -> Result<TokenResponse, Rejection> {
        let (config, store, client) = (server.config(), server.store(), authenticated.client());
        let presented = RefreshToken::new(parameters.require("refresh_token")?);
        let stored = store.refresh_token(&presented.digest()).await?.ok_or(Rejection::RefreshTokenUnknown)?;
        let now = config.clock.now();
        let tokens = decide(config, authenticated, &stored, parameters, now)?;
        if !server.owner().is_entitled(&stored.grant).await? {
            return Err(Rejection::SubjectInactive);
        }
        // A retired token goes on to the store, whatever a hook would say of it.
        let tokens = match stored.retired_at {
            None => {
                tokens
                    .for_known_audience(store, config, &stored.grant, parameters)
                    .await?
                    .reviewed(config, About::grant(client, GrantType::RefreshToken, &stored.grant))
                    .await?
            }
            Some(_) => tokens,
        };
        let retried = !config.retry_window.is_zero();
        let sealed = if retried { seal::seal(&presented, &tokens.response) } else { Vec::new() };
        let retry = Retry { sealed, until: now.after(config.retry_window) };
        let (client_id, grant) = (client.id.clone(), stored.grant.id);
        match store.rotate(&presented.digest(), &tokens.issue, &retry).await? {
            Rotated::Now => {
                let grant_type = GrantType::RefreshToken;
                config.events.record(&Event::Issued { client_id, grant: Some(grant), grant_type });
                Ok(tokens.response)
            }
            Rotated::Replay(sealed) => {
                config.events.record(&Event::AnswerReplayed { client_id, grant });
                seal::open(&presented, &sealed).ok_or(Rejection::RefreshTokenExpired)
            }
            Rotated::Reused(grant) => {
                config.events.record(&Event::RefreshTokenReused { client_id, grant });
                Err(Rejection::RefreshTokenReused)
            }
            Rotated::Unauthenticated => Err(Rejection::ClientAuthenticationFailed),
            Rotated::Gone => Err(Rejection::RefreshTokenExpired),
            Rotated::Unknown => Err(Rejection::RefreshTokenUnknown),
        }
    }
}

/// Checks every binding of a refresh token, before anything is consumed.
fn decide(
    config: &Config,
    authenticated: &AuthenticatedClient,
    stored: &StoredRefresh,
    parameters: &Parameters,
    now: Timestamp,
) -> Result<NewTokens, Rejection> {
    let (client, authenticated_by) = (authenticated.client(), authenticated.secret());
    if stored.grant.client_id != client.id {
        return Err(Rejection::RefreshTokenOfAnotherClient);
    }
    let scope = granted_scope(client, &stored.grant.scope, parameters.get("scope"))?;
    let audience = granted_resources(config, &stored.grant.audience, parameters)?;
    // A retired token goes on to the store, which knows whether it is retried or reused.
    if stored.retired_at.is_none() && stored.token.expires_at.is_over(now) {
        return Err(Rejection::RefreshTokenExpired);
    }
    let family = Family::Ends(stored.token.family_expires_at);
    let purpose = Purpose { client, authenticated_by, grant: Some(stored.grant.id), scope, audience, family };
    let mut tokens = tokens::make(config, purpose, now);
    // An access token of an earlier answer may outlive the family: the grant must not end before it.
    tokens.issue.grant_expires_at = tokens.issue.grant_expires_at.max(stored.grant.expires_at);
    Ok(tokens)
}
