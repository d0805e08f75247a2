//! What PostgreSQL and MySQL have in common: connections over a network to a server that others write
//! to at the same time.

mod attempt;
mod bounded;
pub(crate) mod migrate;
mod pool;
pub(crate) mod tls;
pub(crate) mod url;

pub(crate) use bounded::{Bounded, Lease};
pub(crate) use pool::{Opened, Pool, lend};

use diesel_async::async_connection_wrapper::AsyncConnectionWrapper;

/// A connection as the verbs' bodies see it.
pub(crate) type Connection<C> = AsyncConnectionWrapper<Bounded<C>>;

/// How long a verb may take, with all that it waits for: below the five seconds within which an
/// endpoint says that it is unavailable.
pub(crate) const VERB: std::time::Duration = std::time::Duration::from_millis(4_000);

/// How long opening may take: another process may be making the tables right now.
pub(crate) const MIGRATION: std::time::Duration = std::time::Duration::from_secs(120);
