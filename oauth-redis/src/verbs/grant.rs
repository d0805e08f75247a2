use super::{BATCH, after, by_client};
use crate::error::{Failure, Outcome};
use crate::link::Access;
use crate::record::{ClientState, Field, HeldGrant, fields, grant_id, read_pointer, seconds, text};
use crate::{RedisStore, script};
use futures_util::future::{try_join, try_join_all};
use oauth_core::clock::Timestamp;
use oauth_core::identifier::{ClientId, GrantId, Subject};
use oauth_core::secret::{Digest, random_bytes};
use oauth_core::store::{Grant, GrantFilter, GrantStore, MARK_LIFETIME, Mark, Marks, Page, Result};
use std::collections::{BTreeSet, HashSet};

const MARK: &str = "a mark";

/// How often a revocation of many looks again, if others keep approving. People need two or three looks.
const MOST_LOOKS: usize = 10;
const BUSY: &str = "others approve without a pause what is being revoked: call it again";

/// How many grants were live, and which were found.
type Batch = (u64, Vec<(GrantId, Subject)>);

/// A grant with a part of it, as the script `read` gives them: the identifier, the grant's fields,
/// those of the part, those of the client where they were at hand.
type Found = Option<(Vec<u8>, Vec<Field>, Vec<Field>, Option<Vec<Field>>)>;

/// A grant that is there, whose client is there, and the fields of a part of it.
pub(super) struct Present {
    pub(super) grant: Grant,
    pub(super) part: Vec<Field>,
}

/// What leads to a grant.
#[derive(Clone, Copy)]
pub(super) enum By<'a> {
    Id(&'a GrantId),
    Code(&'a Digest),
    Refresh(&'a Digest),
}

impl GrantStore for RedisStore {
    async fn grant(&self, id: &GrantId) -> Result<Option<Grant>> {
        self.live_grant(id).await.map_err(|failure| failure.while_doing("read a grant"))
    }

    async fn grants(&self, filter: &GrantFilter, page: &Page<GrantId>, now: Timestamp) -> Result<Vec<Grant>> {
        self.list_grants(filter, page, now).await.map_err(|failure| failure.while_doing("list grants"))
    }

    async fn clients_of(&self, subject: &Subject, page: &Page<ClientId>, now: Timestamp) -> Result<Vec<ClientId>> {
        self.clients_by_grant(subject, page, now)
            .await
            .map_err(|failure| failure.while_doing("list clients of a person"))
    }

    async fn marks(&self, subject: &Subject, client: &ClientId) -> Result<Marks> {
        let both = try_join(self.subject_mark(subject), self.client_state(client));
        let (subject, client) = both.await.map_err(|failure| failure.while_doing("read marks"))?;
        Ok(Marks { subject, client: client.map_or(Mark::NONE, |client| client.mark()) })
    }

    async fn revoke_grant(&self, id: &GrantId, now: Timestamp) -> Result<bool> {
        let (store, id) = (self.clone(), *id);
        let steps = Self::whole(async move { store.revoke_one(&id, now, true).await });
        steps.await.map_err(|failure| failure.while_doing("revoke a grant"))
    }

    async fn retire_grant(&self, id: &GrantId, now: Timestamp) -> Result<bool> {
        let (store, id) = (self.clone(), *id);
        let steps = Self::whole(async move { store.revoke_one(&id, now, false).await });
        steps.await.map_err(|failure| failure.while_doing("retire a grant"))
    }

    async fn revoke_grants(&self, filter: &GrantFilter, now: Timestamp) -> Result<u64> {
        let (store, filter) = (self.clone(), filter.clone());
        let steps = Self::whole(async move { store.revoke_all(&filter, now).await });
        steps.await.map_err(|failure| failure.while_doing("revoke grants"))
    }
}

impl RedisStore {
    /// Reads a grant whose client was not deleted since.
    pub(super) async fn live_grant(&self, id: &GrantId) -> Outcome<Option<Grant>> {
        Ok(self.present(By::Id(id)).await?.map(|present| present.grant))
    }

    /// Reads a grant with the part of it that leads to it, in one trip on one server.
    pub(super) async fn present(&self, by: By<'_>) -> Outcome<Option<Present>> {
        let places = &self.0.places;
        let (kind, digest, pointer): (&str, &[u8], _) = match by {
            By::Id(_) => ("", b"", None),
            By::Code(digest) => ("k", digest.as_bytes(), Some(places.of_digest(digest).key('k', digest.as_bytes()))),
            By::Refresh(digest) => ("r", digest.as_bytes(), Some(places.of_digest(digest).key('r', digest.as_bytes()))),
        };
        let id = match (by, &pointer) {
            (By::Id(id), _) => Some(*id),
            (_, Some(pointer)) if places.is_cluster() => match self.followed(pointer).await? {
                Some((id, _)) => Some(id),
                None => return Ok(None),
            },
            _ => None,
        };
        let single = places.if_single().as_bytes();
        let place = id.as_ref().map(|id| places.of_grant(id).as_str().as_bytes().to_vec());
        let place = place.as_deref().unwrap_or(single);
        let id = id.as_ref().map_or(&b""[..], |id| id.as_bytes());
        let key = [place, b"g", id].concat();
        let arguments = [place, single, id, kind.as_bytes(), digest, single];
        let found: Found = self.0.link.script(Access::Read, &script::READ, &key, &arguments).await?;
        let Some((id, grant, part, client)) = found else { return Ok(None) };
        let Some(HeldGrant { grant, incarnation }) = HeldGrant::read(grant_id(&id)?, grant)? else { return Ok(None) };
        let client = match client {
            Some(fields) => ClientState::read(fields)?,
            None => self.client_state(&grant.client_id).await?,
        };
        let is_present = client.is_some_and(|client| client.incarnation == incarnation);
        Ok(is_present.then_some(Present { grant, part }))
    }

    /// Follows a pointer in a cluster: to a grant and its client. A pointer alone proves nothing.
    pub(super) async fn followed(
        &self,
        pointer: &[u8],
    ) -> Outcome<Option<(GrantId, oauth_core::identifier::ClientId)>> {
        let found: Field = self.0.link.run(Access::Read, redis::cmd("GET").arg(pointer)).await?;
        found.map(|pointer| read_pointer(&pointer)).transpose()
    }

    pub(super) async fn list_grants(
        &self,
        filter: &GrantFilter,
        page: &Page<GrantId>,
        now: Timestamp,
    ) -> Outcome<Vec<Grant>> {
        let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
        if let GrantFilter::Both(subject, client) = filter {
            return self.list_for_client(subject, client, page, now).await;
        }
        let list = self.grant_list(filter);
        let mut from = page.after.map_or(b"-".to_vec(), |id| after(id.as_bytes()));
        let mut found = Vec::new();
        while found.len() < limit {
            let entries = self.listed(&list, &from, BATCH.min(limit - found.len())).await?;
            let Some(last) = entries.last() else { break };
            from = after(last);
            let grants = self.listed_grants(&entries).await?;
            found.extend(grants.into_iter().filter(|grant| filter.matches(grant) && grant.is_live(now)));
        }
        Ok(found)
    }

    pub(super) async fn listed_grants(&self, entries: &[Vec<u8>]) -> Outcome<Vec<Grant>> {
        let read = entries.iter().map(async |entry| self.live_grant(&grant_id(entry)?).await);
        Ok(try_join_all(read).await?.into_iter().flatten().collect())
    }

    fn grant_list(&self, filter: &GrantFilter) -> Vec<u8> {
        let (kind, owner) = match filter {
            GrantFilter::Subject(subject) | GrantFilter::Both(subject, _) => ('u', subject.as_str()),
            GrantFilter::Client(client) => ('l', client.as_str()),
        };
        self.0.places.of_name(owner).key(kind, owner)
    }

    pub(super) async fn subject_mark(&self, subject: &Subject) -> Outcome<Mark> {
        let key = self.0.places.of_name(subject.as_str()).key('m', subject.as_str());
        let held: Field = self.0.link.run(Access::Read, redis::cmd("GET").arg(key)).await?;
        let Some(held) = held else { return Ok(Mark::NONE) };
        let number = text(&held, MARK)?.split_once(':').and_then(|(mark, _)| mark.parse().ok());
        number.map(Mark::from_number).ok_or(Failure::Corrupt(MARK))
    }

    pub(super) async fn move_mark(&self, subject: &Subject, now: Timestamp) -> Outcome<()> {
        let place = self.0.places.of_name(subject.as_str());
        let mark = Mark::random().as_number().to_string();
        let [ends, now] = [now.after(MARK_LIFETIME), now].map(seconds);
        let arguments = [place.as_str(), subject.as_str(), &mark, &ends, &now].map(str::as_bytes);
        let key = place.key('m', subject.as_str());
        let _: i64 = self.0.link.script(Access::Write, &script::MOVE_MARK, &key, &arguments).await?;
        Ok(())
    }

    async fn revoke_one(&self, id: &GrantId, now: Timestamp, is_decided: bool) -> Outcome<bool> {
        let key = self.0.places.of_grant(id).key('g', id.as_bytes());
        let mut command = redis::cmd("HMGET");
        let [subject, client] = fields(self.0.link.run(Access::Read, command.arg(key).arg(&["s", "c"])).await?, MARK)?;
        let Some((subject, client)) = subject.zip(client) else { return Ok(false) };
        let subject = Subject::new(text(&subject, MARK)?).map_err(|_| Failure::Corrupt(MARK))?;
        let client = ClientId::new(text(&client, MARK)?).map_err(|_| Failure::Corrupt(MARK))?;
        let revoked = self.revoke(id, &subject, &client, now).await;
        // Behind it, also if the answer was lost: a code that is saved on this consent from now on finds the mark moved.
        if is_decided {
            self.move_mark(&subject, now).await?;
        }
        revoked
    }

    /// Revokes a grant, and tells whether it was live.
    async fn revoke(&self, id: &GrantId, subject: &Subject, client: &ClientId, now: Timestamp) -> Outcome<bool> {
        let key = self.0.places.of_grant(id).key('g', id.as_bytes());
        let now = seconds(now);
        let arguments = [now.as_bytes(), self.0.places.if_single().as_bytes(), id.as_bytes()];
        let revoked: i64 = self.0.link.script(Access::Write, &script::REVOKE, &key, &arguments).await?;
        if revoked != 0 && self.0.places.is_cluster() {
            self.take_from(&self.list_by_client(subject), &by_client::entry(client, id)).await?;
        }
        Ok(revoked == 1)
    }

    /// Revokes what is meant, grant by grant, and counts what was live. Looks again behind another mark: a code may
    /// have been saved on a consent that was about to end, here or by another end. Goes on until a look finds nothing
    /// that the one before did not find.
    pub(super) async fn revoke_all(&self, filter: &GrantFilter, now: Timestamp) -> Outcome<u64> {
        let (mut revoked, mut seen, mut parts) = (0, HashSet::new(), vec![filter.clone()]);
        for look in 0..MOST_LOOKS {
            // The mark first: a code that is being saved finds it moved, or is in the list by now.
            self.overtake(filter, now).await?;
            let mut people = BTreeSet::new();
            for part in &parts {
                let mut from = b"-".to_vec();
                while let Some((live, found)) = self.revoke_batch(part, &mut from, now).await? {
                    revoked += live;
                    people.extend(found.into_iter().filter(|(id, _)| seen.insert(*id)).map(|(_, person)| person));
                }
            }
            if people.is_empty() {
                return Ok(revoked);
            }
            // From the second look on only the people of whom something new was found.
            if look > 0 {
                parts = people.into_iter().map(|person| filter.of_person(person)).collect();
            }
        }
        Err(Failure::Unusable(BUSY.to_owned()))
    }

    /// Has every decision that was made until now be made again.
    async fn overtake(&self, filter: &GrantFilter, now: Timestamp) -> Outcome<()> {
        match filter {
            GrantFilter::Subject(subject) | GrantFilter::Both(subject, _) => self.move_mark(subject, now).await,
            GrantFilter::Client(id) => {
                let epoch = random_bytes::<8>();
                let key = self.client_key(id);
                let _: i64 = self.0.link.script(Access::Write, &script::RENEW_EPOCH, &key, &[&epoch]).await?;
                Ok(())
            }
        }
    }

    /// Revokes what is meant among the next entries of a list: how many were live, and what was found, revoked before
    /// or now; nothing at the end of the list.
    async fn revoke_batch(&self, filter: &GrantFilter, from: &mut Vec<u8>, now: Timestamp) -> Outcome<Option<Batch>> {
        let entries = self.listed(&self.grant_list(filter), from, BATCH).await?;
        let Some(last) = entries.last() else { return Ok(None) };
        *from = after(last);
        // All entries of the list, not those by client: what an older version saves meanwhile is only here.
        let entries = match filter {
            GrantFilter::Both(_, client) => self.of_client(client, entries).await?,
            GrantFilter::Subject(_) | GrantFilter::Client(_) => entries,
        };
        let mut meant = self.listed_grants(&entries).await?;
        meant.retain(|grant| filter.matches(grant));
        let revoke = meant.iter().map(|grant| self.revoke(&grant.id, &grant.subject, &grant.client_id, now));
        let live = try_join_all(revoke).await?.into_iter().filter(|was_live| *was_live).count();
        Ok(Some((live as u64, meant.into_iter().map(|grant| (grant.id, grant.subject)).collect())))
    }
}
