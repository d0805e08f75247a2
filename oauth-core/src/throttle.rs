//! Counting of failed authentications, so that secrets cannot be guessed and nobody is locked out.
//!
//! Failures count per (client or account, address) and per address. The right secret from another
//! address always works; memory is bounded whatever is sent.

use crate::clock::{Clock, Timestamp};
use crate::config::Config;
use crate::name::folded;
use crate::secret::Digest;
use quick_cache::sync::Cache;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

const WINDOW_SECONDS: u64 = 60;
/// How many counters are kept; each takes some 100 bytes.
const CAPACITY: usize = 65_536;

/// Counts failed authentications in windows of a minute.
///
/// ```
/// use oauth_core::config::Config;
/// use oauth_core::throttle::Throttle;
/// let mut config = Config::new("https://id.example")?;
/// config.failures_per_client = 1;
/// let throttle = Throttle::new(&config);
/// let here = Some("192.0.2.1".parse()?);
/// assert!(throttle.admits("ada", here));
/// throttle.failed("ada", here);
/// assert!(!throttle.admits("ada", here));
/// assert!(throttle.admits("ada", Some("192.0.2.2".parse()?)), "others are not locked out");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Throttle(Option<Arc<Inner>>);

struct Inner {
    clock: Arc<dyn Clock>,
    per_name: u32,
    per_address: u32,
    counters: Cache<Key, Arc<Counter>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Key {
    Address(Option<IpAddr>),
    Name(Digest, Option<IpAddr>),
}

struct Counter {
    until: Timestamp,
    failures: AtomicU32,
}

impl Throttle {
    /// Takes limits and clock from the settings.
    pub fn new(config: &Config) -> Self {
        Self::with_limits(config, config.failures_per_client, config.failures_per_address)
    }

    /// Takes other limits, for a name and for an address, and the clock from the settings.
    pub fn with_limits(config: &Config, per_name: u32, per_address: u32) -> Self {
        if config.insecure_no_throttling {
            return Self(None);
        }
        let (clock, counters) = (Arc::clone(&config.clock), Cache::new(CAPACITY));
        Self(Some(Arc::new(Inner { clock, per_name, per_address, counters })))
    }

    /// Tells whether another attempt may be made for a client or an account from an address.
    pub fn admits(&self, name: &str, address: Option<IpAddr>) -> bool {
        let Some(inner) = &self.0 else { return true };
        let address = address.map(network);
        inner.count(&Key::Name(Digest::of(name), address)) < inner.per_name
            && inner.count(&Key::Address(address)) < inner.per_address
    }

    /// Begins an attempt that counts as failed until it is said to have [succeeded](Attempt::succeeded),
    /// so that many at the same time cannot overrun the limit; `None` where no more may be made.
    pub fn begin(&self, name: &str, address: Option<IpAddr>) -> Option<Attempt> {
        let Some(inner) = &self.0 else { return Some(Attempt(Vec::new())) };
        let address = address.map(network);
        let attempt =
            Attempt(vec![inner.counter(Key::Name(Digest::of(name), address)), inner.counter(Key::Address(address))]);
        let before: Vec<u32> =
            attempt.0.iter().map(|counter| counter.failures.fetch_add(1, Ordering::AcqRel)).collect();
        let admitted =
            matches!(before.as_slice(), [name, address] if *name < inner.per_name && *address < inner.per_address);
        if admitted {
            Some(attempt)
        } else {
            attempt.succeeded();
            None
        }
    }

    /// Begins an attempt on a person's account: the same count at the sign-in page and at the password
    /// grant, for all spellings that some application may take for the same account, and none that a
    /// client has, whose identifiers hold no line break.
    pub fn begin_account(&self, username: &str, address: Option<IpAddr>) -> Option<Attempt> {
        self.begin(&format!("account\n{}", folded(username.trim())), address)
    }

    /// Counts a failed attempt, and tells whether it was still within the limits: of many attempts
    /// that were admitted at the same time, those beyond are not to be told that they failed.
    pub fn failed(&self, name: &str, address: Option<IpAddr>) -> bool {
        let Some(inner) = &self.0 else { return true };
        let address = address.map(network);
        let of_name = inner.add(Key::Name(Digest::of(name), address));
        let of_address = inner.add(Key::Address(address));
        of_name < inner.per_name && of_address < inner.per_address
    }
}

/// An attempt that counts as failed until it has succeeded.
#[must_use = "an attempt that succeeded must be said to have"]
pub struct Attempt(Vec<Arc<Counter>>);

impl Attempt {
    /// Takes the attempt back: it was no failure.
    pub fn succeeded(self) {
        for counter in self.0 {
            counter.failures.fetch_sub(1, Ordering::AcqRel);
        }
    }
}

impl Inner {
    fn count(&self, key: &Key) -> u32 {
        let now = self.clock.now();
        match self.counters.get(key) {
            Some(counter) if counter.is_current(now) => counter.failures.load(Ordering::Acquire),
            _ => 0,
        }
    }

    /// Counts one more, and gives how many there were before.
    fn add(&self, key: Key) -> u32 {
        self.counter(key).failures.fetch_add(1, Ordering::AcqRel)
    }

    /// Finds the counter of the present window, or starts one; of several that start at the same
    /// moment, one is kept.
    fn counter(&self, key: Key) -> Arc<Counter> {
        let now = self.clock.now();
        if let Some(counter) = self.counters.get(&key) {
            if counter.is_current(now) {
                return counter;
            }
            self.counters.remove_if(&key, |counter| !counter.is_current(now));
        }
        let until = Timestamp::from_unix_seconds(now.as_unix_seconds().saturating_add(60));
        let fresh = || Ok::<_, std::convert::Infallible>(Arc::new(Counter { until, failures: AtomicU32::new(0) }));
        match self.counters.get_or_insert_with(&key, fresh) {
            Ok(counter) => counter,
            Err(never) => match never {},
        }
    }
}

impl Counter {
    /// Also over where the clock was set back by more than a window: nobody waits for it to return.
    fn is_current(&self, now: Timestamp) -> bool {
        !self.until.is_over(now) && self.until.seconds_since(now) <= WINDOW_SECONDS
    }
}

/// One subscriber holds a whole IPv6 /64, so that is one address here.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(six) => match six.to_ipv4_mapped() {
            Some(four) => IpAddr::V4(four),
            None => {
                let [a, b, c, d, ..] = six.segments();
                IpAddr::from([a, b, c, d, 0, 0, 0, 0])
            }
        },
        four => four,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;
    use std::time::Duration;

    fn throttle() -> (Throttle, Arc<ManualClock>) {
        let clock = Arc::new(ManualClock::starting_at(Timestamp::from_unix_seconds(1_000)));
        let mut config = Config::new("https://id.example").expect("an issuer");
        config.clock = Arc::clone(&clock) as Arc<dyn Clock>;
        (Throttle::new(&config), clock)
    }

    fn address(last: u8) -> Option<IpAddr> {
        Some(IpAddr::from([192, 0, 2, last]))
    }

    #[test]
    fn r_018_ten_failures_a_minute_for_a_name() {
        let (throttle, clock) = throttle();
        for _ in 0..10 {
            assert!(throttle.admits("app", address(1)));
            throttle.failed("app", address(1));
        }
        assert!(!throttle.admits("app", address(1)));
        assert!(throttle.admits("app", address(2)), "r_184: the owner elsewhere is not locked out");
        assert!(throttle.admits("other", address(1)));
        clock.advance(Duration::from_secs(59));
        assert!(!throttle.admits("app", address(1)));
        clock.advance(Duration::from_secs(1));
        assert!(throttle.admits("app", address(1)));
    }

    #[test]
    fn a_hundred_failures_a_minute_from_an_address() {
        let (throttle, _) = throttle();
        for number in 0..100 {
            throttle.failed(&format!("app{number}"), address(1));
        }
        assert!(!throttle.admits("fresh", address(1)));
        assert!(throttle.admits("fresh", address(2)));
    }

    #[test]
    fn attempts_at_the_same_time_do_not_overrun_the_limit() {
        let (throttle, _) = throttle();
        let begun: Vec<Attempt> = (0..50).filter_map(|_| throttle.begin("ada", address(1))).collect();
        assert_eq!(begun.len(), 10);
        begun.into_iter().for_each(Attempt::succeeded);
        assert!(throttle.begin("ada", address(1)).is_some(), "what succeeded was no failure");
    }

    #[test]
    fn one_network_is_one_address() {
        let (throttle, _) = throttle();
        for host in 0..10_u16 {
            throttle.failed("app", Some(IpAddr::from([0x2001, 0xdb8, 0, 1, 0, 0, 0, host])));
        }
        assert!(!throttle.admits("app", Some(IpAddr::from([0x2001, 0xdb8, 0, 1, 9, 9, 9, 9]))));
        assert!(throttle.admits("app", Some(IpAddr::from([0x2001, 0xdb8, 0, 2, 0, 0, 0, 1]))));
    }

    #[test]
    fn memory_is_bounded_and_a_hot_counter_survives_a_flood() {
        let (throttle, _) = throttle();
        for number in 0..200_000_u32 {
            throttle.failed(&format!("app{number}"), Some(IpAddr::from(number.to_be_bytes())));
            if number % 100 == 0 {
                throttle.failed("hot", address(1));
            }
        }
        let kept = throttle.0.as_ref().map_or(0, |inner| inner.counters.len());
        assert!(kept <= CAPACITY, "{kept}");
        assert!(!throttle.admits("hot", address(1)));
    }

    #[test]
    fn a_clock_that_is_set_back_locks_nobody_out() {
        let (throttle, clock) = throttle();
        for _ in 0..10 {
            throttle.failed("app", address(1));
        }
        clock.set(Timestamp::from_unix_seconds(10));
        assert!(throttle.admits("app", address(1)));
    }
}
