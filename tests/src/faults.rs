use crate::pause::{Pause, Stop};
use oauth_core::clock::Timestamp;
use oauth_core::every_store_verb;
use oauth_core::resource::Authorization;
use oauth_core::secret::Digest;
use oauth_core::store::{
    AccountStore, AuditStore, ClientStore, CodeStore, GrantStore, Housekeeping, PendingRequestStore, Result,
    SessionStore, Store, StoreError, TokenStore,
};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

/// Says which verbs of a [`Failing`] store fail, or stop for a while, from now on; a clone governs the
/// same store.
///
/// ```no_run
/// # async fn example(server: &oauth_tests::Server) {
/// server.faults().fail("save_code"); // every call, until `heal`
/// server.faults().heal();
/// server.faults().fail_at("redeem", 2); // the second call from now, once
/// assert_eq!(server.faults().calls("redeem"), 0, "counted since the plan was last changed");
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Faults(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    plans: BTreeMap<&'static str, Plan>,
    calls: BTreeMap<&'static str, usize>,
    stopping: Option<(Stopping, Arc<Pause>)>,
    finished: Vec<&'static str>,
}

#[derive(Clone, Copy, Debug)]
enum Stopping {
    /// The next calls of a verb.
    Calls(&'static str, usize),
    /// One call of any verb, after so many others.
    Any(usize),
}

#[derive(Clone, Copy, Debug)]
enum Plan {
    Always,
    Once(usize),
}

impl Faults {
    /// Makes a verb fail, until it is healed; nothing reaches the store.
    #[track_caller]
    pub fn fail(&self, verb: &str) {
        self.plan(verb, Plan::Always);
    }

    /// Makes the n-th call of a verb fail, counted from now and beginning with 1.
    #[track_caller]
    pub fn fail_at(&self, verb: &str, nth: usize) {
        assert!(nth > 0, "calls are counted from 1");
        self.plan(verb, Plan::Once(nth));
    }

    /// Makes every verb fail: the store is down.
    pub fn fail_all(&self) {
        let mut state = self.state();
        state.plans = VERBS.iter().map(|verb| (*verb, Plan::Always)).collect();
        state.calls.clear();
    }

    /// Lets every verb work again.
    pub fn heal(&self) {
        *self.state() = State::default();
    }

    /// Counts the calls of a verb since the plan was last changed, failed ones too.
    #[track_caller]
    pub fn calls(&self, verb: &str) -> usize {
        self.state().calls.get(known(verb)).copied().unwrap_or(0)
    }

    /// Stops the next calls of a verb, as many as are said here.
    #[track_caller]
    pub fn pause(&self, verb: &str, calls: usize, stop: Stop) -> Arc<Pause> {
        self.stop(Stopping::Calls(known(verb), calls), stop)
    }

    /// Stops the n-th call from now, whatever its verb is, beginning with 1; the sweep's do not count.
    pub fn pause_at(&self, nth: usize, stop: Stop) -> Arc<Pause> {
        assert!(nth > 0, "calls are counted from 1");
        self.stop(Stopping::Any(nth - 1), stop)
    }

    /// Lists the verbs that were called and have answered, in that order, and forgets them; the sweep's
    /// are not among them.
    pub fn take_finished(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.state().finished)
    }

    /// Counts what [`take_finished`](Self::take_finished) would list.
    pub fn finished(&self) -> usize {
        self.state().finished.len()
    }

    fn stop(&self, stopping: Stopping, stop: Stop) -> Arc<Pause> {
        let pause = Arc::new(Pause::new(stop));
        self.state().stopping = Some((stopping, Arc::clone(&pause)));
        pause
    }

    /// Tells whether a call is one that stops.
    fn stops(&self, verb: &'static str) -> Option<Arc<Pause>> {
        let mut state = self.state();
        let (stopping, pause) = state.stopping.as_mut()?;
        match stopping {
            Stopping::Calls(stopped, left) if *stopped == verb && *left > 0 => *left -= 1,
            Stopping::Any(0) if !SWEEP.contains(&verb) => {
                let pause = Arc::clone(pause);
                state.stopping = None;
                return Some(pause);
            }
            Stopping::Any(others) if !SWEEP.contains(&verb) => {
                *others -= 1;
                return None;
            }
            _ => return None,
        }
        Some(Arc::clone(pause))
    }

    /// Tells whether anything is to fail or to stop.
    fn is_planned(&self) -> bool {
        let state = self.state();
        !state.plans.is_empty() || state.stopping.is_some()
    }

    fn finish(&self, verb: &'static str) {
        if !SWEEP.contains(&verb) {
            self.state().finished.push(verb);
        }
    }

    #[track_caller]
    fn plan(&self, verb: &str, plan: Plan) {
        let mut state = self.state();
        state.plans.insert(known(verb), plan);
        state.calls.clear();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    fn ask(&self, verb: &'static str) -> Result<()> {
        let mut state = self.state();
        let calls = state.calls.entry(verb).or_default();
        *calls += 1;
        let calls = *calls;
        let fails = match state.plans.get(verb) {
            Some(Plan::Always) => true,
            Some(Plan::Once(nth)) => calls == *nth,
            None => false,
        };
        if fails { Err(StoreError::new(verb, "a test broke it")) } else { Ok(()) }
    }
}

/// They are called beside the requests, at times of their own.
const SWEEP: [&str; 2] = ["sweep", "overdue_since"];

#[track_caller]
fn known(verb: &str) -> &'static str {
    VERBS.iter().find(|known| **known == verb).copied().unwrap_or_else(|| panic!("no store has a verb {verb:?}"))
}

/// A store whose verbs fail or stop when [`Faults`] says so; those that fail have written nothing.
#[derive(Clone, Debug)]
pub struct Failing<S> {
    store: S,
    faults: Faults,
}

impl<S: Store> Failing<S> {
    /// Puts faults in front of a store.
    pub fn new(store: S, faults: Faults) -> Self {
        Self { store, faults }
    }
}

macro_rules! fail {
    ($($trait:ident { $(fn $verb:ident($($argument:ident: $type:ty),*) -> $outcome:ty;)* })*) => {
        const VERBS: &[&str] = &[$($(stringify!($verb),)*)*];

        $(impl<S: $trait> $trait for Failing<S> {
            $(async fn $verb(&self, $($argument: $type),*) -> Result<$outcome> {
                let verb = stringify!($verb);
                self.faults.ask(verb)?;
                let pause = self.faults.stops(verb);
                if let Some(pause) = &pause {
                    pause.at(Stop::Before).await;
                }
                let outcome = $trait::$verb(&self.store, $($argument),*).await;
                if let Some(pause) = &pause {
                    pause.at(Stop::After).await;
                }
                self.faults.finish(verb);
                outcome
            })*

            at_once!($trait);
        })*
    };
}

/// Writes the one verb that is not awaited.
macro_rules! at_once {
    (TokenStore) => {
        fn authorization_at_once(&self, digest: &Digest, now: Timestamp) -> Option<Result<Option<Authorization>>> {
            // What fails or stops does so where it can be awaited.
            if self.faults.is_planned() {
                return None;
            }
            let answer = self.store.authorization_at_once(digest, now)?;
            let counted = self.faults.ask("authorization");
            self.faults.finish("authorization");
            Some(counted.and(answer))
        }
    };
    ($trait:ident) => {};
}

every_store_verb!(fail);
