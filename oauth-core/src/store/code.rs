use super::{Basis, Grant, Issue, Result, Saved};
use crate::clock::Timestamp;
use crate::identifier::GrantId;
use crate::pkce::CodeChallenge;
use crate::secret::Digest;
use serde::{Deserialize, Serialize};
use std::future::Future;

/// An authorization code, as it is stored: by digest, bound to all it was issued for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    /// The digest of the code.
    pub digest: Digest,
    /// The grant it was issued under.
    pub grant: GrantId,
    /// Where it was sent.
    pub redirect_uri: String,
    /// Whether the request named the redirect URI itself (RFC 6749 §4.1.3).
    pub redirect_uri_sent: bool,
    /// The challenge of the session that asked for it (RFC 7636).
    pub code_challenge: Option<CodeChallenge>,
    /// The nonce of the request, for an ID token.
    pub nonce: Option<String>,
    /// The first second at which it cannot be redeemed any more.
    pub expires_at: Timestamp,
}

/// A code with its grant and whether it was redeemed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredCode {
    /// The code.
    pub code: Code,
    /// The grant it belongs to, as it is now.
    pub grant: Grant,
    /// When it was redeemed, if it was.
    pub used_at: Option<Timestamp>,
}

/// What became of an attempt to redeem a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redeemed {
    /// The code is used now, and its tokens are stored.
    Now,
    /// The code had been used before: its grant is now revoked with everything under it.
    Before(GrantId),
    /// The code has expired, its grant is revoked, or its client gone or disabled; nothing was changed.
    Gone,
    /// The secret that authenticated the client is not its secret any more; nothing was changed.
    Unauthenticated,
    /// There is no such code.
    Unknown,
}

/// Where authorization codes are kept.
///
/// A used code is remembered as long as its grant, so that a replay is always known for one.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// use oauth_core::secret::AuthorizationCode;
/// use oauth_core::store::{CodeStore, MemoryStore};
///
/// let store = MemoryStore::new();
/// let nobody_has_it = AuthorizationCode::generate();
/// assert!(store.code(&nobody_has_it.digest()).await?.is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(()) })?; Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait CodeStore: Send + Sync + 'static {
    /// Saves a new grant with the code that stands for it, in one step, if what it rests on is as it was.
    ///
    /// [`Saved::Gone`] if the grant's client does not exist or is disabled; [`Saved::Changed`] if the client
    /// is another than [`Basis::client`] in any member, or if one of the two marks has moved. An end that
    /// comes later finds the grant and revokes it: the comparison and the new grant are one step for
    /// [`revoke_grants`](super::GrantStore::revoke_grants) and the verbs of accounts.
    fn save_code(&self, grant: &Grant, code: &Code, basis: &Basis) -> impl Future<Output = Result<Saved>> + Send;

    /// Reads a code, used and expired ones too while they are kept.
    fn code(&self, digest: &Digest) -> impl Future<Output = Result<Option<StoredCode>>> + Send;

    /// Uses a code and saves its tokens, in one step: of any number of calls at the same time,
    /// exactly one returns [`Redeemed::Now`].
    ///
    /// Checks again, in the same transaction and in this order: that the code exists; that its
    /// grant is live and its client enabled ([`Redeemed::Gone`]); that the secret of
    /// [`Issue::authenticated_by`] is the client's ([`Redeemed::Unauthenticated`]); that it was not used
    /// before (otherwise revokes the grant, durably, and returns [`Redeemed::Before`]); that it has not
    /// expired ([`Redeemed::Gone`]). Sets the grant's `last_issued_at` and `expires_at` from `issue`.
    ///
    /// Call it only after every binding was checked: a replay that comes here is a valid one.
    fn redeem(&self, digest: &Digest, issue: &Issue) -> impl Future<Output = Result<Redeemed>> + Send;
}
