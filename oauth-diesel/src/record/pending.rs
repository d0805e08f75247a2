use super::{digest, key, subject};
use crate::error::Outcome;
use crate::schema::pending_requests;
use diesel::prelude::*;
use oauth_core::clock::Timestamp;
use oauth_core::store::PendingRequest;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = pending_requests)]
pub(crate) struct PendingRow {
    id: i64,
    tenant: i64,
    digest: Vec<u8>,
    subject: String,
    query: String,
    created_at: i64,
    expires_at: i64,
}

impl PendingRow {
    pub(crate) fn new(tenant: i64, pending: &PendingRequest) -> Self {
        Self {
            id: key(pending.digest.as_bytes()),
            tenant,
            digest: pending.digest.as_bytes().to_vec(),
            subject: pending.subject.as_str().to_owned(),
            query: pending.query.clone(),
            created_at: pending.created_at.as_unix_seconds(),
            expires_at: pending.expires_at.as_unix_seconds(),
        }
    }

    pub(crate) fn read(self) -> Outcome<PendingRequest> {
        Ok(PendingRequest {
            digest: digest(&self.digest, "pending_requests.digest")?,
            subject: subject(self.subject, "pending_requests.subject")?,
            query: self.query,
            created_at: Timestamp::from_unix_seconds(self.created_at),
            expires_at: Timestamp::from_unix_seconds(self.expires_at),
        })
    }
}
