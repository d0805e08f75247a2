use super::{Connection, Store, only_one};
use crate::error::Outcome;
use crate::record::{PendingRow, key};
use crate::schema::pending_requests;
use diesel::prelude::*;
use oauth_core::clock::Timestamp;
use oauth_core::identifier::Subject;
use oauth_core::secret::Digest;
use oauth_core::store::{PendingRequest, PendingRequestStore, Result};

impl PendingRequestStore for Store {
    async fn save_pending(&self, pending: &PendingRequest) -> Result<()> {
        let pending = pending.clone();
        let body = move |connection: &mut Connection, tenant| {
            diesel::insert_into(pending_requests::table)
                .values(PendingRow::new(tenant, &pending))
                .execute(connection)?;
            Ok(())
        };
        self.write_one("save a pending request", body).await
    }

    async fn take_pending(&self, digest: &Digest, subject: &Subject, now: Timestamp) -> Result<Option<PendingRequest>> {
        let (digest, subject) = (*digest, subject.clone());
        let body = move |connection: &mut Connection, tenant| take(connection, tenant, &digest, &subject, now);
        self.write("take a pending request", body).await
    }
}

fn take(
    connection: &mut Connection,
    tenant: i64,
    digest: &Digest,
    subject: &Subject,
    now: Timestamp,
) -> Outcome<Option<PendingRequest>> {
    let theirs = || {
        pending_requests::table
            .filter(pending_requests::id.eq(key(digest.as_bytes())))
            .filter(pending_requests::digest.eq(digest.as_bytes().as_slice()))
            .filter(pending_requests::tenant.eq(tenant))
            .filter(pending_requests::subject.eq(subject.as_str()))
    };
    let found = theirs()
        .filter(pending_requests::expires_at.gt(now.as_unix_seconds()))
        .select(PendingRow::as_select())
        .get_result(connection)
        .optional()?;
    if found.is_some() {
        only_one(diesel::delete(theirs()).execute(connection)?)?;
    }
    found.map(PendingRow::read).transpose()
}
