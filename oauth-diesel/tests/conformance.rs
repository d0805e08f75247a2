//! The promises that every store must keep, each test on a file of its own.
#![cfg(feature = "sqlite")]

mod fixture;

use fixture::Database;
use oauth_diesel::SqliteStore;

async fn fresh() -> (SqliteStore, Database) {
    let database = Database::new();
    (database.open().await, database)
}

oauth_core::store_conformance!(fresh());
oauth_core::session_conformance!(fresh());
oauth_core::pending_conformance!(fresh());
oauth_core::account_conformance!(fresh());
