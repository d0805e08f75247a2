use super::cell::{Cell, HeldCode};
use super::clients::ClientEntry;
use super::{MemoryStore, Shared, taken};
use crate::secret::Digest;
use crate::store::{Basis, Code, CodeStore, Grant, Issue, Redeemed, Result, Saved, StoredCode};
use std::sync::Arc;

impl CodeStore for MemoryStore {
    async fn save_code(&self, grant: &Grant, code: &Code, basis: &Basis) -> Result<Saved> {
        let Some(client) = self.0.client_entry(&grant.client_id) else { return Ok(Saved::Gone) };
        let held = client.hold();
        if !client.is_enabled() {
            return Ok(Saved::Gone);
        }
        if *held != basis.client || client.mark() != basis.marks.client {
            return Ok(Saved::Changed);
        }
        self.0.marks.while_at(&grant.subject, |mark| {
            if mark == basis.marks.subject { self.0.save_code(grant, code, &client) } else { Ok(Saved::Changed) }
        })
    }

    async fn code(&self, digest: &Digest) -> Result<Option<StoredCode>> {
        Ok(self.0.codes.find(digest).and_then(|cell| {
            let family = cell.lock_present()?;
            let HeldCode { code, used_at } = family.code.as_deref()?;
            Some(StoredCode { code: code.clone(), grant: cell.grant(&family), used_at: *used_at })
        }))
    }

    async fn redeem(&self, digest: &Digest, issue: &Issue) -> Result<Redeemed> {
        let Some(cell) = self.0.codes.find(digest) else { return Ok(Redeemed::Unknown) };
        let client = cell.client.hold();
        let Some(mut family) = cell.lock_present() else { return Ok(Redeemed::Unknown) };
        let family = &mut *family;
        let Some(HeldCode { code, used_at }) = family.code.as_deref() else { return Ok(Redeemed::Unknown) };
        let (used_before, ends) = (used_at.is_some(), code.expires_at);
        if !cell.is_live(family, issue.now) {
            return Ok(Redeemed::Gone);
        }
        if !issue.is_authenticated(&client) {
            return Ok(Redeemed::Unauthenticated);
        }
        if used_before {
            self.0.revoke(&cell, family, issue.now);
            return Ok(Redeemed::Before(cell.id));
        }
        if ends.is_over(issue.now) {
            return Ok(Redeemed::Gone);
        }
        self.0.add_tokens(&cell, family, issue, "redeem a code")?;
        if let Some(held) = family.code.as_deref_mut() {
            held.used_at = Some(issue.now);
        }
        self.0.codes.move_end(digest, Some(ends), None);
        Ok(Redeemed::Now)
    }
}

impl Shared {
    fn save_code(&self, grant: &Grant, code: &Code, client: &Arc<ClientEntry>) -> Result<Saved> {
        const DOING: &str = "save a code";
        let cell = Arc::new(Cell::new(grant, Arc::clone(client)));
        // Locked until everything is in place: whoever finds it earlier waits for that.
        let mut family = cell.lock();
        if !self.grants.insert(grant.id, Arc::clone(&cell), Some(grant.expires_at)) {
            return Err(taken(DOING));
        }
        if !self.codes.insert(code.digest, Arc::clone(&cell), Some(code.expires_at)) {
            self.grants.remove(&grant.id, Some(grant.expires_at));
            cell.hide(&mut family);
            return Err(taken(DOING));
        }
        family.code = Some(Box::new(HeldCode { code: code.clone(), used_at: None }));
        self.subjects.add(&cell);
        client.add_grant(cell.id);
        Ok(Saved::Now)
    }
}
