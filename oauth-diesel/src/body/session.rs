use super::{Connection, Store, only_one};
use crate::error::Outcome;
use crate::record::{DecisionRow, SessionRow, key};
use crate::schema::{decisions, sessions};
use diesel::prelude::*;
use oauth_core::clock::Timestamp;
use oauth_core::identifier::Subject;
use oauth_core::secret::Digest;
use oauth_core::store::{PendingDecision, Result, Session, SessionStore};

impl SessionStore for Store {
    async fn create_session(&self, session: &Session) -> Result<()> {
        let session = session.clone();
        let body = move |connection: &mut Connection, tenant| {
            diesel::insert_into(sessions::table).values(SessionRow::new(tenant, &session)).execute(connection)?;
            Ok(())
        };
        self.write_one("create a session", body).await
    }

    async fn session(&self, digest: &Digest, now: Timestamp) -> Result<Option<Session>> {
        let digest = *digest;
        self.read("read a session", move |connection, tenant| session(connection, tenant, &digest, now)).await
    }

    async fn end_session(&self, digest: &Digest) -> Result<bool> {
        let digest = *digest;
        self.write("end a session", move |connection, tenant| end(connection, tenant, &digest)).await
    }

    async fn end_sessions(&self, subject: &Subject) -> Result<u64> {
        let subject = subject.clone();
        self.write("end sessions", move |connection, tenant| end_all(connection, tenant, &subject)).await
    }

    async fn save_decision(&self, decision: &PendingDecision) -> Result<()> {
        let decision = decision.clone();
        self.write("save a decision", move |connection, tenant| save_decision(connection, tenant, &decision)).await
    }

    async fn take_decision(
        &self,
        session: &Digest,
        request: &Digest,
        now: Timestamp,
    ) -> Result<Option<PendingDecision>> {
        let (session, request) = (*session, *request);
        let body = move |connection: &mut Connection, tenant| take(connection, tenant, &session, &request, now);
        self.write("take a decision", body).await
    }
}

fn session(connection: &mut Connection, tenant: i64, digest: &Digest, now: Timestamp) -> Outcome<Option<Session>> {
    let found = sessions::table
        .filter(sessions::id.eq(key(digest.as_bytes())))
        .filter(sessions::digest.eq(digest.as_bytes().as_slice()))
        .filter(sessions::tenant.eq(tenant))
        .filter(sessions::expires_at.gt(now.as_unix_seconds()))
        .select(SessionRow::as_select())
        .get_result(connection)
        .optional()?;
    found.map(SessionRow::read).transpose()
}

fn end(connection: &mut Connection, tenant: i64, digest: &Digest) -> Outcome<bool> {
    let digest = digest.as_bytes();
    let waiting =
        decisions::table.filter(decisions::tenant.eq(tenant)).filter(decisions::session.eq(digest.as_slice()));
    diesel::delete(waiting).execute(connection)?;
    let ended = sessions::table
        .filter(sessions::id.eq(key(digest)))
        .filter(sessions::digest.eq(digest.as_slice()))
        .filter(sessions::tenant.eq(tenant));
    Ok(diesel::delete(ended).execute(connection)? > 0)
}

pub(super) fn end_all(connection: &mut Connection, tenant: i64, subject: &Subject) -> Outcome<u64> {
    let theirs = || sessions::table.filter(sessions::tenant.eq(tenant)).filter(sessions::subject.eq(subject.as_str()));
    let waiting = decisions::table
        .filter(decisions::tenant.eq(tenant))
        .filter(decisions::session.eq_any(theirs().select(sessions::digest)));
    diesel::delete(waiting).execute(connection)?;
    let ended = diesel::delete(theirs()).execute(connection)?;
    Ok(u64::try_from(ended).unwrap_or(u64::MAX))
}

#[diesel::dsl::auto_type(no_type_alias)]
fn decision<'a>(tenant: i64, session: &'a [u8], request: &'a [u8]) -> _ {
    decisions::table
        .filter(decisions::tenant.eq(tenant))
        .filter(decisions::session.eq(session))
        .filter(decisions::request.eq(request))
}

fn save_decision(connection: &mut Connection, tenant: i64, saved: &PendingDecision) -> Outcome<()> {
    let (session, request) = (saved.session.as_bytes(), saved.request.as_bytes());
    diesel::delete(decision(tenant, session, request)).execute(connection)?;
    diesel::insert_into(decisions::table).values(DecisionRow::new(tenant, saved)).execute(connection)?;
    Ok(())
}

fn take(
    connection: &mut Connection,
    tenant: i64,
    session: &Digest,
    request: &Digest,
    now: Timestamp,
) -> Outcome<Option<PendingDecision>> {
    let (session, request) = (session.as_bytes(), request.as_bytes());
    let found = decision(tenant, session, request)
        .filter(decisions::expires_at.gt(now.as_unix_seconds()))
        .select(DecisionRow::as_select())
        .get_result(connection)
        .optional()?;
    if found.is_some() {
        only_one(diesel::delete(decision(tenant, session, request)).execute(connection)?)?;
    }
    found.map(DecisionRow::read).transpose()
}
