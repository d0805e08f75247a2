use crate::clock::Timestamp;
use crate::resource::Authorization;
use crate::secret::Digest;
use quick_cache::sync::Cache;

/// Tokens that were good a moment ago, by digest; of those that were not, nothing is kept.
pub(super) struct Recent {
    seconds: u64,
    checked: Cache<Digest, Checked>,
}

#[derive(Clone)]
struct Checked {
    authorization: Authorization,
    at: Timestamp,
}

impl Recent {
    pub(super) fn new(seconds: u64, entries: usize) -> Self {
        Self { seconds, checked: Cache::new(entries) }
    }

    /// Finds one that was checked less than the lifetime ago and is not over. A clock that went back
    /// makes no entry younger: it is asked about anew.
    pub(super) fn find(&self, digest: &Digest, now: Timestamp) -> Option<Authorization> {
        let Checked { authorization, at } = self.checked.get(digest)?;
        let is_fresh = now >= at && now.seconds_since(at) < self.seconds;
        (is_fresh && !authorization.expires_at.is_over(now)).then_some(authorization)
    }

    /// Keeps one with the moment *before* the store was asked, so that a revocation meanwhile counts.
    pub(super) fn keep(&self, digest: Digest, authorization: Authorization, at: Timestamp) {
        self.checked.insert(digest, Checked { authorization, at });
    }
}
