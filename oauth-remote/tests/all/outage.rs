//! A provider that is down, slow or silent: 503, soon, and at once after a few times.

use crate::server::*;
use oauth_core::resource::Refusal;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;

const UNAVAILABLE: Result<oauth_core::resource::Authorization, Refusal> = Err(Refusal::Unavailable);

#[tokio::test]
async fn nobody_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    assert_eq!(check(&trusting(&origin).build().unwrap(), "token").await, UNAVAILABLE);
}

#[tokio::test]
async fn a_slow_answer_ends_with_the_timeout() {
    for path in ["/introspect", "/.well-known/oauth-authorization-server"] {
        let server = Server::start(move |call| (call.path == path).then_some(Reply::Hang)).await;
        let provider = server.trusted().timeout(Duration::from_millis(200)).build().unwrap();
        let begin = Instant::now();
        assert_eq!(check(&provider, "token").await, UNAVAILABLE, "{path}");
        assert!(begin.elapsed() >= Duration::from_millis(200) && begin.elapsed() < Duration::from_secs(2), "{path}");
    }
}

#[tokio::test]
async fn a_socket_that_never_speaks_ends_with_the_timeout() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    for scheme in ["http", "https"] {
        let origin = format!("{scheme}://{}", listener.local_addr().unwrap());
        let provider = trusting(&origin).timeout(Duration::from_millis(200)).build().unwrap();
        let begin = Instant::now();
        assert_eq!(check(&provider, "token").await, UNAVAILABLE);
        assert!(begin.elapsed() < Duration::from_secs(2));
    }
}

#[tokio::test]
async fn after_three_time_outs_nobody_waits_until_one_check_gets_through() {
    let silent = Arc::new(AtomicBool::new(true));
    let is_silent = Arc::clone(&silent);
    let server =
        Server::start(move |call| (call.is_introspection() && is_silent.load(Ordering::SeqCst)).then_some(Reply::Hang));
    let (server, clock) = (server.await, clock());
    let settings = server.trusted().timeout(Duration::from_millis(100)).rest_after_outage(Duration::from_secs(2));
    let provider = settings.clock(clock.clone()).build().unwrap();
    for number in 0..3 {
        assert_eq!(check(&provider, &format!("token{number}")).await, UNAVAILABLE);
    }
    assert_eq!(server.introspections(), 3);
    for number in 0..100 {
        assert_eq!(check(&provider, &format!("token{number}")).await, UNAVAILABLE);
    }
    assert_eq!(server.introspections(), 3, "nothing is asked during a rest");

    clock.advance(Duration::from_secs(2));
    assert_eq!(check(&provider, "token").await, UNAVAILABLE);
    assert_eq!(check(&provider, "token").await, UNAVAILABLE);
    assert_eq!(server.introspections(), 4, "one goes to see");

    silent.store(false, Ordering::SeqCst);
    clock.advance(Duration::from_secs(2));
    assert!(check(&provider, "token").await.is_ok());
    assert!(check(&provider, "another").await.is_ok());
    assert_eq!(server.introspections(), 6);
}

#[tokio::test]
async fn what_is_known_counts_through_an_outage_and_not_longer_than_otherwise() {
    let clock = clock();
    let server = Server::start(|_| None).await;
    let provider = server.trusted().clock(clock.clone()).build().unwrap();
    assert!(check(&provider, "token").await.is_ok());
    let down = server.origin.clone();
    drop(server);
    clock.advance(Duration::from_secs(9));
    assert!(check(&provider, "token").await.is_ok(), "{down} is not needed for it");
    clock.advance(Duration::from_secs(1));
    assert_eq!(check(&provider, "token").await, UNAVAILABLE);
}

#[tokio::test]
async fn wrong_credentials_are_not_tried_again_and_again() {
    let server = Server::start(|call| {
        call.is_introspection()
            .then(|| Reply::Text(401, "application/json", r#"{"error":"invalid_client"}"#.to_owned()))
    });
    let (server, clock) = (server.await, clock());
    let provider = server.trusted().clock(clock.clone()).build().unwrap();
    for number in 0..10 {
        assert_eq!(check(&provider, &format!("token{number}")).await, UNAVAILABLE);
    }
    assert_eq!(server.introspections(), 1);
    clock.advance(Duration::from_secs(2));
    assert_eq!(check(&provider, "token").await, UNAVAILABLE);
    assert_eq!(server.introspections(), 2);
}

#[tokio::test]
async fn an_endpoint_that_moved_is_looked_for() {
    let moved = Arc::new(AtomicUsize::new(0));
    let state = Arc::clone(&moved);
    let server = Server::start(move |call| {
        let origin = format!("http://{}", call.headers["host"].to_str().unwrap());
        let mut document = metadata(&origin);
        match (call.path.as_str(), state.load(Ordering::SeqCst)) {
            ("/.well-known/oauth-authorization-server", 1) => {
                document["introspection_endpoint"] = format!("{origin}/v2/introspect").into();
                Some(Reply::Json(document))
            }
            ("/introspect", 1) => Some(Reply::Text(404, "text/plain", String::new())),
            ("/v2/introspect", 1) => Some(Reply::Json(active())),
            _ => None,
        }
    });
    let server = server.await;
    let provider = server.trusted().build().unwrap();
    assert!(check(&provider, "first").await.is_ok());
    moved.store(1, Ordering::SeqCst);
    assert_eq!(check(&provider, "second").await, UNAVAILABLE);
    assert!(check(&provider, "second").await.is_ok());
    assert_eq!(server.count("/v2/introspect"), 1);
}

#[tokio::test]
async fn what_finds_no_room_to_wait_is_answered_at_once() {
    let server = Server::start(|call| call.is_introspection().then_some(Reply::Hang)).await;
    let provider = server.trusted().concurrency(1).timeout(Duration::from_secs(5)).build().unwrap();
    let ask = |number: usize| {
        let provider = provider.clone();
        tokio::spawn(async move { check(&provider, &format!("token{number}")).await })
    };
    let mut waiting: Vec<_> = (0..32).map(ask).collect();
    while server.introspections() == 0 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let begin = Instant::now();
    assert_eq!(check(&provider, "one-too-many").await, UNAVAILABLE);
    assert!(begin.elapsed() < Duration::from_secs(3), "it did not wait for a time-out");
    assert_eq!(server.introspections(), 1, "and one is asked for at a time");
    assert!(waiting.iter().all(|check| !check.is_finished()));
    waiting.drain(..).for_each(|check| check.abort());
}
