use super::Score;
use crate::moment::{self, chance};
use crate::races::{Call, Calls, on_tasks, on_threads, overlap};
use crate::report::Row;
use std::sync::Arc;
use tokio::task::JoinSet;

/// A decision that was made, and what is done about it: nothing of that begins before it is awaited.
pub(super) struct Prepared {
    /// Commits it, and tells whether that was confirmed.
    pub(super) commit: Call<bool>,
    /// Ends it.
    pub(super) end: Call<()>,
    /// Tells whether the commit shows: asked when the end has answered.
    pub(super) was_there: Call<bool>,
    /// Says what works although it ended, after both.
    pub(super) survivor: Box<dyn FnOnce(bool, bool) -> Call<Option<String>> + Send>,
}

/// How a call went: when it began and ended, and what it told.
type Timed = (u64, u64, bool);

/// How trials are run: so many side by side, or one after the other on two threads.
#[derive(Clone, Copy)]
pub(super) enum Lanes {
    Tasks(usize),
    Threads,
}

/// Runs trials of a pair until there are enough. `lasting` is how long the two calls took lately: the one may
/// begin as much later as the other one takes.
pub(super) async fn contest<F>(mut score: Score, lanes: Lanes, lasting: &mut [u64; 2], prepare: impl Fn() -> F) -> Row
where
    F: Future<Output = Prepared> + Send + 'static,
{
    while score.left() > 0 {
        let batch = match lanes {
            Lanes::Tasks(most) => most,
            Lanes::Threads => 500,
        };
        let mut prepared = JoinSet::new();
        for _ in 0..score.left().min(batch) {
            prepared.spawn(prepare());
        }
        let (mut calls, mut looks) = (Vec::new(), Vec::new());
        for Prepared { commit, end, was_there, survivor } in prepared.join_all().await {
            calls.push(at_once(commit, end, was_there, *lasting));
            looks.push(survivor);
        }
        let ended = match lanes {
            Lanes::Tasks(_) => on_tasks(calls).await,
            Lanes::Threads => on_threads(calls).await,
        };
        *lasting = [0, 1].map(|number| usual(ended.iter().map(|both| both[number].1 - both[number].0).collect()));
        let mut judged = JoinSet::new();
        for (look, [commit, end]) in looks.into_iter().zip(ended) {
            let overlapped = overlap(commit.0..commit.1, end.0..end.1);
            let look = look(commit.2, end.2);
            judged.spawn(async move { (overlapped, commit.2, look.await) });
        }
        for (overlapped, committed, survivor) in judged.join_all().await {
            score.count(overlapped, committed, survivor);
        }
    }
    score.row()
}

fn usual(mut lengths: Vec<u64>) -> u64 {
    lengths.sort_unstable();
    lengths.get(lengths.len() / 2).copied().unwrap_or_default()
}

/// Makes the two calls of a trial. One of them begins a little later, by chance: the shorter one, if one of them
/// is much shorter, because it would always be the first to commit.
fn at_once(commit: Call<bool>, end: Call<()>, was_there: Call<bool>, lasting: [u64; 2]) -> Calls<Timed> {
    let commit_is_late = match lasting {
        [commit, end] if commit > 4 * end => false,
        [commit, end] if end > 4 * commit => true,
        _ => chance(2) == 0,
    };
    let delays = if commit_is_late { [chance(lasting[1] + 1), 0] } else { [0, chance(lasting[0] + 1)] };
    [
        Box::pin(async move {
            let start = after(delays[0]).await;
            let committed = commit.await;
            (start, moment::now(), committed)
        }),
        Box::pin(async move {
            let start = after(delays[1]).await;
            end.await;
            let ended = moment::now();
            (start, ended, was_there.await)
        }),
    ]
}

/// Waits for some nanoseconds, and gives the moment.
async fn after(delay: u64) -> u64 {
    let called = moment::now();
    while moment::now() < called + delay {
        tokio::task::yield_now().await;
    }
    moment::now()
}

/// Makes a call of a future.
pub(super) fn call<T>(future: impl Future<Output = T> + Send + 'static) -> Call<T> {
    Box::pin(future)
}

/// Makes a call of something that several of them share.
pub(super) fn shared<S: Send + Sync + 'static, T, F>(what: &Arc<S>, make: impl FnOnce(Arc<S>) -> F) -> Call<T>
where
    F: Future<Output = T> + Send + 'static,
{
    call(make(Arc::clone(what)))
}
