use super::record::{PENDING, ends, key, read, taken, write};
use super::{KeyValue, KeyValueStore, RecordsMut};
use crate::clock::Timestamp;
use crate::identifier::Subject;
use crate::secret::Digest;
use crate::store::{PendingRequest, PendingRequestStore, Result};

impl<K: KeyValue> PendingRequestStore for KeyValueStore<K> {
    async fn save_pending(&self, pending: &PendingRequest) -> Result<()> {
        let pending = pending.clone();
        let save = move |records: &mut dyn RecordsMut| {
            let name = key(PENDING, pending.digest.as_bytes());
            if records.get(&name)?.is_some() {
                return Err(taken("save a pending request"));
            }
            records.put(&ends(pending.expires_at, PENDING, pending.digest.as_bytes()), b"")?;
            write(records, &name, &pending)
        };
        self.0.write(save).await
    }

    async fn take_pending(&self, digest: &Digest, subject: &Subject, now: Timestamp) -> Result<Option<PendingRequest>> {
        let (digest, subject) = (*digest, subject.clone());
        let take = move |records: &mut dyn RecordsMut| {
            let name = key(PENDING, digest.as_bytes());
            let found = read::<PendingRequest>(&*records, &name)?;
            let theirs = found.filter(|held| held.subject == subject && !held.expires_at.is_over(now));
            if let Some(held) = &theirs {
                records.remove(&name)?;
                records.remove(&ends(held.expires_at, PENDING, digest.as_bytes()))?;
            }
            Ok(theirs)
        };
        self.0.write(take).await
    }
}
