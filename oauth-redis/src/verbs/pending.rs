use crate::error::{Failure, Outcome};
use crate::link::Access;
use crate::record::{Field, PendingRecord, seconds};
use crate::{RedisStore, script};
use oauth_core::clock::Timestamp;
use oauth_core::identifier::Subject;
use oauth_core::secret::Digest;
use oauth_core::store::{PendingRequest, PendingRequestStore, Result};

impl PendingRequestStore for RedisStore {
    async fn save_pending(&self, pending: &PendingRequest) -> Result<()> {
        self.let_wait(pending).await.map_err(|failure| failure.while_doing("save a pending request"))
    }

    async fn take_pending(&self, digest: &Digest, subject: &Subject, now: Timestamp) -> Result<Option<PendingRequest>> {
        let taken = self.take_waiting(digest, subject, now).await;
        taken.map_err(|failure| failure.while_doing("take a pending request"))
    }
}

impl RedisStore {
    async fn let_wait(&self, pending: &PendingRequest) -> Outcome<()> {
        let place = self.0.places.of_digest(&pending.digest);
        let record = PendingRecord::write(pending)?;
        let (ends, now) = (seconds(pending.expires_at), seconds(pending.created_at));
        let arguments: [&[u8]; 6] = [
            place.as_str().as_bytes(),
            pending.digest.as_bytes(),
            pending.subject.as_str().as_bytes(),
            &record,
            ends.as_bytes(),
            now.as_bytes(),
        ];
        let key = place.key('q', pending.digest.as_bytes());
        let saved: bool = self.0.link.script(Access::Write, &script::SAVE_PENDING, &key, &arguments).await?;
        if saved { Ok(()) } else { Err(Failure::Taken) }
    }

    async fn take_waiting(
        &self,
        digest: &Digest,
        subject: &Subject,
        now: Timestamp,
    ) -> Outcome<Option<PendingRequest>> {
        let key = self.0.places.of_digest(digest).key('q', digest.as_bytes());
        let now = seconds(now);
        let arguments = [subject.as_str().as_bytes(), now.as_bytes()];
        let record: Field = self.0.link.script(Access::Write, &script::TAKE_PENDING, &key, &arguments).await?;
        record.map(|record| PendingRecord::read(digest, subject, &record)).transpose()
    }
}
