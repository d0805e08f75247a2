use super::cell::Family;
use super::tokens::Access;
use super::{MemoryStore, Shared};
use crate::clock::Timestamp;
use crate::store::{FailureStore, Housekeeping, Result, Swept};
use std::sync::Arc;

impl Housekeeping for MemoryStore {
    async fn sweep(&self, now: Timestamp, limit: u32) -> Result<Swept> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let sweeps: [fn(&Shared, Timestamp, usize) -> usize; 7] = [
            Shared::sweep_access_tokens,
            Shared::sweep_codes,
            Shared::sweep_grants,
            |shared, now, limit| shared.sessions.sweep(now, limit),
            |shared, now, limit| shared.sessions.sweep_decisions(now, limit),
            Shared::sweep_pending,
            Shared::sweep_tombstones,
        ];
        let removed = sweeps.iter().fold(0, |removed, sweep| removed + sweep(&self.0, now, limit - removed));
        self.0.forget_answers(now, limit);
        self.0.marks.sweep(now, limit);
        let more = self.0.first_end().is_some_and(|end| end.is_over(now)) || self.0.refresh.has_over(now);
        Ok(Swept { removed: u64::try_from(removed).unwrap_or(u64::MAX), more })
    }

    async fn overdue_since(&self, now: Timestamp) -> Result<Option<Timestamp>> {
        Ok(self.0.first_end().filter(|end| end.is_over(now)))
    }

    fn failures(&self) -> Option<Arc<dyn FailureStore>> {
        Some(Arc::new(self.clone()))
    }
}

/// Each of these looks for what seems to be over and looks again under the lock of the cell: another
/// verb may have been faster.
impl Shared {
    fn sweep_access_tokens(&self, now: Timestamp, limit: usize) -> usize {
        let mut removed = 0;
        for (digest, access) in self.access.over(now, limit) {
            removed += match access {
                Access::Alone(token) => usize::from(self.access.remove(&digest, Some(token.expires_at))),
                // Went with another of the same grant.
                Access::Under(..) if self.access.find(&digest).is_none() => 0,
                Access::Under(cell, _) => self.end_over(&mut cell.lock(), now, limit.saturating_sub(removed)),
            };
        }
        removed
    }

    /// Ends what is over of one grant in one pass: a client that refreshes all the time has so many
    /// tokens that a search for each would take minutes.
    fn end_over(&self, family: &mut Family, now: Timestamp, limit: usize) -> usize {
        let mut ended = 0;
        family.access.retain(|held| {
            let goes = ended < limit && held.expires_at.is_over(now);
            if goes {
                ended += 1;
                self.access.remove(&held.digest, Some(held.expires_at));
            }
            !goes
        });
        ended
    }

    fn sweep_codes(&self, now: Timestamp, limit: usize) -> usize {
        let over = self.codes.over(now, limit).into_iter();
        over.filter(|(digest, cell)| {
            let mut family = cell.lock();
            let Some(held) = family.code.take_if(|held| held.used_at.is_none()) else { return false };
            self.codes.remove(digest, Some(held.code.expires_at))
        })
        .count()
    }

    fn sweep_grants(&self, now: Timestamp, limit: usize) -> usize {
        let over = self.grants.over(now, limit).into_iter();
        over.filter(|(_, cell)| {
            let mut family = cell.lock();
            family.expires_at.is_over(now) && self.remove(cell, &mut family)
        })
        .count()
    }

    /// Forgets answers that cannot be given again: they are large. No record goes with them, so they
    /// are not counted.
    fn forget_answers(&self, now: Timestamp, limit: usize) {
        for (digest, cell) in self.refresh.over(now, limit) {
            let mut family = cell.lock();
            if let Some(position) = family.position_of(&digest) {
                self.forget_answer(&mut family, position);
            }
        }
    }

    /// Tells when the first record ends.
    fn first_end(&self) -> Option<Timestamp> {
        let tokens = [self.access.first_end(), self.codes.first_end(), self.grants.first_end()];
        let ends = tokens.into_iter().chain([
            self.sessions.first_end(),
            self.pending.first_end(),
            self.tombstones.first_end(),
        ]);
        ends.flatten().min()
    }
}
