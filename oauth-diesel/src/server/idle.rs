use super::kind::{Open, Opened};
use crate::error::{Failure, Outcome};
use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How much later than its deadline a verb may end that waits: what opens says why it could not.
const MOMENT: Duration = Duration::from_millis(100);

/// The connections that no verb uses, and the verbs that wait for one, in the order in which they came.
///
/// A verb that finds none begins to open one, and takes the first that is free, its own or another: opening
/// takes as long as many verbs do. Were it to wait for its own, those that come later would overtake it, and
/// the retry of a request could be answered, and its answer used, before the request itself has begun: the
/// request would then be taken for the reuse of a refresh token.
pub(super) struct Idle<C: 'static> {
    open: Open<C>,
    line: Mutex<Line<C>>,
    moved: Condvar,
}

struct Line<C> {
    /// Those that are free, each with whether it was just opened: for a verb that waits, which takes it at once.
    /// Any other may have been closed since by the database, however new it is to the verb that takes it.
    free: Vec<(Opened<C>, bool)>,
    /// The verbs that wait, by the number that each was given.
    waiting: VecDeque<u64>,
    next: u64,
    /// How many are being opened.
    opening: usize,
    /// Why some could not be opened, for verbs that nothing else comes for, each with its deadline if that had passed.
    failed: VecDeque<(Failure, Option<Instant>)>,
}

impl<C: Send + 'static> Idle<C> {
    pub(super) fn new(open: Open<C>) -> Self {
        let line = Line { free: Vec::new(), waiting: VecDeque::new(), next: 0, opening: 0, failed: VecDeque::new() };
        Self { open, line: Mutex::new(line), moved: Condvar::new() }
    }

    /// Takes the first connection that is free, and says whether it was just opened. Waits for it on a
    /// thread of the runtime that may wait.
    pub(super) fn take(self: &Arc<Self>, deadline: Instant) -> Outcome<(Opened<C>, bool)> {
        let mut line = self.lock();
        if line.waiting.is_empty()
            && let Some(free) = line.take()
        {
            return Ok(free);
        }
        let ours = line.next;
        line.next += 1;
        line.waiting.push_back(ours);
        loop {
            if line.waiting.front() == Some(&ours) {
                let ended = line.take().map(Ok).or_else(|| line.failure_for(deadline).map(Err));
                if let Some(ended) = ended {
                    line.leave(ours);
                    self.moved.notify_all();
                    return ended;
                }
            }
            // For each that waits one is free, on its way or failed, also if the one meant for it has gone.
            if line.opening + line.free.len() + line.failed.len() < line.waiting.len()
                && !self.begin(&mut line, deadline)
            {
                self.moved.notify_all();
                continue;
            }
            let left = (deadline + MOMENT).saturating_duration_since(Instant::now());
            if left.is_zero() {
                line.leave(ours);
                self.moved.notify_all();
                return Err(Failure::Late);
            }
            line = self.moved.wait_timeout(line, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Begins to open one, on a thread outside the runtime's pool: those that wait hold threads of the pool. Without
    /// a thread it has failed; `false` then.
    fn begin(self: &Arc<Self>, line: &mut Line<C>, deadline: Instant) -> bool {
        let (idle, runtime) = (Arc::clone(self), tokio::runtime::Handle::current());
        let opening = std::thread::Builder::new().name("oauth-open".to_owned()).spawn(move || {
            let _entered = runtime.enter();
            idle.open_one(deadline);
        });
        match &opening {
            Ok(_) => line.opening += 1,
            Err(error) => {
                let why = format!("a thread to open a connection did not start: {error}");
                line.failed.push_back((Failure::Unusable(why), None));
            }
        }
        opening.is_ok()
    }

    /// Opens one that no verb has waited for.
    pub(super) fn fresh(&self, deadline: Instant) -> Outcome<Opened<C>> {
        (self.open)(deadline)
    }

    /// Takes one back, if it stays here.
    pub(super) fn give_back(&self, opened: Opened<C>) {
        if opened.stays {
            self.lock().free.push((opened, false));
            self.moved.notify_all();
        }
    }

    /// Gives up all that are free.
    pub(super) fn clear(&self) {
        let free = std::mem::take(&mut self.lock().free);
        self.moved.notify_all();
        drop(free);
    }

    fn open_one(&self, deadline: Instant) {
        // Also if opening panics: those that wait must not wait for it.
        let opened = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| (self.open)(deadline)));
        let mut line = self.lock();
        line.opening -= 1;
        match opened.unwrap_or(Err(Failure::Stopped)) {
            Ok(opened) => {
                let is_awaited = !line.waiting.is_empty();
                // One that goes back to another pool is not kept for nobody.
                if opened.stays || is_awaited {
                    line.free.push((opened, is_awaited));
                }
            }
            Err(failure) if line.lacks() > line.failed.len() => {
                line.failed.push_back((failure, Some(deadline).filter(|deadline| *deadline <= Instant::now())));
            }
            // The verb that began it has taken another since.
            Err(failure) => tracing::debug!(%failure, "a connection that no verb waits for was not opened"),
        }
        self.moved.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Line<C>> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<C> Line<C> {
    /// Counts the verbs that wait and for which nothing is free or on its way.
    fn lacks(&self) -> usize {
        self.waiting.len().saturating_sub(self.opening + self.free.len())
    }

    /// Takes a verb out of the line. A failure stays only for a verb that nothing else comes for, and a
    /// connection is just opened only as long as one waits.
    fn leave(&mut self, ours: u64) {
        self.waiting.retain(|waiting| *waiting != ours);
        self.failed.truncate(self.lacks());
        if self.waiting.is_empty() {
            self.free.iter_mut().for_each(|(_, was_opened)| *was_opened = false);
        }
    }

    /// Takes a failure that is one for a verb with this deadline. If the time to open was that of another verb, which
    /// has taken another connection since and had less of it, the verb opens one itself.
    fn failure_for(&mut self, deadline: Instant) -> Option<Failure> {
        let is_ours = |passed: &Option<Instant>| passed.is_none_or(|passed| deadline <= passed);
        std::iter::from_fn(|| self.failed.pop_front()).find(|(_, passed)| is_ours(passed)).map(|(failure, _)| failure)
    }

    /// Takes the one that was used last, and leaves out those that the database has closed.
    fn take(&mut self) -> Option<(Opened<C>, bool)> {
        std::iter::from_fn(|| self.free.pop()).find(|(opened, _)| !opened.closed.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, AtomicU32};
    use std::sync::mpsc::{Receiver, Sender, channel};

    fn opened(number: u32) -> Opened<u32> {
        Opened { connection: number, closed: Arc::new(AtomicBool::new(false)), stays: true }
    }

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(20)
    }

    /// Opens the first at once, and each other when it is told to.
    fn slow() -> (Arc<Idle<u32>>, Sender<Outcome<()>>) {
        let (tell, told): (_, Receiver<Outcome<()>>) = channel();
        let (count, told) = (AtomicU32::new(0), Mutex::new(told));
        let open = move |_: Instant| match count.fetch_add(1, Ordering::SeqCst) {
            0 => Ok(opened(0)),
            number => told.lock().unwrap().recv().unwrap().map(|()| opened(number)),
        };
        (Arc::new(Idle::new(Box::new(open))), tell)
    }

    async fn takes(idle: &Arc<Idle<u32>>, until: Instant) -> tokio::task::JoinHandle<Outcome<(Opened<u32>, bool)>> {
        let before = idle.lock().next;
        let taking = Arc::clone(idle);
        let task = tokio::task::spawn_blocking(move || taking.take(until));
        while idle.lock().next == before && !task.is_finished() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        task
    }

    #[tokio::test]
    async fn a_verb_takes_the_first_free_connection_in_the_order_of_arrival() {
        let (idle, tell) = slow();
        let (first, was_opened) = takes(&idle, soon()).await.await.unwrap().unwrap();
        assert_eq!((first.connection, was_opened), (0, true));
        let (early, late) = (takes(&idle, soon()).await, takes(&idle, soon()).await);
        idle.give_back(first);
        let early = tokio::time::timeout(Duration::from_secs(10), early).await.expect("it does not wait for its own");
        let (again, was_opened) = early.unwrap().unwrap();
        assert_eq!((again.connection, was_opened), (0, false));
        assert!(!late.is_finished(), "nobody overtakes");
        idle.give_back(again);
        assert_eq!(late.await.unwrap().unwrap().0.connection, 0);
        tell.send(Ok(())).unwrap();
        tell.send(Ok(())).unwrap();
    }

    #[tokio::test]
    async fn what_cannot_be_opened_is_told_to_those_who_wait() {
        let (idle, tell) = slow();
        let first = takes(&idle, soon()).await.await.unwrap().unwrap().0;
        let (one, two) = (takes(&idle, soon()).await, takes(&idle, soon()).await);
        tell.send(Err(Failure::Stopped)).unwrap();
        assert!(matches!(one.await.unwrap(), Err(Failure::Stopped)));
        idle.give_back(first);
        let taken = two.await.unwrap().unwrap().0;
        tell.send(Err(Failure::Stopped)).unwrap();
        while idle.lock().opening > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        idle.give_back(taken);
        assert!(takes(&idle, soon()).await.await.unwrap().is_ok(), "what failed for nobody is told to nobody");
    }

    #[tokio::test]
    async fn a_verb_is_not_refused_with_the_deadline_of_another() {
        let (idle, tell) = slow();
        let (first, _) = takes(&idle, soon()).await.await.unwrap().unwrap();
        let until = Instant::now() + Duration::from_millis(500);
        let short = takes(&idle, until).await;
        idle.give_back(first);
        let _taken = short.await.unwrap().unwrap();
        // This one waits for the connection that the other has begun to open.
        let long = takes(&idle, soon()).await;
        assert_eq!(idle.lock().opening, 1);
        tokio::time::sleep_until(until).await;
        tell.send(Err(Failure::Late)).unwrap();
        tell.send(Ok(())).unwrap();
        assert_eq!(long.await.unwrap().unwrap().0.connection, 2, "it opens one itself");

        // A verb with no more time than that learns why.
        let failed = || (Failure::Stopped, Some(until));
        let mut line = idle.lock();
        line.failed.push_back(failed());
        assert!(matches!(line.failure_for(until), Some(Failure::Stopped)));
        line.failed.push_back(failed());
        assert!(line.failure_for(soon()).is_none() && line.failed.is_empty());
    }

    #[tokio::test]
    async fn a_connection_is_just_opened_only_for_a_verb_that_waits() {
        let (idle, tell) = slow();
        let (first, _) = takes(&idle, soon()).await.await.unwrap().unwrap();
        let second = takes(&idle, soon()).await;
        idle.give_back(first);
        let (first, _) = second.await.unwrap().unwrap();
        tell.send(Ok(())).unwrap();
        while idle.lock().opening > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let (second, was_opened) = takes(&idle, soon()).await.await.unwrap().unwrap();
        assert_eq!((second.connection, was_opened), (1, false), "the verb that began it has taken another");

        let ours = u64::MAX;
        {
            let mut line = idle.lock();
            line.waiting.push_back(ours);
            line.opening += 1;
        }
        tell.send(Ok(())).unwrap();
        idle.open_one(soon());
        assert!(idle.lock().free.iter().all(|(_, was_opened)| *was_opened), "a verb waits for it");
        idle.lock().leave(ours);
        let (third, was_opened) = takes(&idle, soon()).await.await.unwrap().unwrap();
        assert_eq!((third.connection, was_opened), (2, false), "the verb that waited has gone");
        drop((first, second));
    }

    #[tokio::test]
    async fn nobody_waits_longer_than_the_deadline() {
        let (idle, tell) = slow();
        let _first = takes(&idle, soon()).await.await.unwrap().unwrap();
        let until = Instant::now() + Duration::from_millis(30);
        assert!(matches!(takes(&idle, until).await.await.unwrap(), Err(Failure::Late)));
        tell.send(Ok(())).unwrap();
        assert_eq!(takes(&idle, soon()).await.await.unwrap().unwrap().0.connection, 1, "the next one has it");
    }
}
