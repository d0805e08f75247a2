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
//! Redis answers before a write is on disk, and before a replica has it:
//! - **A crash or power cut** loses what the append-only file does not have yet: with `appendonly yes` and
//!   `appendfsync everysec` up to a second or two, with `appendfsync always` nothing that was answered.
//!   Without an append-only file it loses everything since the last snapshot.
//! - **A failover** loses what the promoted replica had not received yet. [`Builder::wait_for`] makes a
//!   verb answer only when replicas have what it wrote, and `min-replicas-to-write` stops a server that
//!   has lost its replicas from taking writes at all. That narrows the gap to replicas that fail as
//!   well, or that a failover passes over; Redis has no setting that closes it.
//!
//! What is lost is lost both ways: a token that was issued is unknown, and **a revocation is undone, a code
//! or refresh token that was used can be used again**. Where that must not happen, keep clients, grants
//! and accounts in SQL and only what may be lost in Redis: `oauth_core::store::Mixed` joins two stores.
//!
//! # What it asks of the server
//! `maxmemory-policy noeviction`: any other throws clients and used codes away when memory is short, so
//! it is refused. Replicas are never read from.
//!
//! # What frees memory
//! Everything that ends has a time to live, an hour longer than it counts; what the caller says is
//! the time decides whether it counts. The sweep ([`oauth_core::store::Housekeeping`]) frees it at its
//! end, and takes it out of the lists by person and client; run it at least once a day.

mod error;
mod link;
mod place;
mod record;
mod script;
mod server;
mod settings;
mod verbs;

pub use settings::Builder;

use crate::link::Link;
use crate::place::Places;
use std::fmt;
use std::sync::Arc;

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
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore").field("places", &self.0.places).finish_non_exhaustive()
    }
}
