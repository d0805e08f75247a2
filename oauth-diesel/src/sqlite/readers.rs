use super::{Connection, open};
use crate::error::{Failure, Outcome};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;

/// How many reads run at the same time; more would only wait for the same processors.
const CONNECTIONS: usize = 4;

/// Connections that read, opened when they are first needed.
pub(super) struct Readers {
    permits: Arc<Semaphore>,
    idle: Arc<Idle>,
}

struct Idle {
    path: PathBuf,
    connections: Mutex<Vec<Connection>>,
}

impl Readers {
    pub(super) fn new(path: &Path) -> Self {
        let idle = Idle { path: path.to_owned(), connections: Mutex::default() };
        Self { permits: Arc::new(Semaphore::new(CONNECTIONS)), idle: Arc::new(idle) }
    }

    /// Runs a body with one of the connections, on a blocking thread. The hand-off costs more than
    /// most lookups, so all that a verb reads belongs into one body.
    pub(super) async fn run<T, F>(&self, body: F) -> Outcome<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection) -> Outcome<T> + Send + 'static,
    {
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| Failure::Stopped)?;
        let idle = Arc::clone(&self.idle);
        let task = tokio::task::spawn_blocking(move || {
            let mut connection = idle.take()?;
            let outcome = body(&mut connection);
            // After a panic it does not come back, and the next one opens a new one.
            idle.give_back(connection);
            drop(permit);
            outcome
        });
        task.await.unwrap_or(Err(Failure::Stopped))
    }
}

impl Idle {
    fn take(&self) -> Outcome<Connection> {
        let taken = self.connections.lock().unwrap_or_else(PoisonError::into_inner).pop();
        taken.map_or_else(|| open::reader(&self.path), Ok)
    }

    fn give_back(&self, connection: Connection) {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
    }
}
