//! What the store holds stays bounded: every list and index of it, and every token that a grant holds.

use super::{MemoryStore, Shared};
use crate::store::conformance::{check, year};

impl Shared {
    fn held(&self) -> usize {
        let clients: usize =
            self.clients.each().map(|shard| shard.values().map(|entry| entry.held()).sum::<usize>()).sum();
        let grants = self.grants.held() + self.subjects.held();
        clients
            + grants
            + self.codes.held()
            + self.refresh.held()
            + self.access.held()
            + self.sessions.held()
            + self.marks.held()
            + self.pending.held()
            + self.tombstones.held()
    }
}

#[test]
fn a_year_stays_bounded() {
    check(async { (MemoryStore::new(), ()) }, async |store: &MemoryStore| {
        let held = async || u64::try_from(store.0.held()).expect("a number");
        year::a_year_stays_bounded(store, year::each_day(24), held).await;
    });
}
