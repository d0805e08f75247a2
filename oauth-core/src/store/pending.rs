use super::Result;
use crate::clock::Timestamp;
use crate::identifier::Subject;
use crate::secret::Digest;
use serde::{Deserialize, Serialize};
use std::future::Future;

/// An authorization request that waits until a person has decided on a page of the application's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingRequest {
    /// The digest of its ticket.
    pub digest: Digest,
    /// Who has to decide.
    pub subject: Subject,
    /// The request, as [`AuthorizationRequest::query`](crate::owner::AuthorizationRequest::query) gives it.
    pub query: String,
    /// When it was saved.
    pub created_at: Timestamp,
    /// The first second at which it is worth nothing.
    pub expires_at: Timestamp,
}

/// Where requests wait that an application takes step by step (optional: see
/// [`CodeRequest`](crate::endpoint::CodeRequest)).
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// use oauth_core::clock::Timestamp;
/// use oauth_core::identifier::Subject;
/// use oauth_core::secret::PendingTicket;
/// use oauth_core::store::{MemoryStore, PendingRequestStore};
/// let (guess, now) = (PendingTicket::generate(), Timestamp::from_unix_seconds(0));
/// assert!(MemoryStore::new().take_pending(&guess.digest(), &Subject::new("ada")?, now).await?.is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(()) })?; Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait PendingRequestStore: Send + Sync + 'static {
    /// Saves a request under a new digest.
    fn save_pending(&self, pending: &PendingRequest) -> impl Future<Output = Result<()>> + Send;

    /// Takes a request out for the person who has to decide, once: of any number of calls at the same
    /// time, one gets it. For anybody else, and once it has expired, there is none, and nothing is changed.
    fn take_pending(
        &self,
        digest: &Digest,
        subject: &Subject,
        now: Timestamp,
    ) -> impl Future<Output = Result<Option<PendingRequest>>> + Send;
}
