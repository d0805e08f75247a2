//! One request for many checks, and answers that count no longer than stated.

use crate::server::*;
use oauth_core::clock::Timestamp;
use oauth_core::resource::Refusal;
use oauth_remote::RemoteResourceProvider;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;

type Checked = Result<oauth_core::resource::Authorization, Refusal>;

/// Starts a provider that answers introspection once it is released.
async fn held() -> (Server, watch::Sender<bool>) {
    let (release, held) = watch::channel(false);
    let server = Server::start(move |call| call.is_introspection().then(|| Reply::When(held.clone(), active())));
    (server.await, release)
}

/// Checks one token so many times at once, each in a task of its own; all of them wait when it returns.
async fn crowd(provider: &RemoteResourceProvider, count: usize) -> Vec<JoinHandle<Checked>> {
    let started = Arc::new(AtomicUsize::new(0));
    let one = |_| {
        let (provider, started) = (provider.clone(), Arc::clone(&started));
        tokio::spawn(async move {
            started.fetch_add(1, Ordering::SeqCst);
            check(&provider, "token").await
        })
    };
    let checks = (0..count).map(one).collect();
    while started.load(Ordering::SeqCst) < count {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
    checks
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_checks_of_one_token_are_one_request() {
    for lifetime in [10, 0] {
        let (server, release) = held().await;
        let provider = server.trusted().active_lifetime(Duration::from_secs(lifetime)).build().unwrap();
        let checks = crowd(&provider, 100).await;
        release.send_replace(true);
        for checked in checks {
            assert!(checked.await.unwrap().is_ok());
        }
        assert_eq!(server.introspections(), 1, "kept for {lifetime} s");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_checks_share_a_failure_too() {
    let server = Server::start(|call| call.is_introspection().then_some(Reply::Hang)).await;
    let provider = server.trusted().timeout(Duration::from_millis(800)).build().unwrap();
    for checked in crowd(&provider, 100).await {
        assert_eq!(checked.await.unwrap(), Err(Refusal::Unavailable));
    }
    assert_eq!(server.introspections(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_hangs_up_takes_nothing_from_the_others() {
    let (server, release) = held().await;
    let provider = server.trusted().build().unwrap();
    let mut first = crowd(&provider, 1).await;
    while server.introspections() == 0 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let others = crowd(&provider, 10).await;
    let first = first.remove(0);
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    release.send_replace(true);
    for checked in others {
        assert!(checked.await.unwrap().is_ok());
    }
    assert_eq!(server.introspections(), 1);
}

#[tokio::test]
async fn a_good_answer_is_kept_as_long_as_stated() {
    let revoked = Arc::new(AtomicBool::new(false));
    let is_revoked = Arc::clone(&revoked);
    let server = Server::start(move |call| {
        let revoked = call.is_introspection() && is_revoked.load(Ordering::SeqCst);
        revoked.then(|| Reply::Json(json!({ "active": false })))
    });
    let (server, clock) = (server.await, clock());
    let provider = server.trusted().clock(clock.clone()).build().unwrap();
    let first = check(&provider, "token").await.unwrap();
    revoked.store(true, Ordering::SeqCst);
    clock.advance(Duration::from_secs(9));
    assert_eq!(check(&provider, "token").await, Ok(first));
    assert_eq!(server.introspections(), 1);
    clock.advance(Duration::from_secs(1));
    assert_eq!(check(&provider, "token").await, Err(Refusal::InvalidToken));
    assert_eq!(server.introspections(), 2);
}

#[tokio::test]
async fn no_answer_is_kept_beyond_the_end_of_its_token() {
    let clock = clock();
    let end = seconds_from_now(5);
    let server =
        Server::start(move |call| call.is_introspection().then(|| Reply::Json(active_with(json!({ "exp": end })))));
    let server = server.await;
    let provider = server.trusted().active_lifetime(Duration::from_secs(600)).clock(clock.clone()).build().unwrap();
    clock.set(Timestamp::from_unix_seconds(end - 1));
    assert!(check(&provider, "token").await.is_ok());
    assert!(check(&provider, "token").await.is_ok());
    assert_eq!(server.introspections(), 1);
    clock.set(Timestamp::from_unix_seconds(end));
    assert_eq!(check(&provider, "token").await, Err(Refusal::InvalidToken), "the provider is wrong to call it active");
    assert_eq!(server.introspections(), 2);
}

#[tokio::test]
async fn a_bad_answer_is_kept_as_long_as_stated() {
    let server = Server::start(|call| call.is_introspection().then(|| Reply::Json(json!({ "active": false })))).await;
    let clock = clock();
    let provider = server.trusted().clock(clock.clone()).build().unwrap();
    for (seconds, asked) in [(0, 1), (4, 1), (1, 2), (0, 2)] {
        clock.advance(Duration::from_secs(seconds));
        assert_eq!(check(&provider, "token").await, Err(Refusal::InvalidToken));
        assert_eq!(server.introspections(), asked);
    }
    assert_eq!(check(&provider, "another").await, Err(Refusal::InvalidToken));
    assert_eq!(server.introspections(), 3);
}

#[tokio::test]
async fn with_lifetimes_of_zero_every_check_asks() {
    let server = Server::start(|call| {
        let bad = call.is_introspection() && call.body.contains("token=bad");
        bad.then(|| Reply::Json(json!({ "active": false })))
    });
    let server = server.await;
    let settings = server.trusted().active_lifetime(Duration::ZERO).inactive_lifetime(Duration::ZERO);
    let provider = settings.build().unwrap();
    for _ in 0..3 {
        assert!(check(&provider, "good").await.is_ok());
        assert_eq!(check(&provider, "bad").await, Err(Refusal::InvalidToken));
    }
    assert_eq!(server.introspections(), 6);
}

#[tokio::test]
async fn a_flood_of_bad_tokens_drives_no_good_one_out() {
    let server = Server::start(|call| {
        let bad = call.is_introspection() && call.body.contains("token=bad");
        bad.then(|| Reply::Json(json!({ "active": false })))
    });
    let server = server.await;
    for entries in [0, 8] {
        let provider = server.trusted().cache_entries(entries).build().unwrap();
        assert!(check(&provider, "good").await.is_ok());
        for number in 0..200 {
            assert_eq!(check(&provider, &format!("bad{number}")).await, Err(Refusal::InvalidToken));
        }
        let before = server.introspections();
        assert!(check(&provider, "good").await.is_ok());
        assert_eq!(server.introspections() == before, entries > 0, "{entries} entries");
    }
}

#[tokio::test]
async fn two_tokens_are_never_taken_for_one_another() {
    let server = Server::start(|call| {
        let token = call.body.split(['=', '&']).nth(1).unwrap_or_default().to_owned();
        call.is_introspection().then(|| Reply::Json(active_with(json!({ "sub": token }))))
    });
    let server = server.await;
    let provider = server.trusted().build().unwrap();
    for _ in 0..2 {
        for number in 0..50 {
            let token = format!("token{number}");
            assert_eq!(check(&provider, &token).await.unwrap().subject.unwrap().as_str(), token);
        }
    }
    assert_eq!(server.introspections(), 50);
}
