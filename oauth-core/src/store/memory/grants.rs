use super::cell::Cell;
use super::index::{Shards, place_of};
use super::{MemoryStore, Shared};
use crate::clock::Timestamp;
use crate::identifier::{ClientId, GrantId, Subject};
use crate::store::{Grant, GrantFilter, GrantStore, Mark, Marks, Page, Result, StoreError};
use std::collections::{BTreeSet, HashSet};
use std::ops::Bound;

/// How many identifiers are read from a list before the cells behind them are looked at.
const BATCH: usize = 256;
/// How often a revocation of many looks again, if others keep approving. People need two or three looks.
const MOST_LOOKS: usize = 10;
pub(super) const BUSY: &str = "others approve without a pause what is being revoked: call it again";

/// The grants of every person: all, in the order of their identifiers, and those that were not revoked, by client.
#[derive(Default)]
pub(super) struct Subjects {
    all: Shards<BTreeSet<(Subject, GrantId)>>,
    by_client: Shards<BTreeSet<Entry>>,
}

/// A grant in the list of a person; no client stands before the first one.
type Entry = (Subject, Option<ClientId>, GrantId);

const FIRST: GrantId = GrantId::from_bytes([0; 16]);
const LAST: GrantId = GrantId::from_bytes([0xFF; 16]);

impl Subjects {
    pub(super) fn add(&self, cell: &Cell) {
        let (subject, place) = (&cell.subject, place_of(cell.subject.as_str()));
        self.all.write(place).insert((subject.clone(), cell.id));
        self.by_client.write(place).insert((subject.clone(), Some(cell.client.id.clone()), cell.id));
    }

    /// Counts the grants of all persons, in both orders.
    #[cfg(all(test, feature = "conformance"))]
    pub(super) fn held(&self) -> usize {
        let by_client: usize = self.by_client.each().map(|shard| shard.len()).sum();
        self.all.each().map(|shard| shard.len()).sum::<usize>() + by_client
    }

    pub(super) fn remove(&self, cell: &Cell) {
        self.revoked(cell);
        self.all.write(place_of(cell.subject.as_str())).remove(&(cell.subject.clone(), cell.id));
    }

    /// Leaves a grant out of what a person allows a client.
    pub(super) fn revoked(&self, cell: &Cell) {
        let entry = (cell.subject.clone(), Some(cell.client.id.clone()), cell.id);
        self.by_client.write(place_of(cell.subject.as_str())).remove(&entry);
    }

    fn grants_after(&self, subject: &Subject, after: Option<GrantId>, limit: usize) -> Vec<GrantId> {
        let start = match after {
            Some(id) => Bound::Excluded((subject.clone(), id)),
            None => Bound::Included((subject.clone(), FIRST)),
        };
        let shard = self.all.read(place_of(subject.as_str()));
        shard.range((start, Bound::Included((subject.clone(), LAST)))).take(limit).map(|(_, id)| *id).collect()
    }

    fn grants_for(&self, subject: &Subject, client: &ClientId, after: Option<GrantId>, limit: usize) -> Vec<GrantId> {
        let entry = |id| (subject.clone(), Some(client.clone()), id);
        let start = after.map_or_else(|| Bound::Included(entry(FIRST)), |id| Bound::Excluded(entry(id)));
        let shard = self.by_client.read(place_of(subject.as_str()));
        shard.range((start, Bound::Included(entry(LAST)))).take(limit).map(|(.., id)| *id).collect()
    }

    fn client_after(&self, subject: &Subject, after: Option<&ClientId>) -> Option<ClientId> {
        let start = Bound::Excluded((subject.clone(), after.cloned(), LAST));
        let shard = self.by_client.read(place_of(subject.as_str()));
        let (theirs, client, _) = shard.range((start, Bound::Unbounded)).next()?;
        client.clone().filter(|_| theirs == subject)
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

    async fn clients_of(&self, subject: &Subject, page: &Page<ClientId>, now: Timestamp) -> Result<Vec<ClientId>> {
        let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
        let (mut found, mut after) = (Vec::new(), page.after.clone());
        while found.len() < limit
            && let Some(client) = self.0.subjects.client_after(subject, after.as_ref())
        {
            let filter = GrantFilter::Both(subject.clone(), client.clone());
            if !self.grants(&filter, &Page::first(1), now).await?.is_empty() {
                found.push(client.clone());
            }
            after = Some(client);
        }
        Ok(found)
    }

    async fn revoke_grant(&self, id: &GrantId, now: Timestamp) -> Result<bool> {
        let Some(cell) = self.0.grants.find(id) else { return Ok(false) };
        let revoked = self.0.end(&cell, now);
        // Behind it: a code that is saved on this consent from now on finds the mark moved.
        self.0.marks.move_on(&cell.subject, now);
        Ok(revoked)
    }

    async fn retire_grant(&self, id: &GrantId, now: Timestamp) -> Result<bool> {
        Ok(self.0.grants.find(id).is_some_and(|cell| self.0.end(&cell, now)))
    }

    async fn revoke_grants(&self, filter: &GrantFilter, now: Timestamp) -> Result<u64> {
        self.0.revoke_all(filter, now).ok_or_else(|| StoreError::new("revoke grants", BUSY))
    }
}

impl Shared {
    /// Revokes what is meant, grant by grant, and counts what was live. Looks again behind another mark: a code may
    /// have been saved on a consent that was about to end, here or by another end. Goes on until a look finds nothing
    /// that the one before did not find; gives nothing if there is no end to it.
    pub(super) fn revoke_all(&self, filter: &GrantFilter, now: Timestamp) -> Option<u64> {
        let (mut revoked, mut seen, mut parts) = (0, HashSet::new(), vec![filter.clone()]);
        for look in 0..MOST_LOOKS {
            self.overtake(filter, now);
            let mut people = BTreeSet::new();
            for part in &parts {
                self.walk_all(part, |cell| {
                    revoked += u64::from(self.end(cell, now));
                    if seen.insert(cell.id) {
                        people.insert(cell.subject.clone());
                    }
                });
            }
            if people.is_empty() {
                return Some(revoked);
            }
            // From the second look on only the people of whom something new was found.
            if look > 0 {
                parts = people.into_iter().map(|person| filter.of_person(person)).collect();
            }
        }
        None
    }

    /// Visits every cell that a filter means, revoked ones too: of a person's list by client these are gone.
    fn walk_all(&self, filter: &GrantFilter, mut visit: impl FnMut(&Cell)) {
        let (list, client) = match filter {
            GrantFilter::Both(subject, client) => (GrantFilter::Subject(subject.clone()), Some(client)),
            GrantFilter::Subject(_) | GrantFilter::Client(_) => (filter.clone(), None),
        };
        self.walk(&list, None, |cell| {
            if client.is_none_or(|client| cell.client.id == *client) {
                visit(cell);
            }
            true
        });
    }

    /// Has every decision that was made until now be made again.
    fn overtake(&self, filter: &GrantFilter, now: Timestamp) {
        match filter {
            GrantFilter::Subject(subject) | GrantFilter::Both(subject, _) => self.marks.move_on(subject, now),
            GrantFilter::Client(id) => {
                if let Some(client) = self.client_entry(id) {
                    client.revoke_grantless();
                }
            }
        }
    }

    /// Revokes a grant, and tells whether it was live. It may have expired: the `now` of a redemption under way may be
    /// an earlier one.
    fn end(&self, cell: &Cell, now: Timestamp) -> bool {
        let present = cell.lock_present().filter(|family| family.revoked_at.is_none());
        let Some(mut family) = present else { return false };
        let live = family.is_live(now);
        self.revoke(cell, &mut family, now);
        live
    }

    /// Visits the cells that a filter means, in the order of their identifiers, until told to stop.
    fn walk(&self, filter: &GrantFilter, mut after: Option<GrantId>, mut visit: impl FnMut(&Cell) -> bool) {
        let list = |after| match filter {
            GrantFilter::Subject(subject) => self.subjects.grants_after(subject, after, BATCH),
            GrantFilter::Both(subject, client) => self.subjects.grants_for(subject, client, after, BATCH),
            GrantFilter::Client(id) => {
                self.client_entry(id).map_or_else(Vec::new, |client| client.grants_after(after, BATCH))
            }
        };
        loop {
            let ids = list(after);
            let Some(last) = ids.last().copied() else { return };
            for cell in ids.iter().filter_map(|id| self.grants.find(id)) {
                if !visit(&cell) {
                    return;
                }
            }
            after = Some(last);
        }
    }
}
