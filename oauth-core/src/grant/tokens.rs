use crate::client::{Client, GrantType, SecretHash};
use crate::clock::Timestamp;
use crate::config::Config;
use crate::error::Rejection;
use crate::identifier::{Attributes, GrantId, Resource, any_control};
use crate::issue::{About, Issuance, NewTokens, TokenResponse};
use crate::scope::Scope;
use crate::secret::{AccessToken, RefreshToken};
use crate::store::{Issue, IssuedAccess, IssuedRefresh};
use serde_json::{Map, Value, json};

impl TokenResponse {
    /// Writes the members of RFC 6749 §5.1 and the application's own, counting `expires_in` from `now`;
    /// what never expires has none.
    pub(crate) fn members(&self, config: &Config, now: Timestamp) -> Map<String, Value> {
        let mut members = self.extra.clone();
        let mut set = |name: &str, value: Value| drop(members.insert(name.to_owned(), value));
        set("access_token", json!(self.access_token.expose()));
        set("token_type", json!(config.token_type));
        set("scope", json!(self.scope));
        if self.expires_at != Timestamp::NEVER {
            set("expires_in", json!(self.expires_at.seconds_since(now)));
        }
        if let Some(refresh_token) = &self.refresh_token {
            set("refresh_token", json!(refresh_token.expose()));
        }
        members
    }
}

impl NewTokens {
    /// Asks the hook, where there is one.
    pub(crate) async fn reviewed(mut self, config: &Config, about: About<'_>) -> Result<Self, Rejection> {
        let Some(hook) = &config.issuing else { return Ok(self) };
        let had_scope = !self.issue.access.scope.is_empty();
        hook.before_issuing(&mut Issuance::new(about, &mut self)).await?;
        if had_scope && self.issue.access.scope.is_empty() {
            return Err(Rejection::IssuingDenied);
        }
        if any_control(&self.issue.access.attributes) {
            tracing::error!("the hook before issuing gave attributes with control characters");
            return Err(Rejection::ApprovalMalformed);
        }
        Ok(self)
    }
}

/// The lifetime of a family of refresh tokens.
#[derive(Clone, Copy)]
pub(crate) enum Family {
    /// No refresh token is issued.
    None,
    /// It begins now.
    Begins,
    /// It goes on to an end that rotation does not move.
    Ends(Timestamp),
}

impl Family {
    /// Begins a family for a client that may refresh.
    pub(super) fn of(client: &Client) -> Self {
        if client.may_use(GrantType::RefreshToken) { Self::Begins } else { Self::None }
    }
}

/// What new tokens are for.
pub(crate) struct Purpose<'a> {
    pub(crate) client: &'a Client,
    /// The secret that authenticated the client, if one did.
    pub(crate) authenticated_by: Option<&'a SecretHash>,
    pub(crate) grant: Option<GrantId>,
    pub(crate) scope: Scope,
    pub(crate) audience: Vec<Resource>,
    pub(crate) family: Family,
}

/// Makes tokens for a purpose; pure but for the randomness.
pub(crate) fn make(config: &Config, purpose: Purpose<'_>, now: Timestamp) -> NewTokens {
    let own = &purpose.client.lifetimes;
    let family_end = match purpose.family {
        Family::None => None,
        Family::Begins => Some(now.after(own.refresh_token.unwrap_or(config.refresh_token_lifetime))),
        Family::Ends(end) => Some(end),
    };
    let access_end = now.after(own.access_token.unwrap_or(config.access_token_lifetime));
    let expires_at = match purpose.family {
        _ if config.insecure_access_tokens_never_expire && own.access_token.is_none() => Timestamp::NEVER,
        Family::Ends(end) => access_end.min(end),
        Family::None | Family::Begins => access_end,
    };
    let access_token = AccessToken::of(&config.access_token_format);
    let response_scope = purpose.scope.to_string();
    let access = IssuedAccess {
        digest: access_token.digest(),
        client_id: purpose.client.id.clone(),
        grant: purpose.grant,
        scope: purpose.scope,
        audience: purpose.audience,
        attributes: Attributes::new(),
        issued_at: now,
        expires_at,
    };
    let refresh_token = family_end.and(purpose.grant).map(|_| RefreshToken::of(&config.refresh_token_format));
    let refresh = match (&refresh_token, purpose.grant, family_end) {
        (Some(token), Some(grant), Some(end)) => Some(IssuedRefresh {
            digest: token.digest(),
            grant,
            issued_at: now,
            expires_at: now.after(own.refresh_token_idle.unwrap_or(config.refresh_token_idle)).min(end),
            family_expires_at: end,
        }),
        _ => None,
    };
    let grant_expires_at = refresh.as_ref().map_or(expires_at, |refresh| refresh.family_expires_at.max(expires_at));
    let authenticated_by = purpose.authenticated_by.cloned();
    let issue = Issue { access, refresh, grant_expires_at, authenticated_by, now };
    let (scope, extra) = (response_scope, Map::new());
    NewTokens { issue, response: TokenResponse { access_token, refresh_token, scope, expires_at, extra } }
}
