use super::client::{HeldClient, pairs};
use super::grant::{By, Present};
use crate::error::{Failure, Outcome};
use crate::link::Access;
use crate::record::{read_code, seconds, write_code, write_grant};
use crate::verbs::token::{Answer, Under};
use crate::{RedisStore, script};
use oauth_core::clock::Timestamp;
use oauth_core::identifier::ClientId;
use oauth_core::secret::Digest;
use oauth_core::store::{Basis, Code, CodeStore, Grant, Issue, Mark, Redeemed, Result, Saved, StoredCode};

impl CodeStore for RedisStore {
    async fn save_code(&self, grant: &Grant, code: &Code, basis: &Basis) -> Result<Saved> {
        let saved = if self.0.places.is_cluster() {
            let (store, grant, code, basis) = (self.clone(), grant.clone(), code.clone(), basis.clone());
            Self::whole(async move { store.save_apart(&grant, &code, &basis).await }).await
        } else {
            self.save_here(grant, code, basis).await
        };
        saved.map_err(|failure| failure.while_doing("save a code"))
    }

    async fn code(&self, digest: &Digest) -> Result<Option<StoredCode>> {
        self.read_code(digest).await.map_err(|failure| failure.while_doing("read a code"))
    }

    async fn redeem(&self, digest: &Digest, issue: &Issue) -> Result<Redeemed> {
        let under =
            Under { script: &script::REDEEM, kind: 'k', digest: Some(*digest), issue: issue.clone(), retry: None };
        let answer = self.issue_under(under).await.map_err(|failure| failure.while_doing("redeem a code"))?;
        Ok(match answer {
            Answer::Now => Redeemed::Now,
            Answer::Before(grant) => Redeemed::Before(grant),
            Answer::Unauthenticated => Redeemed::Unauthenticated,
            Answer::Gone | Answer::Replay(_) => Redeemed::Gone,
            Answer::Unknown => Redeemed::Unknown,
        })
    }
}

impl RedisStore {
    async fn read_code(&self, digest: &Digest) -> Outcome<Option<StoredCode>> {
        let Some(Present { grant, part }) = self.present(By::Code(digest)).await? else { return Ok(None) };
        let code = read_code(digest, grant.id, part)?;
        Ok(code.map(|(code, used_at)| StoredCode { code, grant, used_at }))
    }

    /// Saves a code on one server: what was read of the client is compared here, by value, and its version and
    /// the mark in the script.
    async fn save_here(&self, grant: &Grant, code: &Code, basis: &Basis) -> Outcome<Saved> {
        match self.unchanged(basis, &grant.client_id).await? {
            Ok(held) => self.save(grant, code, &held, basis.marks.subject).await,
            Err(refused) => Ok(refused),
        }
    }

    /// Reads the client that a decision rests on, if it is as it was.
    pub(super) async fn unchanged(
        &self,
        basis: &Basis,
        id: &ClientId,
    ) -> Outcome<std::result::Result<HeldClient, Saved>> {
        let held = self.held_client(id).await?;
        let Some(held) = held.filter(|held| held.state.is_enabled) else { return Ok(Err(Saved::Gone)) };
        let is_same = held.client == basis.client && held.state.mark() == basis.marks.client;
        Ok(if is_same { Ok(held) } else { Err(Saved::Changed) })
    }

    /// Saves grant and code in one script, which compares the client's version and the mark on one server; in a
    /// cluster these stand elsewhere.
    pub(super) async fn save(&self, grant: &Grant, code: &Code, held: &HeldClient, mark: Mark) -> Outcome<Saved> {
        if code.grant != grant.id {
            return Err(Failure::Contradiction("the code names another grant"));
        }
        let place = self.0.places.of_grant(&grant.id);
        let single = self.0.places.if_single().as_bytes();
        let mut fields = write_grant(grant)?;
        fields.push(("K", write_code(code)?));
        let [now, code_ends, horizon, grant_ends] =
            [grant.created_at, code.expires_at, last_of(grant, code), grant.expires_at].map(seconds);
        let mut arguments: Vec<&[u8]> = vec![place.as_str().as_bytes(), single, single, single];
        arguments.extend([grant.id.as_bytes().as_slice(), code.digest.as_bytes(), grant.client_id.as_str().as_bytes()]);
        let HeldClient { state, version, .. } = held;
        let mark = mark.as_number().to_string();
        arguments.extend([state.incarnation.as_slice(), grant.subject.as_str().as_bytes()]);
        arguments.extend([now.as_bytes(), code_ends.as_bytes(), horizon.as_bytes(), grant_ends.as_bytes()]);
        arguments.extend([version.as_slice(), &state.epoch, mark.as_bytes()]);
        arguments.extend(pairs(&fields));
        let key = place.key('g', grant.id.as_bytes());
        match self.0.link.script(Access::Write, &script::SAVE_CODE, &key, &arguments).await? {
            0 => Ok(Saved::Gone),
            1 => Ok(Saved::Now),
            3 => Ok(Saved::Changed),
            _ => Err(Failure::Taken),
        }
    }
}

/// The last moment at which a pointer to the grant may be asked for, so far.
pub(super) fn last_of(grant: &Grant, code: &Code) -> Timestamp {
    grant.expires_at.max(code.expires_at)
}
