//! Calls of the store that stop until the test lets them go on.

use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// On which side of its work a call stops: whether what it does is committed already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Nothing has reached the store.
    Before,
    /// All is committed, and its caller has not heard of it.
    After,
}

/// Calls that stop, once they come: made by [`Faults::pause`](crate::Faults::pause).
#[derive(Debug)]
pub struct Pause {
    stop: Stop,
    reached: Semaphore,
    released: Semaphore,
}

impl Pause {
    pub(crate) fn new(stop: Stop) -> Self {
        Self { stop, reached: Semaphore::new(0), released: Semaphore::new(0) }
    }

    /// Waits until so many calls have come to where they stop.
    pub async fn reached(&self, calls: u32) {
        let come = timeout(Duration::from_secs(10), self.reached.acquire_many(calls)).await;
        come.expect("the calls come to where they stop").expect("it is never closed").forget();
    }

    /// Lets all of them go on, and those that are still to come.
    pub fn release(&self) {
        self.released.close();
    }

    pub(crate) async fn at(&self, stop: Stop) {
        if stop == self.stop {
            self.reached.add_permits(1);
            // An error means that they are released.
            let _ = self.released.acquire().await;
        }
    }
}
