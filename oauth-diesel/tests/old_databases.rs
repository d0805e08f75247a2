//! Every SQL dialect opens what an earlier version wrote (`tests/fixtures`): migrations keep the data.
#![cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
#![allow(clippy::unwrap_used, reason = "a test that cannot start fails")]

#[cfg(feature = "sqlite")]
mod fixture;
#[macro_use]
#[path = "../../tests/fixtures/story.rs"]
mod story;

use story::Secrets;

/// Accounts as an earlier version stored them, each name as it was typed; the last is another tenant's.
const NAMES: &str = "INSERT INTO oauth_accounts \
    (id, tenant, subject, username, password, administrator, enabled, created_at) VALUES \
    (101, 0, 's1', 'Zo\u{eb}', '$argon2id$', FALSE, TRUE, 0), \
    (102, 0, 's2', 'Ada', '$argon2id$', FALSE, TRUE, 0), \
    (103, 0, 's3', 'ADA', '$argon2id$', FALSE, TRUE, 0), \
    (104, 7, 's4', 'ADA', '$argon2id$', FALSE, TRUE, 0);";

/// Names are folded, with the old spelling beside them; of two that meet, the older account has the name.
async fn names_are_folded(store: impl oauth_core::store::AccountStore) {
    use oauth_core::store::{Page, account_called};
    for (typed, whose) in [("Zo\u{eb}", "s1"), ("ZOE\u{308}", "s1"), ("Ada", "s2"), ("ada", "s2"), ("ADA", "s3")] {
        let found = account_called(&store, typed).await.unwrap().unwrap();
        assert_eq!(found.subject.as_str(), whose, "{typed:?}");
    }
    let all = store.accounts(&Page::first(9)).await.unwrap();
    let names: Vec<_> = all.iter().map(|account| (account.username.as_str(), account.shown_name())).collect();
    let (ada, bob) = ("ada@example.org", "bob@example.org");
    assert_eq!(names, [("ADA", "ADA"), ("ada", "Ada"), (ada, ada), (bob, bob), ("zo\u{eb}", "Zo\u{eb}")]);
}

/// Makes a test of the names on each dialect.
macro_rules! old_names {
    ($($(#[$when:meta])* $test:ident, $open:expr;)*) => {
        $($(#[$when])*
        #[tokio::test]
        async fn $test() {
            let (store, _database, _) = $open.await;
            names_are_folded(store).await;
        })*
    };
}

old_names! {
    #[cfg(feature = "sqlite")]
    f_28_old_names_on_sqlite, sqlite();
    #[cfg(feature = "postgres")]
    f_28_old_names_on_postgres, postgres();
    #[cfg(feature = "mysql")]
    f_28_old_names_on_mariadb, mariadb();
}

#[cfg(feature = "sqlite")]
async fn sqlite() -> (oauth_diesel::SqliteStore, fixture::Database, Secrets) {
    use diesel::connection::SimpleConnection as _;
    let database = fixture::Database::new();
    let mut connection = database.connect();
    // Its tables come in the order of their names, and refer to later ones.
    connection.batch_execute("PRAGMA foreign_keys = OFF").unwrap();
    connection.batch_execute(include_str!("../../tests/fixtures/c784cdb/sqlite.sql")).unwrap();
    connection.batch_execute(NAMES).unwrap();
    let secrets = Secrets::read(include_str!("../../tests/fixtures/c784cdb/sqlite.secrets.json"));
    (database.open().await, database, secrets)
}

#[cfg(feature = "postgres")]
async fn postgres() -> (oauth_diesel::PostgresStore, oauth_test_servers::Fresh, Secrets) {
    use oauth_test_servers::Postgres;
    let database = Postgres::fresh();
    Postgres::shared().sql(database.name(), include_str!("../../tests/fixtures/c784cdb/postgres.sql"));
    Postgres::shared().sql(database.name(), NAMES);
    let secrets = Secrets::read(include_str!("../../tests/fixtures/c784cdb/postgres.secrets.json"));
    (oauth_diesel::PostgresStore::open(database.url()).await.unwrap(), database, secrets)
}

#[cfg(feature = "mysql")]
async fn mariadb() -> (oauth_diesel::MysqlStore, oauth_test_servers::Fresh, Secrets) {
    use oauth_test_servers::Mariadb;
    let database = Mariadb::fresh();
    Mariadb::shared().sql(database.name(), include_str!("../../tests/fixtures/c784cdb/mariadb.sql"));
    Mariadb::shared().sql(database.name(), NAMES);
    let secrets = Secrets::read(include_str!("../../tests/fixtures/c784cdb/mariadb.secrets.json"));
    (oauth_diesel::MysqlStore::open(database.url()).await.unwrap(), database, secrets)
}

#[cfg(feature = "sqlite")]
old_database!(on_sqlite, crate::sqlite());
#[cfg(feature = "postgres")]
old_database!(on_postgres, crate::postgres());
#[cfg(feature = "mysql")]
old_database!(on_mariadb, crate::mariadb());
