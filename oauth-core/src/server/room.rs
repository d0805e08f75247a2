use crate::identifier::{ClientId, Subject};
use quick_cache::sync::Cache;
use std::hash::{BuildHasher as _, RandomState};

/// For which persons and clients the grants were counted, and how many more need no counting. A pair is kept as a hash
/// that nobody outside can predict; two pairs of one hash would share their count.
pub(crate) struct Room {
    counted: Cache<u64, usize>,
    hasher: RandomState,
}

impl Default for Room {
    fn default() -> Self {
        Self { counted: Cache::new(10_000), hasher: RandomState::new() }
    }
}

impl Room {
    /// Takes one of those that need no counting; `false` if there is none.
    pub(crate) fn take(&self, subject: &Subject, client: &ClientId) -> bool {
        let pair = self.pair(subject, client);
        let Some(left) = self.counted.get(&pair).and_then(|left| left.checked_sub(1)) else { return false };
        self.counted.insert(pair, left);
        true
    }

    /// Notes how many more need no counting.
    pub(crate) fn note(&self, subject: &Subject, client: &ClientId, left: usize) {
        self.counted.insert(self.pair(subject, client), left);
    }

    fn pair(&self, subject: &Subject, client: &ClientId) -> u64 {
        self.hasher.hash_one((subject, client))
    }
}
