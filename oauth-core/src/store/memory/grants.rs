use super::cell::Cell;
use super::index::{Shards, place_of};
use super::{MemoryStore, Shared};
use crate::clock::Timestamp;
use crate::identifier::{ClientId, GrantId, Subject};
use crate::store::{Grant, GrantFilter, GrantStore, Mark, Marks, Page, Result};
use std::collections::BTreeSet;
use std::ops::Bound;

/// How many identifiers are read from a list before the cells behind them are looked at.
const BATCH: usize = 256;

/// The grants of every person, in the order of their identifiers.
#[derive(Default)]
pub(super) struct Subjects(Shards<BTreeSet<(Subject, GrantId)>>);

impl Subjects {
    pub(super) fn add(&self, subject: &Subject, id: GrantId) {
        self.0.write(place_of(subject.as_str())).insert((subject.clone(), id));
    }

    /// Counts the grants of all persons.
    #[cfg(all(test, feature = "conformance"))]
    pub(super) fn held(&self) -> usize {
        self.0.each().map(|shard| shard.len()).sum()
    }

    pub(super) fn remove(&self, subject: &Subject, id: GrantId) {
        self.0.write(place_of(subject.as_str())).remove(&(subject.clone(), id));
    }

    fn grants_after(&self, subject: &Subject, after: Option<GrantId>, limit: usize) -> Vec<GrantId> {
        let start = match after {
            Some(id) => Bound::Excluded((subject.clone(), id)),
            None => Bound::Included((subject.clone(), GrantId::from_bytes([0; 16]))),
        };
        let end = Bound::Included((subject.clone(), GrantId::from_bytes([0xFF; 16])));
        let shard = self.0.read(place_of(subject.as_str()));
        shard.range((start, end)).take(limit).map(|(_, id)| *id).collect()
    }
}

impl GrantStore for MemoryStore {
    async fn grant(&self, id: &GrantId) -> Result<Option<Grant>> {
        Ok(self.0.grants.find(id).and_then(|cell| Some(cell.grant(&*cell.lock_present()?))))
    }

    async fn grants(&self, filter: &GrantFilter, page: &Page<GrantId>, now: Timestamp) -> Result<Vec<Grant>> {
        let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
        let mut found = Vec::new();
        self.0.walk(filter, page.after, |cell| {
            if found.len() < limit
                && let Some(family) = cell.lock_present()
                && family.is_live(now)
            {
                found.push(cell.grant(&family));
            }
            found.len() < limit
        });
        Ok(found)
    }

    async fn marks(&self, subject: &Subject, client: &ClientId) -> Result<Marks> {
        let client = self.0.client_entry(client).map_or(Mark::NONE, |entry| entry.mark());
        Ok(Marks { subject: self.0.marks.read(subject), client })
    }

    async fn revoke_grant(&self, id: &GrantId, now: Timestamp) -> Result<bool> {
        let Some(cell) = self.0.grants.find(id) else { return Ok(false) };
        self.0.marks.move_on(&cell.subject, now);
        Ok(self.0.revoke_live(&cell, now))
    }

    async fn revoke_grants(&self, filter: &GrantFilter, now: Timestamp) -> Result<u64> {
        match filter {
            GrantFilter::Subject(subject) | GrantFilter::Both(subject, _) => self.0.marks.move_on(subject, now),
            GrantFilter::Client(id) => {
                if let Some(client) = self.0.client_entry(id) {
                    client.revoke_grantless();
                }
            }
        }
        Ok(self.0.revoke_all(filter, now))
    }
}

impl Shared {
    /// Revokes what is meant, grant by grant, and counts what was live.
    pub(super) fn revoke_all(&self, filter: &GrantFilter, now: Timestamp) -> u64 {
        let mut revoked = 0;
        self.walk(filter, None, |cell| {
            revoked += u64::from(self.revoke_live(cell, now));
            true
        });
        revoked
    }

    fn revoke_live(&self, cell: &Cell, now: Timestamp) -> bool {
        let Some(mut family) = cell.lock_present() else { return false };
        let live = family.is_live(now);
        if live {
            self.revoke(cell, &mut family, now);
        }
        live
    }

    /// Visits the cells that a filter means, in the order of their identifiers, until told to stop.
    fn walk(&self, filter: &GrantFilter, mut after: Option<GrantId>, mut visit: impl FnMut(&Cell) -> bool) {
        let list = |after| match filter {
            GrantFilter::Subject(subject) | GrantFilter::Both(subject, _) => {
                self.subjects.grants_after(subject, after, BATCH)
            }
            GrantFilter::Client(id) => {
                self.client_entry(id).map_or_else(Vec::new, |client| client.grants_after(after, BATCH))
            }
        };
        loop {
            let ids = list(after);
            let Some(last) = ids.last().copied() else { return };
            for cell in ids.iter().filter_map(|id| self.grants.find(id)) {
                let meant = match filter {
                    GrantFilter::Both(_, client_id) => cell.client.id == *client_id,
                    GrantFilter::Subject(_) | GrantFilter::Client(_) => true,
                };
                if meant && !visit(&cell) {
                    return;
                }
            }
            after = Some(last);
        }
    }
}
