use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::Barrier;

/// How often each race is run at least.
const ROUNDS: usize = 20;

/// How many calls must have overlapped before a race is over, unless its time is up: a fast store
/// needs many rounds until two calls meet.
const ENOUGH: usize = 200;

/// How long a race that has had its rounds goes on.
const PATIENCE: Duration = Duration::from_secs(3);

/// How many calls meet in one round.
pub(super) const CALLS: usize = 50;

/// Counts how many calls were under way at the same time as another.
pub(super) struct Race {
    name: &'static str,
    start: Instant,
    rounds: usize,
    calls: usize,
    overlapping: usize,
}

impl Race {
    pub(super) fn new(name: &'static str) -> Self {
        Self { name, start: Instant::now(), rounds: 0, calls: 0, overlapping: 0 }
    }

    /// Gives the number of the next round, if there is to be one.
    pub(super) fn next_round(&mut self) -> Option<usize> {
        let patient = self.start.elapsed() < if self.overlapping == 0 { 10 * PATIENCE } else { PATIENCE };
        let goes_on = self.rounds < ROUNDS || (self.overlapping < ENOUGH && patient);
        self.rounds += 1;
        goes_on.then_some(self.rounds)
    }

    /// Runs calls at the same time and gives their outcomes in the order of their numbers.
    pub(super) async fn run<S, T, F>(&mut self, store: &S, calls: usize, call: impl Fn(S, usize) -> F) -> Vec<T>
    where
        S: Clone,
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        let gate = Arc::new((Barrier::new(calls), AtomicUsize::new(0)));
        let tasks: Vec<_> = (0..calls)
            .map(|number| {
                let (gate, call) = (Arc::clone(&gate), call(store.clone(), number));
                tokio::spawn(async move {
                    gate.0.wait().await;
                    meet(&gate.1);
                    let start = Instant::now();
                    let outcome = call.await;
                    (outcome, start, Instant::now())
                })
            })
            .collect();
        let mut outcomes = Vec::with_capacity(calls);
        let mut times = Vec::with_capacity(calls);
        for task in tasks {
            let (outcome, start, end) = task.await.expect("a call ends without a panic");
            outcomes.push(outcome);
            times.push((start, end));
        }
        self.calls += calls;
        self.overlapping += count_overlapping(&times);
        outcomes
    }

    /// Says how many calls overlapped, and fails if none did.
    #[allow(clippy::print_stdout, reason = "a race that never happened must be seen")]
    pub(super) fn finish(self) {
        let Self { name, rounds, calls, overlapping, .. } = self;
        println!("{name}: {overlapping} of {calls} calls in {} rounds overlapped another", rounds - 1);
        assert!(overlapping > 0, "{name}: no two calls overlapped, so nothing was proved");
    }
}

/// Sends calls off in pairs: holds the one that comes first until its partner has come on another
/// thread. Without that, calls that last a microsecond would hardly ever meet.
fn meet(arrived: &AtomicUsize) {
    let partner = arrived.fetch_add(1, Ordering::SeqCst) | 1;
    let start = Instant::now();
    while arrived.load(Ordering::SeqCst) <= partner && start.elapsed() < Duration::from_millis(1) {
        std::hint::spin_loop();
    }
}

fn count_overlapping(times: &[(Instant, Instant)]) -> usize {
    let meets = |one: usize, other: usize| {
        let ((start, end), (other_start, other_end)) = (times[one], times[other]);
        one != other && start < other_end && other_start < end
    };
    (0..times.len()).filter(|&one| (0..times.len()).any(|other| meets(one, other))).count()
}
