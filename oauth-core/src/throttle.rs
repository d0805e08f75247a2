//! Counting of failed authentications, so that secrets cannot be guessed and nobody is locked out.
//!
//! Failures count per (client or account, address) and per address. The right secret from another
//! address always works; memory is bounded whatever is sent.

use crate::clock::{Clock, Timestamp};
use crate::config::Config;
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
        if config.insecure_no_throttling {
            return Self(None);
        }
        Self(Some(Arc::new(Inner {
            clock: Arc::clone(&config.clock),
            per_name: config.failures_per_client,
            per_address: config.failures_per_address,
            counters: Cache::new(CAPACITY),
        })))
    }

    /// Tells whether another attempt may be made for a client or an account from an address.
    pub fn admits(&self, name: &str, address: Option<IpAddr>) -> bool {
        let Some(inner) = &self.0 else { return true };
        let address = address.map(network);
        inner.count(&Key::Name(Digest::of(name), address)) < inner.per_name
            && inner.count(&Key::Address(address)) < inner.per_address
    }

    /// Counts a failed attempt.
    pub fn failed(&self, name: &str, address: Option<IpAddr>) {
        let Some(inner) = &self.0 else { return };
        let address = address.map(network);
        inner.add(Key::Name(Digest::of(name), address));
        inner.add(Key::Address(address));
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

    fn add(&self, key: Key) {
        let now = self.clock.now();
        if let Some(counter) = self.counters.get(&key).filter(|counter| counter.is_current(now)) {
            counter.failures.fetch_add(1, Ordering::AcqRel);
            return;
        }
        // Two first failures at the same moment may count as one; the next ones do not.
        let until = Timestamp::from_unix_seconds(now.as_unix_seconds().saturating_add(60));
        self.counters.insert(key, Arc::new(Counter { until, failures: AtomicU32::new(1) }));
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
