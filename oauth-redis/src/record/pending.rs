use super::json;
use crate::error::Outcome;
use oauth_core::clock::Timestamp;
use oauth_core::identifier::Subject;
use oauth_core::secret::Digest;
use oauth_core::store::PendingRequest;
use serde::{Deserialize, Serialize};

/// What stands of a pending request beside its digest and its person.
#[derive(Serialize, Deserialize)]
pub(crate) struct PendingRecord {
    q: String,
    c: Timestamp,
    e: Timestamp,
}

impl PendingRecord {
    pub(crate) fn write(pending: &PendingRequest) -> Outcome<Vec<u8>> {
        let record = Self { q: pending.query.clone(), c: pending.created_at, e: pending.expires_at };
        Ok(serde_json::to_vec(&record)?)
    }

    pub(crate) fn read(digest: &Digest, subject: &Subject, record: &[u8]) -> Outcome<PendingRequest> {
        let Self { q, c, e } = json(record, "a pending request")?;
        Ok(PendingRequest { digest: *digest, subject: subject.clone(), query: q, created_at: c, expires_at: e })
    }
}
