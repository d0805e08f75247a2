//! A cluster of three masters keeps every promise of the store traits.
#![allow(clippy::unwrap_used, reason = "they are tests, helpers too")]

mod fixture;

use fixture::sample::{at, client, code, grant, issue, save, sweep};
use oauth_core::client::SecretHash;
use oauth_core::secret::{AuthorizationCode, Digest};
use oauth_core::store::*;
use oauth_redis::RedisStore;
use oauth_test_servers::{Redis, RedisCluster};
use std::time::{Duration, Instant};

oauth_core::store_conformance!(fixture::fresh_in_cluster());
oauth_core::session_conformance!(fixture::fresh_in_cluster());
oauth_core::pending_conformance!(fixture::fresh_in_cluster());
oauth_core::account_conformance!(fixture::fresh_in_cluster());

#[tokio::test]
async fn a_cluster_spreads_its_records_and_is_swept_empty() {
    let cluster = RedisCluster::start();
    assert!(RedisStore::open(&cluster.urls()[0]).await.unwrap_err().to_string().contains("cluster"));
    let store = RedisStore::cluster(cluster.urls()).await.unwrap();
    let notes = client("notes");
    store.create_client(&notes).await.unwrap();
    for _ in 0..200 {
        store.issue(&issue(&notes, None, 0)).await.unwrap();
    }
    for node in cluster.nodes() {
        let size: usize = node.cli(&["dbsize"]).trim().parse().unwrap();
        assert!(size > 60, "one of three nodes has {size} keys of 200 tokens and their lists");
    }
    let mut removed = 0;
    loop {
        let swept = store.sweep(at(300), 64).await.unwrap();
        assert!(swept.removed <= 64);
        removed += swept.removed;
        if !swept.more {
            break;
        }
    }
    assert_eq!(removed, 200);
    store.delete_client(&notes.id, at(300)).await.unwrap();
    for node in cluster.nodes() {
        assert_eq!(fixture::keys(node), [""; 0]);
    }
}

#[tokio::test]
async fn a_token_may_stand_in_a_cluster_where_its_grant_does() {
    let cluster = RedisCluster::start();
    let store = RedisStore::cluster(cluster.urls()).await.unwrap();
    let notes = client("notes");
    store.create_client(&notes).await.unwrap();
    let grant = grant(&notes);
    let code = code(&grant, AuthorizationCode::generate().digest());
    save(&store, &grant, &code).await;
    let mut tokens = issue(&notes, Some(grant.id), 1);
    let mut bytes = *tokens.access.digest.as_bytes();
    bytes[0] = grant.id.as_bytes()[0];
    tokens.access.digest = Digest::from_bytes(bytes);
    store.redeem(&code.digest, &tokens).await.unwrap();
    let digest = tokens.access.digest;
    assert!(store.access_token(&digest, at(2)).await.unwrap().is_some_and(|active| active.grant.is_some()));
    assert!(store.revoke_access_token(&digest, at(2)).await.unwrap());
    assert_eq!(store.access_token(&digest, at(2)).await.unwrap(), None);

    // Pointers go with what they led to.
    store.issue(&issue(&notes, Some(grant.id), 3)).await.unwrap();
    sweep(&store, 1_000).await;
    store.delete_client(&notes.id, at(300)).await.unwrap();
    for node in cluster.nodes() {
        assert_eq!(fixture::keys(node), [""; 0]);
    }
}

/// The client of a cluster sends a script again whose answer was lost with its connection. The second
/// time must not be taken for a replay, which would sign the person out.
#[tokio::test]
async fn a_call_that_is_repeated_in_a_cluster_has_happened_once() {
    let (store, ()) = fixture::fresh_in_cluster().await;
    let notes = client("notes");
    store.create_client(&notes).await.unwrap();
    let grant = grant(&notes);
    let code = code(&grant, AuthorizationCode::generate().digest());
    save(&store, &grant, &code).await;
    let (first, second) = (issue(&notes, Some(grant.id), 1), issue(&notes, Some(grant.id), 2));
    let refresh = first.refresh.as_ref().unwrap().digest;
    let retry = Retry { sealed: vec![1], until: at(2) };
    for _ in 0..2 {
        assert_eq!(store.redeem(&code.digest, &first).await.unwrap(), Redeemed::Now);
    }
    for _ in 0..2 {
        assert_eq!(store.rotate(&refresh, &second, &retry).await.unwrap(), Rotated::Now);
    }
    assert!(store.access_token(&second.access.digest, at(3)).await.unwrap().is_some());
    let replay = issue(&notes, Some(grant.id), 3);
    assert_eq!(store.rotate(&refresh, &replay, &retry).await.unwrap(), Rotated::Reused(grant.id));
    assert_eq!(store.access_token(&second.access.digest, at(3)).await.unwrap(), None);
}

/// Gives a digest of an access token that stands on this node of a cluster.
fn standing_on(cluster: &RedisCluster, node: &Redis) -> Digest {
    let position = cluster.nodes().iter().position(|other| other.port() == node.port()).unwrap();
    loop {
        let digest = AuthorizationCode::generate().digest();
        let key = format!("oauth:{{{:02x}}}a", digest.as_bytes()[0] % 64);
        let slot: u32 = node.cli(&["cluster", "keyslot", &key]).trim().parse().unwrap();
        if usize::from(slot > 5_460) + usize::from(slot > 10_922) == position {
            return digest;
        }
    }
}

/// The node of the token holds writes back, so that the client ends between the first look at it and the commit.
#[tokio::test(flavor = "multi_thread")]
async fn f_02_a_client_that_ends_under_way_gets_no_token_in_a_cluster() {
    let cluster = RedisCluster::start();
    let store = RedisStore::cluster(cluster.urls()).await.unwrap();
    let secrets = ["one", "two"].map(|secret| SecretHash::Sha256(Digest::of(secret)));
    let mut notes = client("notes");
    notes.secrets = secrets.to_vec();
    store.create_client(&notes).await.unwrap();
    // The client and the list of clients stand on two of the three nodes at most.
    let node = cluster.nodes().iter().find(|node| node.cli(&["dbsize"]).trim() == "0").unwrap();
    for end in ["nothing", "the secret is deleted", "the client is disabled", "the client is created again"] {
        let mut tokens = issue(&notes, None, 0);
        tokens.access.digest = standing_on(&cluster, node);
        tokens.authenticated_by = notes.secrets.first().cloned();
        node.cli(&["client", "pause", "60000", "write"]);
        let (issuing, held) = (store.clone(), tokens.clone());
        let issuing = tokio::spawn(async move { issuing.issue(&held).await.unwrap() });
        let until = Instant::now() + Duration::from_secs(4);
        while !node.cli(&["client", "list"]).contains("flags=b") {
            assert!(Instant::now() < until, "the commit does not come");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let mut changed = notes.clone();
        match end {
            "the secret is deleted" => drop(changed.secrets.remove(0)),
            "the client is disabled" => changed.enabled = false,
            _ => {}
        }
        if end == "the client is created again" {
            assert!(store.delete_client(&notes.id, at(1)).await.unwrap());
            assert_eq!(store.create_client(&notes).await.unwrap(), Created::Now);
        } else {
            assert_eq!(store.replace_client(&notes, &changed).await.unwrap(), Replaced::Now);
        }
        node.cli(&["client", "unpause"]);
        let expected = if end == "nothing" { Saved::Now } else { Saved::Gone };
        assert_eq!(issuing.await.unwrap(), expected, "{end}");
        assert!(store.update_client(&notes).await.unwrap());
        let lives = store.access_token(&tokens.access.digest, at(1)).await.unwrap().is_some();
        assert_eq!(lives, end == "nothing", "{end}: a token that was answered lives, and no other");
    }
}
