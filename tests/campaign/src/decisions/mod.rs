//! A decision is committed while what it rests on ends: nothing of it may work afterwards.

mod contest;
mod person;
mod site;
mod verbs;
mod ways;
mod web;

pub(crate) use site::serve;

use crate::arguments::Arguments;
use crate::place::{Kind, Place};
use crate::races::warm_up;
use crate::report::{Report, Row};
use crate::sizes::Sizes;
use crate::store::AnyStore;
use std::time::Instant;

/// How many times as many are run at most, if a busy machine keeps calls from meeting.
const MOST: usize = 10;
/// How often a pair may be tried anyhow: on a busy machine ten trials may miss each other.
const ANYHOW: usize = 100;

/// The kinds of stores on which the slice goes over HTTP too: the adapters are the same on all.
const SLICED: [Kind; 3] = [Kind::Memory, Kind::Postgres, Kind::Redis];

pub(crate) async fn run(arguments: &Arguments, sizes: &Sizes, report: &mut Report) {
    for kind in arguments.stores(&[&[Kind::Memory], Kind::DURABLE].concat()) {
        let place = Place::start(kind);
        let one = AnyStore::open(&place.location).await.unwrap();
        let other = if kind == Kind::Memory { one.clone() } else { AnyStore::open(&place.location).await.unwrap() };
        warm_up(&one).await;
        warm_up(&other).await;
        let stores = [one, other];
        verbs::run(kind, &stores, arguments, sizes, report).await;
        if !arguments.slice || SLICED.contains(&kind) {
            web::run(kind, (&place.location, &stores[0]), arguments, sizes, report).await;
        }
    }
}

/// What came of the trials of a pair.
struct Score {
    row: Row,
    started: Instant,
    wanted: usize,
    trials: usize,
    overlapping: usize,
    committed: usize,
    survivors: usize,
}

impl Score {
    fn new(kind: Kind, case: &str, wanted: usize) -> Self {
        Self {
            row: Row::new(kind, case),
            started: Instant::now(),
            wanted,
            trials: 0,
            overlapping: 0,
            committed: 0,
            survivors: 0,
        }
    }

    /// Gives how many more trials are wanted: until as many as were asked for have overlapped, or it is enough.
    fn left(&self) -> usize {
        self.wanted.saturating_sub(self.overlapping).min((MOST * self.wanted).max(ANYHOW).saturating_sub(self.trials))
    }

    fn count(&mut self, overlapped: bool, committed: bool, survivor: Option<String>) {
        self.trials += 1;
        self.overlapping += usize::from(overlapped);
        self.committed += usize::from(committed);
        self.survivors += usize::from(survivor.is_some());
        self.row.breaches(survivor.into_iter().collect());
    }

    fn row(mut self) -> Row {
        if self.overlapping < self.wanted {
            self.row.breach(format!("only {} of {} trials overlapped", self.overlapping, self.trials));
        }
        self.row.cell("trials", self.trials);
        self.row.cell("overlapping", self.overlapping);
        self.row.cell("committed", self.committed);
        self.row.cell("survivors", self.survivors);
        self.row.took(self.started.elapsed());
        self.row
    }
}
