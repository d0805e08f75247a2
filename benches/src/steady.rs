//! A load that does not wait for the server: requests are due at fixed times, and one that is late
//! because those before it were slow is late all the same.

use crate::Error;
use crate::load::Load;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// How long answers took, in milliseconds.
#[derive(Default)]
pub(crate) struct Latencies(Vec<f64>);

impl Latencies {
    pub(crate) fn of(milliseconds: Vec<f64>) -> Self {
        Self(milliseconds)
    }

    pub(crate) fn add(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    /// Tells how many answers a second there were.
    pub(crate) fn rate(&self, time: Duration) -> f64 {
        self.0.len() as f64 / time.as_secs_f64()
    }

    pub(crate) fn p50(&mut self) -> f64 {
        self.quantile(50)
    }

    pub(crate) fn p99(&mut self) -> f64 {
        self.quantile(99)
    }

    fn quantile(&mut self, percent: usize) -> f64 {
        self.0.sort_by(f64::total_cmp);
        self.0.get(self.0.len() * percent / 100).copied().unwrap_or(f64::NAN)
    }
}

/// Sends `rate` requests a second over some connections, each of which has one under way at a time.
pub(crate) fn run(
    server: SocketAddr,
    connections: usize,
    rate: f64,
    time: Duration,
    requests: &[Vec<u8>],
) -> Result<Latencies, Error> {
    let first = requests.first().ok_or("at least one request")?;
    let each = Duration::from_secs_f64(connections as f64 / rate);
    let mut loads = Vec::new();
    for _ in 0..connections {
        loads.push(Load::connect(server, 1, first)?);
    }
    let start = Instant::now() + Duration::from_millis(20);
    let mut all = Latencies::default();
    std::thread::scope(|scope| {
        let threads: Vec<_> = loads
            .into_iter()
            .zip(0u32..)
            .map(|(mut load, number)| {
                let mine = requests.iter().cycle().skip(number as usize * 101).step_by(7_919);
                // Those of the connections lie between each other's.
                let begin = start + each * number / u32::try_from(connections).unwrap_or(1);
                scope.spawn(move || one(&mut load, begin, each, start + time, mine.map(Vec::as_slice)))
            })
            .collect();
        for thread in threads {
            all.add(thread.join().map_err(|_| "a client died")??);
        }
        Ok::<_, Error>(())
    })?;
    Ok(all)
}

fn one<'a>(
    load: &mut Load,
    mut due: Instant,
    each: Duration,
    end: Instant,
    mut requests: impl Iterator<Item = &'a [u8]>,
) -> Result<Latencies, Error> {
    let mut found = Latencies::default();
    loop {
        let now = Instant::now();
        if each.is_zero() {
            due = now;
        }
        if due >= end {
            return Ok(found);
        }
        if let Some(early) = due.checked_duration_since(now) {
            std::thread::sleep(early);
        }
        load.batch(&mut requests)?;
        found.0.push(due.elapsed().as_secs_f64() * 1e3);
        due += each;
    }
}
