use diesel::connection::{CacheSize, Instrumentation};
use diesel::query_builder::{AsQuery, QueryFragment, QueryId};
use diesel::result::{DatabaseErrorKind, Error};
use diesel::{ConnectionResult, QueryResult};
use diesel_async::{AnsiTransactionManager, AsyncConnection, AsyncConnectionCore, SimpleAsyncConnection};
use futures_util::Stream;
use std::future::Future;
use std::ops::DerefMut;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::time::{Instant, Sleep, sleep_until};

/// A connection that belongs to somebody for a while: to one verb, or to the pool of an application.
pub(crate) type Lease<C> = Box<dyn DerefMut<Target = C> + Send>;

/// A connection on which nothing lasts beyond a moment.
///
/// A database that was stopped, or that a broken network hides, neither answers nor hangs up; what
/// the database itself is told about time does not help then. A statement that comes too late, or to
/// no end, is an error like that of a connection that broke, and the connection is dropped.
pub(crate) struct Bounded<C: 'static> {
    lease: Lease<C>,
    deadline: Instant,
}

impl<C: 'static> Bounded<C> {
    pub(crate) fn new(lease: Lease<C>, deadline: Instant) -> Self {
        Self { lease, deadline }
    }

    pub(crate) fn set_deadline(&mut self, deadline: Instant) {
        self.deadline = deadline;
    }

    fn timed<F>(deadline: Instant, inner: F) -> Timed<F> {
        Timed { inner: Box::pin(inner), sleep: Box::pin(sleep_until(deadline)) }
    }
}

fn too_late() -> Error {
    let message = "the database did not answer in time: is it overloaded, stopped or out of reach?".to_owned();
    Error::DatabaseError(DatabaseErrorKind::UnableToSendCommand, Box::new(message))
}

/// A future or a stream that ends at a moment.
pub(crate) struct Timed<F> {
    inner: Pin<Box<F>>,
    sleep: Pin<Box<Sleep>>,
}

impl<T, F: Future<Output = QueryResult<T>>> Future for Timed<F> {
    type Output = QueryResult<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.inner.as_mut().poll(context) {
            Poll::Pending => self.sleep.as_mut().poll(context).map(|()| Err(too_late())),
            ready => ready,
        }
    }
}

impl<T, S: Stream<Item = QueryResult<T>>> Stream for Timed<S> {
    type Item = QueryResult<T>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match self.inner.as_mut().poll_next(context) {
            Poll::Pending => self.sleep.as_mut().poll(context).map(|()| Some(Err(too_late()))),
            ready => ready,
        }
    }
}

/// A query whose rows come within the same time as the query itself.
pub(crate) struct Loading<F> {
    query: Timed<F>,
    deadline: Instant,
}

impl<S, F: Future<Output = QueryResult<S>>> Future for Loading<F> {
    type Output = QueryResult<Timed<S>>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let deadline = self.deadline;
        let query = Pin::new(&mut self.query);
        query.poll(context).map_ok(|rows| Timed { inner: Box::pin(rows), sleep: Box::pin(sleep_until(deadline)) })
    }
}

impl<C: SimpleAsyncConnection + Send + 'static> SimpleAsyncConnection for Bounded<C> {
    async fn batch_execute(&mut self, query: &str) -> QueryResult<()> {
        Self::timed(self.deadline, (**self.lease).batch_execute(query)).await
    }
}

impl<C: AsyncConnectionCore + 'static> AsyncConnectionCore for Bounded<C> {
    type ExecuteFuture<'conn, 'query> = Timed<C::ExecuteFuture<'conn, 'query>>;
    type LoadFuture<'conn, 'query> = Loading<C::LoadFuture<'conn, 'query>>;
    type Stream<'conn, 'query> = Timed<C::Stream<'conn, 'query>>;
    type Row<'conn, 'query> = C::Row<'conn, 'query>;
    type Backend = C::Backend;

    fn load<'conn, 'query, T>(&'conn mut self, source: T) -> Self::LoadFuture<'conn, 'query>
    where
        T: AsQuery + 'query,
        T::Query: QueryFragment<Self::Backend> + QueryId + 'query,
    {
        let deadline = self.deadline;
        Loading { query: Self::timed(deadline, (**self.lease).load(source)), deadline }
    }

    fn execute_returning_count<'conn, 'query, T>(&'conn mut self, source: T) -> Self::ExecuteFuture<'conn, 'query>
    where
        T: QueryFragment<Self::Backend> + QueryId + 'query,
    {
        Self::timed(self.deadline, (**self.lease).execute_returning_count(source))
    }
}

impl<C: AsyncConnection<TransactionManager = AnsiTransactionManager> + 'static> AsyncConnection for Bounded<C> {
    type TransactionManager = AnsiTransactionManager;

    async fn establish(url: &str) -> ConnectionResult<Self> {
        Ok(Self::new(Box::new(Box::new(C::establish(url).await?)), Instant::now()))
    }

    fn transaction_state(&mut self) -> &mut AnsiTransactionManager {
        (**self.lease).transaction_state()
    }

    fn instrumentation(&mut self) -> &mut dyn Instrumentation {
        (**self.lease).instrumentation()
    }

    fn set_instrumentation(&mut self, instrumentation: impl Instrumentation) {
        (**self.lease).set_instrumentation(instrumentation);
    }

    fn set_prepared_statement_cache_size(&mut self, size: CacheSize) {
        (**self.lease).set_prepared_statement_cache_size(size);
    }
}
