use super::url::{Dialect, Location};
use crate::error::Outcome;
use crate::tenant::Tenant;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use tokio::time::Instant;

/// A kind of connections to a server, as the verbs' bodies see them: they wait on the thread.
pub(crate) trait Kind: diesel::Connection + 'static {
    /// How its URLs are written.
    const DIALECT: Dialect;

    /// Makes a way to open connections to where a URL leads; what is wrong with that is told here.
    fn opener(location: Location) -> Outcome<Open<Self>>;

    /// Tells whether the tables are those of this program.
    #[cfg(feature = "_driver")]
    fn check(&mut self) -> Outcome<super::migrate::Schema>;

    /// Applies the migrations that are missing: of several processes one does it, and the others wait and
    /// find it done.
    fn migrate(&mut self) -> Outcome<()>;

    /// Looks, before a verb that reads, whether a tenant's number is under another name.
    fn look(&mut self, tenant: &Tenant) -> Outcome<()>;

    /// Enters, before a verb that writes, a tenant's name under its number.
    fn enter(&mut self, tenant: &Tenant) -> Outcome<()>;

    /// Says until when a statement may take from now on.
    fn set_deadline(&mut self, deadline: Instant);
}

/// Opens a connection until a moment, on a thread that may wait.
pub(crate) type Open<C> = Box<dyn Fn(Instant) -> Outcome<Opened<C>> + Send + Sync>;

/// A connection that was opened, or lent by an application.
pub(crate) struct Opened<C> {
    pub(crate) connection: C,
    /// Told by the connection's own task when the database has hung up, where there is such a task.
    pub(crate) closed: Arc<AtomicBool>,
    /// Whether it stays here between two verbs; what is lent goes back after each.
    pub(crate) stays: bool,
}
