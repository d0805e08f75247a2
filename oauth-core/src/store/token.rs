use super::{Grant, Result, Saved};
use crate::authorization::Authorization;
use crate::client::{Client, SecretHash};
use crate::clock::Timestamp;
use crate::identifier::{Attributes, ClientId, GrantId, Resource};
use crate::scope::Scope;
use crate::secret::Digest;
use serde::{Deserialize, Serialize};
use std::future::Future;

/// An access token, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuedAccess {
    /// The digest of the token.
    pub digest: Digest,
    /// The client it was issued to.
    pub client_id: ClientId,
    /// The grant it stands under; `None` where the client acts for itself.
    pub grant: Option<GrantId>,
    /// What it allows.
    pub scope: Scope,
    /// Where it may be used; empty where no audience is configured.
    pub audience: Vec<Resource>,
    /// Free attributes of this token, beside those of its grant.
    pub attributes: Attributes,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// The first second at which it has expired.
    pub expires_at: Timestamp,
}

/// A refresh token, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuedRefresh {
    /// The digest of the token.
    pub digest: Digest,
    /// The grant it stands under: its family.
    pub grant: GrantId,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// The first second at which it has expired: its idle end or the family's end, what comes first.
    pub expires_at: Timestamp,
    /// The end of the whole family, which no rotation moves.
    pub family_expires_at: Timestamp,
}

/// What is saved when tokens are issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// The access token.
    pub access: IssuedAccess,
    /// The refresh token, where one is issued.
    pub refresh: Option<IssuedRefresh>,
    /// When the grant may be swept away: when nothing under it can be alive any more.
    pub grant_expires_at: Timestamp,
    /// The secret that authenticated the client, if one did: compared in the step that commits.
    pub authenticated_by: Option<SecretHash>,
    /// The moment of the decision.
    pub now: Timestamp,
}

impl Issue {
    /// Tells whether the secret that authenticated the client is one of its secrets now.
    pub fn is_authenticated(&self, client: &Client) -> bool {
        self.authenticated_by.as_ref().is_none_or(|secret| client.secrets.contains(secret))
    }
}

/// What lets a client have a lost answer again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retry {
    /// The answer, sealed under the presented token.
    pub sealed: Vec<u8>,
    /// The first second at which it is not given again.
    pub until: Timestamp,
}

/// A live access token with the grant it stands under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActiveToken {
    /// The token.
    pub token: IssuedAccess,
    /// Its grant; `None` where the client acts for itself.
    pub grant: Option<Grant>,
}

impl From<ActiveToken> for Authorization {
    fn from(active: ActiveToken) -> Self {
        let ActiveToken { token, grant } = active;
        let (subject, auth_time, acr, mut attributes) = match grant {
            Some(grant) => (Some(grant.subject), grant.auth_time, grant.acr, grant.attributes),
            None => (None, None, None, Default::default()),
        };
        attributes.extend(token.attributes);
        Self {
            client_id: token.client_id,
            subject,
            scope: token.scope,
            audience: token.audience,
            expires_at: token.expires_at,
            auth_time,
            acr,
            attributes,
        }
    }
}

/// A refresh token with its grant and whether it was rotated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRefresh {
    /// The token.
    pub token: IssuedRefresh,
    /// The grant it belongs to, as it is now.
    pub grant: Grant,
    /// When it was rotated away, if it was.
    pub retired_at: Option<Timestamp>,
}

/// What became of an attempt to rotate a refresh token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rotated {
    /// The token is retired now, and its successors are stored.
    Now,
    /// The token was rotated a moment ago and its successor was not presented yet: the sealed
    /// answer of that rotation. Nothing was changed.
    Replay(Vec<u8>),
    /// The token was retired before: its grant is now revoked with everything under it.
    Reused(GrantId),
    /// The token has expired, its grant is revoked, or its client gone or disabled; nothing was changed.
    Gone,
    /// The secret that authenticated the client is not its secret any more; nothing was changed.
    Unauthenticated,
    /// There is no such token.
    Unknown,
}

/// Where access and refresh tokens are kept.
///
/// A retired refresh token is remembered as long as its grant, so that its reuse is always known.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// use oauth_core::clock::Timestamp;
/// use oauth_core::secret::AccessToken;
/// use oauth_core::store::{MemoryStore, TokenStore};
///
/// let store = MemoryStore::new();
/// let guess = AccessToken::generate();
/// assert!(store.access_token(&guess.digest(), Timestamp::from_unix_seconds(0)).await?.is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(()) })?; Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait TokenStore: Send + Sync + 'static {
    /// Saves tokens that no code or refresh token was given for (client credentials).
    ///
    /// [`Saved::Gone`] if the client does not exist or is disabled, if the secret of
    /// [`Issue::authenticated_by`] is not its secret any more (a client that was deleted and created again has
    /// other secrets), or if a named grant is not live.
    fn issue(&self, issue: &Issue) -> impl Future<Output = Result<Saved>> + Send;

    /// Reads an access token, if it is alive: not over, not revoked, its grant live and its client
    /// there and enabled.
    fn access_token(&self, digest: &Digest, now: Timestamp)
    -> impl Future<Output = Result<Option<ActiveToken>>> + Send;

    /// Tells what the token says that [`Self::access_token`] reads: what every check of a request asks.
    ///
    /// The provided one is right for every store. One whose records are in memory may spare the copies of
    /// token and grant that nobody looks at.
    fn authorization(
        &self,
        digest: &Digest,
        now: Timestamp,
    ) -> impl Future<Output = Result<Option<Authorization>>> + Send {
        async move { Ok(self.access_token(digest, now).await?.map(Authorization::from)) }
    }

    /// Answers what [`Self::authorization`] answers, where nothing has to be waited for; `None` where something
    /// has to, and then that is to be asked.
    ///
    /// The provided one never answers, which is right for every store. One whose records are in memory spares
    /// each check of a request a future and its place on the heap. It must not block.
    fn authorization_at_once(&self, _digest: &Digest, _now: Timestamp) -> Option<Result<Option<Authorization>>> {
        None
    }

    /// Reads a refresh token, retired and expired ones too while they are kept.
    fn refresh_token(&self, digest: &Digest) -> impl Future<Output = Result<Option<StoredRefresh>>> + Send;

    /// Retires a refresh token and saves its successors, in one step: of any number of calls at the
    /// same time, exactly one returns [`Rotated::Now`].
    ///
    /// Checks again, in the same transaction and in this order: that the token exists; that its
    /// grant is live and its client enabled ([`Rotated::Gone`]); that the secret of
    /// [`Issue::authenticated_by`] is the client's ([`Rotated::Unauthenticated`]); whether it is retired (then, before
    /// its [`Retry::until`] and while its successor is not retired, [`Rotated::Replay`]; otherwise
    /// revokes the grant, durably, and returns [`Rotated::Reused`]); that it has not expired
    /// ([`Rotated::Gone`]). If `retry` has a window, a call that read the token while it was current may return
    /// [`Rotated::Gone`] in place of [`Rotated::Reused`]: others were faster, and their answer was used already. Keeps `retry` with the retired token, forgets that of its predecessor,
    /// and sets the grant's `last_issued_at` and `expires_at` from `issue`.
    fn rotate(&self, digest: &Digest, issue: &Issue, retry: &Retry) -> impl Future<Output = Result<Rotated>> + Send;

    /// Ends one access token and nothing else; `false` where there is none.
    fn revoke_access_token(&self, digest: &Digest, now: Timestamp) -> impl Future<Output = Result<bool>> + Send;
}
