//! SQLite: one thread that writes, a few connections that read.

#[path = "../body/mod.rs"]
mod body;
mod location;
mod open;
mod readers;
#[cfg(test)]
mod tests;
mod writer;

use crate::error::Outcome;
use diesel::SqliteConnection as Connection;
use oauth_core::store::Result;
use readers::Readers;
use std::sync::Arc;
use std::{fmt, path};
use writer::Writer;

/// The name by which the verbs know the store they are implemented for.
use SqliteStore as Store;

/// The only tenant there is in this version.
const TENANT: i64 = 0;

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
    tenant: i64,
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
    /// Says what is wrong with the location, the file or the schema in it, and how to mend it: a
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
        Ok(Self { inner: Arc::new(inner), tenant: TENANT })
    }

    /// Runs a body that reads, on a thread where waiting for the disk harms nobody.
    async fn read<T, F>(&self, doing: &'static str, body: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection, i64) -> Outcome<T> + Send + 'static,
    {
        let tenant = self.tenant;
        let outcome = self.inner.readers.run(move |connection| body(connection, tenant)).await;
        outcome.map_err(|failure| failure.while_doing(doing))
    }

    /// Runs a body that writes, in the writer's next transaction. Once it is queued, which the first
    /// poll does unless the queue is full, it runs whatever becomes of this future.
    async fn write<T, F>(&self, doing: &'static str, body: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection, i64) -> Outcome<T> + Send + 'static,
    {
        let tenant = self.tenant;
        let outcome = self.inner.writer.run(move |connection| body(connection, tenant)).await;
        outcome.map_err(|failure| failure.while_doing(doing))
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore").field("path", &self.inner.path).finish_non_exhaustive()
    }
}
