//! The promises that every store must keep, on PostgreSQL: each test in a database of its own.
#![cfg(feature = "postgres")]
#![allow(clippy::unwrap_used, reason = "a fixture fails by panicking")]

use oauth_diesel::PostgresStore;
use oauth_test_servers::{Fresh, Postgres};

async fn fresh() -> (PostgresStore, Fresh) {
    let database = Postgres::fresh();
    (PostgresStore::open(database.url()).await.unwrap(), database)
}

oauth_core::store_conformance!(fresh());
oauth_core::session_conformance!(fresh());
oauth_core::pending_conformance!(fresh());
oauth_core::account_conformance!(fresh());
