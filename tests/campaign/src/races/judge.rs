use super::shot::{Artefact, Outcome, Shot, now};
use crate::store::AnyStore;
use oauth_core::store::TokenStore as _;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// A call as it went: when it began, when it ended, what it came to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Hit {
    pub(crate) start: u64,
    pub(crate) end: u64,
    pub(crate) outcome: Outcome,
}

/// Tells whether two calls were under way at the same time.
pub(crate) fn overlap(one: Range<u64>, other: Range<u64>) -> bool {
    one.start < other.end && other.start < one.end
}

/// Says what is wrong with how a race ended, if anything is.
pub(crate) async fn wrong(store: &AnyStore, shots: &[Shot; 2], hits: &[Hit; 2]) -> Option<String> {
    let outcomes = [&hits[0].outcome, &hits[1].outcome];
    let winner = match outcomes {
        [Outcome::Won, Outcome::Won] => return Some(format!("{}: two winners", shots[0].artefact.name())),
        [Outcome::Won, _] => 0,
        [_, Outcome::Won] => 1,
        _ => return Some(format!("{}: no winner: {outcomes:?}", shots[0].artefact.name())),
    };
    let expected = match shots[0].artefact {
        Artefact::Code | Artefact::Refresh => Outcome::Ended,
        Artefact::RefreshInWindow => Outcome::Replayed(shots[winner].sealed.clone()),
        Artefact::Decision => Outcome::Lost,
    };
    if *outcomes[1 - winner] != expected {
        return Some(format!("{}: the loser got {:?}", shots[0].artefact.name(), outcomes[1 - winner]));
    }
    for (number, shot) in shots.iter().enumerate() {
        // A second use ends the grant with all that stands under it; a repeated answer ends nothing.
        let should_live = shot.artefact == Artefact::RefreshInWindow && number == winner;
        let lives = match store.access_token(&shot.access, now()).await {
            Ok(found) => found.is_some(),
            Err(error) => return Some(format!("{}: {error}", shot.artefact.name())),
        };
        if lives != should_live {
            let whose = if number == winner { "winner" } else { "loser" };
            return Some(format!("{}: the {whose}'s token lives: {lives}", shot.artefact.name()));
        }
    }
    None
}
