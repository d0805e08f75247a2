use crate::clock::Timestamp;
use crate::every_store_verb;
use crate::resource::Authorization;
use crate::secret::Digest;
use crate::store::{FailureStore, Result};
use std::sync::Arc;

/// A store of any type behind one type: the promises are compiled once, with this crate, and not again for each store
/// that keeps them. A clone has a clone of the store.
pub struct AnyStore {
    parts: Parts,
    again: Arc<dyn Fn() -> AnyStore + Send + Sync>,
}

impl Clone for AnyStore {
    fn clone(&self) -> Self {
        (self.again)()
    }
}

struct Parts {
    store: Arc<dyn erased::Store>,
    accounts: Option<Arc<dyn erased::AccountStore>>,
    pending: Option<Arc<dyn erased::PendingRequestStore>>,
    sessions: Option<Arc<dyn erased::SessionStore>>,
}

fn any<S: crate::store::Store>(store: S, parts: fn(&S) -> Parts) -> AnyStore {
    AnyStore { parts: parts(&store), again: Arc::new(move || any(store.clone(), parts)) }
}

fn alone<S: crate::store::Store>(store: &S) -> Parts {
    Parts { store: Arc::new(store.clone()), accounts: None, pending: None, sessions: None }
}

fn with_sessions<S: crate::store::Store + crate::store::SessionStore>(store: &S) -> Parts {
    Parts { sessions: Some(Arc::new(store.clone())), ..alone(store) }
}

fn with_accounts<S>(store: &S) -> Parts
where
    S: crate::store::Store + crate::store::AccountStore + crate::store::SessionStore,
{
    Parts { accounts: Some(Arc::new(store.clone())), ..with_sessions(store) }
}

/// Takes a store, for the promises of a [`Store`](crate::store::Store).
pub fn store<S: crate::store::Store>(store: S) -> AnyStore {
    any(store, alone)
}

/// Takes a store that also keeps sessions.
pub fn sessions<S: crate::store::Store + crate::store::SessionStore>(store: S) -> AnyStore {
    any(store, with_sessions)
}

/// Takes a store that also keeps pending requests.
pub fn pending<S: crate::store::Store + crate::store::PendingRequestStore>(store: S) -> AnyStore {
    any(store, |store| Parts { pending: Some(Arc::new(store.clone())), ..alone(store) })
}

/// Takes a store that also keeps accounts and their sessions.
pub fn accounts<S>(store: S) -> AnyStore
where
    S: crate::store::Store + crate::store::AccountStore + crate::store::SessionStore,
{
    any(store, with_accounts)
}

/// Takes the stores of two tenants, which keep everything.
pub fn tenants<S>((theirs, ours): (S, S)) -> (AnyStore, AnyStore)
where
    S: crate::store::Store
        + crate::store::AccountStore
        + crate::store::PendingRequestStore
        + crate::store::SessionStore,
{
    let all = |store: &S| Parts { pending: Some(Arc::new(store.clone())), ..with_accounts(store) };
    (any(theirs, all), any(ours, all))
}

/// The part of the store that keeps the promises of a trait. Each macro of promises takes the parts that its promises use.
macro_rules! part {
    ($self:ident AccountStore) => {
        $self.parts.accounts.as_deref().expect("a store of accounts")
    };
    ($self:ident PendingRequestStore) => {
        $self.parts.pending.as_deref().expect("a store of pending requests")
    };
    ($self:ident SessionStore) => {
        $self.parts.sessions.as_deref().expect("a store of sessions")
    };
    ($self:ident $trait:ident) => {
        &*$self.parts.store
    };
}

macro_rules! forward {
    (@at_once TokenStore) => {
        fn authorization_at_once(&self, digest: &Digest, now: Timestamp) -> Option<Result<Option<Authorization>>> {
            self.parts.store.at_once(digest, now)
        }
    };
    (@at_once Housekeeping) => {
        fn failures(&self) -> Option<Arc<dyn FailureStore>> {
            self.parts.store.failures()
        }
    };
    (@at_once $trait:ident) => {};
    ($($trait:ident { $(fn $verb:ident($($argument:ident: $type:ty),*) -> $outcome:ty;)* })*) => {
        $(impl crate::store::$trait for AnyStore {
            $(async fn $verb(&self, $($argument: $type),*) -> Result<$outcome> {
                erased::$trait::$verb(part!(self $trait), $($argument),*).await
            })*

            forward!(@at_once $trait);
        })*
    };
}

every_store_verb!(forward);

/// The store traits once more, in a form that objects can have.
mod erased {
    use super::*;

    macro_rules! erase {
        ($($trait:ident { $(fn $verb:ident($($argument:ident: $type:ty),*) -> $outcome:ty;)* })*) => {
            $(
                #[async_trait::async_trait]
                pub(super) trait $trait: Send + Sync {
                    $(async fn $verb(&self, $($argument: $type),*) -> Result<$outcome>;)*
                }

                #[async_trait::async_trait]
                impl<S: crate::store::$trait> $trait for S {
                    $(async fn $verb(&self, $($argument: $type),*) -> Result<$outcome> {
                        crate::store::$trait::$verb(self, $($argument),*).await
                    })*
                }
            )*
        };
    }

    every_store_verb!(erase);

    pub(super) trait Store:
        ClientStore + GrantStore + CodeStore + TokenStore + AuditStore + Housekeeping + AtOnce
    {
    }

    impl<S: crate::store::Store> Store for S {}

    /// What is not awaited.
    pub(super) trait AtOnce {
        fn at_once(&self, digest: &Digest, now: Timestamp) -> Option<Result<Option<Authorization>>>;
        fn failures(&self) -> Option<Arc<dyn FailureStore>>;
    }

    impl<S: crate::store::Store> AtOnce for S {
        fn at_once(&self, digest: &Digest, now: Timestamp) -> Option<Result<Option<Authorization>>> {
            crate::store::TokenStore::authorization_at_once(self, digest, now)
        }

        fn failures(&self) -> Option<Arc<dyn FailureStore>> {
            crate::store::Housekeeping::failures(self)
        }
    }
}
