//! Checks of one token at the same time become one request, whose outcome all of them share.

use crate::cache::Outcome;
use oauth_core::resource::Refusal;
use oauth_core::secret::Digest;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;

type Waiting = Mutex<HashMap<Digest, watch::Receiver<Option<Outcome>>>>;

/// The requests that are under way or wait for their turn, by the digests of their tokens.
pub(crate) struct Flights {
    waiting: Arc<Waiting>,
    most: usize,
}

/// What a check of a token does.
pub(crate) enum Joined {
    /// It asks, for itself and for those who come.
    Leads(Flight, Follower),
    /// It waits for what another found.
    Follows(Follower),
    /// There is no room.
    Crowded,
}

/// A request that others may wait for. Dropped without an outcome, they hear that it cannot be told.
pub(crate) struct Flight {
    token: Digest,
    waiting: Arc<Waiting>,
    outcome: watch::Sender<Option<Outcome>>,
}

/// Waits for the outcome of a request. It can be dropped without harm to the others.
pub(crate) struct Follower(watch::Receiver<Option<Outcome>>);

impl Flights {
    pub(crate) fn new(most: usize) -> Self {
        Self { waiting: Arc::default(), most }
    }

    /// Joins the request for a token, or begins one.
    pub(crate) fn join(&self, token: Digest) -> Joined {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let has_room = waiting.len() < self.most;
        match waiting.entry(token) {
            Entry::Occupied(found) => Joined::Follows(Follower(found.get().clone())),
            Entry::Vacant(free) if has_room => {
                let (outcome, receiver) = watch::channel(None);
                free.insert(receiver.clone());
                let flight = Flight { token, waiting: Arc::clone(&self.waiting), outcome };
                Joined::Leads(flight, Follower(receiver))
            }
            Entry::Vacant(_) => Joined::Crowded,
        }
    }
}

impl Flight {
    /// Tells everybody.
    pub(crate) fn land(self, outcome: Outcome) {
        self.outcome.send_replace(Some(outcome));
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.token);
    }
}

impl Follower {
    pub(crate) async fn outcome(mut self) -> Outcome {
        match self.0.wait_for(Option::is_some).await.as_deref() {
            Ok(Some(outcome)) => outcome.clone(),
            _ => Err(Refusal::Unavailable),
        }
    }
}
