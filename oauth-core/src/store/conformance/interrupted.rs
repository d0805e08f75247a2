use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// After how many polls a verb that still waits is dropped for the last time.
pub(super) const MOST_POLLS: usize = 12;

/// Polls a future some times, a moment apart, and drops it; gives its outcome if it completed.
pub(super) async fn polled<F: Future>(future: F, times: usize) -> Option<F::Output> {
    let mut future = pin!(future);
    for poll in 0..times {
        if poll > 0 {
            tokio::time::sleep(Duration::from_micros(300)).await;
        }
        if let Poll::Ready(outcome) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return Some(outcome);
        }
    }
    None
}

/// Reads until the same was read several times in a row: until what a dropped verb began is over.
async fn at_rest(read: impl AsyncFn() -> Vec<bool>) -> Vec<bool> {
    let (mut last, mut same) = (read().await, 0);
    for _ in 0..400 {
        if same == 4 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(3)).await;
        let next = read().await;
        same = if next == last { same + 1 } else { 0 };
        last = next;
    }
    last
}

/// Drops a verb at every poll; `parts` tells of each thing that the verb does whether it is done.
pub(super) async fn all_or_nothing<S, P, T>(
    store: &S,
    verb_name: &str,
    prepare: impl AsyncFn(&S) -> P,
    verb: impl AsyncFn(&S, &P) -> crate::store::Result<T>,
    parts: impl AsyncFn(&S, &P) -> Vec<bool>,
) {
    for polls in 1..=MOST_POLLS {
        let prepared = prepare(store).await;
        let before = parts(store, &prepared).await;
        assert!(before.iter().all(|done| !done), "{verb_name}: nothing is done before it was called");
        let outcome = polled(verb(store, &prepared), polls).await;
        let completed = outcome.is_some();
        if let Some(outcome) = outcome {
            outcome.expect(verb_name);
        }
        let parts = at_rest(async || parts(store, &prepared).await).await;
        let (all, nothing) = (parts.iter().all(|done| *done), parts.iter().all(|done| !done));
        assert!(all || nothing, "{verb_name}: dropped after {polls} polls it was done by half: {parts:?}");
        if completed {
            assert!(all, "{verb_name}: what has returned is done");
            return;
        }
    }
    let prepared = prepare(store).await;
    verb(store, &prepared).await.expect(verb_name);
    let parts = parts(store, &prepared).await;
    assert!(parts.iter().all(|done| *done), "{verb_name}: what has returned is done: {parts:?}");
}
