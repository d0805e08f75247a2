//! What the stores cost, each beside the least that its database could do.

pub(crate) mod postgres;
pub(crate) mod redis;
pub(crate) mod size;
pub(crate) mod sqlite;
pub(crate) mod storage;

use crate::load::Load;
use crate::provider::Process;
use crate::{Error, cpu};
use std::time::Instant;

/// What some requests cost.
#[derive(Clone, Copy)]
struct Cost {
    /// Microseconds of the server's CPU, for each.
    cpu: f64,
    /// How many a second there were.
    rate: f64,
}

/// Sends requests, in so many batches, and says what one of them cost.
fn cost<'a>(
    server: &Process,
    load: &mut Load,
    batches: usize,
    requests: &mut impl Iterator<Item = &'a [u8]>,
) -> Result<Cost, Error> {
    let (before, began) = (cpu::time_of(server.id())?, Instant::now());
    let mut sent = 0;
    for _ in 0..batches {
        sent += load.batch(&mut *requests)?;
    }
    let (spent, took) = (cpu::time_of(server.id())? - before, began.elapsed());
    let sent = f64::from(u32::try_from(sent)?);
    Ok(Cost { cpu: spent.as_secs_f64() * 1e6 / sent, rate: sent / took.as_secs_f64() })
}

/// Says whether a figure is where it should be.
fn verdict(holds: bool) -> &'static str {
    if holds { "within" } else { "MISSED" }
}
