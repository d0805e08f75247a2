use crate::error::{Failure, Outcome};
use crate::migrations::POSTGRES as MIGRATIONS;
use crate::server::Connection;
use crate::server::migrate::{Schema, applied, compare};
use diesel::Connection as _;
use diesel::connection::SimpleConnection as _;
use diesel::pg::Pg;
use diesel_async::AsyncPgConnection;
use diesel_migrations::MigrationHarness as _;

/// Tells whether the tables are those of this program.
pub(super) fn check(connection: &mut Connection<AsyncPgConnection>) -> Outcome<Schema> {
    let applied = applied(connection);
    compare::<Pg>(&MIGRATIONS, &applied)
}

/// Applies the migrations that are missing, in one transaction: of several processes one does it and
/// the others wait, and find it done. The number is that of no other lock but ours.
pub(super) fn migrate(connection: &mut Connection<AsyncPgConnection>) -> Outcome<()> {
    if check(connection)? == Schema::Current {
        return Ok(());
    }
    connection.batch_execute("SET statement_timeout = 0; SET lock_timeout = 0")?;
    connection.transaction(|connection| {
        connection.batch_execute("SELECT pg_advisory_xact_lock(7021785345219653480)")?;
        connection.run_pending_migrations(MIGRATIONS).map_err(Failure::Migration)?;
        Ok(())
    })
}
