//! The promises that every store must keep, on PostgreSQL through libpq: each test in a database of its
//! own.
#![cfg(feature = "libpq")]
#![allow(clippy::unwrap_used, reason = "a fixture fails by panicking")]

mod fixture;

use fixture::client;
use oauth_core::store::ClientStore as _;
use oauth_diesel::LibpqStore;
use oauth_test_servers::{Fresh, Postgres};
use std::time::{Duration, Instant};

async fn fresh() -> (LibpqStore, Fresh) {
    let database = Postgres::fresh();
    (LibpqStore::open(database.url()).await.unwrap(), database)
}

oauth_core::store_conformance!(fresh());
oauth_core::session_conformance!(fresh());
oauth_core::pending_conformance!(fresh());
oauth_core::account_conformance!(fresh());

#[tokio::test]
async fn it_never_falls_back_and_tells_no_password() {
    let url = Postgres::shared().database();
    for (parameters, why) in
        [("sslmode=require", "SSL"), ("sslmode=verify-full", "sslrootcert"), ("connections=0", "connections=0")]
    {
        let error = LibpqStore::open(&format!("{url}?{parameters}")).await.unwrap_err();
        let told = format!("{error} {error:?}");
        assert!(told.contains(why) && !told.contains("ss-of-the-test"), "{told}");
    }
    let wrong = url.replace("of-the-test", "of'the\\test");
    let told = format!("{:?}", LibpqStore::open(&wrong).await.unwrap_err());
    assert!(told.contains("password authentication failed") && !told.contains("ss-of"), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_stands_still_is_an_error_in_time() {
    let server = Postgres::start(&[]);
    let store = LibpqStore::open(&server.database()).await.unwrap();
    store.create_client(&client("notes")).await.unwrap();
    server.pause();
    let started = Instant::now();
    let error = store.client(&client("notes").id).await.unwrap_err().to_string();
    assert!(error.contains("in time") && started.elapsed() < Duration::from_secs(5), "{error}");
    server.resume();
    assert!(store.client(&client("notes").id).await.unwrap().is_some());
}
