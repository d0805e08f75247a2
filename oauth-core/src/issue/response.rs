use crate::clock::Timestamp;
use crate::secret::{AccessToken, RefreshToken};
use crate::store::Issue;
use serde_json::{Map, Value};

/// A successful token response (RFC 6749 §5.1), before it is written.
#[derive(Clone, Debug)]
pub struct TokenResponse {
    pub(crate) access_token: AccessToken,
    pub(crate) refresh_token: Option<RefreshToken>,
    pub(crate) scope: String,
    pub(crate) expires_at: Timestamp,
    pub(crate) extra: Map<String, Value>,
}

/// Tokens that were made and not stored yet.
pub(crate) struct NewTokens {
    pub(crate) issue: Issue,
    pub(crate) response: TokenResponse,
}
