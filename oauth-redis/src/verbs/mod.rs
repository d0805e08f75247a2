//! The store's verbs. Each that writes is one script where all it touches stands in one place; where
//! it takes several steps they run in a task of their own, to their end.

mod account;
mod apart;
mod by_client;
mod client;
mod code;
mod failures;
mod grant;
mod housekeeping;
mod lists;
mod pending;
mod session;
mod token;

pub(crate) use lists::Occasion;

use crate::error::{Failure, Outcome};
use crate::link::Access;
use crate::place::Place;
use crate::record::{ClientState, text};
use crate::{RedisStore, script};
use futures_util::future::try_join_all;
use oauth_core::identifier::ClientId;
use oauth_core::secret::Digest;
use std::future::Future;

/// How many entries of a list are read at once.
const BATCH: usize = 256;

impl RedisStore {
    /// Runs several steps to their end, although the caller goes away.
    async fn whole<T: Send + 'static>(steps: impl Future<Output = Outcome<T>> + Send + 'static) -> Outcome<T> {
        tokio::spawn(steps).await.unwrap_or(Err(Failure::Stopped))
    }

    fn client_key(&self, id: &ClientId) -> Vec<u8> {
        self.0.places.of_name(id.as_str()).key('c', id.as_str())
    }

    /// Reads what decides whether something of a client is alive; `None` where there is none.
    async fn client_state(&self, id: &ClientId) -> Outcome<Option<ClientState>> {
        let mut command = redis::cmd("HMGET");
        command.arg(self.client_key(id)).arg(&["e", "i", "o"]);
        ClientState::read(self.0.link.run(Access::Read, &command).await?)
    }

    /// Reads a part of a list in the order of its entries' bytes, from a bound that Redis understands.
    async fn listed(&self, list: &[u8], from: &[u8], limit: usize) -> Outcome<Vec<Vec<u8>>> {
        self.listed_until(list, from, b"+", limit).await
    }

    async fn listed_until(&self, list: &[u8], from: &[u8], until: &[u8], limit: usize) -> Outcome<Vec<Vec<u8>>> {
        let mut command = redis::cmd("ZRANGEBYLEX");
        command.arg(list).arg(from).arg(until).arg("LIMIT").arg(0).arg(limit);
        self.0.link.run(Access::Read, &command).await
    }

    async fn add_to(&self, list: &[u8], entry: &[u8]) -> Outcome<()> {
        let mut command = redis::cmd("ZADD");
        command.arg(list).arg(0).arg(entry);
        self.0.link.run(Access::Write, &command).await
    }

    async fn take_from(&self, list: &[u8], entry: &[u8]) -> Outcome<()> {
        let mut command = redis::cmd("ZREM");
        command.arg(list).arg(entry);
        self.0.link.run(Access::Write, &command).await
    }

    /// Removes elsewhere what hung on what a script removed: a kind, an entry, and whose list it is
    /// in, again and again; a pointer is in no list.
    async fn clear_away(&self, gone: &[Vec<u8>]) -> Outcome<()> {
        let clear = gone.chunks_exact(3).map(async |part| {
            let [kind, entry, owner] = part else { return Ok(()) };
            let kind = kind.first().map_or('?', |byte| char::from(*byte));
            if !owner.is_empty() {
                let owner = text(owner, "a list")?;
                return self.take_from(&self.0.places.of_name(owner).key(kind, owner), entry).await;
            }
            let digest = entry.as_slice().try_into().map_err(|_| Failure::Corrupt("a pointer"))?;
            let pointer = self.0.places.of_digest(&Digest::from_bytes(digest)).key(kind, entry);
            self.0.link.run(Access::Write, redis::cmd("DEL").arg(pointer)).await
        });
        try_join_all(clear).await?;
        Ok(())
    }

    async fn remove_grant(&self, place: &Place, id: &[u8]) -> Outcome<()> {
        let arguments = [place.as_str().as_bytes(), self.0.places.if_single().as_bytes(), id];
        let key = place.key('g', id);
        let gone: Vec<Vec<u8>> = self.0.link.script(Access::Write, &script::REMOVE, &key, &arguments).await?;
        self.clear_away(&gone).await
    }
}

/// A bound after which a list is read on.
fn after(entry: &[u8]) -> Vec<u8> {
    [b"(", entry].concat()
}
