use crate::error::{Failure, Outcome};
use crate::migrations::POSTGRES as MIGRATIONS;
use crate::server::migrate::{Applied, Schema, applied, compare};
use diesel::connection::LoadConnection;
use diesel::pg::Pg;
use diesel::query_builder::SqlQuery;
use diesel::query_dsl::methods::LoadQuery;
use diesel_migrations::MigrationHarness;

/// Tells whether the tables are those of this program.
pub(super) fn check<C>(connection: &mut C) -> Outcome<Schema>
where
    C: LoadConnection<Backend = Pg>,
    for<'query> SqlQuery: LoadQuery<'query, C, Applied>,
{
    let applied = applied(connection);
    compare::<Pg>(&MIGRATIONS, &applied)
}

/// Applies the migrations that are missing, in one transaction: of several processes one does it and
/// the others wait, and find it done. The number is that of no other lock but ours. `then` does what SQL cannot.
pub(super) fn migrate<C>(connection: &mut C, then: impl Fn(&mut C) -> Outcome<()>) -> Outcome<()>
where
    C: LoadConnection<Backend = Pg> + MigrationHarness<Pg>,
    for<'query> SqlQuery: LoadQuery<'query, C, Applied>,
{
    if check(connection)? == Schema::Current {
        return Ok(());
    }
    connection.batch_execute("SET statement_timeout = 0; SET lock_timeout = 0")?;
    connection.transaction(|connection| {
        connection.batch_execute("SELECT pg_advisory_xact_lock(7021785345219653480)")?;
        connection.run_pending_migrations(MIGRATIONS).map_err(Failure::Migration)?;
        then(connection)
    })
}
