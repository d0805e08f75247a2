//! Your own store: redb, a database in one file, behind the six functions that
//! `KeyValueStore` makes every store of. `docs/bring-your-own-storage.md` goes through it.

use oauth_core::store::{KeyValue, KeyValueStore, Records, RecordsMut, Result, StoreError};
use redb::{Database, ReadableDatabase as _, ReadableTable, Table, TableDefinition};
use std::path::Path;
use std::sync::Arc;

/// A store in redb; a clone is another handle on it.
pub type RedbStore = KeyValueStore<Redb>;

/// The database behind the store.
#[derive(Clone)]
pub struct Redb(Arc<Database>);

/// The one table, made by the first transaction.
const RECORDS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("oauth");

/// Opens the store in a file, and makes the file if there is none.
pub fn open(path: impl AsRef<Path>) -> Result<RedbStore> {
    let database = Database::create(path).map_err(failed)?;
    let transaction = database.begin_write().map_err(failed)?;
    transaction.open_table(RECORDS).map_err(failed)?;
    transaction.commit().map_err(failed)?;
    Ok(KeyValueStore::new(Redb(Arc::new(database))))
}

fn failed(error: impl Into<redb::Error>) -> StoreError {
    StoreError::new("use the file", error.into())
}

impl KeyValue for Redb {
    async fn read<T: Send + 'static>(&self, work: impl Fn(&dyn Records) -> Result<T> + Send + 'static) -> Result<T> {
        let Self(database) = self.clone();
        on_a_thread(move || {
            let transaction = database.begin_read().map_err(failed)?;
            work(&Rows(transaction.open_table(RECORDS).map_err(failed)?))
        })
        .await
    }

    async fn write<T: Send + 'static>(
        &self,
        work: impl Fn(&mut dyn RecordsMut) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let Self(database) = self.clone();
        on_a_thread(move || {
            let transaction = database.begin_write().map_err(failed)?;
            // If `work` fails, the transaction is dropped, and nothing of it has happened.
            let outcome = work(&mut Rows(transaction.open_table(RECORDS).map_err(failed)?))?;
            transaction.commit().map_err(failed)?;
            Ok(outcome)
        })
        .await
    }
}

/// Runs what blocks where it may. It runs to its end, although nobody waits for it any more.
async fn on_a_thread<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let ended = tokio::task::spawn_blocking(work).await;
    ended.unwrap_or_else(|error| Err(StoreError::new("use the file", error)))
}

/// The table in a transaction.
struct Rows<T>(T);

impl<T: ReadableTable<&'static [u8], &'static [u8]>> Records for Rows<T> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>> {
        let value = self.0.get(key).map_err(failed)?;
        Ok(value.map(|value| value.value().to_vec()))
    }

    fn range(&self, from: &[u8], until: &[u8], limit: usize) -> Result<Vec<(Vec<u8>, Vec<u8>)>> {
        let rows = self.0.range(from..until).map_err(failed)?.take(limit);
        rows.map(|row| row.map(|(key, value)| (key.value().to_vec(), value.value().to_vec())).map_err(failed)).collect()
    }
}

impl RecordsMut for Rows<Table<'_, &'static [u8], &'static [u8]>> {
    fn put(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        self.0.insert(key, value).map(drop).map_err(failed)
    }

    fn remove(&mut self, key: &[u8]) -> Result<()> {
        self.0.remove(key).map(drop).map_err(failed)
    }
}
