//! MySQL and MariaDB, through mysql_async: no client library of theirs.

/// Takes rows for itself, and leaves out those that somebody else has taken.
macro_rules! claim {
    ($rows:expr) => {
        $rows.for_update().skip_locked()
    };
}

/// Reads rows that stay as they are until the commit: who changes them waits, who reads them so does not.
macro_rules! share {
    ($rows:expr) => {
        crate::mysql::share::Shared($rows)
    };
}

/// Reads rows that this transaction is going to change: of two the second waits, and sees what the first did.
macro_rules! hold {
    ($rows:expr) => {
        $rows.for_update()
    };
}

/// Asks for a client that has a secret, and keeps it until the commit: who takes the secret away waits, or was first
/// and is seen, whatever else the statement sees.
macro_rules! has_secret {
    ($secret:expr) => {
        crate::written::Written([
            crate::written::Word::Text(
                "EXISTS (SELECT 1 FROM oauth_clients AS kept WHERE kept.id = oauth_clients.id AND INSTR(kept.body, ",
            ),
            crate::written::Word::Value($secret),
            crate::written::Word::Text(") > 0 LOCK IN SHARE MODE)"),
        ])
    };
}

/// Has each statement of this transaction see what others have committed until then: those that change rows
/// do so here at every level.
macro_rules! see_commits {
    ($connection:expr) => {};
}

#[path = "../body/mod.rs"]
mod body;
mod connect;
mod issue;
mod migrate;
mod share;

use crate::error::Outcome;
use crate::issuance::Decided;
use crate::server::driver::{Driven, lend, waiting};
use crate::server::kind::{Kind, Open};
use crate::server::migrate::Schema;
use crate::server::store::{Handle, store_on_server};
use crate::server::url::{Dialect, Location};
use crate::server::{OTHERS_WRITE, SWEEP};
use crate::tenant::Tenant;
use diesel_async::AsyncMysqlConnection;
use issue::issue;
use oauth_core::store::Result;
use std::fmt;
use std::ops::DerefMut;
use std::sync::Arc;
use tokio::time::Instant;

/// The connection that the verbs' bodies are compiled for.
type Connection = Driven<AsyncMysqlConnection>;

diesel::define_sql_function! {
    /// Finds where a text stands in another, byte for byte; 0 if nowhere, 1 for an empty one.
    fn instr(text: diesel::sql_types::Text, part: diesel::sql_types::Text) -> diesel::sql_types::BigInt;
}

/// The name by which the verbs know the store they are implemented for.
use MysqlStore as Store;

impl Kind for Connection {
    const DIALECT: Dialect = connect::DIALECT;

    fn opener(location: Location) -> Outcome<Open<Self>> {
        if location.authorities.is_some() {
            crate::server::tls::authorities(&location)?;
        }
        let location = Arc::new(location);
        Ok(waiting(move || connect::connect(Arc::clone(&location))))
    }

    fn check(&mut self) -> Outcome<Schema> {
        migrate::check(self)
    }

    fn migrate(&mut self) -> Outcome<()> {
        migrate::migrate(self)
    }

    fn look(&mut self, tenant: &Tenant) -> Outcome<()> {
        body::look(self, tenant)
    }

    fn enter(&mut self, tenant: &Tenant) -> Outcome<()> {
        body::enter(self, tenant)
    }

    fn set_deadline(&mut self, deadline: Instant) {
        (**self).set_deadline(deadline);
    }
}

/// Keeps everything in a MySQL database, version 8 or later, or in MariaDB, version 10.6 or later. A
/// clone is another handle on it.
///
/// Needs a tokio runtime with I/O and time. Any number of processes may use the same database. A verb
/// ends within four seconds, with an error if it must: a database that hangs hangs nobody else. When
/// the database is back, so is the store.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use oauth_diesel::MysqlStore;
/// let store = MysqlStore::open("mysql://provider:secret@db.example/provider?ssl-mode=VERIFY_IDENTITY").await?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct MysqlStore(Handle<Connection>);

store_on_server!(MysqlStore);

impl MysqlStore {
    /// Takes connections from the application's own pool, each for one verb, at most `connections` at
    /// a time. The tables must be there already: [`migrations::MYSQL`](crate::migrations::MYSQL)
    /// belongs into the application's own migration run, or [`open`](Self::open) was here before.
    ///
    /// The application's connections keep their own settings. They must have been opened with
    /// `client_found_rows`, as diesel-async's own `establish` does it.
    ///
    /// ```no_run
    /// # use diesel_async::AsyncMysqlConnection;
    /// # #[derive(Clone)] struct Pool;
    /// # impl Pool { async fn get(&self) -> Result<Box<AsyncMysqlConnection>, std::io::Error> { todo!() } }
    /// # async fn example(pool: Pool) -> Result<(), Box<dyn std::error::Error>> {
    /// use oauth_diesel::MysqlStore;
    /// // `pool` is a pool of diesel-async: bb8, deadpool or mobc.
    /// let store = MysqlStore::from_pool(8, move || {
    ///     let pool = pool.clone();
    ///     async move { pool.get().await }
    /// })
    /// .await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Says so if the pool gives no connection, or the tables are not those of this version.
    pub async fn from_pool<F, Lending, C, E>(connections: usize, lending: F) -> Result<Self>
    where
        F: Fn() -> Lending + Send + Sync + 'static,
        Lending: Future<Output = std::result::Result<C, E>> + Send + 'static,
        C: DerefMut<Target = AsyncMysqlConnection> + Send + 'static,
        E: fmt::Display,
    {
        Handle::from_pool(connections, lend(lending)).await.map(Self)
    }
}
