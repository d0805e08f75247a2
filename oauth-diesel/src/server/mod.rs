//! What PostgreSQL and MySQL have in common: connections over a network to a server that others write
//! to at the same time.

mod attempt;
#[cfg(feature = "_driver")]
mod bounded;
#[cfg(feature = "_driver")]
pub(crate) mod driver;
mod idle;
pub(crate) mod kind;
pub(crate) mod migrate;
mod pool;
pub(crate) mod store;
#[cfg(feature = "_driver")]
pub(crate) mod tls;
pub(crate) mod url;

#[cfg(feature = "_driver")]
pub(crate) use bounded::{Bounded, Lease};
pub(crate) use pool::Pool;

/// How long a verb may take, with all that it waits for: below the five seconds within which an
/// endpoint says that it is unavailable.
pub(crate) const VERB: std::time::Duration = std::time::Duration::from_millis(4_000);

/// How long opening may take: another process may be making the tables right now.
pub(crate) const MIGRATION: std::time::Duration = std::time::Duration::from_secs(120);

/// The most rows that one sweep removes, so that it ends within the time of a verb.
pub(crate) const SWEEP: u32 = 2_000;

/// Whether others write during a transaction.
pub(crate) const OTHERS_WRITE: bool = true;
