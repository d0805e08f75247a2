//! What a [`FailureStore`](crate::store::FailureStore) promises, if the store has one.

use super::AnyStore;
use super::sample::{at, digest};
use crate::secret::Digest;
use crate::store::{Counted, Failures, Housekeeping as _};

/// What is added to a count comes back to all who add to it, until its end; then it begins anew.
pub async fn f_08_failures_are_counted_for_all_processes(store: &AnyStore) {
    let Some(failures) = store.failures() else { return };
    let (one, two) = (digest(), digest());
    let add = async |added: &[(Digest, u32, i64)], now| {
        let added: Vec<_> = added
            .iter()
            .map(|(key, number, until)| Failures { key: *key, number: *number, until: at(*until) })
            .collect();
        failures.add_failures(&added, at(now)).await.expect("add_failures")
    };
    let counted = |number, until| Counted { number, until: at(until) };
    assert_eq!(add(&[(one, 2, 60)], 0).await, [counted(2, 60)]);
    let both = add(&[(two, 1, 70), (one, 3, 70)], 10).await;
    assert_eq!(both, [counted(1, 70), counted(5, 60)], "in the order given; a count keeps its end");
    assert_eq!(add(&[(one, 1, 119)], 59).await, [counted(6, 60)]);
    assert_eq!(add(&[(one, 1, 120), (two, 1, 120)], 60).await, [counted(1, 120), counted(2, 70)], "it begins anew");
    let mut many = Vec::new();
    for number in 0..100_u32 {
        many.push((digest(), number % 3 + 1, 130));
    }
    assert_eq!(add(&many, 70).await.len(), 100);
    let again = add(&many, 71).await;
    assert!(many.iter().zip(again).all(|((_, number, _), counted)| counted.number == number * 2), "all in one write");
}
