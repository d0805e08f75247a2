use super::audience::granted_resources;
use super::room::make_room;
use super::scope::granted_scope;
use super::tokens::{self, Family, Purpose};
use super::{TokenGrant, TokenResponse};
use crate::client::{Client, GrantType};
use crate::client_auth::AuthenticatedClient;
use crate::clock::Timestamp;
use crate::config::Config;
use crate::error::Rejection;
use crate::event::Event;
use crate::http::Parameters;
use crate::issue::{About, NewTokens};
use crate::owner::ResourceOwner;
use crate::secret::AuthorizationCode;
use crate::server::{AuthorizationProvider, Server};
use crate::store::{CodeStore, Redeemed, StoredCode};

/// The authorization code grant at the token endpoint (RFC 6749 §4.1.3).
#[derive(Clone, Copy, Debug, Default)]
pub struct AuthorizationCodeGrant;

#[async_trait::async_trait]
impl<P: AuthorizationProvider> TokenGrant<P> for AuthorizationCodeGrant {
    fn grant_type(&self) -> GrantType {
        GrantType::AuthorizationCode
    }

    async fn exchange(
        &self,
        server: &Server<P>,
        authenticated: &AuthenticatedClient,
        parameters: &Parameters,
    ) -> Result<TokenResponse, Rejection> {
        let (config, store, client) = (server.config(), server.store(), authenticated.client());
        let code = AuthorizationCode::new(parameters.require("code")?);
        let stored = store.code(&code.digest()).await?.ok_or(Rejection::CodeUnknown)?;
        let tokens = decide(config, authenticated, &stored, parameters, config.clock.now())?;
        if !server.owner().is_entitled(&stored.grant).await? {
            return Err(Rejection::SubjectInactive);
        }
        // A replay goes on to the store, whatever a hook would say of it.
        let tokens = match stored.used_at {
            None => {
                tokens
                    .for_known_audience(store, config, &stored.grant, parameters)
                    .await?
                    .reviewed(config, About::grant(client, GrantType::AuthorizationCode, &stored.grant))
                    .await?
            }
            Some(_) => tokens,
        };
        if stored.used_at.is_none() {
            make_room(server, &stored.grant).await?;
        }
        let (client_id, grant) = (client.id.clone(), stored.grant.id);
        match store.redeem(&code.digest(), &tokens.issue).await? {
            Redeemed::Now => {
                let grant_type = GrantType::AuthorizationCode;
                config.events.record(&Event::Issued { client_id, grant: Some(grant), grant_type });
                Ok(tokens.response)
            }
            Redeemed::Before(grant) => {
                config.events.record(&Event::CodeReused { client_id, grant });
                Err(Rejection::CodeUsed)
            }
            Redeemed::Unauthenticated => Err(Rejection::ClientAuthenticationFailed),
            Redeemed::Gone => Err(Rejection::CodeExpired),
            Redeemed::Unknown => Err(Rejection::CodeUnknown),
        }
    }
}

/// Checks every binding of a code, before anything is consumed: who comes with a wrong one changes
/// nothing and does not burn the honest client's code (OAuth 2.1 §7.5.3).
fn decide(
    config: &Config,
    authenticated: &AuthenticatedClient,
    stored: &StoredCode,
    parameters: &Parameters,
    now: Timestamp,
) -> Result<NewTokens, Rejection> {
    let (client, authenticated_by) = (authenticated.client(), authenticated.secret());
    if stored.grant.client_id != client.id {
        return Err(Rejection::CodeOfAnotherClient);
    }
    redirect_uri_is_the_same(stored, parameters)?;
    verifier_matches(client, stored, parameters)?;
    // A used code goes on to the store, which knows a replay for one and revokes its grant.
    if stored.used_at.is_none() && stored.code.expires_at.is_over(now) {
        return Err(Rejection::CodeExpired);
    }
    let scope = granted_scope(client, &stored.grant.scope, None)?;
    let audience = granted_resources(config, &stored.grant.audience, parameters)?;
    let (grant, family) = (Some(stored.grant.id), Family::of(client));
    let purpose = Purpose { client, authenticated_by, grant, scope, audience, family };
    Ok(tokens::make(config, purpose, now))
}

/// RFC 6749 §4.1.3 and OAuth 2.1 §10.2: what is sent must be the same; what is not sent is not missed
/// where a challenge binds the code.
fn redirect_uri_is_the_same(stored: &StoredCode, parameters: &Parameters) -> Result<(), Rejection> {
    match parameters.get("redirect_uri") {
        Some(uri) if uri == stored.code.redirect_uri => Ok(()),
        Some(_) => Err(Rejection::RedirectUriDiffers),
        None if !stored.code.redirect_uri_sent || stored.code.code_challenge.is_some() => Ok(()),
        None => Err(Rejection::RedirectUriRequired),
    }
}

/// RFC 7636 §4.6 and RFC 9700 §2.1.1: a verifier without a challenge is a downgrade, and refused.
fn verifier_matches(client: &Client, stored: &StoredCode, parameters: &Parameters) -> Result<(), Rejection> {
    match (&stored.code.code_challenge, parameters.get("code_verifier")) {
        (Some(challenge), Some(verifier)) if challenge.matches(verifier) => Ok(()),
        (Some(_), Some(_)) => Err(Rejection::CodeVerifierWrong),
        (Some(_), None) => Err(Rejection::CodeVerifierMissing),
        (None, Some(_)) => Err(Rejection::CodeVerifierUnexpected),
        (None, None) if client.is_confidential() && client.insecure_without_pkce => Ok(()),
        (None, None) => Err(Rejection::CodeVerifierMissing),
    }
}
