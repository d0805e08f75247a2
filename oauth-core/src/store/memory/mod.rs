//! Storage in memory: for tests, for trying things out, and for a single process that may forget.
//!
//! Everything of one grant lives in one `Cell` behind one small lock, because every verb of the
//! traits is atomic per grant. Sharded indexes lead from a digest to its cell. No lock is held
//! across an await: a verb that is polled once has run to its end.
//!
//! # The order of locks
//! Whoever takes more than one takes them in this order, and never two of the same line:
//! 1. the accounts;
//! 2. a shard of the clients;
//! 3. the state of one client (`ClientEntry::hold`);
//! 4. a shard of the marks;
//! 5. one cell;
//! 6. a shard of the subjects of sessions;
//! 7. the leaves, under which no other lock is taken: the shards of the indexes, of the sessions and
//!    of the subjects of grants, a client's list of grants, a client's `Shapes`.
//!
//! A look-up copies the `Arc` out of a shard and lets go of it before it locks the cell. A check of an access
//! token locks no cell: what it asks of a grant and a client is one atomic value of each.

mod accounts;
mod cell;
mod clients;
mod codes;
mod failures;
mod grants;
#[cfg(all(test, feature = "conformance"))]
mod growth;
mod housekeeping;
mod index;
mod marks;
mod pending;
mod sessions;
mod shape;
#[cfg(test)]
mod tests;
mod tokens;

use self::accounts::Accounts;
use self::cell::Cell;
use self::clients::Clients;
use self::grants::Subjects;
use self::index::Index;
use self::marks::SubjectMarks;
use self::sessions::Sessions;
use self::tokens::Access;
use super::{AuditStore, PendingRequest, StoreError};
use crate::clock::Timestamp;
use crate::identifier::GrantId;
use crate::secret::Digest;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

/// Keeps everything in the memory of this process, and nothing when it ends.
///
/// Implements all store traits. A clone is another handle on the same storage. Fast, and safe under
/// any number of threads; a sweep costs what it removes, not what is there.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// use oauth_core::client::{Client, ClientType};
/// use oauth_core::identifier::ClientId;
/// use oauth_core::store::{ClientStore, MemoryStore};
///
/// let store = MemoryStore::new();
/// let other_handle = store.clone();
/// let notes = Client::new(ClientId::new("notes")?, "Notes", ClientType::Public);
/// store.create_client(&notes).await?;
/// assert_eq!(other_handle.client(&notes.id).await?, Some(notes));
/// # Ok::<(), Box<dyn std::error::Error>>(()) })?; Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default)]
pub struct MemoryStore(Arc<Shared>);

#[derive(Default)]
struct Shared {
    clients: Clients,
    /// Until when names have tombstones.
    tombstones: Index<Digest, Timestamp>,
    /// Every grant; it ends when the grant does.
    grants: Index<GrantId, Arc<Cell>>,
    /// Which grants a person gave.
    subjects: Subjects,
    /// Every code; an unused one ends by itself, a used one stays as long as its grant.
    codes: Index<Digest, Arc<Cell>>,
    /// Every refresh token; what ends is the sealed answer kept with a retired one.
    refresh: Index<Digest, Arc<Cell>>,
    access: Index<Digest, Access>,
    accounts: RwLock<Accounts>,
    marks: SubjectMarks,
    sessions: Sessions,
    pending: Index<Digest, Arc<PendingRequest>>,
    failures: failures::Counts,
}

impl MemoryStore {
    /// Makes an empty store.
    pub fn new() -> Self {
        Self::default()
    }
}

/// What forgets keeps no audit log.
impl AuditStore for MemoryStore {}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").finish_non_exhaustive()
    }
}

/// A caller that gives one name to two things; with random names it cannot happen.
fn taken(doing: &'static str) -> StoreError {
    StoreError::new(doing, "its digest or identifier is taken")
}

/// Takes a lock although a thread died with it: no state here is left half-written by a panic,
/// because nothing between two writes can panic.
fn recovered<T>(lock: Result<T, PoisonError<T>>) -> T {
    lock.unwrap_or_else(PoisonError::into_inner)
}
