//! An application's own connections, among its own tables, with its own migration run.
#![cfg(all(feature = "postgres", feature = "mysql"))]
#![allow(clippy::unwrap_used, reason = "they are tests, helpers too")]

mod fixture;

use diesel_async::async_connection_wrapper::AsyncConnectionWrapper;
use diesel_async::{AsyncConnection, AsyncMysqlConnection, AsyncPgConnection, SimpleAsyncConnection as _};
use diesel_migrations::MigrationHarness as _;
use fixture::{NOW, at, client, family};
use oauth_core::store::{ClientStore as _, GrantStore as _};
use oauth_diesel::{MysqlStore, PostgresStore, migrations};
use oauth_test_servers::{Mariadb, Postgres};
use std::sync::{Arc, Mutex};

/// The smallest pool there is: one connection, lent and given back.
struct Pool<C>(Arc<Mutex<Vec<C>>>);

struct Lent<C> {
    connection: Option<C>,
    pool: Arc<Mutex<Vec<C>>>,
}

impl<C> std::ops::Deref for Lent<C> {
    type Target = C;

    fn deref(&self) -> &C {
        self.connection.as_ref().unwrap()
    }
}

impl<C> std::ops::DerefMut for Lent<C> {
    fn deref_mut(&mut self) -> &mut C {
        self.connection.as_mut().unwrap()
    }
}

impl<C> Drop for Lent<C> {
    fn drop(&mut self) {
        self.pool.lock().unwrap().extend(self.connection.take());
    }
}

impl<C> Pool<C> {
    fn lend(&self) -> Result<Lent<C>, &'static str> {
        let connection = Some(self.0.lock().unwrap().pop().ok_or("it is lent")?);
        Ok(Lent { connection, pool: Arc::clone(&self.0) })
    }
}

macro_rules! applications_own {
    ($name:ident, $server:ident, $connection:ident, $store:ident, $migrations:ident) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            let url = $server::shared().database();
            let mut connection = $connection::establish(&url).await.unwrap();
            // Names that any application may have for its own.
            connection.batch_execute("CREATE TABLE accounts (id INT); CREATE TABLE sessions (id INT)").await.unwrap();
            let pool = Arc::new(Pool(Arc::new(Mutex::new(vec![connection]))));
            let from_pool = || {
                let pool = Arc::clone(&pool);
                $store::from_pool(1, move || std::future::ready(pool.lend()))
            };
            let refused = from_pool().await.unwrap_err().to_string();
            assert!(refused.contains("oauth_diesel::migrations"), "{refused}");

            let own = $connection::establish(&url).await.unwrap();
            let run = move || {
                let mut connection = AsyncConnectionWrapper::<$connection>::from(own);
                connection.run_pending_migrations(migrations::$migrations).unwrap();
            };
            tokio::task::spawn_blocking(run).await.unwrap();

            let store = from_pool().await.unwrap();
            let family = family(&store, "notes", "ada").await;
            assert!(store.client(&client("notes").id).await.unwrap().is_some());
            assert!(store.revoke_grant(&family.grant.id, at(NOW)).await.unwrap());
            assert_eq!(pool.0.lock().unwrap().len(), 1, "the connection is given back");
            assert!(format!("{store:?}").contains("a pool of the application"));
            let opened = $store::open(&url).await.unwrap();
            assert!(opened.client(&client("notes").id).await.unwrap().is_some(), "the tables are the same");
        }
    };
}

applications_own!(on_postgres, Postgres, AsyncPgConnection, PostgresStore, POSTGRES);
applications_own!(on_mariadb, Mariadb, AsyncMysqlConnection, MysqlStore, MYSQL);
