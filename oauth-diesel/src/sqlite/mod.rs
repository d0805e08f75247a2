//! SQLite: one thread that writes, a few connections that read.

/// Takes rows for itself: here a transaction that writes has the whole database for itself.
macro_rules! claim {
    ($rows:expr) => {
        $rows
    };
}

/// Reads rows that stay as they are until the commit.
macro_rules! share {
    ($rows:expr) => {
        $rows
    };
}

/// Reads rows that this transaction is going to change.
macro_rules! hold {
    ($rows:expr) => {
        $rows
    };
}

/// Asks for a client that has a secret, and keeps it until the commit.
macro_rules! has_secret {
    ($secret:expr) => {
        instr(clients::body, $secret).gt(0_i64)
    };
}

/// Has each statement of this transaction see what others have committed until then: nobody does here.
macro_rules! see_commits {
    ($connection:expr) => {};
}

#[path = "../body/mod.rs"]
mod body;
mod issue;
mod location;
mod open;
mod readers;
#[cfg(test)]
mod tests;
mod writer;

use crate::error::Outcome;
use crate::issuance::Decided;
use crate::tenant::Tenant;
use diesel::{Connection as _, SqliteConnection as Connection};
use issue::issue;
use oauth_core::store::Result;
use readers::Readers;
use std::sync::Arc;
use std::{fmt, path};
use writer::Writer;

/// The name by which the verbs know the store they are implemented for.
use SqliteStore as Store;

/// The most rows that one sweep removes. Others wait for it, and how long is for the caller to say.
const SWEEP: u32 = 1_000_000;

/// Whether others write during a transaction: it has the whole database for itself.
const OTHERS_WRITE: bool = false;

diesel::define_sql_function! {
    /// Finds where a text stands in another; 0 if nowhere, 1 for an empty one.
    fn instr(text: diesel::sql_types::Text, part: diesel::sql_types::Text) -> diesel::sql_types::BigInt;
}

/// Keeps everything in one SQLite file. A clone is another handle on it.
///
/// Needs a tokio runtime. Writes go to one thread, which commits what has queued up together (at
/// most 64 writes), each on its own: one that fails takes none of the others with it. An answer
/// comes after the commit, and the commit is on the disk.
///
/// ```
/// # tokio::runtime::Runtime::new()?.block_on(async {
/// use oauth_diesel::SqliteStore;
///
/// # let directory = tempfile::tempdir()?;
/// let path = directory.path().join("provider.db").display().to_string();
/// let store = SqliteStore::open(&path).await?;
/// let same = SqliteStore::open(&format!("sqlite:{path}")).await?;
/// assert!(SqliteStore::open(":memory:").await.is_err(), "that is what MemoryStore is for");
/// # Ok::<(), Box<dyn std::error::Error>>(()) })?; Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct SqliteStore {
    inner: Arc<Inner>,
    tenant: Tenant,
}

struct Inner {
    path: path::PathBuf,
    writer: Writer,
    readers: Readers,
}

impl SqliteStore {
    /// Opens a database, given as a path or as `sqlite:PATH`, and makes it if it is not there:
    /// readable and writable for this user only, with the tables of this version.
    ///
    /// Any number of processes may do so at the same time.
    ///
    /// # Errors
    /// Says what is wrong with the location, the file or the schema in it, and how to fix it: a
    /// database written by a newer version is refused, not guessed at.
    pub async fn open(location: &str) -> Result<Self> {
        let location = location.to_owned();
        let opened = tokio::task::spawn_blocking(move || Self::open_now(&location)).await;
        let opened = opened.unwrap_or(Err(crate::error::Failure::Stopped));
        opened.map_err(|failure| failure.while_doing("open the database"))
    }

    fn open_now(location: &str) -> Outcome<Self> {
        let path = location::parse(location)?;
        let connection = open::create(&path)?;
        let inner = Inner { writer: Writer::start(connection, path.clone())?, readers: Readers::new(&path), path };
        let store = Self { inner: Arc::new(inner), tenant: Tenant::default() };
        if let Some(warning) = store.exposure() {
            tracing::warn!("{warning}");
        }
        Ok(store)
    }

    /// Says which files of the database other users of this machine may read or write, with the mode of each and
    /// the command that ends it; `None` if nobody but their owner may. A file that this store makes has the mode
    /// 0600; one that was there before keeps its own. Opening the store logs the same as a warning.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new()?.block_on(async {
    /// # use oauth_diesel::SqliteStore;
    /// # let directory = tempfile::tempdir()?;
    /// # let path = directory.path().join("provider.db").display().to_string();
    /// let store = SqliteStore::open(&path).await?;
    /// assert_eq!(store.exposure(), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(()) })?; Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn exposure(&self) -> Option<String> {
        let files = open::exposed(&self.inner.path);
        let modes = files.iter().map(|(file, mode)| format!("{} has the mode {mode:04o}", file.display()));
        let named = files.iter().map(|(file, _)| format!("'{}'", file.display().to_string().replace('\'', "'\\''")));
        let (modes, named) = (modes.collect::<Vec<_>>().join(", "), named.collect::<Vec<_>>().join(" "));
        let advice = "other users of this machine may read or write the database; make it its owner's alone";
        (!files.is_empty()).then(|| format!("{modes}: {advice}: chmod 600 {named}"))
    }

    /// Gives a store for another tenant of the same file: it sees none of the records of this one, nor
    /// this one any of its.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new()?.block_on(async {
    /// # use oauth_core::client::{Client, ClientType};
    /// # use oauth_core::identifier::ClientId;
    /// # use oauth_core::store::ClientStore;
    /// # use oauth_diesel::SqliteStore;
    /// # let directory = tempfile::tempdir()?;
    /// # let path = directory.path().join("provider.db").display().to_string();
    /// let store = SqliteStore::open(&path).await?;
    /// let north = store.for_tenant("north");
    /// let client = Client::new(ClientId::new("notes")?, "Notes", ClientType::Public);
    /// north.create_client(&client).await?;
    /// assert!(store.client(&client.id).await?.is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(()) })?; Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn for_tenant(&self, name: &str) -> Self {
        Self { tenant: self.tenant.named(name), ..self.clone() }
    }

    /// Runs a body that reads, on a thread where waiting for the disk harms nobody.
    async fn read<T, F>(&self, doing: &'static str, body: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection, i64) -> Outcome<T> + Send + 'static,
    {
        let tenant = self.tenant.clone();
        let body = move |connection: &mut Connection| {
            body::look(connection, &tenant)?;
            body(connection, tenant.number())
        };
        let outcome = self.inner.readers.run(body).await;
        outcome.map_err(|failure| failure.while_doing(doing))
    }

    /// Runs a body that writes, all of it or nothing, in the writer's next transaction.
    async fn write<T, F>(&self, doing: &'static str, body: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection, i64) -> Outcome<T> + Send + 'static,
    {
        self.write_one(doing, |connection, tenant| connection.transaction(|connection| body(connection, tenant))).await
    }

    /// Runs a body of one statement that writes, in the writer's next transaction. Once it is queued, which
    /// the first poll does unless the queue is full, it runs whatever becomes of this future.
    async fn write_one<T, F>(&self, doing: &'static str, body: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection, i64) -> Outcome<T> + Send + 'static,
    {
        let tenant = self.tenant.clone();
        let body = move |connection: &mut Connection| {
            body::enter(connection, &tenant)?;
            body(connection, tenant.number())
        };
        let outcome = self.inner.writer.run(body).await;
        outcome.map_err(|failure| failure.while_doing(doing))
    }

    /// Runs a body that decides, and carries out what it decided, in the writer's next transaction.
    async fn change<T, F>(&self, doing: &'static str, decide: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection, i64) -> Outcome<Decided<T>> + Send + 'static,
    {
        self.write(doing, move |connection, tenant| {
            let decided = decide(connection, tenant)?;
            body::carry_out(connection, decided)
        })
        .await
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore").field("path", &self.inner.path).finish_non_exhaustive()
    }
}
