//! Connections are used again, and there are never more of them than set.

use crate::server::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

#[tokio::test]
async fn one_connection_serves_one_check_after_the_other() {
    let server = Server::start(|_| None).await;
    let provider = server.trusted().build().unwrap();
    for number in 0..50 {
        check(&provider, &format!("token{number}")).await.unwrap();
    }
    assert_eq!(server.introspections(), 50);
    assert_eq!(server.connections.load(Ordering::SeqCst), 1, "the metadata came over it too");
}

#[tokio::test]
async fn a_connection_that_the_provider_closed_is_replaced() {
    let closes = |call: &Call| {
        let response =
            http::Response::builder().header("content-type", "application/json").header("connection", "close");
        call.is_introspection().then(|| Reply::Whole(response.body(active().to_string().into()).unwrap()))
    };
    let server = Server::start(closes).await;
    let provider = server.trusted().build().unwrap();
    for number in 0..5 {
        check(&provider, &format!("token{number}")).await.unwrap();
    }
    assert_eq!(server.introspections(), 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_most_so_many_requests_as_set_are_under_way() {
    let server =
        Server::start(|call| call.is_introspection().then(|| Reply::Later(Duration::from_millis(20), active())));
    let server = Arc::new(server.await);
    let provider = server.trusted().concurrency(4).build().unwrap();
    let most = Arc::new(AtomicUsize::new(0));
    let watched = (Arc::clone(&server), Arc::clone(&most));
    let watch = tokio::spawn(async move {
        loop {
            watched.1.fetch_max(watched.0.open.load(Ordering::SeqCst), Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    });
    let checks: Vec<_> = (0..40)
        .map(|number| {
            let provider = provider.clone();
            tokio::spawn(async move { check(&provider, &format!("token{number}")).await })
        })
        .collect();
    for checked in checks {
        checked.await.unwrap().unwrap();
    }
    watch.abort();
    assert_eq!(server.introspections(), 40);
    assert!((2..=4).contains(&most.load(Ordering::SeqCst)), "{most:?}");
}
