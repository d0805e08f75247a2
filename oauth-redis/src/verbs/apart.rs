//! The verbs that touch several places, in a cluster.
//!
//! A pointer is written before what it leads to, and proves nothing by itself; what counts is the one
//! script in the place of the grant. The client is asked before that script: one that is disabled or
//! deleted in between is seen by every later read, since all reads ask the client too.

use super::client::HeldClient;
use super::code::last_of;
use super::token::{Answer, Checked, Known, Said, Under, answer};
use crate::error::{Failure, Outcome};
use crate::link::Access;
use crate::place::Place;
use crate::record::{ClientState, Field, HeldGrant, HeldToken, read_pointer};
use crate::{RedisStore, script};
use futures_util::future::try_join;
use oauth_core::clock::Timestamp;
use oauth_core::identifier::{ClientId, GrantId};
use oauth_core::secret::Digest;
use oauth_core::store::{Basis, Code, Grant, Issue, Saved};

/// For how long Redis keeps what is over, in seconds: as in `common.lua`.
const SLACK: i64 = 3_600;

/// A pointer that this call wrote, to be removed if nothing comes of it.
struct Reserved(Vec<Vec<u8>>);

impl RedisStore {
    pub(super) async fn check_apart(&self, digest: &Digest) -> Outcome<Option<Checked>> {
        let place = self.0.places.of_digest(digest);
        let mut command = redis::cmd("MGET");
        command.arg(place.key('a', digest.as_bytes())).arg(place.key('p', digest.as_bytes()));
        let (alone, pointer): (Field, Field) = self.0.link.run(Access::Read, &command).await?;
        // The pointer comes first: a grant may stand in this very place, with its token beside the pointer.
        if let Some(pointer) = pointer {
            let (id, client) = read_pointer(&pointer)?;
            let both = try_join(self.under(&id, digest), self.client_state(&client));
            let (token, client) = both.await?;
            return Ok(token.map(|(held, grant)| Checked { held, grant: Some(grant), client }));
        }
        let Some(token) = alone else { return Ok(None) };
        let held = HeldToken::read(digest, &token)?;
        let client = self.client_state(&held.token.client_id).await?;
        Ok(Some(Checked { held, grant: None, client }))
    }

    /// Reads an access token with its grant in the grant's place.
    async fn under(&self, id: &GrantId, digest: &Digest) -> Outcome<Option<(HeldToken, HeldGrant)>> {
        type Found = Option<(Vec<u8>, Vec<Field>, Vec<Field>, Option<Vec<Field>>)>;
        let place = self.0.places.of_grant(id);
        let arguments: [&[u8]; 6] = [place.as_str().as_bytes(), b"", id.as_bytes(), b"a", digest.as_bytes(), b""];
        let key = place.key('g', id.as_bytes());
        let found: Found = self.0.link.script(Access::Read, &script::READ, &key, &arguments).await?;
        let Some((_, grant, token, _)) = found else { return Ok(None) };
        let Some(token) = token.into_iter().next().flatten() else { return Ok(None) };
        let Some(grant) = HeldGrant::read(*id, grant)? else { return Ok(None) };
        Ok(Some((HeldToken::read(digest, &token)?, grant)))
    }

    pub(super) async fn place_of_access(&self, digest: &Digest) -> Outcome<Place> {
        let place = self.0.places.of_digest(digest);
        let found = self.followed(&place.key('p', digest.as_bytes())).await?;
        Ok(found.map_or(place, |(id, _)| self.0.places.of_grant(&id)))
    }

    pub(super) async fn issue_alone_apart(&self, issue: &Issue) -> Outcome<Saved> {
        let id = &issue.access.client_id;
        let (Some(client), true) = self.client_for(issue, id).await? else { return Ok(Saved::Gone) };
        if !client.is_enabled {
            return Ok(Saved::Gone);
        }
        let saved = self.save_alone(issue, b"", &client.epoch).await?;
        if issue.authenticated_by.is_none() || saved != Saved::Now {
            return Ok(saved);
        }
        // By order, as under a grant: a deletion of the secret begins after this look, or the look sees it.
        let (now, is_authentic) = self.client_for(issue, id).await?;
        if is_authentic && now.is_some_and(|now| now.is_enabled && now.incarnation == client.incarnation) {
            return Ok(Saved::Now);
        }
        let digest = &issue.access.digest;
        let key = self.0.places.of_digest(digest).key('a', digest.as_bytes());
        let _: i64 = self.0.link.run(Access::Write, redis::cmd("DEL").arg(key)).await?;
        Ok(Saved::Gone)
    }

    /// Reads the client that something is issued to, and tells whether the secret that authenticated it is there.
    async fn client_for(&self, issue: &Issue, id: &ClientId) -> Outcome<(Option<ClientState>, bool)> {
        if issue.authenticated_by.is_none() {
            return Ok((self.client_state(id).await?, true));
        }
        let held = self.held_client(id).await?;
        let is_authentic = held.as_ref().is_some_and(|held| issue.is_authenticated(&held.client));
        Ok((held.map(|held| held.state), is_authentic))
    }

    pub(super) async fn issue_under_apart(&self, under: &Under) -> Outcome<Answer> {
        let access = &under.issue.access;
        let led = match &under.digest {
            Some(digest) => {
                let pointer = self.0.places.of_digest(digest).key(under.kind, digest.as_bytes());
                self.followed(&pointer).await?
            }
            None => access.grant.map(|id| (id, access.client_id.clone())),
        };
        let Some((id, client)) = led else { return Ok(Answer::Unknown) };
        let (state, is_authentic) = self.client_for(&under.issue, &client).await?;
        let known = Known { grant: Some(id), client: state, is_authentic };
        // First of all, so that no end misses a grant that is about to live longer.
        self.enter_again(&id, seconds_left(last_needed(&under.issue), under.issue.now)).await?;
        let reserved = self.reserve_tokens(&under.issue, &id, &client).await?;
        let (status, text, pointers, seconds): Said = self.run_under(under, &known).await?;
        let mut answer = answer(status, text);
        // By order: a secret that is deleted was there when its deletion began, or this sees that it is gone. Without
        // their pointers nobody finds the tokens; what they were issued for stays used.
        let by_secret = under.issue.authenticated_by.is_some();
        if by_secret && matches!(answer, Ok(Answer::Now)) && !self.client_for(&under.issue, &client).await?.1 {
            answer = Ok(Answer::Unauthenticated);
            if let Some(digest) = &under.digest {
                // Nor is their answer given again.
                let sealed = self.0.places.of_grant(&id).key('z', digest.as_bytes());
                let _: i64 = self.0.link.run(Access::Write, redis::cmd("DEL").arg(sealed)).await?;
            }
        }
        if !matches!(answer, Ok(Answer::Now)) {
            self.release(reserved).await?;
        }
        for pointer in &pointers {
            self.extend(pointer, seconds).await?;
        }
        answer
    }

    /// Saves a code where marks and client stand in other slots: by order. The lists know the grant before it is
    /// there, and marks and client are read once more when it is. An end moves its mark before it reads a list.
    /// So either this reads the moved mark and takes the grant back, or the end finds the grant in the list.
    pub(super) async fn save_apart(&self, grant: &Grant, code: &Code, basis: &Basis) -> Outcome<Saved> {
        let client = match self.standing(grant, basis).await? {
            Ok(client) => client,
            Err(refused) => return Ok(refused),
        };
        let seconds = seconds_left(last_of(grant, code), grant.created_at);
        let pointer = self.0.places.of_digest(&code.digest).key('k', code.digest.as_bytes());
        let value = pointer_to(&grant.id, &grant.client_id);
        let mut reserved = Reserved(Vec::new());
        self.reserve(&mut reserved, pointer, b"", &value, seconds).await?;
        self.enter_in_lists(grant.subject.as_str(), &grant.client_id, &grant.id, seconds).await?;
        let saved = self.save(grant, code, &client, basis.marks.subject).await;
        if !matches!(saved, Ok(Saved::Now)) {
            self.release(reserved).await?;
            return saved;
        }
        match self.standing(grant, basis).await? {
            Ok(_) => Ok(Saved::Now),
            Err(refused) => {
                self.remove_grant(&self.0.places.of_grant(&grant.id), grant.id.as_bytes()).await?;
                self.release(reserved).await?;
                Ok(refused)
            }
        }
    }

    /// Reads client and mark, and gives the client if both are as they were when the grant was decided.
    async fn standing(&self, grant: &Grant, basis: &Basis) -> Outcome<std::result::Result<HeldClient, Saved>> {
        let both = try_join(self.unchanged(basis, &grant.client_id), self.subject_mark(&grant.subject));
        let (client, mark) = both.await?;
        Ok(client.and_then(|client| if mark == basis.marks.subject { Ok(client) } else { Err(Saved::Changed) }))
    }

    /// Adds an entry to a list that lives as long as its last entry.
    pub(super) async fn enter_list(&self, list: &[u8], entry: &[u8], seconds: i64) -> Outcome<()> {
        let seconds = seconds.to_string();
        let _: i64 = self.0.link.script(Access::Write, &script::ENTER, list, &[entry, seconds.as_bytes()]).await?;
        Ok(())
    }

    async fn reserve_tokens(&self, issue: &Issue, id: &GrantId, client: &ClientId) -> Outcome<Reserved> {
        let value = pointer_to(id, client);
        let mut reserved = Reserved(Vec::new());
        let access = issue.access.digest;
        let place = self.0.places.of_digest(&access);
        let [pointer, alone] = ['p', 'a'].map(|kind| place.key(kind, access.as_bytes()));
        let lives = seconds_left(issue.access.expires_at, issue.now);
        self.reserve(&mut reserved, pointer, &alone, &value, lives).await?;
        if let Some(refresh) = &issue.refresh {
            let pointer = self.0.places.of_digest(&refresh.digest).key('r', refresh.digest.as_bytes());
            let lives = seconds_left(last_needed(issue), issue.now);
            if let Err(failure) = self.reserve(&mut reserved, pointer, b"", &value, lives).await {
                self.release(reserved).await?;
                return Err(failure);
            }
        }
        Ok(reserved)
    }

    async fn reserve(
        &self,
        reserved: &mut Reserved,
        pointer: Vec<u8>,
        other: &[u8],
        value: &[u8],
        seconds: i64,
    ) -> Outcome<()> {
        let seconds = seconds.to_string();
        let arguments = [other, value, seconds.as_bytes()];
        match self.0.link.script(Access::Write, &script::RESERVE, &pointer, &arguments).await? {
            0 => Err(Failure::Taken),
            1 => {
                reserved.0.push(pointer);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    async fn release(&self, reserved: Reserved) -> Outcome<()> {
        for pointer in reserved.0 {
            let _: i64 = self.0.link.run(Access::Write, redis::cmd("DEL").arg(pointer)).await?;
        }
        Ok(())
    }

    /// Lets an older pointer, given as its kind and digest, live longer.
    async fn extend(&self, pointer: &[u8], seconds: i64) -> Outcome<()> {
        let (kind, digest) = pointer.split_first().ok_or(Failure::Corrupt("a pointer"))?;
        let digest = Digest::from_bytes(digest.try_into().map_err(|_| Failure::Corrupt("a pointer"))?);
        let key = self.0.places.of_digest(&digest).key(char::from(*kind), digest.as_bytes());
        let _: i64 = self.0.link.run(Access::Write, redis::cmd("EXPIRE").arg(key).arg(seconds)).await?;
        Ok(())
    }
}

fn pointer_to(id: &GrantId, client: &ClientId) -> Vec<u8> {
    [id.as_bytes(), client.as_str().as_bytes()].concat()
}

/// The last moment at which the grant may be asked for that something is issued under.
fn last_needed(issue: &Issue) -> Timestamp {
    let family = issue.refresh.as_ref().map(|refresh| refresh.family_expires_at);
    family.map_or(issue.grant_expires_at, |family| family.max(issue.grant_expires_at))
}

/// For how long Redis is to keep something, as `left` in `common.lua` computes it.
pub(super) fn seconds_left(ends: Timestamp, now: Timestamp) -> i64 {
    let left = ends.as_unix_seconds().saturating_sub(now.as_unix_seconds());
    left.clamp(1, 1_000_000_000) + SLACK
}
