use super::{BATCH, after};
use crate::error::{Failure, Outcome};
use crate::link::Access;
use crate::record::{ClientState, Field, fields, grant_id, index_terms, json, seconds, terms_of};
use crate::{RedisStore, script};
use futures_util::future::try_join_all;
use oauth_core::client::Client;
use oauth_core::clock::Timestamp;
use oauth_core::identifier::ClientId;
use oauth_core::secret::{Digest, random_bytes};
use oauth_core::store::{AuditStore, ClientFilter, ClientStore, Created, Page, Replaced, Result};
use std::collections::BTreeSet;

const CLIENT: &str = "a client";

/// A client that was read: what it is, and which of its versions.
type Read = (Client, Vec<u8>);

impl ClientStore for RedisStore {
    async fn client(&self, id: &ClientId) -> Result<Option<Client>> {
        let read = self.read_client(id).await.map_err(|failure| failure.while_doing("read a client"))?;
        Ok(read.map(|(client, _)| client))
    }

    async fn clients(&self, filter: &ClientFilter, page: &Page<ClientId>) -> Result<Vec<Client>> {
        self.list_clients(filter, page).await.map_err(|failure| failure.while_doing("list clients"))
    }

    async fn create_client(&self, client: &Client) -> Result<Created> {
        let (store, client) = (self.clone(), client.clone());
        let steps = Self::whole(async move { store.create(&client).await });
        steps.await.map_err(|failure| failure.while_doing("create a client"))
    }

    async fn update_client(&self, client: &Client) -> Result<bool> {
        let (store, client) = (self.clone(), client.clone());
        let steps = Self::whole(async move { store.put(&client, b"").await });
        let replaced = steps.await.map_err(|failure| failure.while_doing("update a client"))?;
        Ok(replaced == Replaced::Now)
    }

    async fn replace_client(&self, read: &Client, changed: &Client) -> Result<Replaced> {
        let (store, read, changed) = (self.clone(), read.clone(), changed.clone());
        let steps = Self::whole(async move { store.replace(&read, &changed).await });
        steps.await.map_err(|failure| failure.while_doing("replace a client"))
    }

    async fn delete_client(&self, id: &ClientId, _now: Timestamp) -> Result<bool> {
        let (store, id) = (self.clone(), id.clone());
        let steps = Self::whole(async move { store.delete(&id).await });
        steps.await.map_err(|failure| failure.while_doing("delete a client"))
    }

    async fn bury(&self, name: &Digest, now: Timestamp, until: Timestamp) -> Result<()> {
        self.put_tombstone(name, now, until).await.map_err(|failure| failure.while_doing("bury a name"))
    }

    async fn is_buried(&self, name: &Digest, now: Timestamp) -> Result<bool> {
        let until = self.tombstone(name).await.map_err(|failure| failure.while_doing("look for a tombstone"))?;
        Ok(until.is_some_and(|until| until > now.as_unix_seconds()))
    }
}

impl AuditStore for RedisStore {}

impl RedisStore {
    async fn put_tombstone(&self, name: &Digest, now: Timestamp, until: Timestamp) -> Outcome<()> {
        let place = self.0.places.of_digest(name);
        let (ends, now) = (seconds(until), seconds(now));
        let arguments: [&[u8]; 4] = [place.as_str().as_bytes(), name.as_bytes(), ends.as_bytes(), now.as_bytes()];
        let key = place.key('w', name.as_bytes());
        let _: i64 = self.0.link.script(Access::Write, &script::BURY, &key, &arguments).await?;
        Ok(())
    }

    async fn tombstone(&self, name: &Digest) -> Outcome<Option<i64>> {
        let mut command = redis::cmd("GET");
        command.arg(self.0.places.of_digest(name).key('w', name.as_bytes()));
        self.0.link.run(Access::Read, &command).await
    }
}

/// A client with its version and what else decides about what it holds.
pub(super) struct HeldClient {
    pub(super) client: Client,
    pub(super) version: Vec<u8>,
    pub(super) state: ClientState,
}

/// A client's entries in the lists carry its version: those of another version mean nothing, so that
/// they are written before the client and removed after it, and no two changes get into each other's
/// way.
impl RedisStore {
    async fn read_client(&self, id: &ClientId) -> Outcome<Option<Read>> {
        let mut command = redis::cmd("HMGET");
        command.arg(self.client_key(id)).arg(&["r", "v"]);
        let [record, version] = fields(self.0.link.run::<Vec<Field>>(Access::Read, &command).await?, CLIENT)?;
        let Some((record, version)) = record.zip(version) else { return Ok(None) };
        Ok(Some((json(&record, CLIENT)?, version)))
    }

    /// Reads a client with all that decides about it.
    pub(super) async fn held_client(&self, id: &ClientId) -> Outcome<Option<HeldClient>> {
        let mut command = redis::cmd("HMGET");
        command.arg(self.client_key(id)).arg(&["r", "v", "e", "i", "o"]);
        let mut found: Vec<Field> = self.0.link.run(Access::Read, &command).await?;
        let state = found.split_off(2.min(found.len()));
        let [record, version] = fields(found, CLIENT)?;
        let (Some((record, version)), Some(state)) = (record.zip(version), ClientState::read(state)?) else {
            return Ok(None);
        };
        Ok(Some(HeldClient { client: json(&record, CLIENT)?, version, state }))
    }

    async fn list_clients(&self, filter: &ClientFilter, page: &Page<ClientId>) -> Outcome<Vec<Client>> {
        let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
        let lists: Vec<_> = terms_of(filter).iter().map(|term| self.client_list(term)).collect();
        // No identifier has a byte this small: all entries of the last one stand before it.
        let mut from = page.after.as_ref().map_or(b"-".to_vec(), |id| after(format!("{id}\u{1}").as_bytes()));
        let mut found = Vec::new();
        while found.len() < limit {
            let most = BATCH.min(limit - found.len());
            let listed = try_join_all(lists.iter().map(|list| self.listed(list, &from, most))).await?;
            // The first of each list, so the first of all; one that stands in several counts once.
            let entries: Vec<_> =
                listed.into_iter().flatten().collect::<BTreeSet<_>>().into_iter().take(most).collect();
            let Some(last) = entries.last() else { break };
            from = after(last);
            let read = entries.iter().map(|entry| self.listed_client(entry));
            found.extend(try_join_all(read).await?.into_iter().flatten().filter(|client| filter.matches(client)));
        }
        Ok(found)
    }

    /// Reads the client of an entry, if the entry is of its present version.
    async fn listed_client(&self, entry: &[u8]) -> Outcome<Option<Client>> {
        let (id, version) = entry.split_at_checked(entry.len().saturating_sub(9)).ok_or(Failure::Corrupt(CLIENT))?;
        let id = ClientId::new(crate::record::text(id, CLIENT)?).map_err(|_| Failure::Corrupt(CLIENT))?;
        let present = self.read_client(&id).await?;
        Ok(present.filter(|(_, present)| version.strip_prefix(b"\0") == Some(present)).map(|(client, _)| client))
    }

    async fn create(&self, client: &Client) -> Outcome<Created> {
        let (version, incarnation) = (random_bytes::<8>(), random_bytes::<8>());
        let mut values = record(client, &version)?;
        values.extend([("i", incarnation.to_vec()), ("o", incarnation.to_vec())]);
        let key = self.client_key(&client.id);
        // Where the name is taken the entries need not be written.
        let exists: bool = self.0.link.run(Access::Read, redis::cmd("EXISTS").arg(&key)).await?;
        if exists {
            return Ok(Created::Exists);
        }
        self.enter(client, &version).await?;
        let created: bool = self.0.link.script(Access::Write, &script::CREATE_CLIENT, &key, &pairs(&values)).await?;
        if !created {
            self.strike(client, &version).await?;
            return Ok(Created::Exists);
        }
        Ok(Created::Now)
    }

    async fn replace(&self, read: &Client, changed: &Client) -> Outcome<Replaced> {
        if read.id != changed.id {
            return Err(Failure::Contradiction("it would get another identifier"));
        }
        match self.read_client(&read.id).await? {
            None => Ok(Replaced::Gone),
            Some((present, version)) if present == *read => self.put(changed, &version).await,
            Some(_) => Ok(Replaced::Changed),
        }
    }

    /// Puts a client in the place of the one that is there, or only of a version of it.
    async fn put(&self, client: &Client, expected: &[u8]) -> Outcome<Replaced> {
        let version = random_bytes::<8>();
        let values = record(client, &version)?;
        let mut arguments = vec![expected];
        arguments.extend(pairs(&values));
        let key = self.client_key(&client.id);
        self.enter(client, &version).await?;
        let (outcome, old, old_version): (i64, Vec<u8>, Vec<u8>) =
            self.0.link.script(Access::Write, &script::REPLACE_CLIENT, &key, &arguments).await?;
        if outcome == 1 {
            self.strike(&json(&old, CLIENT)?, &old_version).await?;
            return Ok(Replaced::Now);
        }
        self.strike(client, &version).await?;
        Ok(if outcome == 0 { Replaced::Changed } else { Replaced::Gone })
    }

    async fn delete(&self, id: &ClientId) -> Outcome<bool> {
        let key = self.client_key(id);
        let (outcome, old, version): (i64, Vec<u8>, Vec<u8>) =
            self.0.link.script(Access::Write, &script::DELETE_CLIENT, &key, &[]).await?;
        if outcome != 1 {
            return Ok(false);
        }
        // Nothing under it is visible any more; what follows frees the memory.
        self.strike(&json(&old, CLIENT)?, &version).await?;
        let list = self.0.places.of_name(id.as_str()).key('l', id.as_str());
        let mut from = b"-".to_vec();
        loop {
            let entries = self.listed(&list, &from, BATCH).await?;
            let Some(last) = entries.last() else { return Ok(true) };
            from = after(last);
            for entry in &entries {
                self.remove_of_deleted(id, entry).await?;
                self.take_from(&list, entry).await?;
            }
        }
    }

    /// Removes a grant, unless it was given to a client created since under the same identifier.
    async fn remove_of_deleted(&self, client: &ClientId, entry: &[u8]) -> Outcome<()> {
        let id = grant_id(entry)?;
        if self.live_grant(&id).await?.is_some_and(|grant| grant.client_id == *client) {
            return Ok(());
        }
        self.remove_grant(&self.0.places.of_grant(&id), entry).await
    }

    fn client_list(&self, term: &Digest) -> Vec<u8> {
        self.0.places.of_digest(term).key('i', term.as_bytes())
    }

    async fn enter(&self, client: &Client, version: &[u8]) -> Outcome<()> {
        let entry = entry(&client.id, version);
        let lists: Vec<_> = index_terms(client).iter().map(|term| self.client_list(term)).collect();
        try_join_all(lists.iter().map(|list| self.add_to(list, &entry))).await?;
        Ok(())
    }

    async fn strike(&self, client: &Client, version: &[u8]) -> Outcome<()> {
        let entry = entry(&client.id, version);
        let lists: Vec<_> = index_terms(client).iter().map(|term| self.client_list(term)).collect();
        try_join_all(lists.iter().map(|list| self.take_from(list, &entry))).await?;
        Ok(())
    }
}

fn entry(id: &ClientId, version: &[u8]) -> Vec<u8> {
    [id.as_str().as_bytes(), b"\0", version].concat()
}

fn record(client: &Client, version: &[u8]) -> Outcome<Vec<(&'static str, Vec<u8>)>> {
    let enabled = if client.enabled { b"1" } else { b"0" };
    Ok(vec![("r", serde_json::to_vec(client)?), ("e", enabled.to_vec()), ("v", version.to_vec())])
}

/// Lays names and values out as a script takes them.
pub(super) fn pairs<'a>(values: &'a [(&'static str, Vec<u8>)]) -> Vec<&'a [u8]> {
    values.iter().flat_map(|(name, value)| [name.as_bytes(), value.as_slice()]).collect()
}
