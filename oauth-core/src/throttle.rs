//! Counting of failed authentications, so that secrets cannot be guessed and nobody is locked out.
//!
//! | counted by | limit in a minute | beyond it |
//! |---|---|---|
//! | client or account, and IPv4 address or IPv6 /64 | `failures_per_client` | refused |
//! | the same, and IPv6 /56, /48 | twice, four times as many | refused |
//! | IPv4 address or IPv6 /64, /56, /48 | `failures_per_address`, twice, four times as many | refused |
//! | client or account, from anywhere | `failures_per_account` | those wait who never succeeded there |
//!
//! Only a failure counts. Attempts that are under way could still fail, so no more of them run at the same time than
//! failures are left: the others wait. Memory is bounded whatever is sent.

mod counters;
mod shared;
#[cfg(test)]
mod tests;

use crate::clock::Clock;
use crate::error::Rejection;
use crate::http::Network;
use crate::name::folded;
use crate::password::in_share_of;
use crate::secret::Digest;
use crate::store::FailureStore;
use crate::timer;
use counters::{Counters, Key};
use shared::Shared;
use std::future::Future;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long those wait who try an account that too many have tried.
const ACCOUNT_WAIT: Duration = Duration::from_secs(1);
/// How long an attempt waits for others of its network to end.
const TURN_WAIT: Duration = Duration::from_secs(5);
/// How often those who wait look.
const LOOK_AGAIN: Duration = Duration::from_millis(5);
/// How many wait at most, and how many of one network.
const WAITING: usize = 512;
const WAITING_OF_ONE: usize = 64;

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
    per_account: u32,
    counters: Mutex<Counters>,
    shared: Shared,
}

/// How many may fail in a minute.
pub(crate) struct Limits {
    pub(crate) per_name: u32,
    pub(crate) per_address: u32,
    pub(crate) per_account: u32,
}

/// Why an attempt may not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refused {
    /// Too many have failed.
    Throttled,
    /// Too many are under way.
    Busy,
}

impl From<Refused> for Rejection {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Throttled => Self::Throttled,
            Refused::Busy => Self::Busy,
        }
    }
}

/// What an attempt has to wait for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wait {
    /// Attempts under way end.
    Turn,
    /// The count of the account ends, or attempts on it do.
    Account,
    /// The other processes are asked.
    Exchange,
}

impl Throttle {
    /// Counts within limits.
    pub(crate) fn counting(clock: Arc<dyn Clock>, limits: Limits) -> Self {
        let (Limits { per_name, per_address, per_account }, shared) = (limits, Shared::default());
        let counters = Mutex::new(Counters::new());
        Self(Some(Arc::new(Inner { clock, per_name, per_address, per_account, counters, shared })))
    }

    /// Counts nothing: secrets can be guessed at full speed.
    pub(crate) fn insecure_off() -> Self {
        Self(None)
    }

    /// Shares the count with the other processes of the same store. They are asked after a failure, at most once a
    /// second; while they cannot be reached, this process counts alone.
    pub fn share(&self, store: Arc<dyn FailureStore>) {
        if let Some(inner) = &self.0 {
            inner.shared.with(store);
        }
    }

    /// Tells whether another attempt may be made for a client or an account from an address.
    pub fn admits(&self, name: &str, address: Option<IpAddr>) -> bool {
        let Some(inner) = &self.0 else { return true };
        let (now, counters) = (inner.clock.now(), inner.counters());
        inner.keys(Digest::of(name), address).iter().all(|(key, limit)| counters.count(key, now).failures < *limit)
    }

    /// Counts a failed attempt, and tells whether it was still within the limits: of many attempts
    /// that were admitted at the same time, those beyond are not to be told that they failed.
    pub fn failed(&self, name: &str, address: Option<IpAddr>) -> bool {
        let Some(inner) = &self.0 else { return true };
        let (now, mut counters) = (inner.clock.now(), inner.counters());
        let share = inner.shared.is_there();
        let keys = inner.keys(Digest::of(name), address);
        keys.into_iter().fold(true, |within, (key, limit)| counters.fail(key, now, share) < limit && within)
    }

    /// Tells whether so many failed for a client or an account that an address has to wait from which nobody
    /// succeeded: ask then whether the browser is a known one.
    pub fn is_strained(&self, name: &str, address: Option<IpAddr>) -> bool {
        let Some(inner) = &self.0 else { return false };
        let (name, now, counters) = (Digest::of(name), inner.clock.now(), inner.counters());
        let count = counters.count(&Key::Anywhere(name), now);
        count.failures.saturating_add(count.under_way) >= inner.per_account
            && !counters.knows(name, address.map(Network::narrowest))
    }

    /// Begins an attempt for a client or an account, or waits until it may begin: no more are under way than may
    /// still fail. `known` is true if the same browser succeeded before.
    ///
    /// # Errors
    /// Too many have failed, or too many wait.
    pub async fn begin(&self, name: &str, address: Option<IpAddr>, known: bool) -> Result<Attempt, Refused> {
        let Some(inner) = &self.0 else { return Ok(Attempt { held: None, address }) };
        let (name, started, mut place) = (Digest::of(name), Instant::now(), None);
        loop {
            let wait = match inner.try_begin(name, address, known)? {
                Ok(keys) => {
                    return Ok(Attempt { held: Some(Held { inner: Arc::clone(inner), name, keys }), address });
                }
                Err(wait) => wait,
            };
            let (longest, refused) = match wait {
                Wait::Account => (ACCOUNT_WAIT, Refused::Throttled),
                Wait::Turn | Wait::Exchange => (TURN_WAIT, Refused::Busy),
            };
            if place.is_none() {
                place = Some(Place::take(inner, address).ok_or(refused)?);
            }
            if started.elapsed() >= longest {
                return Err(refused);
            }
            if wait == Wait::Exchange {
                inner.exchange().await;
            }
            timer::sleep(LOOK_AGAIN).await.map_err(|_| refused)?;
        }
    }

    /// Gives the name under which the attempts on a person's account count: the same at the sign-in page and at the
    /// password grant, for all spellings that some application may take for the same account, and none that a
    /// client has, whose identifiers hold no line break.
    pub fn account(username: &str) -> String {
        format!("account\n{}", folded(username.trim()))
    }
}

impl Inner {
    fn counters(&self) -> MutexGuard<'_, Counters> {
        self.counters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lists the counts that refuse, each with its limit.
    fn keys(&self, name: Digest, address: Option<IpAddr>) -> Vec<(Key, u32)> {
        let both = |network, share: u32| {
            let of_name = (Key::Name(name, network), self.per_name.saturating_mul(share));
            [of_name, (Key::Address(network), self.per_address.saturating_mul(share))]
        };
        match address {
            Some(address) => Network::around(address).flat_map(|(network, share)| both(Some(network), share)).collect(),
            None => both(None, 1).into(),
        }
    }

    /// Begins at once, and gives the counts that the attempt hangs on, or says what it has to wait for.
    fn try_begin(&self, name: Digest, address: Option<IpAddr>, known: bool) -> Result<Result<Vec<Key>, Wait>, Refused> {
        let (now, mut counters) = (self.clock.now(), self.counters());
        let mut keys = self.keys(name, address);
        let is_full = |(key, limit): &(Key, u32)| counters.count(key, now).failures >= *limit;
        if keys.iter().any(is_full) {
            return Err(Refused::Throttled);
        }
        let known = known || counters.knows(name, address.map(Network::narrowest));
        let account = (Key::Anywhere(name), self.per_account);
        let crowds = |(key, limit): &(Key, u32)| {
            let count = counters.count(key, now);
            count.failures.saturating_add(count.under_way) >= *limit
        };
        if !known && crowds(&account) {
            return Ok(Err(Wait::Account));
        }
        if keys.iter().any(crowds) {
            return Ok(Err(Wait::Turn));
        }
        keys.push(account);
        let shares = self.shared.is_reachable();
        // Until it is known that the other processes count nothing here, this one takes only a part of what is left.
        let part = |(key, limit): &(Key, u32)| {
            let count = counters.count(key, now);
            let is_free = known && matches!(key, Key::Anywhere(_));
            let alone = is_free || matches!(key, Key::Address(_)) || count.elsewhere == Some(false);
            let taken = count.unsent.saturating_add(count.under_way);
            let wait = if count.unsent > 0 { Wait::Exchange } else { Wait::Turn };
            let part = limit.saturating_sub(count.failures) / 4;
            (!alone && taken >= part.max(1)).then_some(wait)
        };
        if let Some(wait) = keys.iter().filter(|_| shares).find_map(part) {
            return Ok(Err(wait));
        }
        let keys: Vec<Key> = keys.into_iter().map(|(key, _)| key).collect();
        for key in &keys {
            counters.change(*key, now, |count| count.under_way = count.under_way.saturating_add(1));
        }
        Ok(Ok(keys))
    }

    fn end(&self, held: &Held, address: Option<IpAddr>, end: End) {
        let (now, mut counters) = (self.clock.now(), self.counters());
        for key in &held.keys {
            counters.change(*key, now, |count| count.under_way = count.under_way.saturating_sub(1));
            if end == End::Failed {
                counters.fail(*key, now, self.shared.is_there());
            }
        }
        if end == End::Succeeded {
            counters.succeeded(held.name, address.map(Network::narrowest));
        }
    }
}

/// How an attempt ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Succeeded,
    Failed,
    Unknown,
}

/// An attempt under way. One that is dropped has failed.
#[must_use = "an attempt that is dropped has failed"]
pub struct Attempt {
    held: Option<Held>,
    address: Option<IpAddr>,
}

/// The counts that an attempt hangs on.
struct Held {
    inner: Arc<Inner>,
    name: Digest,
    keys: Vec<Key>,
}

impl Attempt {
    /// Runs what compares the secret: what it hashes waits in the share of the attempt's network.
    pub async fn run<F: Future>(&self, comparing: F) -> F::Output {
        in_share_of(self.address, comparing).await
    }

    /// Ends it: the secret was right. From this network the account no longer waits for others.
    pub fn succeeded(mut self) {
        self.end(End::Succeeded);
    }

    /// Ends it: nobody could say whether the secret was right, so it was no guess either.
    pub fn abandoned(mut self) {
        self.end(End::Unknown);
    }

    /// Ends it: the secret was wrong. Tells the other processes, if it is time to.
    pub async fn failed(mut self) {
        if let Some(inner) = self.end(End::Failed) {
            inner.exchange().await;
        }
    }

    fn end(&mut self, end: End) -> Option<Arc<Inner>> {
        let held = self.held.take()?;
        held.inner.end(&held, self.address, end);
        Some(held.inner)
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        self.end(End::Failed);
    }
}

/// A place among those who wait; it holds no thread that hashes.
struct Place {
    inner: Arc<Inner>,
    network: Option<Network>,
}

impl Place {
    fn take(inner: &Arc<Inner>, address: Option<IpAddr>) -> Option<Self> {
        let network = address.map(Network::widest);
        let waiting = &mut inner.counters().waiting;
        let of_one = waiting.get(&network).copied().unwrap_or_default();
        if of_one >= WAITING_OF_ONE || waiting.values().sum::<usize>() >= WAITING {
            return None;
        }
        waiting.insert(network, of_one + 1);
        Some(Self { inner: Arc::clone(inner), network })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let waiting = &mut self.inner.counters().waiting;
        match waiting.get_mut(&self.network) {
            Some(others @ 2..) => *others -= 1,
            _ => drop(waiting.remove(&self.network)),
        }
    }
}
