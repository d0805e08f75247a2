use super::VERB;
use super::attempt::{Ended, attempt_change, attempt_read, attempt_write};
use super::idle::Idle;
use super::kind::{Kind, Open, Opened};
use crate::error::{Failure, Outcome};
use diesel::connection::TransactionManager as _;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

/// How much later than its deadline a verb may end: a connection that keeps it needs a moment to say so.
const GRACE: Duration = Duration::from_millis(200);

/// Connections to a server, as many as may work at the same time; opened when they are first needed,
/// and given up when they break.
pub(crate) struct Pool<C: 'static> {
    permits: Arc<Semaphore>,
    idle: Arc<Idle<C>>,
}

impl<C: Kind> Pool<C> {
    pub(crate) fn new(size: usize, open: Open<C>) -> Self {
        Self { permits: Arc::new(Semaphore::new(size)), idle: Arc::new(Idle::new(open)) }
    }

    /// Runs a body of one `SELECT`.
    pub(crate) async fn read<T, F>(&self, body: F) -> Outcome<T>
    where
        T: Send + 'static,
        F: Fn(&mut C) -> Outcome<T> + Send + 'static,
    {
        self.run(move |connection, _| attempt_read(connection, &body)).await
    }

    /// Runs a body that writes, in a transaction, and again if another was faster.
    pub(crate) async fn write<T, F>(&self, body: F) -> Outcome<T>
    where
        T: Send + 'static,
        F: Fn(&mut C) -> Outcome<T> + Send + 'static,
    {
        self.run(move |connection, deadline| attempt_write(connection, &body, || Instant::now() >= deadline)).await
    }

    /// Runs a body that decides, carries out what it decided, and begins anew if another was faster.
    pub(crate) async fn change<D, T, F, G>(&self, decide: F, carry_out: G) -> Outcome<T>
    where
        T: Send + 'static,
        F: Fn(&mut C) -> Outcome<D> + Send + 'static,
        G: Fn(&mut C, D) -> Outcome<T> + Send + 'static,
    {
        let change = move |connection: &mut C, deadline| {
            attempt_change(connection, &decide, &carry_out, || Instant::now() >= deadline)
        };
        self.run(change).await
    }

    /// Runs a body with a connection, on a blocking thread: the connections wait there, and it is there
    /// that they are made. Whoever drops this future before a connection was free has done nothing;
    /// after that the body runs to its end.
    async fn run<T, F>(&self, body: F) -> Outcome<T>
    where
        T: Send + 'static,
        F: Fn(&mut C, Instant) -> Ended<T> + Send + 'static,
    {
        let deadline = Instant::now() + VERB;
        let permit = timeout_at(deadline, Arc::clone(&self.permits).acquire_owned()).await;
        let permit = permit.map_err(|_| Failure::Busy)?.map_err(|_| Failure::Stopped)?;
        let idle = Arc::clone(&self.idle);
        let task = tokio::task::spawn_blocking(move || {
            let outcome = run(&idle, deadline, body);
            drop(permit);
            outcome
        });
        // A connection that knows nothing of the deadline may be late: whoever waits does not.
        let ended = timeout_at(deadline + GRACE, task).await.map_err(|_| Failure::Late)?;
        ended.unwrap_or(Err(Failure::Stopped))
    }
}

/// Runs a body with a connection, and once more with a new one if an idle one turns out to be broken.
fn run<C: Kind, T>(idle: &Arc<Idle<C>>, deadline: Instant, body: impl Fn(&mut C, Instant) -> Ended<T>) -> Outcome<T> {
    let (mut taken, was_opened) = idle.take(deadline)?;
    taken.connection.set_deadline(deadline);
    let ended = body(&mut taken.connection, deadline);
    if ended.sound {
        // After a panic it does not come back, and the next one opens a new one.
        idle.give_back(taken);
        return ended.outcome;
    }
    give_up(taken);
    // The others that were idle have probably met the same end: the database was restarted.
    idle.clear();
    if was_opened || !ended.nothing_written || Instant::now() >= deadline {
        return ended.outcome;
    }
    let mut fresh = idle.fresh(deadline)?;
    let ended = body(&mut fresh.connection, deadline);
    if ended.sound {
        idle.give_back(fresh);
    } else {
        give_up(fresh);
    }
    ended.outcome
}

/// Drops a connection that nobody may use again, the pool it came from included.
fn give_up<C: Kind>(mut opened: Opened<C>) {
    C::TransactionManager::transaction_manager_status_mut(&mut opened.connection).set_in_error();
}
