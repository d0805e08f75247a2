//! What a [`PendingRequestStore`] promises.

use super::AnyStore;
use super::sample::{at, digest, subject};
use crate::identifier::Subject;
use crate::store::{Housekeeping as _, PendingRequest, PendingRequestStore};

/// A request that waits for a person from second 0 and expires at second 100.
pub(super) fn pending(who: &str) -> PendingRequest {
    let query = "client_id=notes&state=%22%27%3B+DROP".to_owned();
    PendingRequest { digest: digest(), subject: subject(who), query, created_at: at(0), expires_at: at(100) }
}

async fn saved<S: PendingRequestStore>(store: &S, who: &str) -> PendingRequest {
    let pending = pending(who);
    store.save_pending(&pending).await.expect("save_pending");
    pending
}

async fn take<S: PendingRequestStore>(
    store: &S,
    of: &PendingRequest,
    who: &Subject,
    now: i64,
) -> Option<PendingRequest> {
    store.take_pending(&of.digest, who, at(now)).await.expect("take_pending")
}

/// A request is taken as it was saved, at the limits of its lengths, and once.
pub async fn a_pending_request_is_taken_once(store: &AnyStore) {
    let mut long = pending(&"é".repeat(127));
    long.query = format!("client_id=notes&state={}", "%20".repeat(20_000));
    store.save_pending(&long).await.expect("save_pending");
    let other = saved(store, "ada").await;
    assert_eq!(take(store, &long, &long.subject, 1).await, Some(long.clone()), "it is taken as it was saved");
    assert_eq!(take(store, &long, &long.subject, 1).await, None, "it is taken once");
    assert_eq!(take(store, &pending("ada"), &other.subject, 1).await, None, "an unknown one is not there");
    assert_eq!(take(store, &other, &other.subject, 1).await, Some(other), "another waits on");
}

/// A request is there for the person who has to decide alone; who else asks for it changes nothing.
pub async fn a_pending_request_belongs_to_one_person(store: &AnyStore) {
    let held = saved(store, "josé").await;
    for other in ["José", "jose", "jose\u{301}", "josé ", "jos_", "%", "eve"] {
        assert_eq!(take(store, &held, &subject(other), 1).await, None, "{other:?} is another person");
    }
    assert_eq!(take(store, &held, &subject("josé"), 1).await, Some(held), "and it waits for its own");
}

/// A request waits until the second before its end.
pub async fn a_pending_request_ends_to_the_second(store: &AnyStore) {
    let held = saved(store, "ada").await;
    assert_eq!(take(store, &held, &held.subject, 100).await, None, "it expires at the second of its end");
    assert_eq!(take(store, &held, &held.subject, 99).await, Some(held), "it counts in its last second");
}

/// A request never takes the place of another.
pub async fn a_pending_request_overwrites_nothing(store: &AnyStore) {
    let held = saved(store, "ada").await;
    let other = PendingRequest { digest: held.digest, ..pending("eve") };
    assert!(store.save_pending(&other).await.is_err(), "a digest that is taken is refused");
    assert_eq!(take(store, &other, &other.subject, 1).await, None, "nothing of the second is there");
    assert_eq!(take(store, &held, &held.subject, 1).await, Some(held), "what was there first is unchanged");
}

/// Requests that have expired are swept away and counted as a backlog until then; others stay.
pub async fn sweep_removes_pending_requests(store: &AnyStore) {
    let (early, late) = (saved(store, "ada").await, PendingRequest { expires_at: at(200), ..pending("ada") });
    store.save_pending(&late).await.expect("save_pending");
    let overdue = async |now| store.overdue_since(at(now)).await.expect("overdue_since");
    let sweep = async |now| {
        let swept = store.sweep(at(now), 10).await.expect("sweep");
        (swept.removed, swept.more)
    };
    assert_eq!((overdue(99).await, sweep(99).await), (None, (0, false)), "nothing has expired yet");
    assert_eq!((overdue(150).await, sweep(150).await), (Some(at(100)), (1, false)), "one has expired");
    assert_eq!(take(store, &early, &early.subject, 1).await, None, "it is gone");
    assert_eq!((overdue(150).await, sweep(150).await), (None, (0, false)), "and counted once");
    assert_eq!(take(store, &late, &late.subject, 150).await, Some(late), "another stays");
    assert_eq!(sweep(200).await, (0, false), "what was taken is not there to be swept");
    assert_eq!(overdue(200).await, None, "nor waits for it then");
}

/// What waits at one tenant is not there for another; the stores are those of two.
pub async fn a_pending_request_belongs_to_one_tenant((theirs, ours): &(AnyStore, AnyStore)) {
    let held = saved(theirs, "ada").await;
    assert_eq!(take(ours, &held, &held.subject, 1).await, None, "it is not there for another tenant");
    assert_eq!(take(theirs, &held, &held.subject, 1).await, Some(held), "and was not taken away");
}
