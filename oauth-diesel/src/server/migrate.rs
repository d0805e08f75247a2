use crate::error::{Failure, Outcome};
use diesel::backend::Backend;
use diesel::migration::MigrationSource;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel_migrations::EmbeddedMigrations;

/// How the versions of these migrations begin. An application's own may stand in the same table.
const OURS: &str = "oauth";

/// What has to be done before the tables can be used.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Schema {
    Current,
    Behind,
}

/// Compares the migrations that were applied with those that this program knows.
pub(crate) fn compare<DB: Backend>(migrations: &EmbeddedMigrations, applied: &[String]) -> Outcome<Schema> {
    let known = MigrationSource::<DB>::migrations(migrations).map_err(Failure::Migration)?;
    let known: Vec<String> = known.iter().map(|migration| migration.name().version().to_string()).collect();
    if let Some(newer) = applied.iter().find(|version| version.starts_with(OURS) && !known.contains(version)) {
        return Err(Failure::newer_schema(newer));
    }
    let all = known.iter().all(|version| applied.contains(version));
    Ok(if all { Schema::Current } else { Schema::Behind })
}

/// A migration that was applied.
#[derive(QueryableByName)]
pub(crate) struct Applied {
    #[diesel(sql_type = Text)]
    version: String,
}

/// Reads which migrations were applied; none where nobody has run any yet. It takes no right but to
/// read, so that whoever serves need not be allowed to change tables.
pub(crate) fn applied<C>(connection: &mut C) -> Vec<String>
where
    C: diesel::connection::LoadConnection,
    for<'q> diesel::query_builder::SqlQuery: diesel::query_dsl::methods::LoadQuery<'q, C, Applied>,
{
    let read = diesel::sql_query("SELECT version FROM __diesel_schema_migrations").load::<Applied>(connection);
    read.unwrap_or_default().into_iter().map(|applied| applied.version).collect()
}
