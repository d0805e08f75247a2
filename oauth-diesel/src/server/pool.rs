use super::attempt::{Ended, attempt_one, attempt_read, attempt_write};
use super::{Bounded, Connection, Lease, VERB};
use crate::error::{Failure, Outcome};
use diesel::connection::TransactionManager as _;
use diesel_async::{AnsiTransactionManager, AsyncConnection};
use futures_util::future::BoxFuture;
use oauth_core::store::Result;
use std::fmt;
use std::ops::DerefMut;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

/// A connection that was opened, or lent by an application.
pub(crate) struct Opened<C> {
    pub(crate) lease: Lease<C>,
    /// Told by the connection's own task when the database has hung up, where there is such a task.
    pub(crate) closed: Arc<AtomicBool>,
    /// Whether it stays here between two verbs; what is lent goes back after each.
    pub(crate) stays: bool,
}

pub(crate) type Open<C> = Box<dyn Fn() -> BoxFuture<'static, Outcome<Opened<C>>> + Send + Sync>;

/// Makes a way to open connections of one by which an application lends its own.
pub(crate) fn lend<F, Lending, L, C, E>(lending: F) -> Open<C>
where
    F: Fn() -> Lending + Send + Sync + 'static,
    Lending: Future<Output = std::result::Result<L, E>> + Send + 'static,
    L: DerefMut<Target = C> + Send + 'static,
    C: 'static,
    E: fmt::Display,
{
    Box::new(move || {
        let lent = lending();
        Box::pin(async move {
            let lease =
                lent.await.map_err(|error| Failure::Unusable(format!("the pool gave no connection: {error}")))?;
            Ok(Opened { lease: Box::new(lease), closed: Arc::default(), stays: false })
        })
    })
}

/// Connections to a server, as many as may work at the same time; opened when they are first needed,
/// and given up when they break.
pub(crate) struct Pool<C: 'static> {
    permits: Arc<Semaphore>,
    shared: Arc<Shared<C>>,
}

struct Shared<C: 'static> {
    open: Open<C>,
    idle: Mutex<Vec<Idle<C>>>,
}

struct Idle<C: 'static> {
    connection: Connection<C>,
    closed: Arc<AtomicBool>,
    stays: bool,
}

impl<C: AsyncConnection<TransactionManager = AnsiTransactionManager> + 'static> Pool<C> {
    pub(crate) fn new(size: usize, open: Open<C>) -> Self {
        let shared = Shared { open, idle: Mutex::default() };
        Self { permits: Arc::new(Semaphore::new(size)), shared: Arc::new(shared) }
    }

    /// Runs a body of one `SELECT`.
    pub(crate) async fn read<T, F>(&self, doing: &'static str, body: F) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut Connection<C>) -> Outcome<T> + Send + 'static,
    {
        let outcome = self.run(move |connection| attempt_read(connection, &body)).await;
        outcome.map_err(|failure| failure.while_doing(doing))
    }

    /// Runs a body that writes, in a transaction, and again if another was faster.
    pub(crate) async fn write<T, F>(&self, doing: &'static str, body: F) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut Connection<C>) -> Outcome<T> + Send + 'static,
    {
        let outcome = self.run(move |connection| attempt_write(connection, &body, is_over)).await;
        outcome.map_err(|failure| failure.while_doing(doing))
    }

    /// Runs a body of one statement that writes, with no transaction around it.
    pub(crate) async fn write_one<T, F>(&self, doing: &'static str, body: F) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut Connection<C>) -> Outcome<T> + Send + 'static,
    {
        let outcome = self.run(move |connection| attempt_one(connection, &body, is_over)).await;
        outcome.map_err(|failure| failure.while_doing(doing))
    }

    /// Runs a body with a connection, on a blocking thread: the connections wait there, and it is there
    /// that they are made. Whoever drops this future before a connection was free has done nothing;
    /// after that the body runs to its end.
    async fn run<T, F>(&self, body: F) -> Outcome<T>
    where
        T: Send + 'static,
        F: Fn(&mut Connection<C>) -> Ended<T> + Send + 'static,
    {
        let deadline = Instant::now() + VERB;
        let permit = timeout_at(deadline, Arc::clone(&self.permits).acquire_owned()).await;
        let permit = permit.map_err(|_| Failure::Busy)?.map_err(|_| Failure::Stopped)?;
        let shared = Arc::clone(&self.shared);
        let task = tokio::task::spawn_blocking(move || {
            let outcome = shared.run(deadline, body);
            drop(permit);
            outcome
        });
        task.await.unwrap_or(Err(Failure::Stopped))
    }
}

impl<C: AsyncConnection<TransactionManager = AnsiTransactionManager> + 'static> Shared<C> {
    fn run<T>(&self, deadline: Instant, body: impl Fn(&mut Connection<C>) -> Ended<T>) -> Outcome<T> {
        let (mut taken, was_idle) = match self.take() {
            Some(mut idle) => {
                idle.connection.set_deadline(deadline);
                (idle, true)
            }
            None => (self.open(deadline)?, false),
        };
        let ended = body(&mut taken.connection);
        if ended.sound {
            // After a panic it does not come back, and the next one opens a new one.
            self.give_back(taken);
            return ended.outcome;
        }
        give_up(taken);
        // The others that were idle have probably met the same end: the database was restarted.
        drop(std::mem::take(&mut *self.idle.lock().unwrap_or_else(PoisonError::into_inner)));
        if !was_idle || !ended.nothing_written || Instant::now() >= deadline {
            return ended.outcome;
        }
        let mut fresh = self.open(deadline)?;
        let ended = body(&mut fresh.connection);
        if ended.sound {
            self.give_back(fresh);
        } else {
            give_up(fresh);
        }
        ended.outcome
    }

    fn open(&self, deadline: Instant) -> Outcome<Idle<C>> {
        let opened = Handle::current().block_on(timeout_at(deadline, (self.open)()));
        let Opened { lease, closed, stays } = opened.map_err(|_| Failure::Unreachable)??;
        Ok(Idle { connection: Connection::from(Bounded::new(lease, deadline)), closed, stays })
    }

    fn take(&self) -> Option<Idle<C>> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        std::iter::from_fn(|| idle.pop()).find(|idle| !idle.closed.load(Ordering::Relaxed))
    }

    fn give_back(&self, idle: Idle<C>) {
        if idle.stays {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(idle);
        }
    }
}

fn is_over<C: 'static>(connection: &Connection<C>) -> bool {
    Instant::now() >= connection.deadline()
}

/// Drops a connection that nobody may use again, the pool it came from included.
fn give_up<C: AsyncConnection<TransactionManager = AnsiTransactionManager> + 'static>(mut idle: Idle<C>) {
    <Connection<C> as diesel::Connection>::TransactionManager::transaction_manager_status_mut(&mut idle.connection)
        .set_in_error();
}
