//! Time, passed in: every decision reads it once from a [`Clock`], so tests can set it.

use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A moment, in whole seconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Timestamp(i64);

impl Timestamp {
    /// Never, as far as anybody will wait: the last second of the year 9999, which every store can keep.
    /// It is what an access token carries that does not expire.
    pub const NEVER: Self = Self(253_402_300_799);

    /// Takes seconds since 1970.
    pub const fn from_unix_seconds(seconds: i64) -> Self {
        Self(seconds)
    }

    /// Gives seconds since 1970.
    pub const fn as_unix_seconds(self) -> i64 {
        self.0
    }

    /// Adds a duration, in whole seconds, stopping at the end of time rather than wrapping.
    pub fn after(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)))
    }

    /// Counts the seconds from `earlier` to here; zero where `earlier` is later.
    pub fn seconds_since(self, earlier: Self) -> u64 {
        u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0)
    }

    /// Tells whether something that expires at `self` has expired at `now`: the first second that is
    /// over is the one of the expiry itself.
    pub fn is_over(self, now: Self) -> bool {
        now >= self
    }
}

/// Where the time comes from.
pub trait Clock: Send + Sync + 'static {
    /// Reads the present moment.
    fn now(&self) -> Timestamp;
}

/// The operating system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let seconds = match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
            Err(_) => 0,
        };
        Timestamp(seconds)
    }
}

/// A clock that stands still until it is moved: for tests.
///
/// ```
/// use oauth_core::clock::{Clock, ManualClock, Timestamp};
/// use std::time::Duration;
/// let clock = ManualClock::starting_at(Timestamp::from_unix_seconds(1_000));
/// clock.advance(Duration::from_secs(60));
/// assert_eq!(clock.now().as_unix_seconds(), 1_060);
/// ```
#[derive(Debug, Default)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// Makes a clock that shows `start`.
    pub fn starting_at(start: Timestamp) -> Self {
        Self(AtomicI64::new(start.0))
    }

    /// Moves the clock forward, in whole seconds.
    pub fn advance(&self, by: Duration) {
        self.0.fetch_add(i64::try_from(by.as_secs()).unwrap_or(i64::MAX), Ordering::SeqCst);
    }

    /// Sets the clock, backwards too.
    pub fn set(&self, to: Timestamp) {
        self.0.store(to.0, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}
