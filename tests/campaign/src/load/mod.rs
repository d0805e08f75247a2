//! Mixed load of clients that remember what they were told.

mod family;
mod verify;
mod weather;
mod worker;

pub(crate) use weather::{Counts, Weather};

use crate::sizes::BACK;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use tokio::time::sleep;
use worker::Worker;

/// For how long nothing may be refused until all is taken for well again.
const CALM: Duration = Duration::from_secs(2);

/// Clients, at work or not.
pub(crate) struct Load {
    pub(crate) weather: Arc<Weather>,
    idle: Vec<Worker>,
    at_work: JoinSet<Worker>,
}

impl Load {
    pub(crate) fn new(address: SocketAddr, clients: usize, may_be_killed: bool) -> Self {
        let weather = Arc::new(Weather::new(may_be_killed));
        let idle = (0..clients).map(|_| Worker::new(address, &weather)).collect();
        Self { weather, idle, at_work: JoinSet::new() }
    }

    /// Sends all clients to work.
    pub(crate) fn begin(&mut self) {
        self.weather.go_on();
        for mut worker in self.idle.drain(..) {
            self.at_work.spawn(async move {
                worker.work().await;
                worker
            });
        }
    }

    /// Waits until some more requests were answered well: a provider that was just started opens its
    /// connections first.
    pub(crate) async fn is_answered(&self, times: usize) {
        let (started, before) = (Instant::now(), Counts::read(&self.weather.counts.good));
        while Counts::read(&self.weather.counts.good) < before + times as u64 && started.elapsed() < BACK {
            sleep(Duration::from_millis(1)).await;
        }
    }

    /// Has them end what they are at, and waits for it.
    pub(crate) async fn end(&mut self) {
        self.weather.stop();
        self.rest().await;
    }

    /// Has them go on at a provider that was started anew.
    pub(crate) fn moves_to(&mut self, address: SocketAddr) {
        self.idle.iter_mut().for_each(|worker| worker.moves_to(address));
    }

    /// Goes on until nothing was refused for a while, or until that has to be over, and gives how long
    /// after the cause was gone the last refused request began.
    pub(crate) async fn settles(&self, gone: Instant) -> Duration {
        self.weather.clear(gone + BACK);
        loop {
            sleep(Duration::from_millis(100)).await;
            let last = self.weather.last_unavailable().map_or(gone, |last| last.max(gone));
            if last.elapsed() > CALM || gone.elapsed() > BACK + CALM {
                return last.duration_since(gone);
            }
        }
    }

    /// Has them look whether what they know of lately is so.
    pub(crate) async fn verify(&mut self) {
        for mut worker in self.idle.drain(..) {
            self.at_work.spawn(async move {
                worker.verify().await;
                worker
            });
        }
        self.rest().await;
    }

    /// Has each look at all that it ever knew, up to so many families.
    pub(crate) async fn verify_all(&mut self, most: usize) {
        for mut worker in self.idle.drain(..) {
            self.at_work.spawn(async move {
                worker.verify_all(most).await;
                worker
            });
        }
        self.rest().await;
    }

    async fn rest(&mut self) {
        while let Some(worker) = self.at_work.join_next().await {
            self.idle.push(worker.unwrap());
        }
    }
}
