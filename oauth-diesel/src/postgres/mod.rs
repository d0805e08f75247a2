//! PostgreSQL, through tokio-postgres: no libpq.

/// Takes rows for itself, and leaves out those that somebody else has taken.
macro_rules! claim {
    ($rows:expr) => {
        $rows.for_update().skip_locked()
    };
}

#[path = "../body/mod.rs"]
mod body;
mod connect;
mod migrate;
mod protection;
mod tls;

use crate::error::{Failure, Outcome};
use crate::server::migrate::Schema;
use crate::server::url::Location;
use crate::server::{Bounded, MIGRATION, Pool, lend};
use crate::tenant::Tenant;
use diesel_async::AsyncPgConnection;
use oauth_core::store::Result;
use std::fmt;
use std::ops::DerefMut;
use std::sync::Arc;
use tokio::runtime::Handle;
use tokio::time::{Instant, timeout_at};

/// The connection that the verbs' bodies are compiled for.
type Connection = crate::server::Connection<AsyncPgConnection>;

/// The name by which the verbs know the store they are implemented for.
use PostgresStore as Store;

/// The most rows that one sweep removes, so that it ends within the time of a verb.
const SWEEP: u32 = 2_000;

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
pub struct PostgresStore {
    pool: Arc<Pool<AsyncPgConnection>>,
    place: Arc<str>,
    tenant: Tenant,
}

impl PostgresStore {
    /// Connects to a database and makes the tables that are missing; the crate's page says what a URL
    /// may hold. Any number of processes may do so at the same time: one makes the tables.
    ///
    /// # Errors
    /// Says what is wrong with the URL, the database or the tables in it, and how to mend it. A
    /// database written by a newer version is refused, not guessed at. The password is never told.
    pub async fn open(url: &str) -> Result<Self> {
        let url = url.to_owned();
        let opened = tokio::task::spawn_blocking(move || Self::open_now(&url)).await;
        opened.unwrap_or(Err(Failure::Stopped)).map_err(|failure| failure.while_doing("open the database"))
    }

    fn open_now(url: &str) -> Outcome<Self> {
        let location = Arc::new(Location::parse(url, &connect::DIALECT)?);
        let tls = protection::configure(&location)?;
        let (place, connections) = (location.display(), location.connections);
        let open = move || connect::connect(Arc::clone(&location), tls.clone());
        let deadline = Instant::now() + MIGRATION;
        let opened = Handle::current().block_on(timeout_at(deadline, open())).map_err(|_| Failure::Unreachable)??;
        let mut connection = Connection::from(Bounded::new(opened.lease, deadline));
        migrate::migrate(&mut connection)?;
        let pool = Pool::new(connections, Box::new(move || Box::pin(open())));
        Ok(Self { pool: Arc::new(pool), place: place.into(), tenant: Tenant::default() })
    }

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
        let pool = Pool::new(connections, lend(lending));
        let schema = pool.read("look at the tables", migrate::check).await?;
        if schema == Schema::Behind {
            return Err(Failure::Behind.while_doing("look at the tables"));
        }
        Ok(Self { pool: Arc::new(pool), place: "a pool of the application".into(), tenant: Tenant::default() })
    }

    /// Gives a store for another tenant of the same database: it sees none of the records of this one,
    /// nor this one any of its.
    pub fn for_tenant(&self, name: &str) -> Self {
        Self { tenant: Tenant::named(name), ..self.clone() }
    }

    /// Runs a body that reads.
    async fn read<T, F>(&self, doing: &'static str, body: F) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut Connection, i64) -> Outcome<T> + Send + 'static,
    {
        let tenant = self.tenant.as_i64();
        self.pool.read(doing, move |connection| body(connection, tenant)).await
    }

    /// Runs a body that writes.
    async fn write<T, F>(&self, doing: &'static str, body: F) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut Connection, i64) -> Outcome<T> + Send + 'static,
    {
        let tenant = self.tenant.as_i64();
        self.pool.write(doing, move |connection| body(connection, tenant)).await
    }

    /// Runs a body of one statement that writes.
    async fn write_one<T, F>(&self, doing: &'static str, body: F) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut Connection, i64) -> Outcome<T> + Send + 'static,
    {
        let tenant = self.tenant.as_i64();
        self.pool.write_one(doing, move |connection| body(connection, tenant)).await
    }
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore").field("place", &self.place).finish_non_exhaustive()
    }
}
