use std::time::Duration;

/// The longest that any answer may take.
pub(crate) const BOUND: Duration = Duration::from_secs(5);

/// How soon everything must work again once the cause is gone.
pub(crate) const BACK: Duration = Duration::from_secs(10);

/// How much is done.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    /// Races of each kind on each store.
    pub(crate) races: usize,
    /// How many of a hundred races must have been races: both calls under way at the same time. The slice
    /// asks for less, because CI must not be red for a machine that was busy elsewhere.
    pub(crate) overlapping: usize,
    /// Trials of each pair of a verb that commits and an end, on each store.
    pub(crate) trials: usize,
    /// Trials of each pair of ways over HTTP, on each store.
    pub(crate) visits: usize,
    /// Kills of the provider on each store.
    pub(crate) cycles: usize,
    /// Restarts of the database.
    pub(crate) restarts: usize,
    /// Times that the database is away, and times that it is stopped where it stands.
    pub(crate) outages: usize,
    /// How long each of these is.
    pub(crate) outage: Duration,
    /// How long each limit is pushed against.
    pub(crate) push: Duration,
}

impl Sizes {
    pub(crate) fn full() -> Self {
        Self {
            races: 10_000,
            overlapping: 90,
            trials: 1_000,
            visits: 20,
            cycles: 1_000,
            restarts: 20,
            outages: 3,
            outage: Duration::from_secs(30),
            push: Duration::from_secs(20),
        }
    }

    pub(crate) fn slice() -> Self {
        Self {
            races: 100,
            overlapping: 60,
            trials: 2,
            visits: 1,
            cycles: 10,
            restarts: 1,
            outages: 1,
            outage: Duration::from_secs(6),
            push: Duration::from_secs(6),
        }
    }
}
