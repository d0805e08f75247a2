use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio::sync::{Mutex, MutexGuard};

/// How often each race is run with all its calls.
const ROUNDS: usize = 20;

/// In how many rounds the first call must have met another, where calls are so short that most
/// rounds prove nothing: after the first rounds more are run with two calls each.
const ENOUGH: usize = 500;

/// A store whose quickest call lasts as long as this needs no more rounds: its calls meet.
const LONG: Duration = Duration::from_micros(200);

/// How long more rounds are run at most; ten times as long where no call has met another yet.
const PATIENCE: Duration = Duration::from_secs(1);

/// One race at a time: two at once would take each other the processors on which calls can meet.
static TRACK: Mutex<()> = Mutex::const_new(());

/// A race and what came of it: how many calls were under way at the same time as another.
pub(super) struct Race {
    name: &'static str,
    calls_in_round: usize,
    /// When the first rounds were over.
    start: Instant,
    rounds: usize,
    calls: usize,
    overlapping: usize,
    decisive: usize,
    quickest: Duration,
    _track: MutexGuard<'static, ()>,
}

/// One round: its number, and how many calls meet in it.
#[derive(Clone, Copy)]
pub(super) struct Round {
    pub(super) number: usize,
    pub(super) calls: usize,
}

impl Race {
    pub(super) async fn new(name: &'static str, calls_in_round: usize) -> Self {
        Self {
            name,
            calls_in_round,
            start: Instant::now(),
            rounds: 0,
            calls: 0,
            overlapping: 0,
            decisive: 0,
            quickest: Duration::MAX,
            _track: TRACK.lock().await,
        }
    }

    /// Gives the next round, if there is to be one.
    pub(super) fn next_round(&mut self) -> Option<Round> {
        let calls = if self.rounds < ROUNDS { self.calls_in_round } else { 2 };
        if self.rounds == ROUNDS {
            self.start = Instant::now();
        }
        let patience = if self.overlapping == 0 { 10 * PATIENCE } else { PATIENCE };
        let wants_more = self.decisive < ENOUGH && self.quickest < LONG && self.start.elapsed() < patience;
        (self.rounds < ROUNDS || wants_more).then(|| {
            self.rounds += 1;
            Round { number: self.rounds, calls }
        })
    }

    /// Runs the calls of a round at the same time and gives their outcomes in the order of their
    /// numbers.
    ///
    /// Each call is driven by a thread of its own, so that they run side by side even where a call
    /// never waits: tasks released by one worker would run on it one after the other.
    pub(super) async fn run<S, T, F>(&mut self, store: &S, round: Round, call: impl Fn(S, usize) -> F) -> Vec<T>
    where
        S: Clone,
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        let gate = Arc::new((Barrier::new(round.calls), AtomicUsize::new(0)));
        let runtime = Handle::current();
        let tasks: Vec<_> = (0..round.calls)
            .map(|number| {
                let (gate, runtime, call) = (Arc::clone(&gate), runtime.clone(), call(store.clone(), number));
                tokio::task::spawn_blocking(move || {
                    gate.0.wait();
                    meet(&gate.1);
                    let start = Instant::now();
                    let outcome = runtime.block_on(call);
                    (outcome, start, Instant::now())
                })
            })
            .collect();
        let mut outcomes = Vec::with_capacity(round.calls);
        let mut times = Vec::with_capacity(round.calls);
        for task in tasks {
            let (outcome, start, end) = task.await.expect("a call ends without a panic");
            outcomes.push(outcome);
            times.push((start, end));
        }
        self.judge(times);
        outcomes
    }

    fn judge(&mut self, mut times: Vec<(Instant, Instant)>) {
        times.sort();
        let meets = |one: usize, other: usize| {
            let ((start, end), (other_start, other_end)) = (times[one], times[other]);
            one != other && start < other_end && other_start < end
        };
        let overlaps = |&one: &usize| (0..times.len()).any(|other| meets(one, other));
        self.calls += times.len();
        self.overlapping += (0..times.len()).filter(overlaps).count();
        self.decisive += usize::from(overlaps(&0));
        self.quickest = times.iter().map(|(start, end)| *end - *start).fold(self.quickest, Duration::min);
    }

    /// Says how many calls overlapped, and fails if none did.
    #[allow(clippy::print_stdout, reason = "a race that never happened must be seen")]
    pub(super) fn finish(self) {
        let Self { name, rounds, calls, overlapping, decisive, .. } = self;
        println!(
            "{name}: {overlapping} of {calls} calls overlapped another; in {decisive} of {rounds} rounds the first"
        );
        assert!(decisive > 0, "{name}: no two calls overlapped, so nothing was proved");
    }
}

/// Sends calls off in pairs: holds the one that comes first until its partner has come on another
/// thread. Without that, calls that last a microsecond would hardly ever meet.
fn meet(arrived: &AtomicUsize) {
    let partner = arrived.fetch_add(1, Ordering::SeqCst) | 1;
    let start = Instant::now();
    while arrived.load(Ordering::SeqCst) <= partner && start.elapsed() < Duration::from_millis(2) {
        std::hint::spin_loop();
    }
}
