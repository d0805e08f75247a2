use super::record::{CLIENT, HeldClient, TOMBSTONE, client, each, ends, key, parsed, read, write};
use super::{KeyValue, KeyValueStore};
use crate::client::Client;
use crate::clock::Timestamp;
use crate::identifier::ClientId;
use crate::secret::{Digest, random_bytes};
use crate::store::{AuditStore, ClientFilter, ClientStore, Created, Page, Replaced, Result, StoreError};

impl<K: KeyValue> ClientStore for KeyValueStore<K> {
    async fn client(&self, id: &ClientId) -> Result<Option<Client>> {
        let id = id.clone();
        self.0.read(move |records| Ok(client(records, &id)?.map(|held| held.client))).await
    }

    async fn clients(&self, filter: &ClientFilter, page: &Page<ClientId>) -> Result<Vec<Client>> {
        let (filter, page) = (filter.clone(), page.clone());
        let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
        let list = move |records: &dyn super::Records| {
            let mut found = Vec::new();
            let after = page.after.as_ref().map(|id| id.as_str().as_bytes());
            each(records, &[CLIENT], after, |_, value| {
                let held: HeldClient = parsed(value)?;
                if found.len() < limit && filter.matches(&held.client) {
                    found.push(held.client);
                }
                Ok(found.len() < limit)
            })?;
            Ok(found)
        };
        self.0.read(list).await
    }

    async fn create_client(&self, new: &Client) -> Result<Created> {
        let new = new.clone();
        let create = move |records: &mut dyn super::RecordsMut| {
            if client(&*records, &new.id)?.is_some() {
                return Ok(Created::Exists);
            }
            let incarnation = u64::from_ne_bytes(random_bytes());
            write_client(records, &HeldClient { client: new.clone(), incarnation, own: 0 })?;
            Ok(Created::Now)
        };
        self.0.write(create).await
    }

    async fn update_client(&self, changed: &Client) -> Result<bool> {
        let changed = changed.clone();
        let update = move |records: &mut dyn super::RecordsMut| {
            let Some(held) = client(&*records, &changed.id)? else { return Ok(false) };
            write_client(records, &HeldClient { client: changed.clone(), ..held })?;
            Ok(true)
        };
        self.0.write(update).await
    }

    async fn replace_client(&self, read: &Client, changed: &Client) -> Result<Replaced> {
        if read.id != changed.id {
            return Err(StoreError::new("replace a client", "it would get another identifier"));
        }
        let (read, changed) = (read.clone(), changed.clone());
        let replace = move |records: &mut dyn super::RecordsMut| {
            let Some(held) = client(&*records, &read.id)? else { return Ok(Replaced::Gone) };
            if held.client != read {
                return Ok(Replaced::Changed);
            }
            write_client(records, &HeldClient { client: changed.clone(), ..held })?;
            Ok(Replaced::Now)
        };
        self.0.write(replace).await
    }

    async fn delete_client(&self, id: &ClientId, _now: Timestamp) -> Result<bool> {
        let id = id.clone();
        let delete = move |records: &mut dyn super::RecordsMut| {
            let is_there = client(&*records, &id)?.is_some();
            records.remove(&key(CLIENT, id.as_str()))?;
            Ok(is_there)
        };
        self.0.write(delete).await
    }

    async fn bury(&self, name: &Digest, _now: Timestamp, until: Timestamp) -> Result<()> {
        let name = *name;
        let bury = move |records: &mut dyn super::RecordsMut| {
            dig_out(records, name.as_bytes())?;
            records.put(&ends(until, TOMBSTONE, name.as_bytes()), b"")?;
            write(records, &key(TOMBSTONE, name.as_bytes()), &until)
        };
        self.0.write(bury).await
    }

    async fn is_buried(&self, name: &Digest, now: Timestamp) -> Result<bool> {
        let name = *name;
        let is_buried = move |records: &dyn super::Records| {
            let until: Option<Timestamp> = read(records, &key(TOMBSTONE, name.as_bytes()))?;
            Ok(until.is_some_and(|until| !until.is_over(now)))
        };
        self.0.read(is_buried).await
    }
}

impl<K: KeyValue> AuditStore for KeyValueStore<K> {}

/// Removes a tombstone, if there is one.
pub(super) fn dig_out(records: &mut dyn super::RecordsMut, name: &[u8]) -> Result<()> {
    let tombstone = key(TOMBSTONE, name);
    if let Some(until) = read::<Timestamp>(&*records, &tombstone)? {
        records.remove(&ends(until, TOMBSTONE, name))?;
        records.remove(&tombstone)?;
    }
    Ok(())
}

pub(super) fn write_client(records: &mut dyn super::RecordsMut, held: &HeldClient) -> Result<()> {
    write(records, &key(CLIENT, held.client.id.as_str()), held)
}
