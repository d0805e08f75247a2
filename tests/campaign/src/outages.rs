//! The database is restarted, goes away for a while, and stops where it stands. The provider stays.

use crate::arguments::Arguments;
use crate::load::{Counts, Load};
use crate::moment::late;
use crate::place::{Kind, Place};
use crate::provider::{Running, register};
use crate::report::{Report, Row};
use crate::sizes::Sizes;
use crate::store::AnyStore;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::sleep;

const CLIENTS: usize = 12;

/// What happens to a database.
#[derive(Clone, Copy)]
enum Trouble {
    Restart,
    Away,
    Stopped,
}

impl Trouble {
    fn name(self) -> &'static str {
        match self {
            Self::Restart => "restart of the database",
            Self::Away => "database away",
            Self::Stopped => "database stopped (SIGSTOP)",
        }
    }
}

pub(crate) async fn run(arguments: &Arguments, sizes: &Sizes, report: &mut Report) {
    let mut databases = JoinSet::new();
    for kind in arguments.stores(Kind::SERVERS) {
        let (arguments, sizes) = (arguments.clone(), *sizes);
        databases.spawn(async move { database(kind, &arguments, sizes).await });
    }
    while let Some(rows) = databases.join_next().await {
        rows.unwrap().into_iter().for_each(|row| report.row(row));
    }
}

async fn database(kind: Kind, arguments: &Arguments, sizes: Sizes) -> Vec<Row> {
    let place = Arc::new(spawn_blocking(move || Place::start(kind)).await.unwrap());
    register(&AnyStore::open(&place.location).await.unwrap()).await;
    let mut rows = Vec::new();
    for (trouble, times) in
        [(Trouble::Restart, sizes.restarts), (Trouble::Away, sizes.outages), (Trouble::Stopped, sizes.outages)]
    {
        if arguments.wants(trouble.name()) {
            rows.push(suffer(kind, &place, trouble, times, sizes.outage).await);
        }
    }
    rows
}

async fn suffer(kind: Kind, place: &Arc<Place>, trouble: Trouble, times: usize, length: Duration) -> Row {
    let (started, late_before) = (Instant::now(), late());
    let mut running = Running::start(&place.location).await;
    let mut load = Load::new(running.address, CLIENTS, false);
    load.begin();
    sleep(Duration::from_millis(500)).await;
    let mut slowest = Duration::ZERO;
    for _ in 0..times {
        load.weather.storm();
        let (at, length) = (Arc::clone(place), length);
        let back = spawn_blocking(move || {
            match trouble {
                Trouble::Restart => at.process().stop(),
                Trouble::Away => {
                    at.process().stop();
                    std::thread::sleep(length);
                }
                Trouble::Stopped => {
                    at.process().pause();
                    std::thread::sleep(length);
                    at.process().resume();
                    return Instant::now();
                }
            }
            at.process().restart();
            Instant::now()
        });
        let back = back.await.unwrap();
        slowest = slowest.max(load.settles(back).await);
        load.weather.clear(Instant::now());
    }
    load.end().await;
    load.verify_all(usize::MAX).await;
    let mut row = Row::new(kind, trouble.name());
    let counts = &load.weather.counts;
    row.cell("times", times);
    row.cell(
        "each",
        if matches!(trouble, Trouble::Restart) { "-".to_owned() } else { format!("{} s", length.as_secs()) },
    );
    row.cell("requests", Counts::read(&counts.requests));
    row.cell("answered 503", Counts::read(&counts.unavailable));
    row.cell("revocations confirmed", Counts::read(&counts.revocations));
    row.cell("revocations answered 503", Counts::read(&counts.revocations_unavailable));
    row.cell("slowest answer", format!("{:.1} s", load.weather.longest().as_secs_f64()));
    row.cell("machine late by", format!("{:.1} s", late().saturating_sub(late_before).as_secs_f64()));
    row.cell("last 503 after the return", format!("{:.1} s", slowest.as_secs_f64()));
    row.cell("found alive", Counts::read(&counts.found_alive));
    row.cell("found dead", Counts::read(&counts.found_dead));
    row.breaches(load.weather.breaches());
    // A restart may be over before anybody comes.
    if Counts::read(&counts.unavailable) == 0 && !matches!(trouble, Trouble::Restart) {
        row.breach("nothing was refused: the database was never away");
    }
    if !running.runs() {
        row.breach("the provider ended");
    }
    running.kill().await;
    let at = Arc::clone(place);
    if let Some(damage) = spawn_blocking(move || at.damage()).await.unwrap() {
        row.breach(format!("the database is damaged: {damage}"));
    }
    row.took(started.elapsed());
    row
}
