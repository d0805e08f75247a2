use super::grant::deleted_clients;
use super::{Connection, SWEEP, Store};
use crate::error::Outcome;
use crate::schema::{
    access_tokens, clients, codes, decisions, grants, marks, pending_requests, refresh_tokens, sessions, tombstones,
};
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use oauth_core::clock::Timestamp;
use oauth_core::store::{FailureStore, Housekeeping, Result, Swept};
use std::sync::Arc;

/// The most rows that one statement deletes.
const BATCH: u32 = 1_000;

impl Housekeeping for Store {
    async fn sweep(&self, now: Timestamp, limit: u32) -> Result<Swept> {
        let (now, limit) = (now.as_unix_seconds(), limit.min(SWEEP));
        self.write("sweep", move |connection, tenant| sweep(connection, tenant, now, limit)).await
    }

    async fn overdue_since(&self, now: Timestamp) -> Result<Option<Timestamp>> {
        let now = now.as_unix_seconds();
        self.read("look for what has expired", move |connection, tenant| oldest(connection, tenant, now)).await
    }

    fn failures(&self) -> Option<Arc<dyn FailureStore>> {
        Some(Arc::new(self.clone()))
    }
}

/// The rows of a table that are past their end.
macro_rules! over {
    ($table:ident, $tenant:expr, $now:expr) => {
        $table::table.filter($table::tenant.eq($tenant)).filter($table::expires_at.le($now))
    };
}

/// The same, the oldest first: by the index on their ends, which a planner may leave for a walk through
/// the table where nearly all of it is over, past the rows that were deleted before.
macro_rules! oldest_over {
    ($table:ident, $tenant:expr, $now:expr) => {
        over!($table, $tenant, $now).order($table::expires_at)
    };
}

/// Deletes rows in batches until none or no budget is left. By their keys: `LIMIT` in a `DELETE` is
/// not SQL. `claim!` is the database's: rows that another process is clearing away or writing right
/// now are left to it, or to the next sweep.
macro_rules! remove {
    ($connection:expr, $budget:expr, $table:ident, $rows:expr) => {
        remove!(@ $connection, $budget, $table, claim!($rows.select($table::id).limit(BATCH.min(*$budget).into())))
    };
    (@ $connection:expr, $budget:expr, $table:ident, $ids:expr) => {
        while *$budget > 0 {
            let ids: Vec<i64> = $ids.load($connection)?;
            if ids.is_empty() {
                break;
            }
            diesel::delete($table::table.filter($table::id.eq_any(&ids))).execute($connection)?;
            *$budget = budget_after(*$budget, ids.len());
        }
    };
}

/// Removes grants with their codes and refresh tokens, these first: a piece of them may be all that
/// fits into this sweep, and the grant, which is over, is what keeps the rest from being used. A grant
/// of which another process holds a part is left to the next sweep.
macro_rules! remove_grants {
    ($connection:expr, $budget:expr, $grants:expr) => {
        while *$budget > 0 {
            let batch = BATCH.min(*$budget);
            let ids: Vec<i64> = claim!($grants.select(grants::id).limit(batch.into())).load($connection)?;
            if ids.is_empty() {
                break;
            }
            let before = *$budget;
            remove_under($connection, $budget, &ids)?;
            let fits = usize::try_from(*$budget).unwrap_or(usize::MAX).min(ids.len());
            let (claimed, _) = ids.split_at(fits);
            let empty: Vec<i64> = empty(claimed).load($connection)?;
            diesel::delete(grants::table.filter(grants::id.eq_any(&empty))).execute($connection)?;
            *$budget = budget_after(*$budget, empty.len());
            if *$budget == before {
                break;
            }
        }
    };
}

fn budget_after(budget: u32, removed: usize) -> u32 {
    budget.saturating_sub(u32::try_from(removed).unwrap_or(u32::MAX))
}

fn sweep(connection: &mut Connection, tenant: i64, now: i64, limit: u32) -> Outcome<Swept> {
    let mut left = limit;
    let budget = &mut left;
    remove!(connection, budget, access_tokens, oldest_over!(access_tokens, tenant, now));
    remove!(connection, budget, codes, oldest_over!(codes, tenant, now).filter(codes::used_at.is_null()));
    remove!(connection, budget, sessions, oldest_over!(sessions, tenant, now));
    remove!(connection, budget, decisions, oldest_over!(decisions, tenant, now));
    remove!(connection, budget, pending_requests, oldest_over!(pending_requests, tenant, now));
    remove!(connection, budget, tombstones, oldest_over!(tombstones, tenant, now));
    remove!(connection, budget, access_tokens, left_behind(tenant));
    remove_grants!(connection, budget, oldest_over!(grants, tenant, now));
    remove_grants!(connection, budget, of_deleted(tenant));
    remove!(connection, budget, clients, without_grants(tenant));
    // No records of anybody's, so they are not counted, and nothing more waits because of them.
    remove!(connection, &mut limit.clone(), marks, oldest_over!(marks, tenant, now));
    let all_forgotten = forget_answers(connection, tenant, now, limit)?;
    // What is left of the budget says that nothing is left of the work.
    let more = !all_forgotten || left == 0 && waits(connection, tenant, now)?;
    Ok(Swept { removed: u64::from(limit - left), more })
}

/// Removes what hangs on grants that were claimed, but for what another process holds.
fn remove_under(connection: &mut Connection, budget: &mut u32, grants: &[i64]) -> Outcome<()> {
    remove!(connection, budget, codes, codes::table.filter(codes::grant_ref.eq_any(grants)));
    remove!(connection, budget, refresh_tokens, refresh_tokens::table.filter(refresh_tokens::grant_ref.eq_any(grants)));
    Ok(())
}

/// Those of some grants on which nothing hangs any more: nothing else would ever find what was left. A
/// `SELECT`, because a `DELETE` that looked would wait for what another process holds, on MariaDB.
#[diesel::dsl::auto_type(no_type_alias)]
fn empty<'a>(ids: &'a [i64]) -> _ {
    let codes = codes::table.filter(codes::grant_ref.eq(grants::id));
    let tokens = refresh_tokens::table.filter(refresh_tokens::grant_ref.eq(grants::id));
    let empty = grants::table.filter(grants::id.eq_any(ids)).filter(not(exists(codes))).filter(not(exists(tokens)));
    empty.select(grants::id)
}

/// Forgets answers that cannot be given again: they are the largest part of a refresh token. No
/// record goes with them, so they are not counted. Tells whether none is left.
fn forget_answers(connection: &mut Connection, tenant: i64, now: i64, limit: u32) -> Outcome<bool> {
    let over = || {
        refresh_tokens::table
            .filter(refresh_tokens::tenant.eq(tenant))
            .filter(refresh_tokens::retry_until.le(now))
            .select(refresh_tokens::id)
    };
    let mut left = limit;
    while left > 0 {
        let batch = BATCH.min(left);
        let ids: Vec<i64> = claim!(over().limit(batch.into())).load(connection)?;
        if ids.is_empty() {
            return Ok(true);
        }
        diesel::update(refresh_tokens::table.filter(refresh_tokens::id.eq_any(&ids)))
            .set((refresh_tokens::retry_sealed.eq(None::<Vec<u8>>), refresh_tokens::retry_until.eq(None::<i64>)))
            .execute(connection)?;
        left = budget_after(left, ids.len());
    }
    let waits: bool = diesel::select(exists(over())).get_result(connection)?;
    Ok(!waits)
}

/// The end of what was over first in a table; `min` of what is over makes some databases look at all
/// of it.
macro_rules! first_end {
    ($table:ident, $rows:expr) => {
        $rows.select($table::expires_at).limit(1).single_value()
    };
}

/// Finds the end of the record that was over first, in one statement.
fn oldest(connection: &mut Connection, tenant: i64, now: i64) -> Outcome<Option<Timestamp>> {
    let ends = diesel::select((
        first_end!(access_tokens, oldest_over!(access_tokens, tenant, now)),
        first_end!(codes, oldest_over!(codes, tenant, now).filter(codes::used_at.is_null())),
        first_end!(sessions, oldest_over!(sessions, tenant, now)),
        first_end!(decisions, oldest_over!(decisions, tenant, now)),
        first_end!(pending_requests, oldest_over!(pending_requests, tenant, now)),
        first_end!(grants, oldest_over!(grants, tenant, now)),
        first_end!(tombstones, oldest_over!(tombstones, tenant, now)),
    ));
    type End = Option<i64>;
    type Ends = (End, End, End, End, End, End, End);
    let (tokens, codes, sessions, decisions, pending, grants, tombstones): Ends = ends.get_result(connection)?;
    let oldest = [tokens, codes, sessions, decisions, pending, grants, tombstones].into_iter().flatten().min();
    Ok(oldest.map(Timestamp::from_unix_seconds))
}

/// Tells whether the next sweep would find something.
fn waits(connection: &mut Connection, tenant: i64, now: i64) -> Outcome<bool> {
    let waits = diesel::select(exists(over!(access_tokens, tenant, now))).get_result(connection)?
        || diesel::select(exists(over!(codes, tenant, now).filter(codes::used_at.is_null()))).get_result(connection)?
        || diesel::select(exists(over!(sessions, tenant, now))).get_result(connection)?
        || diesel::select(exists(over!(decisions, tenant, now))).get_result(connection)?
        || diesel::select(exists(over!(pending_requests, tenant, now))).get_result(connection)?
        || diesel::select(exists(over!(grants, tenant, now))).get_result(connection)?
        || diesel::select(exists(over!(tombstones, tenant, now))).get_result(connection)?
        || diesel::select(exists(deleted_clients(tenant))).get_result(connection)?;
    Ok(waits)
}

/// The tokens that deleted clients had for themselves.
#[diesel::dsl::auto_type(no_type_alias)]
fn left_behind(tenant: i64) -> _ {
    let deleted: deleted_clients = deleted_clients(tenant);
    access_tokens::table.filter(access_tokens::grant_ref.is_null()).filter(access_tokens::client_ref.eq_any(deleted))
}

/// The grants that deleted clients had.
#[diesel::dsl::auto_type(no_type_alias)]
fn of_deleted(tenant: i64) -> _ {
    let deleted: deleted_clients = deleted_clients(tenant);
    grants::table.filter(grants::client_ref.eq_any(deleted))
}

/// The deleted clients after which everything is cleared away.
#[diesel::dsl::auto_type(no_type_alias)]
fn without_grants(tenant: i64) -> _ {
    clients::table
        .filter(clients::tenant.eq(tenant))
        .filter(clients::client_id.is_null())
        .filter(not(exists(grants::table.filter(grants::client_ref.eq(clients::id)))))
}
