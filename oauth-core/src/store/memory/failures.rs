use super::{MemoryStore, recovered};
use crate::clock::Timestamp;
use crate::secret::Digest;
use crate::store::{Counted, FailureStore, Failures, Result};
use std::collections::HashMap;
use std::sync::Mutex;

/// What failed, for the providers of one process that share the store.
pub(super) type Counts = Mutex<HashMap<Digest, Counted>>;

#[async_trait::async_trait]
impl FailureStore for MemoryStore {
    async fn add_failures(&self, failures: &[Failures], now: Timestamp) -> Result<Vec<Counted>> {
        let mut counts = recovered(self.0.failures.lock());
        counts.retain(|_, counted| !counted.until.is_over(now));
        let add = |added: &Failures| {
            let counted = counts.entry(added.key).or_insert(Counted { number: 0, until: added.until });
            counted.number = counted.number.saturating_add(added.number);
            *counted
        };
        Ok(failures.iter().map(add).collect())
    }
}
