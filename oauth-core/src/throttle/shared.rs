//! The count that all processes of a provider share.

use super::Inner;
use super::counters::{Key, WINDOW};
use crate::store::{Counted, FailureStore, Failures};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// How often a process writes, at most.
const EVERY: Duration = Duration::from_secs(1);
/// How long a process counts alone after the shared count could not be reached.
const ALONE: Duration = Duration::from_secs(10);
/// How many counts one write carries.
const BATCH: usize = 512;

#[derive(Default)]
pub(super) struct Shared {
    store: OnceLock<Arc<dyn FailureStore>>,
    under_way: AtomicBool,
    next: Mutex<Option<Instant>>,
    unreachable: AtomicBool,
}

impl Shared {
    pub(super) fn with(&self, store: Arc<dyn FailureStore>) {
        // All callers name the store of these settings: the first one counts.
        let _ = self.store.set(store);
    }

    /// Tells whether other processes can be asked: not while the store does not answer.
    pub(super) fn is_reachable(&self) -> bool {
        self.store.get().is_some() && (self.is_due() || !self.unreachable.load(Ordering::Acquire))
    }

    pub(super) fn is_there(&self) -> bool {
        self.store.get().is_some()
    }

    fn is_due(&self) -> bool {
        self.next.lock().unwrap_or_else(PoisonError::into_inner).is_none_or(|next| next <= Instant::now())
    }

    fn wait(&self, time: Duration) {
        *self.next.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + time);
    }
}

/// An exchange that ends when it is dropped: what it took and did not send goes back.
struct Exchange<'a> {
    inner: &'a Inner,
    taken: Vec<(Key, u32)>,
}

impl Drop for Exchange<'_> {
    fn drop(&mut self) {
        let now = self.inner.clock.now();
        self.inner.counters().put_back(&self.taken, now);
        self.inner.shared.under_way.store(false, Ordering::Release);
    }
}

impl Inner {
    /// Sends what was counted here and takes over what all have counted, if a second has passed since.
    pub(super) async fn exchange(&self) {
        let Some(store) = self.shared.store.get() else { return };
        if !self.shared.is_due() || self.shared.under_way.swap(true, Ordering::AcqRel) {
            return;
        }
        let now = self.clock.now();
        let taken = self.counters().unsent(now, BATCH);
        let mut exchange = Exchange { inner: self, taken };
        if exchange.taken.is_empty() {
            return;
        }
        self.shared.wait(EVERY);
        let until = now.after(WINDOW);
        let failures: Vec<Failures> =
            exchange.taken.iter().map(|(key, number)| Failures { key: key.digest(), number: *number, until }).collect();
        match store.add_failures(&failures, now).await {
            Ok(counted) => {
                self.shared.unreachable.store(false, Ordering::Release);
                let (taken, now) = (std::mem::take(&mut exchange.taken), self.clock.now());
                let mut counters = self.counters();
                for ((key, sent), Counted { number, until }) in taken.into_iter().zip(counted) {
                    counters.shared(key, sent, number, until, now);
                }
            }
            Err(error) => {
                tracing::warn!(%error, "failed attempts are counted by this process alone for some seconds");
                self.shared.unreachable.store(true, Ordering::Release);
                self.shared.wait(ALONE);
            }
        }
    }
}
