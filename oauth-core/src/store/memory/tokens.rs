use super::cell::{Cell, Family, Term};
use super::clients::ClientEntry;
use super::shape::Shape;
use super::{MemoryStore, Shared, taken};
use crate::authorization::Authorization;
use crate::clock::Timestamp;
use crate::secret::Digest;
use crate::store::{
    ActiveToken, Issue, IssuedAccess, Result, Retry, Rotated, Saved, StoreError, StoredRefresh, TokenStore,
};
use std::sync::Arc;

const ISSUE: &str = "issue tokens";
const ROTATE: &str = "rotate a refresh token";

/// An access token, in the index itself: a check that had to look for it in the cell would wait for
/// memory once more.
#[derive(Clone)]
pub(super) enum Access {
    /// Alive only while the cell of its grant is.
    Under(Arc<Cell>, Term),
    /// Without a grant.
    Alone(Arc<Grantless>),
}

/// An access token of a client that acts for itself.
pub(super) struct Grantless {
    client: Arc<ClientEntry>,
    revocations: u32,
    shape: Arc<Shape>,
    issued_at: Timestamp,
    pub(super) expires_at: Timestamp,
}

impl Grantless {
    fn is_live(&self, now: Timestamp) -> bool {
        self.client.is_enabled() && self.client.revocations() == self.revocations && !self.expires_at.is_over(now)
    }

    fn token(&self, digest: Digest) -> IssuedAccess {
        IssuedAccess {
            digest,
            client_id: self.client.id.clone(),
            grant: None,
            scope: self.shape.scope.clone(),
            audience: self.shape.audience.clone(),
            attributes: self.shape.attributes.clone(),
            issued_at: self.issued_at,
            expires_at: self.expires_at,
        }
    }
}

impl TokenStore for MemoryStore {
    async fn issue(&self, issue: &Issue) -> Result<Saved> {
        let Some(grant) = &issue.access.grant else { return self.0.issue_grantless(issue) };
        let Some(cell) = self.0.grants.find(grant) else { return Ok(Saved::Gone) };
        let client = cell.client.hold();
        let Some(mut family) = cell.lock_present() else { return Ok(Saved::Gone) };
        if !cell.is_live(&family, issue.now) || !issue.is_authenticated(&client) {
            return Ok(Saved::Gone);
        }
        self.0.add_tokens(&cell, &mut family, issue, ISSUE)?;
        Ok(Saved::Now)
    }

    async fn access_token(&self, digest: &Digest, now: Timestamp) -> Result<Option<ActiveToken>> {
        Ok(self.0.access.find(digest).and_then(|access| match access {
            Access::Alone(token) => {
                token.is_live(now).then(|| ActiveToken { token: token.token(*digest), grant: None })
            }
            Access::Under(cell, term) => {
                let family = cell.lock_present()?;
                let live = cell.is_live(&family, now) && !term.expires_at.is_over(now);
                let token = || cell.access_token(*digest, &term);
                live.then(|| ActiveToken { token: token(), grant: Some(cell.grant(&family)) })
            }
        }))
    }

    async fn authorization(&self, digest: &Digest, now: Timestamp) -> Result<Option<Authorization>> {
        Ok(self.0.authorization(digest, now))
    }

    fn authorization_at_once(&self, digest: &Digest, now: Timestamp) -> Option<Result<Option<Authorization>>> {
        Some(Ok(self.0.authorization(digest, now)))
    }

    async fn refresh_token(&self, digest: &Digest) -> Result<Option<StoredRefresh>> {
        Ok(self.0.refresh.find(digest).and_then(|cell| {
            let family = cell.lock_present()?;
            let held = family.refresh.get(family.position_of(digest)?)?;
            Some(StoredRefresh {
                token: cell.refresh_token(held),
                grant: cell.grant(&family),
                retired_at: held.retired_at,
            })
        }))
    }

    async fn rotate(&self, digest: &Digest, issue: &Issue, retry: &Retry) -> Result<Rotated> {
        let Some(cell) = self.0.refresh.find(digest) else { return Ok(Rotated::Unknown) };
        let client = cell.client.hold();
        let Some(mut family) = cell.lock_present() else { return Ok(Rotated::Unknown) };
        let family = &mut *family;
        let Some(position) = family.position_of(digest) else { return Ok(Rotated::Unknown) };
        let Some(held) = family.refresh.get(position) else { return Ok(Rotated::Unknown) };
        let (retired, over) = (held.retired_at.is_some(), held.expires_at.is_over(issue.now));
        if !cell.is_live(family, issue.now) {
            return Ok(Rotated::Gone);
        }
        if !issue.is_authenticated(&client) {
            return Ok(Rotated::Unauthenticated);
        }
        if retired {
            if let Some(sealed) = family.answer_again(position, issue.now) {
                return Ok(Rotated::Replay(sealed));
            }
            self.0.revoke(&cell, family, issue.now);
            return Ok(Rotated::Reused(cell.id));
        }
        if over {
            return Ok(Rotated::Gone);
        }
        self.0.add_tokens(&cell, family, issue, ROTATE)?;
        self.0.retire(family, position, issue, retry);
        Ok(Rotated::Now)
    }

    async fn revoke_access_token(&self, digest: &Digest, now: Timestamp) -> Result<bool> {
        Ok(match self.0.access.find(digest) {
            None => false,
            Some(Access::Alone(token)) => self.0.access.remove(digest, Some(token.expires_at)) && token.is_live(now),
            Some(Access::Under(cell, _)) => {
                let mut family = cell.lock();
                let ended = self.0.end_access(&mut family, digest);
                ended.is_some_and(|expires_at| !expires_at.is_over(now))
            }
        })
    }
}

impl Shared {
    /// Tells what an access token says, if it is alive.
    fn authorization(&self, digest: &Digest, now: Timestamp) -> Option<Authorization> {
        self.access.read(digest, |access| match access {
            Access::Alone(token) => {
                token.is_live(now).then(|| ActiveToken { token: token.token(*digest), grant: None }.into())
            }
            Access::Under(cell, term) => {
                let live = cell.is_live_now(now) && !term.expires_at.is_over(now);
                live.then(|| cell.authorization(term))
            }
        })?
    }

    fn issue_grantless(&self, issue: &Issue) -> Result<Saved> {
        let Issue { access, refresh, now: _, grant_expires_at: _, authenticated_by: _ } = issue;
        if refresh.is_some() {
            return Err(StoreError::new(ISSUE, "a refresh token needs a grant"));
        }
        let Some(client) = self.client_entry(&access.client_id) else { return Ok(Saved::Gone) };
        let held = client.hold();
        if !client.is_enabled() || !issue.is_authenticated(&held) {
            return Ok(Saved::Gone);
        }
        let token = Grantless {
            revocations: client.revocations(),
            shape: client.shapes.share(&access.scope, &access.audience, &access.attributes),
            issued_at: access.issued_at,
            expires_at: access.expires_at,
            client: Arc::clone(&client),
        };
        if !self.access.insert(access.digest, Access::Alone(Arc::new(token)), Some(access.expires_at)) {
            return Err(taken(ISSUE));
        }
        Ok(Saved::Now)
    }

    /// Takes an access token out of its cell and tells when it would have ended.
    pub(super) fn end_access(&self, family: &mut Family, digest: &Digest) -> Option<Timestamp> {
        let position = family.access.iter().position(|held| held.digest == *digest)?;
        let held = family.access.remove(position)?;
        self.access.remove(digest, Some(held.expires_at));
        Some(held.expires_at)
    }

    /// Retires the refresh token at a position; its successor, if any, was just added at the end.
    fn retire(&self, family: &mut Family, position: usize, issue: &Issue, retry: &Retry) {
        let successor = issue.refresh.is_some().then(|| family.refresh.len() - 1);
        if let Some(held) = successor.and_then(|successor| family.refresh.get_mut(successor)) {
            held.predecessor = u32::try_from(position).ok();
        }
        let Some(held) = family.refresh.get_mut(position) else { return };
        held.retired_at = Some(issue.now);
        held.successor = successor.and_then(|successor| u32::try_from(successor).ok());
        held.retry = Some(Box::new(retry.clone()));
        let digest = held.digest;
        let predecessor = held.predecessor.and_then(|predecessor| usize::try_from(predecessor).ok());
        self.refresh.move_end(&digest, None, Some(retry.until));
        if let Some(predecessor) = predecessor {
            self.forget_answer(family, predecessor);
        }
    }

    /// Forgets the sealed answer kept with a retired refresh token, and tells whether there was one.
    pub(super) fn forget_answer(&self, family: &mut Family, position: usize) -> bool {
        let Some(held) = family.refresh.get_mut(position) else { return false };
        let Some(retry) = held.retry.take() else { return false };
        self.refresh.move_end(&held.digest, Some(retry.until), None);
        true
    }
}

impl Family {
    /// Gives the answer of a rotation again, while its time is not over and its successor not retired.
    fn answer_again(&self, position: usize, now: Timestamp) -> Option<Vec<u8>> {
        let held = self.refresh.get(position)?;
        let retry = held.retry.as_ref().filter(|retry| !retry.until.is_over(now))?;
        let successor = held.successor.and_then(|successor| self.refresh.get(usize::try_from(successor).ok()?));
        successor.is_none_or(|successor| successor.retired_at.is_none()).then(|| retry.sealed.clone())
    }
}
