use super::kind::Kind;
use super::url::Location;
use super::{MIGRATION, Pool};
use crate::error::{Failure, Outcome};
use crate::tenant::Tenant;
use oauth_core::store::Result;
use std::fmt;
use std::sync::Arc;
use tokio::time::{Instant, timeout};

/// What every store on a server is: its connections, where they lead, and whose records it sees.
pub(crate) struct Handle<C: 'static> {
    pool: Arc<Pool<C>>,
    place: Arc<str>,
    tenant: Tenant,
}

impl<C> Clone for Handle<C> {
    fn clone(&self) -> Self {
        Self { pool: Arc::clone(&self.pool), place: Arc::clone(&self.place), tenant: self.tenant.clone() }
    }
}

impl<C: Kind> Handle<C> {
    /// Connects, and makes the tables that are missing.
    pub(crate) async fn open(url: &str) -> Result<Self> {
        let url = url.to_owned();
        let opening = tokio::task::spawn_blocking(move || Self::open_now(&url));
        let opened = match timeout(MIGRATION, opening).await {
            Ok(ended) => ended.unwrap_or(Err(Failure::Stopped)),
            Err(_) => Err(Failure::Late),
        };
        opened.map_err(|failure| failure.while_doing("open the database"))
    }

    fn open_now(url: &str) -> Outcome<Self> {
        let location = Location::parse(url, &C::DIALECT)?;
        let (place, connections) = (location.display(), location.connections);
        let open = C::opener(location)?;
        open(Instant::now() + MIGRATION)?.connection.migrate()?;
        Ok(Self { pool: Arc::new(Pool::new(connections, open)), place: place.into(), tenant: Tenant::default() })
    }

    /// Takes connections that somebody else opens, to tables that are there already.
    #[cfg(feature = "_driver")]
    pub(crate) async fn from_pool(connections: usize, open: super::kind::Open<C>) -> Result<Self> {
        use super::migrate::Schema;
        let pool = Arc::new(Pool::new(connections, open));
        let behind = match pool.read(C::check).await {
            Ok(Schema::Current) => {
                return Ok(Self { pool, place: "a pool of the application".into(), tenant: Tenant::default() });
            }
            Ok(Schema::Behind) => Failure::Behind,
            Err(failure) => failure,
        };
        Err(behind.while_doing("look at the tables"))
    }

    pub(crate) fn for_tenant(&self, name: &str) -> Self {
        Self { tenant: self.tenant.named(name), ..self.clone() }
    }

    pub(crate) async fn read<T, F>(&self, doing: &'static str, body: F) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut C, i64) -> Outcome<T> + Send + 'static,
    {
        let tenant = self.tenant.clone();
        let body = move |connection: &mut C| {
            connection.look(&tenant)?;
            body(connection, tenant.number())
        };
        let outcome = self.pool.read(body).await;
        outcome.map_err(|failure| failure.while_doing(doing))
    }

    pub(crate) async fn write<T, F>(&self, doing: &'static str, body: F) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut C, i64) -> Outcome<T> + Send + 'static,
    {
        let tenant = self.tenant.clone();
        let body = move |connection: &mut C| {
            connection.enter(&tenant)?;
            body(connection, tenant.number())
        };
        let outcome = self.pool.write(body).await;
        outcome.map_err(|failure| failure.while_doing(doing))
    }

    pub(crate) async fn change<D, T, F, G>(&self, doing: &'static str, decide: F, carry_out: G) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut C, i64) -> Outcome<D> + Send + 'static,
        G: Fn(&mut C, D) -> Outcome<T> + Send + 'static,
    {
        let tenant = self.tenant.clone();
        let decide = move |connection: &mut C| {
            connection.enter(&tenant)?;
            decide(connection, tenant.number())
        };
        let outcome = self.pool.change(decide, carry_out).await;
        outcome.map_err(|failure| failure.while_doing(doing))
    }
}

impl<C> fmt::Debug for Handle<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").field("place", &self.place).finish_non_exhaustive()
    }
}

/// Gives a store that is a [`Handle`] what all stores on servers have, and its verbs' bodies what runs
/// them.
macro_rules! store_on_server {
    ($store:ident) => {
        impl $store {
            /// Connects to a database and makes the tables that are missing; the crate's page says what
            /// a URL may hold. Any number of processes may do so at the same time: one makes the tables.
            ///
            /// # Errors
            /// Says what is wrong with the URL, the database or the tables in it, and how to fix it. A
            /// database written by a newer version is refused, not guessed at. The password is never
            /// told.
            pub async fn open(url: &str) -> Result<Self> {
                Handle::open(url).await.map(Self)
            }

            /// Gives a store for another tenant of the same database: it sees none of the records of
            /// this one, nor this one any of its.
            pub fn for_tenant(&self, name: &str) -> Self {
                Self(self.0.for_tenant(name))
            }

            /// Runs a body that reads.
            async fn read<T, F>(&self, doing: &'static str, body: F) -> Result<T>
            where
                T: Send + 'static,
                F: Fn(&mut Connection, i64) -> Outcome<T> + Send + 'static,
            {
                self.0.read(doing, body).await
            }

            /// Runs a body that writes.
            async fn write<T, F>(&self, doing: &'static str, body: F) -> Result<T>
            where
                T: Send + 'static,
                F: Fn(&mut Connection, i64) -> Outcome<T> + Send + 'static,
            {
                self.0.write(doing, body).await
            }

            /// Runs a body of one statement that writes.
            async fn write_one<T, F>(&self, doing: &'static str, body: F) -> Result<T>
            where
                T: Send + 'static,
                F: Fn(&mut Connection, i64) -> Outcome<T> + Send + 'static,
            {
                self.0.change(doing, |_, tenant| Ok(tenant), body).await
            }

            /// Runs a body that decides, and carries out what it decided.
            async fn change<T, F>(&self, doing: &'static str, decide: F) -> Result<T>
            where
                T: Send + 'static,
                F: Fn(&mut Connection, i64) -> Outcome<Decided<T>> + Send + 'static,
            {
                self.0.change(doing, decide, body::carry_out).await
            }
        }

        impl fmt::Debug for $store {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_tuple(stringify!($store)).field(&self.0).finish()
            }
        }
    };
}

pub(crate) use store_on_server;
