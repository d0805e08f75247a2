//! Every SQL dialect opens what an earlier version wrote (`tests/fixtures`): migrations keep the data.
#![cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
#![allow(clippy::unwrap_used, reason = "a test that cannot start fails")]

#[cfg(feature = "sqlite")]
mod fixture;
#[macro_use]
#[path = "../../tests/fixtures/story.rs"]
mod story;

use story::Secrets;

#[cfg(feature = "sqlite")]
async fn sqlite() -> (oauth_diesel::SqliteStore, fixture::Database, Secrets) {
    use diesel::connection::SimpleConnection as _;
    let database = fixture::Database::new();
    let mut connection = database.connect();
    // Its tables come in the order of their names, and refer to later ones.
    connection.batch_execute("PRAGMA foreign_keys = OFF").unwrap();
    connection.batch_execute(include_str!("../../tests/fixtures/c784cdb/sqlite.sql")).unwrap();
    let secrets = Secrets::read(include_str!("../../tests/fixtures/c784cdb/sqlite.secrets.json"));
    (database.open().await, database, secrets)
}

#[cfg(feature = "postgres")]
async fn postgres() -> (oauth_diesel::PostgresStore, oauth_test_servers::Fresh, Secrets) {
    use oauth_test_servers::Postgres;
    let database = Postgres::fresh();
    Postgres::shared().sql(database.name(), include_str!("../../tests/fixtures/c784cdb/postgres.sql"));
    let secrets = Secrets::read(include_str!("../../tests/fixtures/c784cdb/postgres.secrets.json"));
    (oauth_diesel::PostgresStore::open(database.url()).await.unwrap(), database, secrets)
}

#[cfg(feature = "mysql")]
async fn mariadb() -> (oauth_diesel::MysqlStore, oauth_test_servers::Fresh, Secrets) {
    use oauth_test_servers::Mariadb;
    let database = Mariadb::fresh();
    Mariadb::shared().sql(database.name(), include_str!("../../tests/fixtures/c784cdb/mariadb.sql"));
    let secrets = Secrets::read(include_str!("../../tests/fixtures/c784cdb/mariadb.secrets.json"));
    (oauth_diesel::MysqlStore::open(database.url()).await.unwrap(), database, secrets)
}

#[cfg(feature = "sqlite")]
old_database!(on_sqlite, crate::sqlite());
#[cfg(feature = "postgres")]
old_database!(on_postgres, crate::postgres());
#[cfg(feature = "mysql")]
old_database!(on_mariadb, crate::mariadb());
