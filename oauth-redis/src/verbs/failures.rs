use crate::error::Outcome;
use crate::link::Access;
use crate::record::seconds;
use crate::{RedisStore, script};
use futures_util::future::join_all;
use oauth_core::clock::Timestamp;
use oauth_core::store::{Counted, FailureStore, Failures, Result};

#[async_trait::async_trait]
impl FailureStore for RedisStore {
    async fn add_failures(&self, failures: &[Failures], now: Timestamp) -> Result<Vec<Counted>> {
        // All at the same time: one trip to a server, and one to each node of a cluster.
        let counted = join_all(failures.iter().map(|added| self.add(added, now))).await;
        if counted.iter().all(std::result::Result::is_err) {
            let failed: Outcome<Vec<Counted>> = counted.into_iter().collect();
            return failed.map_err(|failure| failure.while_doing("count failures"));
        }
        // This process counts alone for a node of a cluster that is down: what others took is not sent again.
        let alone = |added: &Failures| Counted { number: added.number, until: added.until };
        Ok(failures.iter().zip(counted).map(|(added, counted)| counted.unwrap_or_else(|_| alone(added))).collect())
    }
}

impl RedisStore {
    async fn add(&self, added: &Failures, now: Timestamp) -> Outcome<Counted> {
        let key = self.0.places.of_digest(&added.key).key('f', added.key.as_bytes());
        let (number, until, now) = (added.number.to_string(), seconds(added.until), seconds(now));
        let arguments = [number.as_bytes(), until.as_bytes(), now.as_bytes()];
        let (number, until): (u64, i64) =
            self.0.link.script(Access::Write, &script::COUNT_FAILURES, &key, &arguments).await?;
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        Ok(Counted { number, until: Timestamp::from_unix_seconds(until) })
    }
}
