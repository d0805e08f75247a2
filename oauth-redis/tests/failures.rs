//! What comes of servers that stop, evict or fail to replicate, and of processes that die half-way.

mod fixture;

use fixture::sample::{at, client, code, fill, grant, issue, open, save};
use oauth_core::identifier::Subject;
use oauth_core::secret::AuthorizationCode;
use oauth_core::store::*;
use oauth_redis::RedisStore;
use oauth_test_servers::Redis;
use std::time::{Duration, Instant};

#[tokio::test]
async fn a_stopped_server_is_an_error_in_time_and_comes_back_by_itself() {
    let server = Redis::start(&["appendonly yes", "appendfsync always"]);
    let store = open(&server).await;
    let notes = client("notes");
    store.create_client(&notes).await.unwrap();
    let own = issue(&notes, None, 0);
    store.issue(&own).await.unwrap();

    server.pause();
    let started = Instant::now();
    store.access_token(&own.access.digest, at(1)).await.unwrap_err();
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    server.resume();
    assert!(lives_within(&store, &own, Duration::from_secs(10)).await, "it goes on");

    server.stop();
    let started = Instant::now();
    store.access_token(&own.access.digest, at(1)).await.unwrap_err();
    store.issue(&issue(&notes, None, 0)).await.unwrap_err();
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    server.restart();
    assert!(lives_within(&store, &own, Duration::from_secs(10)).await, "it is back, with what it had");
}

async fn lives_within(store: &RedisStore, issue: &Issue, patience: Duration) -> bool {
    let started = Instant::now();
    while started.elapsed() < patience {
        if let Ok(found) = store.access_token(&issue.access.digest, at(1)).await {
            return found.is_some();
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    false
}

#[tokio::test]
async fn a_server_that_evicts_is_refused_and_a_password_stays_secret() {
    let evicting = Redis::start(&["maxmemory-policy allkeys-lru", "requirepass s3cret-of-redis"]);
    let url = |password: &str| format!("redis://:{password}@127.0.0.1:{}", evicting.port());
    for (password, why) in [("s3cret-of-redis", "noeviction"), ("wr0ng-of-redis", "AuthenticationFailed")] {
        let error = format!("{:?} {0}", RedisStore::open(&url(password)).await.unwrap_err());
        assert!(error.contains(why), "{error}");
        assert!(!error.contains("of-redis"), "{error}");
    }
    let builder = RedisStore::builder([url("s3cret-of-redis")]);
    assert!(!format!("{builder:?}").contains("of-redis"));
    for bad in [
        "redis://:s3cret-of-redis@[",
        "http://:s3cret-of-redis@127.0.0.1",
        "rediss://:s3cret-of-redis@127.0.0.1#insecure",
    ] {
        let error = format!("{:?} {0}", RedisStore::open(bad).await.unwrap_err());
        assert!(!error.contains("of-redis"), "{error}");
    }
}

#[tokio::test]
async fn a_write_waits_for_its_replicas() {
    let master = Redis::start(&[]);
    let port = master.port().to_string();
    let replica = Redis::start(&[&format!("replicaof 127.0.0.1 {port}")]);
    let until = Instant::now() + Duration::from_secs(30);
    while !replica.cli(&["info", "replication"]).contains("master_link_status:up") {
        assert!(Instant::now() < until, "the replica does not follow");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let store = RedisStore::builder([master.url()]).wait_for(1, Duration::from_millis(500)).open().await.unwrap();
    let notes = client("notes");
    assert_eq!(store.create_client(&notes).await.unwrap(), Created::Now);
    let own = issue(&notes, None, 0);
    store.issue(&own).await.unwrap();
    assert!(RedisStore::open(&replica.url()).await.unwrap_err().to_string().contains("replica"));

    replica.pause();
    let error = store.issue(&issue(&notes, None, 0)).await.unwrap_err().to_string();
    assert!(error.contains("0 of 1 replicas"), "{error}");
    assert!(store.access_token(&own.access.digest, at(1)).await.unwrap().is_some(), "reading needs no replica");
    replica.resume();
}

/// A process that dies while it deletes a client has made the client invisible first.
#[tokio::test]
async fn a_client_created_again_inherits_nothing_that_a_dead_process_left() {
    let server = Redis::start(&[]);
    let store = open(&server).await;
    let notes = client("notes");
    store.create_client(&notes).await.unwrap();
    let (grant, waiting) = (grant(&notes), grant(&notes));
    let used = code(&grant, AuthorizationCode::generate().digest());
    let unused = code(&waiting, AuthorizationCode::generate().digest());
    save(&store, &grant, &used).await;
    save(&store, &waiting, &unused).await;
    let (tokens, own) = (issue(&notes, Some(grant.id), 1), issue(&notes, None, 1));
    store.redeem(&used.digest, &tokens).await.unwrap();
    store.issue(&own).await.unwrap();
    assert_eq!(server.cli(&["del", "oauth:cnotes"]).trim(), "1");
    store.create_client(&notes).await.unwrap();

    for dead in [&tokens, &own] {
        assert_eq!(store.access_token(&dead.access.digest, at(2)).await.unwrap(), None);
    }
    assert_eq!(store.grant(&grant.id).await.unwrap(), None);
    assert_eq!(store.code(&unused.digest).await.unwrap(), None);
    let refresh = tokens.refresh.unwrap().digest;
    assert_eq!(store.refresh_token(&refresh).await.unwrap(), None);
    let outcome = store.redeem(&unused.digest, &issue(&notes, Some(waiting.id), 2)).await.unwrap();
    assert_eq!(outcome, Redeemed::Unknown);
    let retry = Retry { sealed: Vec::new(), until: at(12) };
    let outcome = store.rotate(&refresh, &issue(&notes, Some(grant.id), 2), &retry).await.unwrap();
    assert_eq!(outcome, Rotated::Unknown);
    assert_eq!(store.issue(&issue(&notes, Some(grant.id), 2)).await.unwrap(), Saved::Gone);
}

/// A process that dies while it signs a person out has left a note.
#[tokio::test]
async fn the_sweep_finishes_a_sign_out_that_a_dead_process_began() {
    let server = Redis::start(&[]);
    let store = open(&server).await;
    fill(&store).await;
    let ada = GrantFilter::Subject(Subject::new("ada").unwrap());
    let live = async || store.grants(&ada, &Page::first(10), at(4)).await.unwrap().len();
    let before = live().await;
    assert!(before > 0);
    server.cli(&["zadd", "oauth:W", &at(4).as_unix_seconds().to_string(), "12345678ada"]);
    store.sweep(at(4), 10).await.unwrap();
    assert_eq!(live().await, before, "it may still be at it");
    store.sweep(at(64), 10).await.unwrap();
    assert_eq!(live().await, 0);
    assert_eq!(server.cli(&["exists", "oauth:W", "oauth:vada"]).trim(), "0", "the sessions and the note are gone");
}
