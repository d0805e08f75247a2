use super::Connection;
use crate::error::{Failure, Outcome};
use crate::migrations::MYSQL as MIGRATIONS;
use crate::schema::tenants;
use crate::server::migrate::{Schema, applied, compare};
use diesel::connection::SimpleConnection as _;
use diesel::dsl::exists;
use diesel::mysql::Mysql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable};
use diesel_migrations::MigrationHarness as _;

#[derive(QueryableByName)]
struct Locked {
    #[diesel(sql_type = Nullable<BigInt>)]
    taken: Option<i64>,
}

/// Tells whether the tables are those of this program.
pub(super) fn check(connection: &mut Connection) -> Outcome<Schema> {
    let applied = applied(connection);
    compare::<Mysql>(&MIGRATIONS, &applied)
}

/// Applies the migrations that are missing, under a lock: of several processes one does it and the
/// others wait, and find it done. The lock ends with its connection.
pub(super) fn migrate(connection: &mut Connection) -> Outcome<()> {
    if check(connection)? == Schema::Current && is_folded(connection)? {
        return Ok(());
    }
    connection.batch_execute("SET SESSION innodb_lock_wait_timeout = 60 /*M! , SESSION max_statement_time = 0 */")?;
    let locked: Locked =
        diesel::sql_query("SELECT GET_LOCK(CONCAT('oauth.', MD5(DATABASE())), 60) AS taken").get_result(connection)?;
    if locked.taken != Some(1) {
        return Err(Failure::Unusable("another process is still making the tables: try again later".to_owned()));
    }
    connection.run_pending_migrations(MIGRATIONS).map_err(Failure::Migration)?;
    super::body::fold_names(connection)?;
    // Only now: a start after one that was interrupted folds the rest.
    connection.batch_execute("INSERT IGNORE INTO oauth_tenants (number, name) VALUES (0, '')")?;
    connection.batch_execute("DO RELEASE_LOCK(CONCAT('oauth.', MD5(DATABASE())))")?;
    Ok(())
}

/// Tells whether the names of all accounts are folded.
fn is_folded(connection: &mut Connection) -> Outcome<bool> {
    Ok(diesel::select(exists(tenants::table.filter(tenants::number.eq(0)))).get_result(connection)?)
}
