//! Storage as verbs: state transitions, each atomic and each returning its outcome.
//!
//! There is never a get-then-put pair that a store of one's own could get wrong under a race. A
//! store sees [`Digest`](crate::secret::Digest)s only; expiry is checked on every read, so nothing
//! depends on the sweep having run; identifiers compare byte for byte.
//!
//! Every promise made here has a public test in `conformance` (feature `conformance`), races
//! included: a store of your own runs them all.
//!
//! # A verb that has begun runs to its end
//! A web server may drop the future of a request when its client hangs up. Once polled, a verb that
//! writes must either run to its end or leave nothing behind: no half of it is ever visible.

mod account;
mod audit;
mod client;
mod code;
#[cfg(feature = "conformance")]
pub mod conformance;
mod failures;
mod grant;
mod having;
mod housekeeping;
mod key_value;
mod marks;
mod memory;
mod mixed;
mod names;
mod page;
mod pending;
mod session;
mod token;
mod verbs;

pub use crate::password::PasswordHash;
pub use account::{Account, AccountStore, AttributeChanges};
pub use audit::{AuditStore, KeptAct};
pub use client::{ClientFilter, ClientStore};
pub use code::{Code, CodeStore, Redeemed, StoredCode};
pub use failures::{Counted, FailureStore, Failures};
pub use grant::{Grant, GrantFilter, GrantStore};
pub use having::{Having, grants_having};
pub use housekeeping::{Housekeeping, Swept};
pub use key_value::{KeyValue, KeyValueStore, Records, RecordsMut};
pub(crate) use marks::DECISION_LIFETIME;
pub use marks::{Basis, MARK_LIFETIME, Mark, Marks};
pub use memory::MemoryStore;
pub use mixed::Mixed;
pub use names::{account_called, fold_names, report_meeting};
pub use page::Page;
pub use pending::{PendingRequest, PendingRequestStore};
pub use session::{PendingDecision, Session, SessionStore};
pub use token::{ActiveToken, Issue, IssuedAccess, IssuedRefresh, Retry, Rotated, StoredRefresh, TokenStore};

use crate::error::Rejection;

/// Why a store could not do what it was asked.
///
/// Never an outcome of the protocol: those are the verbs' results. The endpoints answer every one of
/// these with 503 and `Retry-After`, and with the log line that says what happened.
#[derive(Debug, thiserror::Error)]
#[error("the store failed to {doing}: {source}")]
pub struct StoreError {
    doing: &'static str,
    source: Box<dyn std::error::Error + Send + Sync>,
}

impl StoreError {
    /// Says what the store was doing and what went wrong.
    pub fn new(doing: &'static str, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { doing, source: source.into() }
    }
}

impl From<StoreError> for Rejection {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "answering that the storage is unavailable");
        Self::StoreUnavailable
    }
}

/// The result of a verb: its outcome, or that the store could not be asked.
pub type Result<T> = std::result::Result<T, StoreError>;

/// Whether something new could be written under its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Created {
    /// It was not there before, and is there now.
    Now,
    /// The name is taken; nothing was changed.
    Exists,
}

/// Whether something could be written over what was read before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replaced {
    /// It is replaced.
    Now,
    /// Somebody changed it since it was read; nothing was changed now.
    Changed,
    /// There is none of this identifier any more.
    Gone,
}

/// Whether something could get another name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renamed {
    /// It has the name.
    Now,
    /// Another one has the name; nothing was changed.
    Taken,
    /// Somebody changed it since it was read; nothing was changed now.
    Changed,
    /// There is none of this identifier any more.
    Gone,
}

/// Whether something could be saved under a client, and a grant, that must be alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saved {
    /// It is stored.
    Now,
    /// The client is gone or disabled, its secret is not its secret any more, or the grant is revoked or has
    /// expired; nothing was changed.
    Gone,
    /// The client was edited, or a mark moved, since the decision was made ([`Basis`]); nothing was changed:
    /// decide again.
    Changed,
}

/// What an authorization server keeps: clients, grants, codes and tokens.
///
/// Implemented for everything that implements the six parts. A clone is another handle on the same
/// storage.
///
/// ```
/// use oauth_core::store::{MemoryStore, Store};
/// fn takes_any(store: impl Store) -> impl Store { store.clone() }
/// takes_any(MemoryStore::new());
/// ```
pub trait Store: ClientStore + GrantStore + CodeStore + TokenStore + AuditStore + Housekeeping + Clone {}

impl<S: ClientStore + GrantStore + CodeStore + TokenStore + AuditStore + Housekeeping + Clone> Store for S {}
