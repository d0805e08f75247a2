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
    place: Place,
    outcome: watch::Sender<Option<Outcome>>,
}

/// Where a request can be joined; dropped, it no longer can.
struct Place {
    token: Digest,
    waiting: Arc<Waiting>,
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
                let flight = Flight { place: Place { token, waiting: Arc::clone(&self.waiting) }, outcome };
                Joined::Leads(flight, Follower(receiver))
            }
            Entry::Vacant(_) => Joined::Crowded,
        }
    }
}

impl Flight {
    /// Tells everybody who waits, and nobody who comes later: first it can no longer be joined, or a
    /// check that begins after another heard the outcome could still get it, though its token is over.
    pub(crate) fn land(self, found: Outcome) {
        let Self { place, outcome } = self;
        drop(place);
        outcome.send_replace(Some(found));
    }
}

impl Drop for Place {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn nobody_joins_a_request_whose_outcome_was_heard() {
        let (flights, token) = (Flights::new(1), Digest::of("token"));
        for round in 0..2_000 {
            let Joined::Leads(flight, follower) = flights.join(token) else { panic!("round {round} joined the last") };
            let landing = tokio::spawn(async move { flight.land(Err(Refusal::InvalidToken)) });
            assert_eq!(follower.outcome().await, Err(Refusal::InvalidToken));
            assert!(matches!(flights.join(token), Joined::Leads(..)), "round {round}");
            landing.await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_request_that_gets_lost_leaves_nobody_waiting() {
        let (flights, token) = (Flights::new(1), Digest::of("token"));
        let Joined::Leads(flight, _) = flights.join(token) else { panic!("it is the first") };
        let Joined::Follows(follower) = flights.join(token) else { panic!("it is the second") };
        assert!(matches!(flights.join(Digest::of("another")), Joined::Crowded));
        drop(flight);
        assert_eq!(follower.outcome().await, Err(Refusal::Unavailable));
        assert!(matches!(flights.join(token), Joined::Leads(..)));
    }
}
