use super::{MemoryStore, Shared, taken};
use crate::clock::Timestamp;
use crate::identifier::Subject;
use crate::secret::Digest;
use crate::store::{PendingRequest, PendingRequestStore, Result};
use std::sync::Arc;

impl PendingRequestStore for MemoryStore {
    async fn save_pending(&self, pending: &PendingRequest) -> Result<()> {
        let saved = self.0.pending.insert(pending.digest, Arc::new(pending.clone()), Some(pending.expires_at));
        if saved { Ok(()) } else { Err(taken("save a pending request")) }
    }

    async fn take_pending(&self, digest: &Digest, subject: &Subject, now: Timestamp) -> Result<Option<PendingRequest>> {
        let found = self.0.pending.find(digest);
        let theirs = found.filter(|held| held.subject == *subject && !held.expires_at.is_over(now));
        // Of several who found it, one removes it.
        let taken = theirs.filter(|held| self.0.pending.remove(digest, Some(held.expires_at)));
        Ok(taken.map(|held| held.as_ref().clone()))
    }
}

impl Shared {
    pub(super) fn sweep_pending(&self, now: Timestamp, limit: usize) -> usize {
        let over = self.pending.over(now, limit).into_iter();
        over.filter(|(digest, held)| self.pending.remove(digest, Some(held.expires_at))).count()
    }
}
