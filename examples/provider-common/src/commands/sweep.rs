//! `provider sweep`.

use crate::output::{Answer, Refused};
use oauth_core::config::Config;
use oauth_core::store::Housekeeping;
use serde_json::json;

/// Removes all that is over, batch by batch, so that a server beside it never waits for long.
pub(crate) async fn run(store: &impl Housekeeping, config: &Config) -> Result<Answer, Refused> {
    let mut removed: u64 = 0;
    loop {
        let swept = store.sweep(config.clock.now(), config.sweep_batch).await?;
        removed = removed.saturating_add(swept.removed);
        if !swept.more {
            return Ok(Answer { json: json!({ "removed": removed }), text: format!("Removed {removed} records.") });
        }
    }
}
