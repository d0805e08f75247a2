use super::{Connection, Store, find_client, instr, marks, only_one};
use crate::error::Outcome;
use crate::record::{GrantRow, client_id, key};
use crate::schema::{access_tokens, clients, grants};
use crate::written::{Word, Written};
use diesel::prelude::*;
use oauth_core::clock::Timestamp;
use oauth_core::identifier::{ClientId, GrantId, Subject};
use oauth_core::store::{Grant, GrantFilter, GrantStore, Marks, Page, Result};

impl GrantStore for Store {
    async fn grant(&self, id: &GrantId) -> Result<Option<Grant>> {
        let id = *id;
        self.read("read a grant", move |connection, tenant| grant(connection, tenant, &id)).await
    }

    async fn grants(&self, filter: &GrantFilter, page: &Page<GrantId>, now: Timestamp) -> Result<Vec<Grant>> {
        let (filter, page) = (filter.clone(), page.clone());
        self.read("list grants", move |connection, tenant| list(connection, tenant, &filter, &page, now)).await
    }

    async fn marks(&self, subject: &Subject, client: &ClientId) -> Result<Marks> {
        let (subject, client) = (subject.clone(), client.clone());
        self.read("read marks", move |connection, tenant| marks::read(connection, tenant, &subject, &client)).await
    }

    async fn clients_of(&self, subject: &Subject, page: &Page<ClientId>, now: Timestamp) -> Result<Vec<ClientId>> {
        let (subject, page) = (subject.clone(), page.clone());
        let body = move |connection: &mut Connection, tenant| clients_of(connection, tenant, &subject, &page, now);
        self.read("list the clients of a person", body).await
    }

    async fn revoke_grant(&self, id: &GrantId, now: Timestamp) -> Result<bool> {
        let id = *id;
        self.write("revoke a grant", move |connection, tenant| revoke(connection, tenant, &id, now)).await
    }

    async fn retire_grant(&self, id: &GrantId, now: Timestamp) -> Result<bool> {
        let id = *id;
        self.write("retire a grant", move |connection, tenant| retire(connection, tenant, &id, now)).await
    }

    async fn revoke_grants(&self, filter: &GrantFilter, now: Timestamp) -> Result<u64> {
        let filter = filter.clone();
        let body = move |connection: &mut Connection, tenant| {
            see_commits!(connection);
            move_mark(connection, tenant, &filter, now)?;
            revoke_all(connection, tenant, &filter, now)
        };
        self.write("revoke grants", body).await
    }
}

/// The clients that were deleted, while the sweep has not cleared away after them.
#[diesel::dsl::auto_type]
pub(super) fn deleted_clients(tenant: i64) -> _ {
    clients::table.filter(clients::tenant.eq(tenant)).filter(clients::client_id.is_null()).select(clients::id)
}

/// A grant with its client's name, whether that is enabled, and whether it has a secret.
type Found = (GrantRow, Option<String>, bool, bool);

/// Reads a grant with its client's row, unless the client was deleted; looks for the text of a secret there.
pub(super) fn find(connection: &mut Connection, tenant: i64, id: &GrantId, secret: &str) -> Outcome<Option<Found>> {
    let found = grants::table
        .inner_join(clients::table)
        .filter(grants::id.eq(key(id.as_bytes())))
        .filter(grants::grant_id.eq(id.as_bytes().as_slice()))
        .filter(grants::tenant.eq(tenant))
        .filter(clients::client_id.is_not_null())
        .select((GrantRow::as_select(), clients::client_id, clients::enabled, instr(clients::body, secret).gt(0_i64)))
        .get_result(connection)
        .optional()?;
    Ok(found)
}

fn grant(connection: &mut Connection, tenant: i64, id: &GrantId) -> Outcome<Option<Grant>> {
    find(connection, tenant, id, "")?.map(|(row, client, ..)| row.read(client_id(client)?)).transpose()
}

fn list(
    connection: &mut Connection,
    tenant: i64,
    filter: &GrantFilter,
    page: &Page<GrantId>,
    now: Timestamp,
) -> Outcome<Vec<Grant>> {
    let (subject, client) = parts(filter);
    let mut query = grants::table
        .inner_join(clients::table)
        .filter(grants::tenant.eq(tenant))
        .filter(grants::revoked_at.is_null())
        .filter(grants::expires_at.gt(now.as_unix_seconds()))
        .filter(clients::client_id.is_not_null())
        .order(grants::id)
        .limit(page.limit.into())
        .select((GrantRow::as_select(), clients::client_id))
        .into_boxed();
    if let Some(subject) = subject {
        query = query.filter(grants::subject.eq(subject.as_str()));
    }
    if let Some(client) = client {
        query = query.filter(clients::tenant.eq(tenant)).filter(clients::client_id.eq(client.as_str()));
    }
    if let Some(after) = &page.after {
        query = query.filter(grants::id.gt(key(after.as_bytes())));
    }
    let rows: Vec<(GrantRow, Option<String>)> = query.load(connection)?;
    rows.into_iter().map(|(row, client)| row.read(client_id(client)?)).collect()
}

/// Lists clients in the order in which they were registered, which is that of the index.
fn clients_of(
    connection: &mut Connection,
    tenant: i64,
    subject: &Subject,
    page: &Page<ClientId>,
    now: Timestamp,
) -> Outcome<Vec<ClientId>> {
    let mut query = grants::table
        .inner_join(clients::table)
        .filter(grants::tenant.eq(tenant))
        .filter(grants::subject.eq(subject.as_str()))
        .filter(grants::revoked_at.is_null())
        .filter(grants::expires_at.gt(now.as_unix_seconds()))
        .filter(clients::client_id.is_not_null())
        .order(grants::client_ref)
        .limit(page.limit.into())
        .select((grants::client_ref, clients::client_id))
        .distinct()
        .into_boxed();
    if let Some(after) = &page.after {
        let Some((row, _)) = find_client(connection, tenant, after)? else { return Ok(Vec::new()) };
        query = query.filter(grants::client_ref.gt(row));
    }
    let rows: Vec<(i64, Option<String>)> = query.load(connection)?;
    rows.into_iter().map(|(_, id)| client_id(id)).collect()
}

fn revoke(connection: &mut Connection, tenant: i64, id: &GrantId, now: Timestamp) -> Outcome<bool> {
    see_commits!(connection);
    let Some((row, ..)) = find(connection, tenant, id, "")? else { return Ok(false) };
    marks::move_on(connection, tenant, &row.subject, now)?;
    end(connection, &row, now)
}

fn retire(connection: &mut Connection, tenant: i64, id: &GrantId, now: Timestamp) -> Outcome<bool> {
    see_commits!(connection);
    let Some((row, ..)) = find(connection, tenant, id, "")? else { return Ok(false) };
    end(connection, &row, now)
}

/// Revokes a grant, and tells whether it was live. It may have expired: the `now` of a redemption under way may be an
/// earlier one.
fn end(connection: &mut Connection, row: &GrantRow, now: Timestamp) -> Outcome<bool> {
    if row.revoked_at.is_some() {
        return Ok(false);
    }
    mark_revoked(connection, row.id, now.as_unix_seconds())?;
    Ok(row.is_live(now))
}

/// Revokes a grant, with everything under it: a reader of a code or a token reads its grant too.
pub(super) fn mark_revoked(connection: &mut Connection, row: i64, at: i64) -> Outcome<()> {
    let revoked = Written([
        Word::Text("UPDATE oauth_grants SET revoked_at = "),
        Word::Number(at),
        Word::Text(" WHERE id = "),
        Word::Number(row),
        Word::Text(" AND revoked_at IS NULL"),
    ]);
    only_one(revoked.execute(connection)?)
}

/// Moves the mark of whom a filter means.
fn move_mark(connection: &mut Connection, tenant: i64, filter: &GrantFilter, now: Timestamp) -> Outcome<()> {
    match filter {
        GrantFilter::Subject(subject) | GrantFilter::Both(subject, _) => {
            marks::move_on(connection, tenant, subject.as_str(), now)
        }
        GrantFilter::Client(client) => {
            let of_client =
                clients::table.filter(clients::tenant.eq(tenant)).filter(clients::client_id.eq(client.as_str()));
            let moved = clients::revocations.eq(clients::revocations + 1);
            diesel::update(of_client).set(moved).execute(connection)?;
            Ok(())
        }
    }
}

/// Revokes what a filter means, once the mark has moved: what was saved until then is found. Counts what was live.
fn revoke_all(connection: &mut Connection, tenant: i64, filter: &GrantFilter, now: Timestamp) -> Outcome<u64> {
    let (subject, client) = parts(filter);
    let mut row = None;
    if let Some(client) = client {
        let Some((found, _)) = find_client(connection, tenant, client)? else {
            return Ok(0);
        };
        row = Some(found);
        if subject.is_none() {
            let own = access_tokens::table
                .filter(access_tokens::client_ref.eq(found))
                .filter(access_tokens::grant_ref.is_null());
            diesel::delete(own).execute(connection)?;
        }
    }
    let revoked = mark_all_revoked(connection, tenant, subject, row, now, Which::Live)?;
    mark_all_revoked(connection, tenant, subject, row, now, Which::Unrevoked)?;
    Ok(u64::try_from(revoked).unwrap_or(u64::MAX))
}

/// Revokes all grants of a person, and counts nothing.
pub(super) fn revoke_of(connection: &mut Connection, tenant: i64, subject: &Subject, now: Timestamp) -> Outcome<()> {
    mark_all_revoked(connection, tenant, Some(subject), None, now, Which::Unrevoked).map(drop)
}

/// Which of the grants that are meant a statement revokes.
#[derive(PartialEq)]
enum Which {
    /// Those that have not expired: a revocation counts them.
    Live,
    /// Those that have expired too: the `now` of a redemption under way may be an earlier one.
    Unrevoked,
}

fn mark_all_revoked(
    connection: &mut Connection,
    tenant: i64,
    subject: Option<&Subject>,
    client: Option<i64>,
    now: Timestamp,
    which: Which,
) -> Outcome<usize> {
    let mut statement = diesel::update(grants::table)
        .set(grants::revoked_at.eq(now.as_unix_seconds()))
        .filter(grants::tenant.eq(tenant))
        .filter(grants::revoked_at.is_null())
        .filter(grants::client_ref.ne_all(deleted_clients(tenant)))
        .into_boxed();
    if which == Which::Live {
        statement = statement.filter(grants::expires_at.gt(now.as_unix_seconds()));
    }
    if let Some(subject) = subject {
        statement = statement.filter(grants::subject.eq(subject.as_str()));
    }
    if let Some(row) = client {
        statement = statement.filter(grants::client_ref.eq(row));
    }
    Ok(statement.execute(connection)?)
}

fn parts(filter: &GrantFilter) -> (Option<&Subject>, Option<&ClientId>) {
    match filter {
        GrantFilter::Subject(subject) => (Some(subject), None),
        GrantFilter::Client(client) => (None, Some(client)),
        GrantFilter::Both(subject, client) => (Some(subject), Some(client)),
    }
}
