use crate::sizes::BOUND;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// How many breaches are kept in words.
const KEPT: usize = 10;

/// What may happen to a request at the moment, and what has happened to them all.
pub(crate) struct Weather {
    state: Mutex<State>,
    stop: AtomicBool,
    /// Whether the provider may go away under a request.
    may_be_killed: bool,
    pub(crate) counts: Counts,
}

struct State {
    /// Since when no request may be told that the store is unavailable; `None` while they may.
    clear_since: Option<Instant>,
    last_unavailable: Option<Instant>,
    longest: Duration,
    breaches: Vec<String>,
}

/// What is counted.
#[derive(Default)]
pub(crate) struct Counts {
    pub(crate) requests: AtomicU64,
    pub(crate) good: AtomicU64,
    pub(crate) refused: AtomicU64,
    pub(crate) unavailable: AtomicU64,
    pub(crate) lost: AtomicU64,
    pub(crate) tokens: AtomicU64,
    pub(crate) revocations: AtomicU64,
    pub(crate) revocations_unavailable: AtomicU64,
    pub(crate) found_alive: AtomicU64,
    pub(crate) found_dead: AtomicU64,
    pub(crate) breaches: AtomicU64,
}

pub(crate) fn add(count: &AtomicU64) {
    count.fetch_add(1, Ordering::Relaxed);
}

impl Counts {
    pub(crate) fn read(count: &AtomicU64) -> u64 {
        count.load(Ordering::Relaxed)
    }
}

impl Weather {
    pub(crate) fn new(may_be_killed: bool) -> Self {
        let state = State {
            clear_since: Some(Instant::now()),
            last_unavailable: None,
            longest: Duration::ZERO,
            breaches: Vec::new(),
        };
        Self { state: Mutex::new(state), stop: AtomicBool::new(false), may_be_killed, counts: Counts::default() }
    }

    /// From now on requests may be told that the store is unavailable.
    pub(crate) fn storm(&self) {
        let mut state = self.state();
        (state.clear_since, state.last_unavailable) = (None, None);
    }

    pub(crate) fn is_stormy(&self) -> bool {
        self.state().clear_since.is_none()
    }

    /// From a moment on they may not.
    pub(crate) fn clear(&self, since: Instant) {
        self.state().clear_since = Some(since);
    }

    pub(crate) fn stop(&self) {
        self.stop.store(true, Ordering::SeqCst);
    }

    pub(crate) fn go_on(&self) {
        self.stop.store(false, Ordering::SeqCst);
    }

    pub(crate) fn is_over(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }

    /// Counts an answer that the store is unavailable.
    pub(crate) fn unavailable(&self, doing: &str, began: Instant, says_when_to_retry: bool) {
        add(&self.counts.unavailable);
        if !says_when_to_retry {
            self.breach(format!("{doing}: 503 without Retry-After"));
        }
        let mut state = self.state();
        state.last_unavailable = state.last_unavailable.max(Some(began));
        // A provider that was just started, on a busy machine, may say so: what it must not do is to say
        // anything that is not so.
        let is_clear = !self.may_be_killed && state.clear_since.is_some_and(|since| began > since);
        drop(state);
        if is_clear {
            self.breach(format!("{doing}: 503 although the database is there"));
        }
    }

    /// Counts a request that got no answer.
    pub(crate) fn lost(&self, doing: &str, why: &str) {
        add(&self.counts.lost);
        if !self.may_be_killed {
            self.breach(format!("{doing}: no answer: {why}"));
        }
    }

    /// Looks at a connection that nobody took.
    pub(crate) fn refused(&self, doing: &str) {
        if !self.may_be_killed {
            self.breach(format!("{doing}: the provider takes no connection"));
        }
    }

    /// Looks at how long an answer took; what the machine was late by meanwhile is allowed to it.
    pub(crate) fn took(&self, doing: &str, time: Duration, late: Duration) {
        let mut state = self.state();
        state.longest = state.longest.max(time);
        drop(state);
        if time > BOUND + late {
            self.breach(format!("{doing}: answered after {time:?}, and the machine was late by {late:?}"));
        }
    }

    pub(crate) fn breach(&self, what: String) {
        add(&self.counts.breaches);
        let mut state = self.state();
        if state.breaches.len() < KEPT {
            state.breaches.push(what);
        }
    }

    /// Gives the breaches, each in words or as a number of more.
    pub(crate) fn breaches(&self) -> Vec<String> {
        let kept = self.state().breaches.clone();
        let all = Counts::read(&self.counts.breaches);
        let more = (kept.len() as u64..all).map(|_| "another".to_owned());
        kept.into_iter().chain(more).collect()
    }

    /// Gives the beginning of the last request that was told so since the last storm began.
    pub(crate) fn last_unavailable(&self) -> Option<Instant> {
        self.state().last_unavailable
    }

    pub(crate) fn longest(&self) -> Duration {
        self.state().longest
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}
