use super::Score;
use super::contest::{Lanes, Prepared, call, contest, shared};
use crate::arguments::Arguments;
use crate::place::Kind;
use crate::races::SIDE_BY_SIDE;
use crate::report::Report;
use crate::sizes::Sizes;
use crate::store::AnyStore;
use oauth_core::store::conformance::pairs::{Pair, Trial};
use std::sync::Arc;

/// Runs each pair of verbs on a store that was opened twice: the commit comes by one pool of connections and the
/// end by the other, as from two processes.
pub(super) async fn run(kind: Kind, stores: &[AnyStore; 2], arguments: &Arguments, sizes: &Sizes, report: &mut Report) {
    let lanes = if kind == Kind::Memory { Lanes::Threads } else { Lanes::Tasks(SIDE_BY_SIDE) };
    let mut lasting = [0, 0];
    for pair in Pair::all() {
        if arguments.wants(&pair.name()) {
            let score = Score::new(kind, &pair.name(), sizes.trials);
            report.row(contest(score, lanes, &mut lasting, || prepared(stores.clone(), pair)).await);
        }
    }
}

async fn prepared([one, other]: [AnyStore; 2], pair: Pair) -> Prepared {
    let trial = Arc::new(Trial::prepare(&one, pair).await);
    let (ends, looks) = (other.clone(), one.clone());
    let commit = shared(&trial, |trial| async move { trial.commit(&one).await });
    let end = shared(&trial, |trial| async move { trial.end(&ends).await });
    let was_there = shared(&trial, |trial| async move { trial.is_committed(&other).await });
    let survivor = move |committed, was_there| call(async move { trial.survivor(&looks, committed, was_there).await });
    Prepared { commit, end, was_there, survivor: Box::new(survivor) }
}
