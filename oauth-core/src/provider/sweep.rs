//! How the sweep is run beside the requests, and what is told of its backlog.

use super::{AuthorizationProvider, Provider};
use crate::clock::Timestamp;
use crate::event::Gauge;
use crate::store::{Housekeeping as _, Result};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The shortest and the longest pause between two batches.
const PAUSE: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(1));

/// How often the backlog is looked at while it is worked on.
const LOOK: u64 = 10;

/// When the backlog was told last while more waited.
#[derive(Default)]
pub(super) struct Backlog(Mutex<Option<Timestamp>>);

impl Backlog {
    /// Tells whether it is to be looked at: at the end of a sweep, and now and then before.
    fn is_due(&self, now: Timestamp, more: bool) -> bool {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !more {
            *told = None;
            return true;
        }
        let due = told.is_none_or(|told| now < told || now.seconds_since(told) >= LOOK);
        if due {
            *told = Some(now);
        }
        due
    }
}

impl<P: AuthorizationProvider> Provider<P> {
    /// Runs one batch, tells what waits, and gives how long to wait before the next.
    pub(super) async fn sweep_batch(&self) -> Result<Duration> {
        self.server().look_for_contested().await?;
        let (config, store) = (self.server().config(), self.server().store());
        let (now, began) = (config.clock.now(), Instant::now());
        let swept = store.sweep(now, config.sweep_batch).await?;
        let took = began.elapsed();
        if self.backlog.is_due(now, swept.more) {
            let age = store.overdue_since(now).await?.map_or(0, |since| now.seconds_since(since));
            config.events.measure(Gauge::SweepBacklog { age: Duration::from_secs(age) });
        }
        Ok(if swept.more { pause_after(took) } else { config.sweep_interval })
    }
}

/// As long as the batch took: where requests make it slow, it stands back for longer.
fn pause_after(took: Duration) -> Duration {
    let (shortest, longest) = PAUSE;
    took.clamp(shortest, longest)
}
