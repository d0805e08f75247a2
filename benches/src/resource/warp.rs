use super::bare::Bare;
use super::{ANSWER, announce, tokens};
use crate::Error;
use oauth_core::resource::{Authorization, LocalResourceProvider};
use oauth_warp::{Limits, ProtectedResource, authorized, recover, scopes};
use std::future::{pending, ready};
use std::hint::black_box;
use std::net::Ipv4Addr;
use std::sync::Arc;
use tokio::net::TcpListener;
use warp::reject::Reject;
use warp::{Filter, Rejection, Reply, reject};

scopes! { Read = "read"; }

#[derive(Debug)]
struct Unauthorized;

impl Reject for Unauthorized {}

/// Serves the three cases, all in our loop.
pub(super) async fn serve(tokens: usize) -> Result<(), Error> {
    let hello = || warp::path!("hello").and(warp::get());

    let bare = Arc::new(Bare::new(tokens));
    let check = warp::header::optional("authorization").and_then(move |header: Option<String>| {
        ready(bare.check(header.as_deref()).ok_or_else(|| reject::custom(Unauthorized)))
    });
    let resource = ProtectedResource::new(LocalResourceProvider::new(tokens::store(tokens).await?));

    let plain = hello().map(|| ANSWER);
    let checked = hello().and(check).map(|known| {
        black_box(known);
        ANSWER
    });
    let guarded = hello().and(authorized::<Read, _>(&resource)).map(|token: Authorization| {
        black_box(token);
        ANSWER
    });

    let cases = [case(0, plain).await?, case(1, checked).await?, case(2, guarded.recover(recover)).await?];
    for running in cases {
        running.await?;
    }
    Ok(())
}

async fn case<F>(case: usize, filter: F) -> Result<tokio::task::JoinHandle<()>, Error>
where
    F: Filter<Error = Rejection> + Clone + Send + Sync + 'static,
    F::Extract: Reply,
{
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    announce(case, listener.local_addr()?);
    Ok(tokio::spawn(oauth_warp::serve(filter, listener, Limits::default()).until(pending::<()>())))
}
