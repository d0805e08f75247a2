use super::{Connection, open};
use crate::error::{Failure, Outcome};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};

/// The most jobs that share a commit.
const GROUP: usize = 64;

/// The most jobs that wait; those who come later wait for a place.
const QUEUE: usize = 1_024;

/// How long a job may wait for its turn: below the five seconds within which an endpoint says that it is
/// unavailable.
const PATIENCE: Duration = Duration::from_secs(4);

/// A commit that takes longer than this is worth a line in the log.
const SLOW: Duration = Duration::from_secs(1);

/// What is to be done, and when it is too late to begin.
struct Job {
    work: Work,
    deadline: Instant,
}

/// Does its work in a transaction that is open, and says what to answer when that is committed; does
/// nothing where none could be opened.
type Work = Box<dyn FnOnce(Option<&mut Connection>) -> Answer + Send>;

/// Sends the answer, now that the commit is done, or says that it was not.
type Answer = Box<dyn FnOnce(Result<(), String>) + Send>;

/// The thread that writes. It ends when the last handle on it is dropped and its queue is empty.
pub(super) struct Writer {
    queue: mpsc::Sender<Job>,
    #[cfg(test)]
    pub(super) commits: std::sync::Arc<std::sync::atomic::AtomicU64>,
}

impl Writer {
    pub(super) fn start(connection: Connection, path: PathBuf) -> Outcome<Self> {
        let (queue, jobs) = mpsc::channel(QUEUE);
        let thread = Thread {
            connection,
            path: path.clone(),
            #[cfg(test)]
            commits: std::sync::Arc::default(),
        };
        #[cfg(test)]
        let commits = std::sync::Arc::clone(&thread.commits);
        std::thread::Builder::new()
            .name("oauth-sqlite-writer".to_owned())
            .spawn(move || thread.run(jobs))
            .map_err(|error| Failure::File(path.display().to_string(), error))?;
        Ok(Self {
            queue,
            #[cfg(test)]
            commits,
        })
    }

    /// Queues a body and waits until it is committed. Nothing has happened before it is queued, and
    /// from then on it runs to its end, although nobody may be waiting any more; or it is an error and has
    /// not run, where its turn did not come in time.
    ///
    /// What a body did before it failed is kept, unless it is a single statement or a transaction: its own
    /// is a savepoint, inside the group's.
    pub(super) async fn run<T, F>(&self, body: F) -> Outcome<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection) -> Outcome<T> + Send + 'static,
    {
        let (sender, receiver) = oneshot::channel();
        let deadline = Instant::now() + PATIENCE;
        let work: Work = Box::new(move |connection| {
            let outcome = connection.map(body);
            Box::new(move |committed| {
                let outcome = match (committed, outcome) {
                    (Err(reason), None | Some(Ok(_))) => Err(Failure::NotCommitted(reason)),
                    (_, Some(outcome)) => outcome,
                    (Ok(()), None) => Err(Failure::Stopped),
                };
                // An error means that nobody waits any more.
                let _ = sender.send(outcome);
            })
        });
        self.queue.send(Job { work, deadline }).await.map_err(|_| Failure::Stopped)?;
        receiver.await.unwrap_or(Err(Failure::Stopped))
    }

    /// Counts the jobs that are queued.
    #[cfg(test)]
    pub(super) fn waiting(&self) -> usize {
        self.queue.max_capacity() - self.queue.capacity()
    }
}

/// Why a group was not committed.
enum Uncommitted {
    /// Another process writes: no job has begun.
    Waiting,
    Failed(String),
}

/// Answers those who have waited long enough.
fn refuse_overdue(group: &mut Vec<Job>) {
    let now = Instant::now();
    let overdue: Vec<Job> = group.extract_if(.., |job| job.deadline <= now).collect();
    if overdue.is_empty() {
        return;
    }
    let reason = "its turn did not come in time: another process holds the database, or the disk is slow";
    tracing::error!(jobs = overdue.len(), reason, "a transaction was not begun");
    for job in overdue {
        (job.work)(None)(Err(reason.to_owned()));
    }
}

struct Thread {
    connection: Connection,
    path: PathBuf,
    #[cfg(test)]
    commits: std::sync::Arc<std::sync::atomic::AtomicU64>,
}

impl Thread {
    fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        let mut group = Vec::with_capacity(GROUP);
        while jobs.blocking_recv_many(&mut group, GROUP) > 0 {
            let started = Instant::now();
            let size = group.len();
            let mut answers = Vec::with_capacity(size);
            let committed = loop {
                refuse_overdue(&mut group);
                match self.commit(&mut group, &mut answers) {
                    // Another process has its turn, and nothing has run here.
                    Err(Uncommitted::Waiting) => continue,
                    Err(Uncommitted::Failed(reason)) => break Err(reason),
                    Ok(()) => break Ok(()),
                }
            };
            if let Err(reason) = &committed {
                tracing::error!(jobs = size, reason, "a transaction was not committed");
                answers.extend(group.drain(..).map(|job| (job.work)(None)));
                self.reconnect();
            }
            let took = started.elapsed();
            if took > SLOW {
                tracing::warn!(jobs = size, milliseconds = took.as_millis(), "a transaction took long");
            }
            for answer in answers {
                answer(committed.clone());
            }
        }
    }

    /// Runs a group of jobs in one transaction. `BEGIN IMMEDIATE`, so that another process's writer
    /// is waited for here and not met in the middle.
    fn commit(&mut self, group: &mut Vec<Job>, answers: &mut Vec<Answer>) -> Result<(), Uncommitted> {
        if group.is_empty() {
            return Ok(());
        }
        let connection = &mut self.connection;
        let run = || {
            connection.immediate_transaction(|connection| {
                for job in group.drain(..) {
                    answers.push((job.work)(Some(connection)));
                }
                Ok::<_, diesel::result::Error>(())
            })
        };
        let committed = match catch_unwind(AssertUnwindSafe(run)) {
            Ok(Err(error)) if answers.is_empty() && open::is_busy(&error) => Err(Uncommitted::Waiting),
            Ok(committed) => committed.map_err(|error| Uncommitted::Failed(error.to_string())),
            Err(_) => Err(Uncommitted::Failed("a job panicked".to_owned())),
        };
        #[cfg(test)]
        self.commits.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        committed
    }

    /// Takes a new connection, since the old one may be in the middle of a transaction; SQLite rolls
    /// that back when it is closed.
    fn reconnect(&mut self) {
        match open::writer(&self.path) {
            Ok(connection) => self.connection = connection,
            Err(failure) => tracing::error!(%failure, "the database cannot be opened again"),
        }
    }
}
