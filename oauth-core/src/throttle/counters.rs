use crate::clock::Timestamp;
use crate::http::Network;
use crate::secret::Digest;
use quick_cache::unsync::Cache;
use std::collections::VecDeque;
use std::time::Duration;

/// How long a count lasts.
pub(super) const WINDOW: Duration = Duration::from_secs(60);
/// How many counts are kept; each takes some 150 bytes.
pub(super) const CAPACITY: usize = 65_536;

/// What failures are counted by.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Key {
    /// A network, whatever it tries.
    Address(Option<Network>),
    /// A client or an account, from a network.
    Name(Digest, Option<Network>),
    /// A client or an account, from anywhere.
    Anywhere(Digest),
}

impl Key {
    /// Names the count in a store, where other processes find it too.
    pub(super) fn digest(&self) -> Digest {
        let (kind, name, network) = match self {
            Self::Address(network) => ("address", None, *network),
            Self::Name(name, network) => ("name", Some(name), *network),
            Self::Anywhere(name) => ("anywhere", Some(name), None),
        };
        let name = name.map(Digest::to_base64url).unwrap_or_default();
        let network = network.map(|network| network.to_string()).unwrap_or_default();
        Digest::of(&format!("failures\n{kind}\n{name}\n{network}"))
    }
}

/// The failures of one key in the present window, and the attempts under way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Count {
    pub(super) until: Timestamp,
    pub(super) failures: u32,
    pub(super) under_way: u32,
    /// What of the failures the shared count does not have yet, and what it got from here.
    pub(super) unsent: u32,
    pub(super) sent: u32,
    /// Whether other processes count this key too, once that is known.
    pub(super) elsewhere: Option<bool>,
}

impl Count {
    fn new(now: Timestamp) -> Self {
        Self { until: now.after(WINDOW), failures: 0, under_way: 0, unsent: 0, sent: 0, elsewhere: None }
    }

    /// Also over if the clock was set back by more than a window: nobody waits for it to return.
    fn is_current(&self, now: Timestamp) -> bool {
        !self.until.is_over(now) && self.until.seconds_since(now) <= WINDOW.as_secs()
    }
}

/// A bounded number of counts, and who succeeded before.
pub(super) struct Counters {
    counts: Cache<Key, Count>,
    known: Cache<(Digest, Option<Network>), ()>,
    /// Which counts have something to send.
    dirty: VecDeque<Key>,
    /// How many wait, from each widest network.
    pub(super) waiting: std::collections::HashMap<Option<Network>, usize>,
}

impl Counters {
    pub(super) fn new() -> Self {
        Self {
            counts: Cache::new(CAPACITY),
            known: Cache::new(CAPACITY),
            dirty: VecDeque::new(),
            waiting: std::collections::HashMap::new(),
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.counts.len()
    }

    /// Gives the count of the present window; what is under way stays under way.
    pub(super) fn count(&self, key: &Key, now: Timestamp) -> Count {
        match self.counts.get(key) {
            Some(count) if count.is_current(now) => *count,
            Some(count) => Count { under_way: count.under_way, ..Count::new(now) },
            None => Count::new(now),
        }
    }

    pub(super) fn change(&mut self, key: Key, now: Timestamp, change: impl FnOnce(&mut Count)) {
        let mut count = self.count(&key, now);
        change(&mut count);
        self.counts.insert(key, count);
    }

    /// Counts a failure, to be shared if others share the count; gives how many there were before.
    pub(super) fn fail(&mut self, key: Key, now: Timestamp, share: bool) -> u32 {
        let mut before = 0;
        let mut first = false;
        let has_place = self.dirty.len() < CAPACITY;
        self.change(key, now, |count| {
            before = count.failures;
            count.failures = count.failures.saturating_add(1);
            if share && (count.unsent > 0 || has_place) {
                first = count.unsent == 0;
                count.unsent = count.unsent.saturating_add(1);
            }
        });
        if first {
            self.dirty.push_back(key);
        }
        before
    }

    /// Takes what is to be sent, `most` counts at most.
    pub(super) fn unsent(&mut self, now: Timestamp, most: usize) -> Vec<(Key, u32)> {
        let mut taken = Vec::new();
        while let Some(key) = if taken.len() < most { self.dirty.pop_front() } else { None } {
            let unsent = self.count(&key, now).unsent;
            if unsent > 0 {
                self.change(key, now, |count| count.unsent = 0);
                taken.push((key, unsent));
            }
        }
        taken
    }

    /// Puts back what could not be sent; for the rest there is no place, and this process counts it alone.
    pub(super) fn put_back(&mut self, taken: &[(Key, u32)], now: Timestamp) {
        let places = CAPACITY.saturating_sub(self.dirty.len());
        for (key, unsent) in taken.iter().take(places) {
            self.change(*key, now, |count| count.unsent = count.unsent.saturating_add(*unsent));
            self.dirty.push_back(*key);
        }
    }

    /// Takes over what all processes counted, unless the window of that count has ended meanwhile.
    pub(super) fn shared(&mut self, key: Key, sent: u32, total: u32, until: Timestamp, now: Timestamp) {
        if until.is_over(now) {
            return;
        }
        self.change(key, now, |count| {
            count.sent = count.sent.saturating_add(sent);
            count.failures = total.max(count.sent).saturating_add(count.unsent);
            count.elsewhere = Some(total > count.sent);
            if until.seconds_since(now) <= WINDOW.as_secs() {
                count.until = until;
            }
        });
    }

    pub(super) fn knows(&self, name: Digest, network: Option<Network>) -> bool {
        self.known.get(&(name, network)).is_some()
    }

    pub(super) fn succeeded(&mut self, name: Digest, network: Option<Network>) {
        self.known.insert((name, network), ());
    }
}
