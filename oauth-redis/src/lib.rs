//! Storage for [`oauth_core`] in Redis 7, Valkey or Redis Cluster, through scripts that run whole or not
//! at all.
//!
//! ```no_run
//! # async fn open() -> Result<(), Box<dyn std::error::Error>> {
//! use oauth_core::client::{Client, ClientType};
//! use oauth_core::identifier::ClientId;
//! use oauth_core::store::{ClientStore, Created};
//! use oauth_redis::RedisStore;
//!
//! let store = RedisStore::open("redis://127.0.0.1:6379").await?;
//! let client = Client::new(ClientId::new("notes")?, "Notes", ClientType::Public);
//! assert_eq!(store.create_client(&client).await?, Created::Now);
//! # Ok(()) }
//! ```
//!
//! # What it promises
//! All that [`oauth_core::store`] does, proved by its conformance tests on one server and on a cluster.
//! In the database there are digests, never a token, code or generated secret. On one server checking
//! a token is one trip, and so is issuing one; in a cluster checking is two, and issuing under a grant up
//! to five. Changing a client, revoking many grants at once and ending an account take several steps on
//! both: they run to their end although the caller goes away, and what a process that died leaves of an
//! account's end the sweep finishes.
//!
//! # What Redis can lose
//! Redis answers before a write is on disk, and before a replica has it. What that can cost, and the
//! setting that avoids it:
//!
//! | what happens | what is lost | what avoids it |
//! |---|---|---|
//! | the server's process or machine ends, without an append-only file (`appendonly no`) | everything since the last snapshot | `appendonly yes` |
//! | the machine loses power, with `appendfsync everysec` | the last second or two | `appendfsync always`, or [`Builder::durable_on`] with 0 replicas or more |
//! | a failover to a replica that had not received the last writes | these writes | [`Builder::wait_for`], for replicas that stay up |
//! | the same, and the replica's machine loses power as well | these writes | [`Builder::durable_on`], with as many replicas |
//! | a failover to a replica that confirmed nothing, because more of them were asked for than confirm | the writes that it had not | as many as there are replicas, and `min-replicas-to-write` on the server |
//!
//! [`Builder::durable_on`] asks with `WAITAOF`, which Redis has from 7.2 on, and a verb answers once the
//! write is in the append-only file, on disk, of the server and of so many replicas. An older server is
//! refused then; it has `appendfsync always` for itself, which is as good, and `WAIT` for its replicas,
//! which is not. Neither makes of Redis a database with consensus: a server that is cut off from its replicas goes
//! on answering reads, and takes writes until it notices, which then fail to be confirmed.
//!
//! What is lost is lost both ways: a token that was issued is unknown, and **a revocation is undone, a code
//! or refresh token that was used can be used again**. Where that must not happen, keep clients, grants
//! and accounts in SQL and only what may be lost in Redis: `oauth_core::store::Mixed` joins two stores.
//! Nothing tells an application afterwards that something was lost.
//!
//! # What it asks of the server
//! `maxmemory-policy noeviction`: any other throws clients and used codes away when memory is short, so
//! it is refused. Replicas are never read from.
//!
//! # What frees memory
//! Everything that ends has a time to live, an hour longer than it counts; what the caller says is
//! the time decides whether it counts. The sweep ([`oauth_core::store::Housekeeping`]) frees it at its
//! end, and takes it out of the lists by person and client; run it at least once a day, and at least every half an hour
//! while a process of an earlier version serves beside a new one.

mod error;
mod link;
mod place;
mod record;
mod script;
mod server;
mod settings;
mod url;
mod verbs;

pub use settings::Builder;

use crate::link::Link;
use crate::place::Places;
use crate::verbs::Occasion;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Keeps everything in one Redis server or in a Redis Cluster. A clone is another handle on it.
///
/// Needs a tokio runtime. All handles share one connection to each server, over which calls are
/// pipelined; it is opened again when it breaks. A call that is not answered in time is an error, and
/// a write that ended so may have happened all the same.
///
/// ```no_run
/// # async fn open() -> Result<(), Box<dyn std::error::Error>> {
/// use oauth_redis::RedisStore;
/// use std::time::Duration;
///
/// let store = RedisStore::builder(["rediss://:secret@redis.example:6380"])
///     .prefix("shop:")
///     .wait_for(1, Duration::from_millis(500))
///     .open()
///     .await?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct RedisStore(Arc<Inner>);

struct Inner {
    link: Link,
    places: Places,
    /// Whether each grant is known to be in the lists by which ends find it.
    has_all_listed: AtomicBool,
}

impl Inner {
    fn new(link: Link, places: Places) -> Self {
        Self { link, places, has_all_listed: AtomicBool::new(false) }
    }
}

impl RedisStore {
    /// Gives a store for another tenant on the same server or cluster, over the same connections: it sees
    /// none of the records of this one, nor this one any of its. An empty name is the one that a store has
    /// of itself.
    pub fn for_tenant(&self, name: &str) -> Self {
        let Inner { link, places, .. } = &*self.0;
        Self(Arc::new(Inner::new(link.clone(), places.of_tenant(name))))
    }

    /// Makes what the data of an earlier version lacks, and notes that it is done: names of accounts that are folded
    /// ([`oauth_core::store::fold_names`]), and lists by which a revocation finds each grant. Opening a store does
    /// so; call it for each other tenant whose data is from an earlier version. For a day the sweep completes the lists
    /// again every 20 minutes, so that processes of the earlier version may serve meanwhile.
    ///
    /// # Errors
    /// The server does not answer: call it again.
    pub async fn prepare(&self) -> oauth_core::store::Result<()> {
        self.prepare_once().await.map_err(|failure| failure.while_doing("prepare the data of an earlier version"))
    }

    async fn prepare_once(&self) -> error::Outcome<()> {
        self.enter_all(Occasion::Opening).await?;
        self.fold_names_once().await
    }
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore").field("places", &self.0.places).finish_non_exhaustive()
    }
}
