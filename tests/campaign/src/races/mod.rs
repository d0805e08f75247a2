//! Two calls use the same thing at the same time: exactly one may win.

mod field;
mod gate;
mod judge;
mod shot;

pub(crate) use field::{Call, Calls, SIDE_BY_SIDE, contend, on_tasks, on_threads, warm_up};
pub(crate) use judge::overlap;

use crate::arguments::Arguments;
use crate::place::{Kind, Place};
use crate::report::{Report, Row, percent};
use crate::sizes::Sizes;
use crate::store::AnyStore;
use field::{Contender, Field};
use shot::{Artefact, Owner};
use std::time::Instant;
use tokio::task::JoinSet;

/// How many times as many are run at most, where a busy machine keeps calls from meeting.
const MOST: usize = 3;

pub(crate) async fn run(arguments: &Arguments, sizes: &Sizes, report: &mut Report) {
    for kind in arguments.stores(&[&[Kind::Memory], Kind::DURABLE].concat()) {
        let place = Place::start(kind);
        let store = AnyStore::open(&place.location).await.unwrap();
        field::warm_up(&store).await;
        let owner = Owner::new(&store).await;
        let mut fields = if kind == Kind::Memory {
            // It is in one process by its nature.
            vec![Field::Threads]
        } else {
            vec![Field::Tasks, Field::Processes(Box::new(Contender::pair(&place.location).await))]
        };
        for field in &mut fields {
            for artefact in Artefact::ALL {
                let case = format!("{}; {}", artefact.name(), field.name());
                if arguments.wants(&case) {
                    let row = Row::new(kind, &case);
                    report.row(race(&store, &owner, artefact, field, sizes, row).await);
                }
            }
        }
    }
}

async fn race(
    store: &AnyStore,
    owner: &Owner,
    artefact: Artefact,
    field: &mut Field,
    sizes: &Sizes,
    mut row: Row,
) -> Row {
    let started = Instant::now();
    let count = sizes.races;
    let lacks = |overlapping: usize, done: usize| overlapping * 100 < done * sizes.overlapping;
    let (mut done, mut overlapping, mut right) = (0, 0, 0);
    while done < count || lacks(overlapping, done) && done < MOST * count {
        let left = if done < count { count - done } else { count };
        let batch = field.batch().min(left);
        let mut prepared = JoinSet::new();
        for _ in 0..batch {
            let owner = owner.clone();
            prepared.spawn(async move { owner.prepare(artefact).await });
        }
        let races = prepared.join_all().await;
        let ended = field.run(store, &races).await;
        let mut judgements = JoinSet::new();
        for (shots, hits) in races.into_iter().zip(ended) {
            overlapping += usize::from(overlap(hits[0].start..hits[0].end, hits[1].start..hits[1].end));
            let store = store.clone();
            judgements.spawn(async move { judge::wrong(&store, &shots, &hits).await });
        }
        for wrong in judgements.join_all().await {
            match wrong {
                Some(wrong) => row.breach(wrong),
                None => right += 1,
            }
        }
        done += batch;
    }
    if lacks(overlapping, done) {
        row.breach(format!("only {overlapping} of {done} races overlapped"));
    }
    row.cell("races", done);
    row.cell("overlapping", percent(overlapping, done));
    row.cell("one winner, and its consequences", right);
    row.took(started.elapsed());
    row
}
