//! What a [`ClientStore`] promises of the names of what was deleted.

use super::AnyStore;
use super::race::Race;
use super::sample::{at, digest};
use crate::secret::Digest;
use crate::store::{ClientStore, Housekeeping as _};

async fn is_buried<S: ClientStore>(store: &S, name: &Digest, now: i64) -> bool {
    store.is_buried(name, at(now)).await.expect("is_buried")
}

async fn bury<S: ClientStore>(store: &S, name: &Digest, until: i64) {
    store.bury(name, at(0), at(until)).await.expect("bury");
}

/// A name is buried until the second before its end, which a later call moves either way.
pub async fn f_04_a_tombstone_ends_to_the_second(store: &AnyStore) {
    let (name, other) = (digest(), digest());
    assert!(!is_buried(store, &name, 0).await, "a name has no tombstone by itself");
    bury(store, &name, 100).await;
    assert!(is_buried(store, &name, 99).await, "it is buried in its last second");
    assert!(!is_buried(store, &name, 100).await, "and not at the second of its end");
    assert!(!is_buried(store, &other, 0).await, "another name is not");
    bury(store, &name, 200).await;
    assert!(is_buried(store, &name, 199).await, "a later end counts");
    bury(store, &name, 50).await;
    assert!(is_buried(store, &name, 49).await && !is_buried(store, &name, 50).await, "and so does an earlier one");
}

/// Tombstones that have expired are swept and count as a backlog until then; others stay.
pub async fn f_04_tombstones_are_swept_at_their_end(store: &AnyStore) {
    let (early, late, moved) = (digest(), digest(), digest());
    bury(store, &early, 100).await;
    bury(store, &late, 200).await;
    bury(store, &moved, 90).await;
    bury(store, &moved, 200).await;
    let sweep = async |now| store.sweep(at(now), 10).await.expect("sweep").removed;
    assert_eq!(store.overdue_since(at(80)).await.expect("overdue_since"), None, "nothing has expired");
    assert_eq!(sweep(150).await, 1, "one has expired");
    assert_eq!(store.overdue_since(at(150)).await.expect("overdue_since"), None, "nothing is left");
    assert!(is_buried(store, &late, 150).await && is_buried(store, &moved, 150).await, "the others stay");
    assert_eq!(sweep(200).await, 2, "until their end");
}

/// Any number of calls bury one name at the same time.
pub async fn f_04_one_name_is_buried_at_the_same_time(store: &AnyStore) {
    let mut race = Race::new("bury", 8).await;
    while let Some(round) = race.next_round() {
        let name = digest();
        let bury = |store: AnyStore, _| async move { store.bury(&name, at(0), at(100)).await.expect("bury") };
        race.run(store, round, bury).await;
        assert!(is_buried(store, &name, 99).await, "it is buried");
    }
    race.finish();
}

/// A tombstone holds for one tenant; the stores are those of two.
pub async fn f_04_a_tombstone_belongs_to_one_tenant((theirs, ours): &(AnyStore, AnyStore)) {
    let name = digest();
    bury(theirs, &name, 100).await;
    assert!(!is_buried(ours, &name, 1).await, "it is not there for another tenant");
    bury(ours, &name, 50).await;
    assert!(is_buried(theirs, &name, 60).await && !is_buried(ours, &name, 60).await, "each has its own");
}
