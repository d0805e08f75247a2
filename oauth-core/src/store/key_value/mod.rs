//! Every verb of every store, made of six small functions on ordered keys and a transaction.

mod accounts;
mod by_client;
mod clients;
mod codes;
mod grants;
mod housekeeping;
mod pending;
mod record;
mod sessions;
mod tokens;

use super::Result;
use std::future::Future;

/// What an embedded database gives: bytes under keys that are in order, and transactions.
///
/// It is all that [`KeyValueStore`] asks, which makes of it every store trait of this crate. Two things
/// must hold, and the conformance kit finds out when they do not:
///
/// - **A transaction is whole and alone.** What `work` wrote is there, and durable, once
///   [`write`](Self::write) has returned its `Ok`, all at once; where `work` fails, or the transaction
///   does, nothing of it is. No other transaction that writes comes between what it reads and what it writes.
/// - **It runs to its end, or leaves nothing behind, when its future is dropped.** A database that
///   blocks belongs on a thread of its own (`tokio::task::spawn_blocking`), which does both.
///
/// ```
/// use oauth_core::store::{KeyValue, KeyValueStore, Records, RecordsMut, Result};
/// use std::collections::BTreeMap;
/// use std::sync::{Arc, Mutex, PoisonError};
///
/// #[derive(Clone, Default)]
/// struct Map(Arc<Mutex<BTreeMap<Vec<u8>, Vec<u8>>>>);
///
/// struct Rows(BTreeMap<Vec<u8>, Vec<u8>>);
///
/// impl Records for Rows {
///     fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>> {
///         Ok(self.0.get(key).cloned())
///     }
///     fn range(&self, from: &[u8], until: &[u8], limit: usize) -> Result<Vec<(Vec<u8>, Vec<u8>)>> {
///         let rows = self.0.range(from.to_vec()..until.to_vec());
///         Ok(rows.take(limit).map(|(key, value)| (key.clone(), value.clone())).collect())
///     }
/// }
///
/// impl RecordsMut for Rows {
///     fn put(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
///         self.0.insert(key.to_vec(), value.to_vec());
///         Ok(())
///     }
///     fn remove(&mut self, key: &[u8]) -> Result<()> {
///         self.0.remove(key);
///         Ok(())
///     }
/// }
///
/// impl KeyValue for Map {
///     async fn read<T: Send + 'static>(&self, work: impl Fn(&dyn Records) -> Result<T> + Send + 'static) -> Result<T> {
///         work(&Rows(self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()))
///     }
///     async fn write<T: Send + 'static>(&self, work: impl Fn(&mut dyn RecordsMut) -> Result<T> + Send + 'static) -> Result<T> {
///         let mut map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
///         let mut rows = Rows(map.clone());
///         let outcome = work(&mut rows)?; // fails: the copy is thrown away
///         *map = rows.0;
///         Ok(outcome)
///     }
/// }
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// use oauth_core::client::{Client, ClientType};
/// use oauth_core::store::{ClientStore as _, Created};
/// let store = KeyValueStore::new(Map::default());
/// let client = Client::new("notes".parse()?, "Notes", ClientType::Public);
/// assert_eq!(store.create_client(&client).await?, Created::Now);
/// # Ok::<(), Box<dyn std::error::Error>>(()) })?; Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait KeyValue: Clone + Send + Sync + 'static {
    /// Runs `work` on the records as they are at one moment.
    fn read<T: Send + 'static>(
        &self,
        work: impl Fn(&dyn Records) -> Result<T> + Send + 'static,
    ) -> impl Future<Output = Result<T>> + Send;

    /// Runs `work` in a transaction: as a whole, and as if nothing else ran at the time.
    ///
    /// Where the database asks for it after a conflict, `work` may be run again from the beginning.
    fn write<T: Send + 'static>(
        &self,
        work: impl Fn(&mut dyn RecordsMut) -> Result<T> + Send + 'static,
    ) -> impl Future<Output = Result<T>> + Send;
}

/// Records as a transaction sees them: with what it has written itself.
pub trait Records {
    /// Reads what stands under a key.
    ///
    /// # Errors
    /// Those of the database.
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>>;

    /// Reads at most so many records with their keys, in the order of their keys' bytes: from a key, which
    /// may be among them, until another, which is not.
    ///
    /// # Errors
    /// Those of the database.
    fn range(&self, from: &[u8], until: &[u8], limit: usize) -> Result<Vec<(Vec<u8>, Vec<u8>)>>;
}

/// Records that a transaction may change.
pub trait RecordsMut: Records {
    /// Writes a record, in the place of what stood under its key. The longest key has 600 bytes.
    ///
    /// # Errors
    /// Those of the database.
    fn put(&mut self, key: &[u8], value: &[u8]) -> Result<()>;

    /// Removes a record, if there is one.
    ///
    /// # Errors
    /// Those of the database.
    fn remove(&mut self, key: &[u8]) -> Result<()>;
}

/// Makes a whole store of a [`KeyValue`]: clients, grants, codes, tokens, accounts and sessions.
///
/// Records are JSON, so that fields can be added later. Listing clients by what they have reads all
/// of them: meant for thousands of clients, not for millions. What belonged to a client that was
/// deleted is dead at once, and goes with the sweep at its end.
#[derive(Clone, Debug)]
pub struct KeyValueStore<K>(K);

impl<K: KeyValue> KeyValueStore<K> {
    /// Takes the database, with the records of a store or without any.
    pub fn new(database: K) -> Self {
        Self(database)
    }
}
