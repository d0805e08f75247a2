use crate::client::{Client, GrantType};
use crate::clock::Timestamp;
use crate::config::Config;
use crate::identifier::{Attributes, GrantId, Resource};
use crate::scope::Scope;
use crate::secret::{AccessToken, RefreshToken};
use crate::store::{Issue, IssuedAccess, IssuedRefresh};
use serde_json::{Value, json};

/// A successful token response (RFC 6749 §5.1), before it is written.
#[derive(Clone, Debug)]
pub struct TokenResponse {
    pub(super) access_token: AccessToken,
    pub(super) refresh_token: Option<RefreshToken>,
    pub(super) scope: String,
    pub(super) expires_at: Timestamp,
}

impl TokenResponse {
    /// Writes the JSON of RFC 6749 §5.1, counting `expires_in` from `now`.
    pub(crate) fn to_json(&self, now: Timestamp) -> Value {
        let mut body = json!({
            "access_token": self.access_token.expose(),
            "token_type": "Bearer",
            "expires_in": self.expires_at.seconds_since(now),
            "scope": self.scope,
        });
        if let (Some(refresh_token), Some(members)) = (&self.refresh_token, body.as_object_mut()) {
            members.insert("refresh_token".to_owned(), Value::from(refresh_token.expose()));
        }
        body
    }
}

/// Tokens that were made and not stored yet.
pub(super) struct NewTokens {
    pub(super) issue: Issue,
    pub(super) response: TokenResponse,
}

/// The lifetime of a family of refresh tokens.
#[derive(Clone, Copy)]
pub(super) enum Family {
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
pub(super) struct Purpose<'a> {
    pub(super) client: &'a Client,
    pub(super) grant: Option<GrantId>,
    pub(super) scope: Scope,
    pub(super) audience: Vec<Resource>,
    pub(super) family: Family,
}

/// Makes tokens for a purpose; pure but for the randomness.
pub(super) fn make(config: &Config, purpose: Purpose<'_>, now: Timestamp) -> NewTokens {
    let family_end = match purpose.family {
        Family::None => None,
        Family::Begins => Some(now.after(config.refresh_token_lifetime)),
        Family::Ends(end) => Some(end),
    };
    let mut expires_at = now.after(config.access_token_lifetime);
    if let Family::Ends(end) = purpose.family {
        expires_at = expires_at.min(end);
    }
    let access_token = AccessToken::generate();
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
    let refresh_token = family_end.and(purpose.grant).map(|_| RefreshToken::generate());
    let refresh = match (&refresh_token, purpose.grant, family_end) {
        (Some(token), Some(grant), Some(end)) => Some(IssuedRefresh {
            digest: token.digest(),
            grant,
            issued_at: now,
            expires_at: now.after(config.refresh_token_idle).min(end),
            family_expires_at: end,
        }),
        _ => None,
    };
    let grant_expires_at = refresh.as_ref().map_or(expires_at, |refresh| refresh.family_expires_at.max(expires_at));
    let issue = Issue { access, refresh, grant_expires_at, now };
    NewTokens { issue, response: TokenResponse { access_token, refresh_token, scope: response_scope, expires_at } }
}
