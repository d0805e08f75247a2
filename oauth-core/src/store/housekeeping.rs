use super::{FailureStore, Result};
use crate::clock::Timestamp;
use std::future::Future;
use std::sync::Arc;

/// What a sweep did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// How many records went.
    pub removed: u64,
    /// Whether more are waiting to go.
    pub more: bool,
}

/// How a store is kept from growing without bound.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// use oauth_core::clock::Timestamp;
/// use oauth_core::store::{Housekeeping, MemoryStore};
///
/// let store = MemoryStore::new();
/// while store.sweep(Timestamp::from_unix_seconds(0), 1_000).await?.more {}
/// # Ok::<(), Box<dyn std::error::Error>>(()) })?; Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Housekeeping: Send + Sync + 'static {
    /// Removes at most `limit` records that have expired at `now`: access tokens, codes never redeemed,
    /// sessions and decisions past their end, and grants past theirs or revoked and past theirs,
    /// with all that hangs on them.
    ///
    /// Never removes what replay detection needs: a used code and a retired refresh token stay as
    /// long as their grant. Safe to run at any time, from any number of processes.
    fn sweep(&self, now: Timestamp, limit: u32) -> impl Future<Output = Result<Swept>> + Send;

    /// Tells since when the oldest record waits that a sweep at `now` would remove: the first second at
    /// which it expired; `None` if nothing waits.
    ///
    /// `now` less that moment is the age of the backlog, which the provider tells its event sink as
    /// [`Gauge::SweepBacklog`](crate::event::Gauge). It may count what a sweep only has to look at, and
    /// leaves out what deleted clients left, which has no end of its own. A look, never a count: it is
    /// cheap however much waits.
    fn overdue_since(&self, now: Timestamp) -> impl Future<Output = Result<Option<Timestamp>>> + Send;

    /// Gives the count of failed authentications that all processes of a provider share; `None`, unless written,
    /// and each process counts alone: ten of them then admit ten times the guesses.
    fn failures(&self) -> Option<Arc<dyn FailureStore>> {
        None
    }
}
