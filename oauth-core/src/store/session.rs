use super::Result;
use crate::clock::Timestamp;
use crate::identifier::Subject;
use crate::scope::Scope;
use crate::secret::Digest;
use serde::{Deserialize, Serialize};
use std::future::Future;

/// A browser in which somebody is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The digest of the identifier in the cookie.
    pub digest: Digest,
    /// Who signed in.
    pub subject: Subject,
    /// What the credential was that they signed in with: when it changes, the session ends.
    pub credential: Digest,
    /// When they signed in.
    pub created_at: Timestamp,
    /// The first second at which it has expired.
    pub expires_at: Timestamp,
}

/// What was decided on a consent page, waiting for its authorization request to come back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingDecision {
    /// The digest of the session it was made in.
    pub session: Digest,
    /// The digest of the exact authorization request it answers.
    pub request: Digest,
    /// What was allowed; `None` for a denial.
    pub allowed: Option<Scope>,
    /// The first second at which it counts no more.
    pub expires_at: Timestamp,
}

/// Where browser sessions are kept (optional: for the ready-made pages).
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// use oauth_core::clock::Timestamp;
/// use oauth_core::secret::SessionId;
/// use oauth_core::store::{MemoryStore, SessionStore};
/// let guess = SessionId::generate();
/// assert!(MemoryStore::new().session(&guess.digest(), Timestamp::from_unix_seconds(0)).await?.is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(()) })?; Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait SessionStore: Send + Sync + 'static {
    /// Saves a new session.
    fn create_session(&self, session: &Session) -> impl Future<Output = Result<()>> + Send;

    /// Reads a session that is not over.
    fn session(&self, digest: &Digest, now: Timestamp) -> impl Future<Output = Result<Option<Session>>> + Send;

    /// Ends a session with the decisions that wait in it; `false` where there is none.
    fn end_session(&self, digest: &Digest) -> impl Future<Output = Result<bool>> + Send;

    /// Ends all sessions of a person and counts them.
    fn end_sessions(&self, subject: &Subject) -> impl Future<Output = Result<u64>> + Send;

    /// Saves a decision, in the place of an earlier one for the same session and request.
    fn save_decision(&self, decision: &PendingDecision) -> impl Future<Output = Result<()>> + Send;

    /// Takes a decision out, once: of any number of calls at the same time, one gets it.
    fn take_decision(
        &self,
        session: &Digest,
        request: &Digest,
        now: Timestamp,
    ) -> impl Future<Output = Result<Option<PendingDecision>>> + Send;
}
