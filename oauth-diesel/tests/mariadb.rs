//! The promises that every store must keep, on MariaDB: each test in a database of its own.
#![cfg(feature = "mysql")]
#![allow(clippy::unwrap_used, reason = "a fixture fails by panicking")]

use oauth_diesel::MysqlStore;
use oauth_test_servers::{Fresh, Mariadb};

async fn fresh() -> (MysqlStore, Fresh) {
    let database = Mariadb::fresh();
    (MysqlStore::open(database.url()).await.unwrap(), database)
}

oauth_core::store_conformance!(fresh());
oauth_core::session_conformance!(fresh());
oauth_core::pending_conformance!(fresh());
oauth_core::account_conformance!(fresh());
