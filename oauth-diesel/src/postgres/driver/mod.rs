//! PostgreSQL through tokio-postgres.

#[path = "../../body/mod.rs"]
mod body;
mod connect;
mod protection;
mod tls;

use super::issue::issue;
use super::{DIALECT, instr, migrate};
use crate::error::Outcome;
use crate::issuance::Decided;
use crate::server::driver::{Driven, lend, waiting};
use crate::server::kind::{Kind, Open};
use crate::server::migrate::Schema;
use crate::server::store::{Handle, store_on_server};
use crate::server::url::{Dialect, Location};
use crate::server::{OTHERS_WRITE, SWEEP};
use crate::tenant::Tenant;
use diesel_async::AsyncPgConnection;
use oauth_core::store::Result;
use std::fmt;
use std::ops::DerefMut;
use std::sync::Arc;
use tokio::time::Instant;

/// The connection that the verbs' bodies are compiled for.
type Connection = Driven<AsyncPgConnection>;

/// The name by which the verbs know the store they are implemented for.
use PostgresStore as Store;

impl Kind for Connection {
    const DIALECT: Dialect = DIALECT;

    fn opener(location: Location) -> Outcome<Open<Self>> {
        let tls = protection::configure(&location)?;
        let location = Arc::new(location);
        Ok(waiting(move || connect::connect(Arc::clone(&location), tls.clone())))
    }

    fn check(&mut self) -> Outcome<Schema> {
        migrate::check(self)
    }

    fn migrate(&mut self) -> Outcome<()> {
        migrate::migrate(self, body::fold_names)
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

/// Keeps everything in a PostgreSQL database, version 12 or later. A clone is another handle on it.
///
/// Needs a tokio runtime with I/O and time. Any number of processes may use the same database. A verb
/// ends within four seconds, with an error if it must: a database that hangs hangs nobody else. When
/// the database is back, so is the store.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use oauth_diesel::PostgresStore;
/// let store = PostgresStore::open("postgres://provider:secret@db.example/provider?sslmode=verify-full").await?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct PostgresStore(Handle<Connection>);

store_on_server!(PostgresStore);

impl PostgresStore {
    /// Takes connections from the application's own pool, each for one verb, at most `connections` at
    /// a time. The tables must be there already: [`migrations::POSTGRES`](crate::migrations::POSTGRES)
    /// belongs into the application's own migration run, or [`open`](Self::open) was here before.
    ///
    /// The application's connections keep their own settings: give them a `statement_timeout`.
    ///
    /// ```no_run
    /// # use diesel_async::AsyncPgConnection;
    /// # #[derive(Clone)] struct Pool;
    /// # impl Pool { async fn get(&self) -> Result<Box<AsyncPgConnection>, std::io::Error> { todo!() } }
    /// # async fn example(pool: Pool) -> Result<(), Box<dyn std::error::Error>> {
    /// use oauth_diesel::PostgresStore;
    /// // `pool` is a pool of diesel-async: bb8, deadpool or mobc.
    /// let store = PostgresStore::from_pool(8, move || {
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
        C: DerefMut<Target = AsyncPgConnection> + Send + 'static,
        E: fmt::Display,
    {
        Handle::from_pool(connections, lend(lending)).await.map(Self)
    }
}
