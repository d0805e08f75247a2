//! How far a connection is: whether the server waits for its client, and since when.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Written by the socket, the body and the answer of one connection, read by who looks for a place.
pub(super) struct Progress(Mutex<State>);

struct State {
    stage: Stage,
    since: Instant,
    /// When the first byte of a head came.
    head: Option<Instant>,
    body: Wait,
    write: Wait,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// No request, or half a head: the client is to send.
    Head,
    /// A request is under way.
    Request,
    /// Its answer is complete, and not yet all with the operating system.
    Sending,
}

/// Waiting for a client who may move one byte at a time: the beginning counts, not the last byte.
#[derive(Clone, Copy, Default)]
struct Wait {
    since: Option<Instant>,
    now: bool,
}

impl Wait {
    fn begin(&mut self) {
        self.since.get_or_insert_with(Instant::now);
        self.now = true;
    }

    fn since(self) -> Option<Instant> {
        self.since.filter(|_| self.now)
    }
}

impl Progress {
    pub(super) fn new() -> Self {
        let (body, write) = (Wait::default(), Wait::default());
        Self(Mutex::new(State { stage: Stage::Head, since: Instant::now(), head: None, body, write }))
    }

    /// A whole head has come.
    pub(super) fn begins(&self) {
        let mut state = self.state();
        (state.stage, state.head) = (Stage::Request, None);
        (state.body, state.write) = (Wait::default(), Wait::default());
    }

    /// Some bytes have come: the first ones of a head if none is under way.
    pub(super) fn bytes_come(&self) {
        let mut state = self.state();
        if state.stage == Stage::Head {
            state.head.get_or_insert_with(Instant::now);
        }
    }

    /// Tells until when the next head must be whole if it has begun, or must begin if it has not. `None` while a
    /// request is under way or its client does not take the answer, or if there is no end.
    pub(super) fn head_is_over_at(&self, idle_time: Duration, head_time: Duration) -> Option<Instant> {
        let state = self.state();
        match (state.stage, state.head) {
            (Stage::Request, _) => None,
            // The time to write is another.
            (Stage::Sending, _) if state.write.now => None,
            (_, Some(begun)) => begun.checked_add(head_time),
            (_, None) => state.since.checked_add(idle_time),
        }
    }

    /// The rest of a body has not come yet.
    pub(super) fn body_waits(&self) {
        self.state().body.begin();
    }

    /// Some of a body has come.
    pub(super) fn body_moves(&self) {
        self.state().body.now = false;
    }

    /// The socket takes no more of an answer.
    pub(super) fn write_waits(&self) {
        self.state().write.begin();
    }

    /// The socket takes all that there is so far.
    pub(super) fn flushed(&self) {
        let mut state = self.state();
        state.write = Wait::default();
        if state.stage == Stage::Sending {
            state.stage = Stage::Head;
        }
    }

    /// The answer's last byte is made.
    pub(super) fn answered(&self) {
        let mut state = self.state();
        (state.stage, state.since) = (Stage::Sending, Instant::now());
    }

    /// Tells since when the client lets the server wait; `None` where it is the server's turn.
    pub(super) fn waits_since(&self) -> Option<Instant> {
        let state = self.state();
        match state.stage {
            Stage::Head | Stage::Sending => Some(state.since),
            Stage::Request => [state.body.since(), state.write.since()].into_iter().flatten().min(),
        }
    }

    /// Tells whether no request is under way.
    pub(super) fn is_idle(&self) -> bool {
        self.state().stage == Stage::Head
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::Progress;

    #[test]
    fn only_the_client_lets_the_server_wait() {
        let progress = Progress::new();
        assert!(progress.waits_since().is_some() && progress.is_idle());
        progress.begins();
        assert!(progress.waits_since().is_none() && !progress.is_idle());
        progress.body_waits();
        let began = progress.waits_since().unwrap();
        progress.body_moves();
        assert_eq!(progress.waits_since(), None);
        progress.body_waits();
        assert_eq!(progress.waits_since(), Some(began), "a byte now and then does not make it young");
        progress.body_moves();
        progress.write_waits();
        assert!(progress.waits_since().is_some());
        progress.flushed();
        assert!(progress.waits_since().is_none());
        progress.answered();
        assert!(progress.waits_since().is_some() && !progress.is_idle());
        progress.flushed();
        assert!(progress.waits_since().is_some() && progress.is_idle());
    }
}
