//! One connection, locks, slow answers, a full disk: bounded waits, no deadlock, no damage.

mod full;
mod slow;

use crate::arguments::Arguments;
use crate::disk::Disk;
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

const KINDS: &[Kind] = &[Kind::Sqlite, Kind::Postgres, Kind::Mariadb, Kind::Redis];

pub(crate) async fn run(arguments: &Arguments, sizes: &Sizes, report: &mut Report) {
    let mut databases = JoinSet::new();
    for kind in arguments.stores(KINDS) {
        let (arguments, sizes) = (arguments.clone(), *sizes);
        databases.spawn(async move {
            let mut rows = Vec::new();
            for case in cases(kind) {
                if arguments.wants(case.name()) {
                    rows.push(case.run(kind, sizes.push).await);
                }
            }
            rows
        });
    }
    while let Some(rows) = databases.join_next().await {
        rows.unwrap().into_iter().for_each(|row| report.row(row));
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Case {
    OneConnection,
    Locked,
    Slow,
    FullDisk,
    FullMemory,
}

fn cases(kind: Kind) -> Vec<Case> {
    let mut cases = vec![Case::OneConnection, Case::Locked, Case::Slow, Case::FullDisk];
    if kind == Kind::Redis {
        cases.push(Case::FullMemory);
    }
    cases
}

/// What is in the way, from the moment that it begins until it is gone.
enum Push {
    /// It lasts as long as this takes.
    Takes(Box<dyn FnOnce() + Send>),
    /// It begins at once, and ends when this is called.
    Until(Box<dyn FnOnce() + Send>),
    /// There is nothing but the load.
    Load,
}

/// A place as a case needs it, and how the case goes on once load is on it.
struct Stage {
    place: Arc<Place>,
    location: String,
    /// What else is said of the case.
    remark: &'static str,
    /// What its files are on, if that is to go when all is over.
    disk: Option<Arc<Disk>>,
    begin: Begin,
}

type Begin = Box<dyn FnOnce(&Arc<Place>, &Running) -> Push + Send>;

impl Stage {
    fn on(place: Place, begin: impl FnOnce(&Arc<Place>, &Running) -> Push + Send + 'static) -> Self {
        Self {
            location: place.location.clone(),
            place: Arc::new(place),
            remark: "",
            disk: None,
            begin: Box::new(begin),
        }
    }
}

impl Case {
    fn name(self) -> &'static str {
        match self {
            Self::OneConnection => "one connection",
            Self::Locked => "tables locked",
            Self::Slow => "slow answers",
            Self::FullDisk => "full disk",
            Self::FullMemory => "full memory (maxmemory)",
        }
    }

    /// How many clients there are: more than connections, where those are the point.
    fn clients(self) -> usize {
        if matches!(self, Self::OneConnection | Self::Locked) { 24 } else { 12 }
    }

    fn stage(self, kind: Kind, length: Duration) -> Stage {
        match self {
            Self::OneConnection => {
                let place = Place::start(kind);
                let location = match kind {
                    Kind::Postgres | Kind::Mariadb => place.with("connections=1"),
                    // One writer, and one connection, are their way.
                    _ => place.location.clone(),
                };
                Stage { location, ..Stage::on(place, |_, _| Push::Load) }
            }
            Self::Locked => slow::locked(kind, length),
            Self::Slow => slow::slow(kind, length),
            Self::FullDisk => full::disk(kind),
            Self::FullMemory => full::memory(),
        }
    }

    async fn run(self, kind: Kind, length: Duration) -> Row {
        let (started, late_before) = (Instant::now(), late());
        let Stage { place, location, remark, disk: _disk, begin } =
            spawn_blocking(move || self.stage(kind, length)).await.unwrap();
        register(&AnyStore::open(&place.location).await.unwrap()).await;
        let mut running = Running::start(&location).await;
        let mut load = Load::new(running.address, self.clients(), false);
        load.begin();
        sleep(Duration::from_millis(500)).await;
        let before = Counts::read(&load.weather.counts.good);
        // Who finds no connection in time may be told so.
        load.weather.storm();
        let (place, push) = {
            let at = Arc::clone(&place);
            let (push, returned) = spawn_blocking(move || {
                let push = begin(&at, &running);
                (push, running)
            })
            .await
            .unwrap();
            running = returned;
            (place, push)
        };
        match push {
            Push::Takes(all) => spawn_blocking(all).await.unwrap(),
            Push::Until(end) => {
                sleep(length).await;
                spawn_blocking(end).await.unwrap();
            }
            Push::Load => sleep(length).await,
        }
        let during = Counts::read(&load.weather.counts.good) - before;
        let back = Instant::now();
        let last_refused = load.settles(back).await;
        load.end().await;
        load.weather.clear(Instant::now());
        load.verify_all(usize::MAX).await;
        let mut row = Row::new(kind, &format!("{}{remark}", self.name()));
        let counts = &load.weather.counts;
        row.cell("clients", self.clients());
        row.cell("lasted", format!("{} s", length.as_secs()));
        row.cell("requests", Counts::read(&counts.requests));
        row.cell("answered well meanwhile", during);
        row.cell("answered 503", Counts::read(&counts.unavailable));
        row.cell("slowest answer", format!("{:.1} s", load.weather.longest().as_secs_f64()));
        row.cell("machine late by", format!("{:.1} s", late().saturating_sub(late_before).as_secs_f64()));
        row.cell("last 503 after the end", format!("{:.1} s", last_refused.as_secs_f64()));
        row.cell("found alive", Counts::read(&counts.found_alive));
        row.cell("found dead", Counts::read(&counts.found_dead));
        row.breaches(load.weather.breaches());
        if matches!(self, Self::Locked | Self::FullDisk | Self::FullMemory) && Counts::read(&counts.unavailable) == 0 {
            row.breach("nothing was refused: there was nothing in the way");
        }
        if self != Self::Locked && during == 0 {
            row.breach("nothing was answered");
        }
        if !running.runs() {
            row.breach("the provider ended");
        }
        running.kill().await;
        if let Some(damage) = spawn_blocking(move || place.damage()).await.unwrap() {
            row.breach(format!("the database is damaged: {damage}"));
        }
        row.took(started.elapsed());
        row
    }
}
