use crate::store::verbs;
use oauth_core::client::Client;
use oauth_core::clock::Timestamp;
use oauth_core::identifier::{ClientId, GrantId, Subject};
use oauth_core::secret::Digest;
use oauth_core::store::{
    Account, AccountStore, ActiveToken, ClientFilter, ClientStore, Code, CodeStore, Created, Grant, GrantFilter,
    GrantStore, Housekeeping, Issue, Page, PasswordHash, PendingDecision, Redeemed, Replaced, Result, Retry, Rotated,
    Saved, Session, SessionStore, Store, StoreError, StoredCode, StoredRefresh, Swept, TokenStore,
};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

/// Says which verbs of a [`Failing`] store fail, from now on; a clone governs the same store.
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

#[track_caller]
fn known(verb: &str) -> &'static str {
    VERBS.iter().find(|known| **known == verb).copied().unwrap_or_else(|| panic!("no store has a verb {verb:?}"))
}

/// A store whose verbs fail when [`Faults`] says so, before anything is written.
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
                self.faults.ask(stringify!($verb))?;
                $trait::$verb(&self.store, $($argument),*).await
            })*
        })*
    };
}

verbs!(fail);
