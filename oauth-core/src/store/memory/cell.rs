use super::clients::ClientEntry;
use super::shape::Shape;
use super::{Shared, recovered, taken};
use crate::authorization::Authorization;
use crate::clock::Timestamp;
use crate::identifier::{GrantId, Subject};
use crate::secret::Digest;
use crate::store::{Code, Grant, Issue, IssuedAccess, IssuedRefresh, Result, Retry, StoreError};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

/// A grant with all that hangs on it; what changes stands behind one lock.
pub(super) struct Cell {
    pub(super) id: GrantId,
    pub(super) client: Arc<ClientEntry>,
    pub(super) subject: Subject,
    shape: Arc<Shape>,
    auth_time: Option<Timestamp>,
    acr: Option<Box<str>>,
    shown: Option<Box<Digest>>,
    created_at: Timestamp,
    /// The first second at which the grant is over, and before all time once it is revoked or removed: a
    /// copy that a check of a token needs no lock for. Written under the lock, by [`Self::note`].
    over_at: AtomicI64,
    family: Mutex<Family>,
}

/// What changes about a grant.
pub(super) struct Family {
    /// Taken out of the indexes: whoever still found the cell sees nothing.
    removed: bool,
    last_issued_at: Option<Timestamp>,
    pub(super) expires_at: Timestamp,
    pub(super) revoked_at: Option<Timestamp>,
    pub(super) code: Option<Box<HeldCode>>,
    /// In the order in which they were issued; none ever leaves, so a position is a name.
    pub(super) refresh: Vec<HeldRefresh>,
    /// In the order in which they were issued: what is over stands in front.
    pub(super) access: VecDeque<HeldAccess>,
}

pub(super) struct HeldCode {
    pub(super) code: Code,
    pub(super) used_at: Option<Timestamp>,
}

pub(super) struct HeldRefresh {
    pub(super) digest: Digest,
    issued_at: Timestamp,
    pub(super) expires_at: Timestamp,
    family_expires_at: Timestamp,
    pub(super) predecessor: Option<u32>,
    pub(super) successor: Option<u32>,
    pub(super) retired_at: Option<Timestamp>,
    pub(super) retry: Option<Box<Retry>>,
}

/// What a cell has to know of an access token in the index, to take it out again.
pub(super) struct HeldAccess {
    pub(super) digest: Digest,
    pub(super) expires_at: Timestamp,
}

/// What an access token allows, and for how long.
#[derive(Clone)]
pub(super) struct Term {
    shape: Arc<Shape>,
    issued_at: Timestamp,
    pub(super) expires_at: Timestamp,
}

impl Cell {
    pub(super) fn new(grant: &Grant, client: Arc<ClientEntry>) -> Self {
        let family = Family {
            removed: false,
            last_issued_at: grant.last_issued_at,
            expires_at: grant.expires_at,
            revoked_at: grant.revoked_at,
            code: None,
            refresh: Vec::new(),
            access: VecDeque::new(),
        };
        Self {
            id: grant.id,
            subject: grant.subject.clone(),
            shape: client.shapes.share(&grant.scope, &grant.audience, &grant.attributes),
            auth_time: grant.auth_time,
            acr: grant.acr.as_deref().map(Box::from),
            shown: grant.shown.map(Box::new),
            created_at: grant.created_at,
            over_at: AtomicI64::new(family.over_at().as_unix_seconds()),
            client,
            family: Mutex::new(family),
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Family> {
        recovered(self.family.lock())
    }

    /// Locks it, unless it was removed or its client was deleted.
    pub(super) fn lock_present(&self) -> Option<MutexGuard<'_, Family>> {
        let family = self.lock();
        (!family.removed && !self.client.is_deleted()).then_some(family)
    }

    pub(super) fn grant(&self, family: &Family) -> Grant {
        Grant {
            id: self.id,
            client_id: self.client.id.clone(),
            subject: self.subject.clone(),
            scope: self.shape.scope.clone(),
            audience: self.shape.audience.clone(),
            auth_time: self.auth_time,
            acr: self.acr.as_deref().map(str::to_owned),
            attributes: self.shape.attributes.clone(),
            shown: self.shown.as_deref().copied(),
            created_at: self.created_at,
            last_issued_at: family.last_issued_at,
            expires_at: family.expires_at,
            revoked_at: family.revoked_at,
        }
    }

    pub(super) fn access_token(&self, digest: Digest, term: &Term) -> IssuedAccess {
        IssuedAccess {
            digest,
            client_id: self.client.id.clone(),
            grant: Some(self.id),
            scope: term.shape.scope.clone(),
            audience: term.shape.audience.clone(),
            attributes: term.shape.attributes.clone(),
            issued_at: term.issued_at,
            expires_at: term.expires_at,
        }
    }

    /// Says what [`Self::access_token`] and [`Self::grant`] say together, as far as a request needs it, and
    /// without a lock.
    pub(super) fn authorization(&self, term: &Term) -> Authorization {
        let mut attributes = self.shape.attributes.clone();
        let own = term.shape.attributes.iter();
        attributes.extend(own.map(|(name, value)| (name.clone(), value.clone())));
        Authorization {
            client_id: self.client.id.clone(),
            subject: Some(self.subject.clone()),
            scope: term.shape.scope.clone(),
            audience: term.shape.audience.clone(),
            expires_at: term.expires_at,
            auth_time: self.auth_time,
            acr: self.acr.as_deref().map(str::to_owned),
            attributes,
        }
    }

    pub(super) fn refresh_token(&self, held: &HeldRefresh) -> IssuedRefresh {
        IssuedRefresh {
            digest: held.digest,
            grant: self.id,
            issued_at: held.issued_at,
            expires_at: held.expires_at,
            family_expires_at: held.family_expires_at,
        }
    }

    /// Whether something may be issued under it.
    pub(super) fn is_live(&self, family: &Family, now: Timestamp) -> bool {
        self.client.is_enabled() && family.is_live(now)
    }

    /// Says what [`Self::is_live`] says, without the lock: a client that is deleted is disabled too.
    pub(super) fn is_live_now(&self, now: Timestamp) -> bool {
        let over_at = Timestamp::from_unix_seconds(self.over_at.load(Ordering::SeqCst));
        self.client.is_enabled() && !over_at.is_over(now)
    }

    /// Tells those who take no lock what has changed.
    fn note(&self, family: &Family) {
        self.over_at.store(family.over_at().as_unix_seconds(), Ordering::SeqCst);
    }

    /// Takes it out of sight, and tells whether it was there.
    pub(super) fn hide(&self, family: &mut Family) -> bool {
        let was_there = !std::mem::replace(&mut family.removed, true);
        self.note(family);
        was_there
    }
}

impl Family {
    fn over_at(&self) -> Timestamp {
        let ended = self.removed || self.revoked_at.is_some();
        if ended { Timestamp::from_unix_seconds(i64::MIN) } else { self.expires_at }
    }

    /// Says what [`Grant::is_live`] says.
    pub(super) fn is_live(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && !self.expires_at.is_over(now)
    }

    /// Finds the position of a refresh token; the newest is asked for most.
    pub(super) fn position_of(&self, refresh: &Digest) -> Option<usize> {
        self.refresh.iter().rposition(|held| held.digest == *refresh)
    }
}

impl Shared {
    /// Adds tokens to a cell, or, where a digest is taken, nothing.
    pub(super) fn add_tokens(
        &self,
        cell: &Arc<Cell>,
        family: &mut Family,
        issue: &Issue,
        doing: &'static str,
    ) -> Result<()> {
        let Issue { access, refresh, grant_expires_at, authenticated_by: _, now } = issue;
        let foreign = access.grant != Some(cell.id) || access.client_id != cell.client.id;
        if foreign || refresh.as_ref().is_some_and(|refresh| refresh.grant != cell.id) {
            return Err(StoreError::new(doing, "the tokens name another grant or client"));
        }
        if let Some(refresh) = refresh
            && !self.refresh.insert(refresh.digest, Arc::clone(cell), None)
        {
            return Err(taken(doing));
        }
        let term = Term {
            shape: cell.client.shapes.share(&access.scope, &access.audience, &access.attributes),
            issued_at: access.issued_at,
            expires_at: access.expires_at,
        };
        // Last of what may fail, because who finds it there takes it for issued.
        let under = super::Access::Under(Arc::clone(cell), term);
        if !self.access.insert(access.digest, under, Some(access.expires_at)) {
            if let Some(refresh) = refresh {
                self.refresh.remove(&refresh.digest, None);
            }
            return Err(taken(doing));
        }
        family.access.push_back(HeldAccess { digest: access.digest, expires_at: access.expires_at });
        if let Some(refresh) = refresh {
            family.refresh.push(HeldRefresh {
                digest: refresh.digest,
                issued_at: refresh.issued_at,
                expires_at: refresh.expires_at,
                family_expires_at: refresh.family_expires_at,
                predecessor: None,
                successor: None,
                retired_at: None,
                retry: None,
            });
        }
        self.grants.move_end(&cell.id, Some(family.expires_at), Some(*grant_expires_at));
        family.expires_at = *grant_expires_at;
        family.last_issued_at = Some(*now);
        cell.note(family);
        Ok(())
    }

    /// Revokes a grant: its access tokens go, its code and refresh tokens stay to be recognised.
    pub(super) fn revoke(&self, cell: &Cell, family: &mut Family, now: Timestamp) {
        family.revoked_at = Some(now);
        cell.note(family);
        self.subjects.revoked(cell);
        for held in family.access.drain(..) {
            self.access.remove(&held.digest, Some(held.expires_at));
        }
        family.access.shrink_to_fit();
        for held in &mut family.refresh {
            if let Some(retry) = held.retry.take() {
                self.refresh.move_end(&held.digest, Some(retry.until), None);
            }
        }
    }

    /// Removes a grant with all that hangs on it, and tells whether it was there.
    pub(super) fn remove(&self, cell: &Cell, family: &mut Family) -> bool {
        if !cell.hide(family) {
            return false;
        }
        if let Some(held) = family.code.take() {
            self.codes.remove(&held.code.digest, Some(held.code.expires_at));
        }
        for held in std::mem::take(&mut family.refresh) {
            self.refresh.remove(&held.digest, held.retry.map(|retry| retry.until));
        }
        for held in std::mem::take(&mut family.access) {
            self.access.remove(&held.digest, Some(held.expires_at));
        }
        self.grants.remove(&cell.id, Some(family.expires_at));
        self.subjects.remove(cell);
        cell.client.remove_grant(&cell.id);
        true
    }
}
