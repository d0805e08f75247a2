use super::lists::Occasion;
use crate::error::Outcome;
use crate::link::Access;
use crate::place::Place;
use crate::record::seconds;
use crate::{RedisStore, script};
use futures_util::future::try_join_all;
use oauth_core::clock::Timestamp;
use oauth_core::store::{FailureStore, Housekeeping, Result, Swept};
use std::sync::Arc;

/// How many entries one script looks at: no other client waits longer than that takes.
const STEPS: &str = "500";

impl Housekeeping for RedisStore {
    async fn sweep(&self, now: Timestamp, limit: u32) -> Result<Swept> {
        let store = self.clone();
        let steps = Self::whole(async move { store.sweep_all(now, limit.into()).await });
        steps.await.map_err(|failure| failure.while_doing("sweep"))
    }

    async fn overdue_since(&self, now: Timestamp) -> Result<Option<Timestamp>> {
        let oldest = try_join_all(self.0.places.all().map(|place| self.first_due(place, now))).await;
        let oldest = oldest.map_err(|failure| failure.while_doing("look for what has expired"))?;
        Ok(oldest.into_iter().flatten().min())
    }

    fn failures(&self) -> Option<Arc<dyn FailureStore>> {
        Some(Arc::new(self.clone()))
    }
}

impl RedisStore {
    async fn sweep_all(&self, now: Timestamp, limit: u64) -> Outcome<Swept> {
        self.finish_sign_outs(now).await?;
        let mut swept = Swept::default();
        for place in self.0.places.all() {
            let here = self.sweep_place(&place, now, limit - swept.removed).await?;
            swept.removed += here.removed;
            swept.more |= here.more;
            if swept.more {
                break;
            }
        }
        // What was swept is told all the same; the next sweep tries again.
        if let Err(failure) = self.enter_all(Occasion::Sweep).await {
            tracing::warn!(%failure, "grants that an earlier version made were not listed, so ends may miss them");
        }
        Ok(swept)
    }

    /// Reads when the oldest list of a place was over that the sweep has not emptied.
    async fn first_due(&self, place: Place, now: Timestamp) -> Outcome<Option<Timestamp>> {
        let mut command = redis::cmd("ZRANGEBYSCORE");
        command.arg(place.key('B', "")).arg("-inf").arg(now.as_unix_seconds()).arg("LIMIT").arg(0).arg(1);
        let first: Vec<i64> = self.0.link.run(Access::Read, &command).await?;
        Ok(first.first().copied().map(Timestamp::from_unix_seconds))
    }

    async fn sweep_place(&self, place: &Place, now: Timestamp, limit: u64) -> Outcome<Swept> {
        let key = place.key('B', "");
        let now = seconds(now);
        let mut removed = 0;
        loop {
            let left = (limit - removed).to_string();
            let arguments = [place.as_str(), self.0.places.if_single(), &now, &left, STEPS].map(str::as_bytes);
            let (more_removed, state, gone): (u64, i64, Vec<Vec<u8>>) =
                self.0.link.script(Access::Write, &script::SWEEP, &key, &arguments).await?;
            removed += more_removed;
            self.clear_away(&gone).await?;
            // 2: it has looked at as much as one script may, and does not know yet.
            if state != 2 {
                return Ok(Swept { removed, more: state == 1 });
            }
        }
    }
}
