//! Leaves a provider alone that is down, so that an outage does not have every request wait for a whole
//! time-out.

use oauth_core::clock::Timestamp;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How many failures in a row make an outage: one lost connection is none.
const IN_A_ROW: u32 = 3;

/// Counts failures in a row. From the third on nothing is asked for the length of the rest; then one
/// check a rest is let through to see, and the first good answer ends it.
#[derive(Debug)]
pub(crate) struct Circuit {
    rest: Duration,
    state: Mutex<State>,
}

#[derive(Clone, Copy, Debug, Default)]
struct State {
    failures: u32,
    since: Option<Timestamp>,
}

impl Circuit {
    pub(crate) fn new(rest: Duration) -> Self {
        Self { rest, state: Mutex::default() }
    }

    /// Tells whether there is nothing to ask now.
    pub(crate) fn rests(&self, now: Timestamp) -> bool {
        self.with(|state| self.is_open(*state, now))
    }

    /// Lets a request through, or says that it must not be made. Where a rest has passed the next one
    /// begins here, so that one request goes and not all that wait.
    pub(crate) fn admits(&self, now: Timestamp) -> bool {
        self.with(|state| {
            let open = self.is_open(*state, now);
            if !open && state.since.is_some() {
                state.since = Some(now);
            }
            !open
        })
    }

    pub(crate) fn succeeded(&self) {
        self.with(|state| *state = State::default());
    }

    /// Counts a failure that may be an outage.
    pub(crate) fn failed(&self, now: Timestamp) {
        self.with(|state| {
            state.failures = state.failures.saturating_add(1);
            if state.failures >= IN_A_ROW {
                state.since = Some(now);
            }
        });
    }

    /// Begins a rest at once: nothing that is asked now can succeed.
    pub(crate) fn open(&self, now: Timestamp) {
        self.with(|state| *state = State { failures: IN_A_ROW, since: Some(now) });
    }

    /// A clock that was set back must not make a rest longer.
    fn is_open(&self, state: State, now: Timestamp) -> bool {
        state.since.is_some_and(|since| since <= now && now < since.after(self.rest))
    }

    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix_seconds(seconds)
    }

    fn open_at(seconds: i64) -> Circuit {
        let circuit = Circuit::new(Duration::from_secs(2));
        circuit.open(at(seconds));
        circuit
    }

    #[test]
    fn the_third_failure_in_a_row_begins_a_rest() {
        let circuit = Circuit::new(Duration::from_secs(2));
        circuit.failed(at(10));
        circuit.failed(at(10));
        assert!(circuit.admits(at(10)));
        circuit.succeeded();
        circuit.failed(at(10));
        circuit.failed(at(10));
        assert!(circuit.admits(at(10)), "a success between them begins the count anew");
        circuit.failed(at(10));
        assert!(circuit.rests(at(10)) && !circuit.admits(at(11)));
    }

    #[test]
    fn one_request_a_rest_goes_to_see() {
        let circuit = open_at(10);
        assert!(!circuit.rests(at(12)), "a rest is over");
        assert!(circuit.admits(at(12)));
        assert!(!circuit.admits(at(12)) && circuit.rests(at(13)), "the others wait for what the first one finds");
        assert!(circuit.admits(at(14)), "it may have got lost");
        circuit.succeeded();
        assert!(circuit.admits(at(14)) && circuit.admits(at(14)));
    }

    #[test]
    fn a_clock_set_back_ends_a_rest_and_no_rest_is_none() {
        assert!(open_at(1_000).admits(at(10)));
        let circuit = Circuit::new(Duration::ZERO);
        circuit.open(at(10));
        assert!(circuit.admits(at(10)) && circuit.admits(at(10)));
    }
}
