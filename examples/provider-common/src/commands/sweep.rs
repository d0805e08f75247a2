//! `provider sweep`.

use crate::output::{Answer, Refused};
use clap::Args;
use oauth_core::config::Config;
use oauth_core::store::Housekeeping;
use serde_json::json;
use std::time::Duration;

#[derive(Args)]
pub(crate) struct Sweep {
    /// How many records are removed at a time.
    #[arg(long, value_name = "NUMBER", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..))]
    batch_size: u32,
    /// How long to rest between two batches; as long as the last one took unless given.
    #[arg(long, value_name = "MILLISECONDS")]
    interval: Option<u64>,
    /// Removes nothing, and says since when the oldest record waits.
    #[arg(long)]
    dry_run: bool,
}

/// Removes all that has expired, batch by batch, so that a server beside it never waits for long.
pub(crate) async fn run(asked: &Sweep, store: &impl Housekeeping, config: &Config) -> Result<Answer, Refused> {
    if asked.dry_run {
        return look(store, config).await;
    }
    let (mut removed, mut batches): (u64, u64) = (0, 0);
    loop {
        let started = std::time::Instant::now();
        let swept = store.sweep(config.clock.now(), asked.batch_size).await?;
        removed = removed.saturating_add(swept.removed);
        batches += 1;
        if !swept.more {
            let json = json!({ "removed": removed, "batches": batches });
            return Ok(Answer { json, text: format!("Removed {removed} records.") });
        }
        tokio::time::sleep(asked.interval.map_or_else(|| started.elapsed(), Duration::from_millis)).await;
    }
}

/// Looks, and counts nothing: counting would cost a large store more than removing does.
async fn look(store: &impl Housekeeping, config: &Config) -> Result<Answer, Refused> {
    let now = config.clock.now();
    let since = store.overdue_since(now).await?;
    let text = match since {
        Some(since) => format!("The oldest record has waited for {} s.", now.seconds_since(since)),
        None => "Nothing waits to be removed.".to_owned(),
    };
    Ok(Answer { json: json!({ "dry_run": true, "removed": 0, "overdue_since": since }), text })
}
