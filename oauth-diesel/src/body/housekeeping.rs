use super::grant::deleted_clients;
use super::{Connection, Store};
use crate::error::Outcome;
use crate::schema::{access_tokens, clients, codes, decisions, grants, refresh_tokens, sessions};
use diesel::dsl::exists;
use diesel::prelude::*;
use oauth_core::clock::Timestamp;
use oauth_core::store::{Housekeeping, Result, Swept};

/// The most rows that one statement deletes.
const BATCH: u32 = 500;

impl Housekeeping for Store {
    async fn sweep(&self, now: Timestamp, limit: u32) -> Result<Swept> {
        self.write("sweep", move |connection, tenant| sweep(connection, tenant, now.as_unix_seconds(), limit)).await
    }
}

/// The rows of a table that are past their end.
macro_rules! over {
    ($table:ident, $tenant:expr, $now:expr) => {
        $table::table.filter($table::tenant.eq($tenant)).filter($table::expires_at.le($now))
    };
}

/// Deletes rows in batches until none or no budget is left. By their keys: `LIMIT` in a `DELETE` is
/// not SQL.
macro_rules! remove {
    ($connection:expr, $budget:expr, $table:ident, $rows:expr) => {
        while *$budget > 0 {
            let batch = BATCH.min(*$budget);
            let ids: Vec<i64> = $rows.select($table::id).limit(batch.into()).load($connection)?;
            diesel::delete($table::table.filter($table::id.eq_any(&ids))).execute($connection)?;
            let removed = u32::try_from(ids.len()).unwrap_or(u32::MAX);
            *$budget = budget_after(*$budget, removed);
            if removed < batch {
                break;
            }
        }
    };
}

fn budget_after(budget: u32, removed: u32) -> u32 {
    budget.saturating_sub(removed)
}

fn sweep(connection: &mut Connection, tenant: i64, now: i64, limit: u32) -> Outcome<Swept> {
    let mut left = limit;
    let budget = &mut left;
    remove!(connection, budget, access_tokens, over!(access_tokens, tenant, now));
    remove!(connection, budget, codes, over!(codes, tenant, now).filter(codes::used_at.is_null()));
    remove!(connection, budget, sessions, over!(sessions, tenant, now));
    remove!(connection, budget, decisions, over!(decisions, tenant, now));
    remove!(connection, budget, access_tokens, left_behind(tenant));
    remove_grants(connection, budget, || over!(grants, tenant, now).select(grants::id).into_boxed())?;
    remove_grants(connection, budget, || of_deleted(tenant).into_boxed())?;
    remove!(connection, budget, clients, without_grants(tenant));
    // What is left of the budget says that nothing is left of the work.
    let more = left == 0 && waits(connection, tenant, now)?;
    Ok(Swept { removed: u64::from(limit - left), more })
}

/// Removes grants with their codes and refresh tokens, these first: a piece of them may be all that
/// fits into this sweep, and the grant, which is over, is what keeps the rest from being used.
fn remove_grants<'a, F>(connection: &mut Connection, budget: &mut u32, over: F) -> Outcome<()>
where
    F: Fn() -> grants::BoxedQuery<'a, <Connection as diesel::Connection>::Backend, diesel::sql_types::BigInt>,
{
    while *budget > 0 {
        let batch = BATCH.min(*budget);
        let ids: Vec<i64> = over().limit(batch.into()).load(connection)?;
        remove!(connection, budget, codes, codes::table.filter(codes::grant_ref.eq_any(&ids)));
        remove!(
            connection,
            budget,
            refresh_tokens,
            refresh_tokens::table.filter(refresh_tokens::grant_ref.eq_any(&ids))
        );
        let fits = usize::try_from(*budget).unwrap_or(usize::MAX).min(ids.len());
        let (empty, _) = ids.split_at(fits);
        diesel::delete(grants::table.filter(grants::id.eq_any(empty))).execute(connection)?;
        *budget = budget_after(*budget, u32::try_from(fits).unwrap_or(u32::MAX));
        if ids.len() < usize::try_from(batch).unwrap_or(usize::MAX) {
            break;
        }
    }
    Ok(())
}

/// Tells whether the next sweep would find something.
fn waits(connection: &mut Connection, tenant: i64, now: i64) -> Outcome<bool> {
    let waits = diesel::select(exists(over!(access_tokens, tenant, now))).get_result(connection)?
        || diesel::select(exists(over!(codes, tenant, now).filter(codes::used_at.is_null()))).get_result(connection)?
        || diesel::select(exists(over!(sessions, tenant, now))).get_result(connection)?
        || diesel::select(exists(over!(decisions, tenant, now))).get_result(connection)?
        || diesel::select(exists(over!(grants, tenant, now))).get_result(connection)?
        || diesel::select(exists(deleted_clients().filter(clients::tenant.eq(tenant)))).get_result(connection)?;
    Ok(waits)
}

/// The tokens that deleted clients had for themselves.
#[diesel::dsl::auto_type(no_type_alias)]
fn left_behind(tenant: i64) -> _ {
    access_tokens::table
        .filter(access_tokens::tenant.eq(tenant))
        .filter(access_tokens::grant_ref.is_null())
        .filter(access_tokens::client_ref.eq_any(deleted_clients()))
}

/// The grants that deleted clients had.
#[diesel::dsl::auto_type(no_type_alias)]
fn of_deleted(tenant: i64) -> _ {
    grants::table
        .filter(grants::tenant.eq(tenant))
        .filter(grants::client_ref.eq_any(deleted_clients()))
        .select(grants::id)
}

/// The deleted clients after which everything is cleared away.
#[diesel::dsl::auto_type(no_type_alias)]
fn without_grants(tenant: i64) -> _ {
    clients::table
        .filter(clients::tenant.eq(tenant))
        .filter(clients::client_id.is_null())
        .filter(clients::id.ne_all(grants::table.select(grants::client_ref)))
}
