use super::recovered;
use crate::clock::Timestamp;
use crate::identifier::GrantId;
use crate::secret::Digest;
use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;
use std::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Into how many pieces, each with its own lock, something is cut.
const SHARDS: usize = 64;

/// A value cut into pieces, so that threads that work on different keys do not wait for each other.
pub(super) struct Shards<T> {
    first: RwLock<T>,
    others: Box<[RwLock<T>]>,
}

impl<T: Default> Default for Shards<T> {
    fn default() -> Self {
        Self { first: RwLock::default(), others: (1..SHARDS).map(|_| RwLock::default()).collect() }
    }
}

impl<T> Shards<T> {
    fn shard(&self, place: u8) -> &RwLock<T> {
        self.others.get(usize::from(place) % SHARDS).unwrap_or(&self.first)
    }

    pub(super) fn read(&self, place: u8) -> RwLockReadGuard<'_, T> {
        recovered(self.shard(place).read())
    }

    pub(super) fn write(&self, place: u8) -> RwLockWriteGuard<'_, T> {
        recovered(self.shard(place).write())
    }

    /// Locks one piece after the other for writing.
    pub(super) fn each_mut(&self) -> impl Iterator<Item = RwLockWriteGuard<'_, T>> {
        std::iter::once(&self.first).chain(&self.others).map(|shard| recovered(shard.write()))
    }

    /// Locks one piece after the other for reading.
    pub(super) fn each(&self) -> impl Iterator<Item = RwLockReadGuard<'_, T>> {
        std::iter::once(&self.first).chain(&self.others).map(|shard| recovered(shard.read()))
    }
}

/// Spreads texts over the pieces.
pub(super) fn place_of(text: &str) -> u8 {
    text.bytes().fold(0, |place: u8, byte| place.wrapping_mul(31).wrapping_add(byte))
}

/// A key whose first byte is as good as random.
pub(super) trait Key: Copy + Eq + Ord + Hash {
    /// Tells in which piece the key belongs.
    fn place(&self) -> u8;
}

impl Key for Digest {
    fn place(&self) -> u8 {
        let [first, ..] = *self.as_bytes();
        first
    }
}

impl Key for GrantId {
    fn place(&self) -> u8 {
        let [first, ..] = *self.as_bytes();
        first
    }
}

/// A map with, beside it, the order in which its entries end: what a sweep has to look at.
pub(super) struct Index<K, V>(Shards<Shard<K, V>>);

struct Shard<K, V> {
    entries: HashMap<K, V>,
    ends: BTreeSet<(Timestamp, K)>,
}

impl<K, V> Default for Shard<K, V> {
    fn default() -> Self {
        Self { entries: HashMap::new(), ends: BTreeSet::new() }
    }
}

impl<K, V> Default for Index<K, V> {
    fn default() -> Self {
        Self(Shards::default())
    }
}

impl<K: Key, V: Clone> Index<K, V> {
    pub(super) fn find(&self, key: &K) -> Option<V> {
        self.read(key, V::clone)
    }

    /// Reads an entry where it stands; whoever does takes no other lock meanwhile.
    pub(super) fn read<T>(&self, key: &K, read: impl FnOnce(&V) -> T) -> Option<T> {
        self.0.read(key.place()).entries.get(key).map(read)
    }

    /// Inserts unless the key is taken, and tells whether it did.
    pub(super) fn insert(&self, key: K, value: V, end: Option<Timestamp>) -> bool {
        let mut shard = self.0.write(key.place());
        if shard.entries.contains_key(&key) {
            return false;
        }
        shard.entries.insert(key, value);
        if let Some(end) = end {
            shard.ends.insert((end, key));
        }
        true
    }

    /// Inserts in the place of what is there, whose end `end_of` tells.
    pub(super) fn put(&self, key: K, value: V, end: Timestamp, end_of: impl FnOnce(&V) -> Timestamp) {
        let mut shard = self.0.write(key.place());
        if let Some(old) = shard.entries.insert(key, value) {
            let old = end_of(&old);
            shard.ends.remove(&(old, key));
        }
        shard.ends.insert((end, key));
    }

    /// Removes an entry, and tells whether it was there.
    pub(super) fn remove(&self, key: &K, end: Option<Timestamp>) -> bool {
        let mut shard = self.0.write(key.place());
        if let Some(end) = end {
            shard.ends.remove(&(end, *key));
        }
        shard.entries.remove(key).is_some()
    }

    /// Lets an entry end at another time: at none, it stays until it is removed.
    pub(super) fn move_end(&self, key: &K, from: Option<Timestamp>, to: Option<Timestamp>) {
        if from == to {
            return;
        }
        let mut shard = self.0.write(key.place());
        if let Some(from) = from {
            shard.ends.remove(&(from, *key));
        }
        if let Some(to) = to {
            shard.ends.insert((to, *key));
        }
    }

    /// Finds at most `limit` entries that are over.
    pub(super) fn over(&self, now: Timestamp, limit: usize) -> Vec<(K, V)> {
        let mut found = Vec::new();
        for shard in self.0.each() {
            let over = shard.ends.iter().take_while(|(end, _)| end.is_over(now)).take(limit - found.len());
            found.extend(over.filter_map(|(_, key)| Some((*key, shard.entries.get(key)?.clone()))));
            if found.len() == limit {
                break;
            }
        }
        found
    }

    /// Counts the entries, and the ends that are noted.
    #[cfg(all(test, feature = "conformance"))]
    pub(super) fn held(&self) -> usize {
        self.0.each().map(|shard| shard.entries.len() + shard.ends.len()).sum()
    }

    /// Tells when the first entry ends.
    pub(super) fn first_end(&self) -> Option<Timestamp> {
        self.0.each().filter_map(|shard| shard.ends.first().map(|(end, _)| *end)).min()
    }

    /// Tells whether any entry is over.
    pub(super) fn has_over(&self, now: Timestamp) -> bool {
        self.first_end().is_some_and(|end| end.is_over(now))
    }
}
