//! Drivers that are Rust and wait as futures do, made to wait on a thread: the verbs' bodies are the same
//! for all kinds of connections.

use super::kind::{Open, Opened};
use super::{Bounded, Lease};
use crate::error::{Failure, Outcome};
use diesel_async::async_connection_wrapper::AsyncConnectionWrapper;
use diesel_async::{AnsiTransactionManager, AsyncConnection};
use std::fmt;
use std::ops::DerefMut;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use tokio::runtime::Handle;
use tokio::time::timeout_at;

/// A connection of such a driver as the verbs' bodies see it.
pub(crate) type Driven<C> = AsyncConnectionWrapper<Bounded<C>>;

/// A connection as its driver made it.
pub(crate) struct Leased<C> {
    pub(crate) lease: Lease<C>,
    pub(crate) closed: Arc<AtomicBool>,
    pub(crate) stays: bool,
}

/// Makes a way to open connections of one that is a future.
pub(crate) fn waiting<C, F, Opening>(open: F) -> Open<Driven<C>>
where
    C: AsyncConnection<TransactionManager = AnsiTransactionManager> + 'static,
    F: Fn() -> Opening + Send + Sync + 'static,
    Opening: Future<Output = Outcome<Leased<C>>>,
{
    Box::new(move |deadline| {
        let leased = Handle::current().block_on(timeout_at(deadline, open())).map_err(|_| Failure::Unreachable)??;
        let Leased { lease, closed, stays } = leased;
        Ok(Opened { connection: Driven::from(Bounded::new(lease, deadline)), closed, stays })
    })
}

/// Makes a way to open connections of one by which an application lends its own.
pub(crate) fn lend<F, Lending, L, C, E>(lending: F) -> Open<Driven<C>>
where
    C: AsyncConnection<TransactionManager = AnsiTransactionManager> + 'static,
    F: Fn() -> Lending + Send + Sync + 'static,
    Lending: Future<Output = Result<L, E>> + Send + 'static,
    L: DerefMut<Target = C> + Send + 'static,
    E: fmt::Display,
{
    waiting(move || {
        let lent = lending();
        async move {
            let lease =
                lent.await.map_err(|error| Failure::Unusable(format!("the pool gave no connection: {error}")))?;
            Ok(Leased { lease: Box::new(lease), closed: Arc::default(), stays: false })
        }
    })
}
