use super::{Connection, open};
use crate::error::{Failure, Outcome};
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// How many reads run at the same time; more would only wait for the same processors.
const CONNECTIONS: usize = 4;

/// How many reads may wait for each thread that works already, before one more begins: to wake a thread
/// costs more than most look-ups.
const BURST: usize = 4;

/// Does its work with a connection, or says why there was none.
type Job = Box<dyn FnOnce(Outcome<&mut Connection>) + Send>;

/// Connections that read, opened when they are first needed, and what waits for them.
pub(super) struct Readers(Arc<Shared>);

struct Shared {
    path: PathBuf,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    idle: Vec<Connection>,
    waiting: VecDeque<Job>,
    /// How many threads are at it.
    working: usize,
}

/// One of those threads, from the moment at which it is asked for.
struct Turn {
    shared: Arc<Shared>,
    over: bool,
}

impl Readers {
    pub(super) fn new(path: &Path) -> Self {
        Self(Arc::new(Shared { path: path.to_owned(), state: Mutex::default() }))
    }

    /// Runs a body with one of the connections, on a blocking thread that takes what waits one after
    /// the other. All that a verb reads belongs into one body. Where nobody waits for the answer any
    /// more when its turn comes, it is not run.
    pub(super) async fn run<T, F>(&self, body: F) -> Outcome<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection) -> Outcome<T> + Send + 'static,
    {
        let (sender, receiver) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            if !sender.is_closed() {
                let _ = sender.send(connection.and_then(body));
            }
        });
        if let Some(turn) = Shared::queue(&self.0, job) {
            tokio::task::spawn_blocking(move || turn.work());
        }
        receiver.await.unwrap_or(Err(Failure::Stopped))
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues a job, and gives a turn where another thread is to begin.
    fn queue(shared: &Arc<Self>, job: Job) -> Option<Turn> {
        let mut state = shared.state();
        state.waiting.push_back(job);
        let begins = state.working < CONNECTIONS && state.waiting.len() > state.working * BURST;
        begins.then(|| {
            state.working += 1;
            Turn { shared: Arc::clone(shared), over: false }
        })
    }
}

impl Turn {
    /// Works until nothing waits.
    fn work(mut self) {
        let shared = Arc::clone(&self.shared);
        let mut taken = shared.state().idle.pop();
        loop {
            let mut state = shared.state();
            let Some(job) = state.waiting.pop_front() else {
                state.idle.extend(taken);
                // Under the same lock, so that the next job finds that it has to ask for a thread.
                state.working -= 1;
                self.over = true;
                return;
            };
            drop(state);
            let opened = taken.take().map_or_else(|| open::reader(&shared.path), Ok);
            match opened {
                Err(failure) => job(Err(failure)),
                Ok(mut connection) => {
                    // After a panic it does not come back, and the next one opens a new one.
                    let ended = catch_unwind(AssertUnwindSafe(|| job(Ok(&mut connection))));
                    taken = ended.is_ok().then_some(connection);
                }
            }
        }
    }
}

impl Drop for Turn {
    /// The thread never came: the runtime is ending. What waits for it is told so.
    fn drop(&mut self) {
        if self.over {
            return;
        }
        let mut state = self.shared.state();
        state.working -= 1;
        let abandoned = if state.working == 0 { std::mem::take(&mut state.waiting) } else { VecDeque::new() };
        drop(state);
        drop(abandoned);
    }
}
