use super::index::{Shards, place_of};
use super::shape::Shapes;
use super::{MemoryStore, Shared, recovered};
use crate::client::Client;
use crate::clock::Timestamp;
use crate::identifier::{ClientId, GrantId};
use crate::secret::Digest;
use crate::store::{ClientFilter, ClientStore, Created, Mark, Page, Replaced, Result, StoreError};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, RwLock, RwLockReadGuard};

/// All clients, by identifier.
pub(super) type Clients = Shards<BTreeMap<ClientId, Arc<ClientEntry>>>;

/// One registration of a client. What was issued to it holds this very entry, so a client that is
/// registered later under the same identifier inherits nothing.
pub(super) struct ClientEntry {
    pub(super) id: ClientId,
    client: RwLock<Client>,
    /// A copy of `client.enabled` that a read needs no lock for; written under the lock.
    enabled: AtomicBool,
    deleted: AtomicBool,
    /// How often all was revoked: a token without a grant dies with the count it was issued at.
    revocations: AtomicU32,
    /// Another one for each registration; moves when all grants of the client are revoked. Written while nobody holds the client.
    mark: Mutex<Mark>,
    grants: Mutex<BTreeSet<GrantId>>,
    pub(super) shapes: Shapes,
}

impl ClientEntry {
    fn new(client: &Client) -> Self {
        Self {
            id: client.id.clone(),
            client: RwLock::new(client.clone()),
            enabled: AtomicBool::new(client.enabled),
            deleted: AtomicBool::new(false),
            revocations: AtomicU32::new(0),
            mark: Mutex::new(Mark::random()),
            grants: Mutex::default(),
            shapes: Shapes::default(),
        }
    }

    /// Keeps the client as it is until the verb that writes under it is done.
    pub(super) fn hold(&self) -> RwLockReadGuard<'_, Client> {
        recovered(self.client.read())
    }

    pub(super) fn is_enabled(&self) -> bool {
        self.enabled.load(Ordering::SeqCst)
    }

    pub(super) fn is_deleted(&self) -> bool {
        self.deleted.load(Ordering::SeqCst)
    }

    pub(super) fn revocations(&self) -> u32 {
        self.revocations.load(Ordering::SeqCst)
    }

    pub(super) fn mark(&self) -> Mark {
        *recovered(self.mark.lock())
    }

    /// Moves the mark, and ends every token that was issued without a grant. Waits for the verbs under way.
    pub(super) fn revoke_grantless(&self) {
        let _held = recovered(self.client.write());
        *recovered(self.mark.lock()) = Mark::random();
        self.revocations.fetch_add(1, Ordering::SeqCst);
    }

    pub(super) fn add_grant(&self, id: GrantId) {
        recovered(self.grants.lock()).insert(id);
    }

    pub(super) fn remove_grant(&self, id: &GrantId) {
        recovered(self.grants.lock()).remove(id);
    }

    /// Counts it and its grants.
    #[cfg(all(test, feature = "conformance"))]
    pub(super) fn held(&self) -> usize {
        1 + recovered(self.grants.lock()).len()
    }

    /// Lists some of its grants, in order.
    pub(super) fn grants_after(&self, after: Option<GrantId>, limit: usize) -> Vec<GrantId> {
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        recovered(self.grants.lock()).range((start, Bound::Unbounded)).take(limit).copied().collect()
    }

    fn replace(&self, client: &Client) {
        let mut held = recovered(self.client.write());
        *held = client.clone();
        self.enabled.store(client.enabled, Ordering::SeqCst);
    }

    /// Replaces what is still as it was read, and tells whether it was.
    fn replace_read(&self, read: &Client, changed: &Client) -> bool {
        let mut held = recovered(self.client.write());
        let unchanged = *held == *read;
        if unchanged {
            *held = changed.clone();
            self.enabled.store(changed.enabled, Ordering::SeqCst);
        }
        unchanged
    }

    /// Waits for the verbs under way; those that come later find it deleted.
    fn delete(&self) {
        let _held = recovered(self.client.write());
        self.enabled.store(false, Ordering::SeqCst);
        self.deleted.store(true, Ordering::SeqCst);
    }
}

impl Shared {
    pub(super) fn client_entry(&self, id: &ClientId) -> Option<Arc<ClientEntry>> {
        self.clients.read(place_of(id.as_str())).get(id).cloned()
    }
}

impl ClientStore for MemoryStore {
    async fn client(&self, id: &ClientId) -> Result<Option<Client>> {
        Ok(self.0.client_entry(id).map(|entry| entry.hold().clone()))
    }

    async fn clients(&self, filter: &ClientFilter, page: &Page<ClientId>) -> Result<Vec<Client>> {
        let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
        let start = page.after.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
        let mut found = Vec::new();
        for shard in self.0.clients.each() {
            let here = shard.range::<ClientId, _>((start, Bound::Unbounded));
            let meant = here.filter_map(|(_, entry)| {
                let client = entry.hold();
                filter.matches(&client).then(|| client.clone())
            });
            found.extend(meant.take(limit));
        }
        found.sort_by(|left, right| left.id.cmp(&right.id));
        found.truncate(limit);
        Ok(found)
    }

    async fn create_client(&self, client: &Client) -> Result<Created> {
        let mut shard = self.0.clients.write(place_of(client.id.as_str()));
        if shard.contains_key(&client.id) {
            return Ok(Created::Exists);
        }
        shard.insert(client.id.clone(), Arc::new(ClientEntry::new(client)));
        Ok(Created::Now)
    }

    async fn update_client(&self, client: &Client) -> Result<bool> {
        // The shard stays locked, so that the entry is not deleted between finding and replacing it.
        let shard = self.0.clients.read(place_of(client.id.as_str()));
        let Some(entry) = shard.get(&client.id) else { return Ok(false) };
        entry.replace(client);
        Ok(true)
    }

    async fn replace_client(&self, read: &Client, changed: &Client) -> Result<Replaced> {
        if read.id != changed.id {
            return Err(StoreError::new("replace a client", "it would get another identifier"));
        }
        let shard = self.0.clients.read(place_of(read.id.as_str()));
        let Some(entry) = shard.get(&read.id) else { return Ok(Replaced::Gone) };
        Ok(if entry.replace_read(read, changed) { Replaced::Now } else { Replaced::Changed })
    }

    async fn delete_client(&self, id: &ClientId, _now: Timestamp) -> Result<bool> {
        let entry = {
            let mut shard = self.0.clients.write(place_of(id.as_str()));
            let Some(entry) = shard.remove(id) else { return Ok(false) };
            entry.delete();
            entry
        };
        // Nothing under it is visible any more; what follows only frees the memory. Tokens without
        // a grant wait for the sweep.
        for grant in entry.grants_after(None, usize::MAX) {
            if let Some(cell) = self.0.grants.find(&grant) {
                self.0.remove(&cell, &mut cell.lock());
            }
        }
        Ok(true)
    }

    async fn bury(&self, name: &Digest, _now: Timestamp, until: Timestamp) -> Result<()> {
        self.0.tombstones.put(*name, until, until, |until| *until);
        Ok(())
    }

    async fn is_buried(&self, name: &Digest, now: Timestamp) -> Result<bool> {
        Ok(self.0.tombstones.find(name).is_some_and(|until| !until.is_over(now)))
    }
}

impl Shared {
    pub(super) fn sweep_tombstones(&self, now: Timestamp, limit: usize) -> usize {
        let over = self.tombstones.over(now, limit).into_iter();
        over.filter(|(name, until)| self.tombstones.remove(name, Some(*until))).count()
    }
}
