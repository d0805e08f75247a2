//! The provider is killed at random moments under mixed load, and started again.

use crate::arguments::Arguments;
use crate::load::{Counts, Load};
use crate::moment::chance;
use crate::place::{Kind, Place};
use crate::provider::{Running, launch, register};
use crate::report::{Report, Row};
use crate::sizes::Sizes;
use crate::store::AnyStore;
use std::time::{Duration, Instant};
use tokio::time::sleep;

const CLIENTS: usize = 6;

/// The longest time that load is on before the kill, in milliseconds.
const LONGEST: u64 = 250;

/// Every so many cycles the next provider is killed while it starts, too.
const AT_START: usize = 10;

/// How many older families each client looks at in the end.
const IN_THE_END: usize = 2_000;

pub(crate) async fn run(arguments: &Arguments, sizes: &Sizes, report: &mut Report) {
    for kind in arguments.stores(Kind::DURABLE) {
        report.row(cycles(kind, sizes.cycles).await);
    }
}

async fn cycles(kind: Kind, count: usize) -> Row {
    let started = Instant::now();
    let place = Place::start(kind);
    register(&AnyStore::open(&place.location).await.unwrap()).await;
    let mut running = Running::start(&place.location).await;
    let mut load = Load::new(running.address, CLIENTS, true);
    let (mut under_way, mut at_start) = (0, 0);
    for cycle in 0..count {
        load.begin();
        load.is_answered(CLIENTS).await;
        sleep(Duration::from_millis(5 + chance(LONGEST))).await;
        let lost = Counts::read(&load.weather.counts.lost);
        running.kill().await;
        load.end().await;
        under_way += usize::from(Counts::read(&load.weather.counts.lost) > lost);
        if cycle % AT_START == 0 {
            let mut dies_young = launch(&place.location);
            sleep(Duration::from_millis(chance(30))).await;
            dies_young.kill().await.unwrap();
            at_start += 1;
        }
        running = Running::start(&place.location).await;
        load.moves_to(running.address);
        load.verify().await;
    }
    load.verify_all(IN_THE_END).await;
    let mut row = Row::new(kind, "kill -9 under load");
    let counts = &load.weather.counts;
    row.cell("kills", count);
    row.cell("with requests under way", under_way);
    row.cell("more while it started", at_start);
    row.cell("requests", Counts::read(&counts.requests));
    row.cell("without an answer", Counts::read(&counts.lost));
    row.cell("answered 503", Counts::read(&counts.unavailable));
    row.cell("tokens issued", Counts::read(&counts.tokens));
    row.cell("revocations confirmed", Counts::read(&counts.revocations));
    row.cell("found alive", Counts::read(&counts.found_alive));
    row.cell("found dead", Counts::read(&counts.found_dead));
    if Counts::read(&counts.tokens) == 0 || under_way == 0 {
        row.breach("nothing was issued, or nothing was under way: nothing is proved");
    }
    row.breaches(load.weather.breaches());
    running.kill().await;
    if let Some(damage) = place.damage() {
        row.breach(format!("the database is damaged: {damage}"));
    }
    row.took(started.elapsed());
    row
}
