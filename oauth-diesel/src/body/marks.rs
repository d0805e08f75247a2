//! The marks that a decision rests on. Of a person: a row, of a client: two numbers in its row.

use super::{Connection, OTHERS_WRITE};
use crate::error::Outcome;
use crate::schema::{clients, marks};
use diesel::prelude::*;
use oauth_core::clock::Timestamp;
use oauth_core::identifier::{ClientId, Subject};
use oauth_core::store::{MARK_LIFETIME, Mark, Marks};

#[diesel::dsl::auto_type(no_type_alias)]
fn of<'a>(tenant: i64, subject: &'a str) -> _ {
    marks::table.filter(marks::tenant.eq(tenant)).filter(marks::subject.eq(subject))
}

/// Makes a client's mark of its row, which no later registration gets again, and of how often everything of
/// it was revoked.
pub(super) fn of_client(row: i64, revocations: i64) -> Mark {
    Mark::from_number(row.wrapping_shl(24).wrapping_add(revocations))
}

/// Reads the marks of both in one statement.
pub(super) fn read(connection: &mut Connection, tenant: i64, subject: &Subject, client: &ClientId) -> Outcome<Marks> {
    let client = || clients::table.filter(clients::tenant.eq(tenant)).filter(clients::client_id.eq(client.as_str()));
    let (mark, row, revocations): (Option<i64>, Option<i64>, Option<i64>) = diesel::select((
        of(tenant, subject.as_str()).select(marks::mark).single_value(),
        client().select(clients::id).single_value(),
        client().select(clients::revocations).single_value(),
    ))
    .get_result(connection)?;
    Ok(Marks {
        subject: mark.map_or(Mark::NONE, Mark::from_number),
        client: row.zip(revocations).map_or(Mark::NONE, |(row, revocations)| of_client(row, revocations)),
    })
}

/// Reads a person's mark and holds it: an end that comes meanwhile waits for this transaction, and then finds
/// what it saved. A row that is not there holds nobody off, so it is made.
pub(super) fn hold(connection: &mut Connection, tenant: i64, subject: &str, now: Timestamp) -> Outcome<Mark> {
    let held: Option<i64> = share!(of(tenant, subject).select(marks::mark)).get_result(connection).optional()?;
    if held.is_none() && OTHERS_WRITE {
        insert(connection, tenant, subject, Mark::NONE, now)?;
    }
    Ok(held.map_or(Mark::NONE, Mark::from_number))
}

/// Moves a person's mark. What was saved on the earlier one is committed now and found by the next statement;
/// what is still to be saved sees the new one.
pub(super) fn move_on(connection: &mut Connection, tenant: i64, subject: &str, now: Timestamp) -> Outcome<()> {
    let (mark, end) = (Mark::random(), now.after(MARK_LIFETIME));
    let moved = diesel::update(of(tenant, subject))
        .set((marks::mark.eq(mark.as_number()), marks::expires_at.eq(end.as_unix_seconds())))
        .execute(connection)?;
    if moved == 0 { insert(connection, tenant, subject, mark, now) } else { Ok(()) }
}

/// If another made the row meanwhile, its key is taken, and the verb is run again.
fn insert(connection: &mut Connection, tenant: i64, subject: &str, mark: Mark, now: Timestamp) -> Outcome<()> {
    diesel::insert_into(marks::table)
        .values((
            marks::tenant.eq(tenant),
            marks::subject.eq(subject),
            marks::mark.eq(mark.as_number()),
            marks::expires_at.eq(now.after(MARK_LIFETIME).as_unix_seconds()),
        ))
        .execute(connection)?;
    Ok(())
}
