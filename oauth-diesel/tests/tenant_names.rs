//! A tenant's number is a part of a digest: the table of tenants keeps a second name away from it.
#![cfg(any(feature = "sqlite", feature = "_server"))]
#![allow(clippy::unwrap_used, reason = "they are tests, helpers too")]

mod fixture;

use fixture::client;
use oauth_core::store::{ClientStore as _, Created};
use oauth_diesel::SqlStore;

/// A database that is opened anew, as another process would, and changed from outside.
trait Database {
    async fn open(&self) -> SqlStore;
    fn run(&self, sql: &str);
}

async fn f_18_two_names_never_share_a_number(database: impl Database) {
    let (notes, mail) = (client("notes"), client("mail"));
    let store = database.open().await;
    for name in ["", "north", "south"] {
        assert_eq!(store.for_tenant(name).create_client(&notes).await.unwrap(), Created::Now);
        assert!(store.for_tenant(name).client(&notes.id).await.unwrap().is_some(), "{name:?}");
    }

    // As if this number were that of a name which was there first.
    let taken = "UPDATE oauth_tenants SET name = 'elsewhere' WHERE name = 'north'";
    database.run(taken);
    assert!(store.for_tenant("north").client(&notes.id).await.unwrap().is_some(), "this process has seen the name");
    let store = database.open().await;
    let north = store.for_tenant("north");
    let read = north.client(&notes.id).await.unwrap_err().to_string();
    assert!(read.contains("same number as another tenant's name"), "{read}");
    let wrote = north.create_client(&mail).await.unwrap_err().to_string();
    assert!(wrote.contains("same number as another tenant's name"), "{wrote}");
    for name in ["", "south"] {
        let same = store.for_tenant(name).client(&notes.id).await.unwrap();
        assert_eq!(same.as_ref(), Some(&notes), "{name:?} has a number to itself");
    }

    // As a database from before there was a table of tenants.
    database.run("DELETE FROM oauth_tenants WHERE number <> 0");
    let north = database.open().await.for_tenant("north");
    assert_eq!(north.client(&notes.id).await.unwrap().as_ref(), Some(&notes), "older data is found");
    assert_eq!(north.create_client(&mail).await.unwrap(), Created::Now);
    database.run(taken);
    assert!(database.open().await.for_tenant("north").client(&mail.id).await.is_err(), "its first write entered it");
}

#[cfg(feature = "sqlite")]
#[tokio::test]
async fn f_18_on_sqlite() {
    struct Place(fixture::Database);
    impl Database for Place {
        async fn open(&self) -> SqlStore {
            SqlStore::Sqlite(self.0.open().await)
        }

        fn run(&self, sql: &str) {
            diesel::connection::SimpleConnection::batch_execute(&mut self.0.connect(), sql).unwrap();
        }
    }
    f_18_two_names_never_share_a_number(Place(fixture::Database::new())).await;
}

#[cfg(feature = "_postgres")]
#[tokio::test]
async fn f_18_on_postgres() {
    struct Place(oauth_test_servers::Fresh);
    impl Database for Place {
        async fn open(&self) -> SqlStore {
            SqlStore::open(self.0.url()).await.unwrap()
        }

        fn run(&self, sql: &str) {
            oauth_test_servers::Postgres::shared().sql(self.0.name(), sql);
        }
    }
    f_18_two_names_never_share_a_number(Place(oauth_test_servers::Postgres::fresh())).await;
}

#[cfg(feature = "mysql")]
#[tokio::test]
async fn f_18_on_mariadb() {
    struct Place(oauth_test_servers::Fresh);
    impl Database for Place {
        async fn open(&self) -> SqlStore {
            SqlStore::open(self.0.url()).await.unwrap()
        }

        fn run(&self, sql: &str) {
            oauth_test_servers::Mariadb::shared().sql(self.0.name(), sql);
        }
    }
    f_18_two_names_never_share_a_number(Place(oauth_test_servers::Mariadb::fresh())).await;
}
