//! What survives: what was confirmed by disks, and what replay detection needs.

mod fixture;

use fixture::Redis;
use fixture::sample::{at, client, code, fill, grant, issue, open, save};
use oauth_core::secret::AuthorizationCode;
use oauth_core::store::*;
use oauth_redis::RedisStore;
use oauth_test_servers::RedisCluster;
use std::time::{Duration, Instant};

fn says(server: &Redis, section: &str, part: &str) -> bool {
    server.cli(&["info", section]).contains(part)
}

/// `REDIS_SERVER` may name a newer one than the system's; both kinds have a promise to keep.
#[tokio::test]
async fn what_was_answered_is_on_the_disks_that_were_asked_for() {
    let master = Redis::start(&["appendonly yes", "appendfsync everysec"]);
    let port = master.port().to_string();
    let replica = Redis::start(&["appendonly yes", "appendfsync everysec", &format!("replicaof 127.0.0.1 {port}")]);
    let until = Instant::now() + Duration::from_secs(30);
    while !says(&replica, "replication", "master_link_status:up") {
        assert!(Instant::now() < until, "the replica does not follow");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let opened = RedisStore::open(&format!("{}?durable_on=1&within=3000", master.url())).await;
    if says(&master, "server", "redis_version:7.0.") {
        let refused = opened.unwrap_err().to_string();
        assert!(refused.contains("7.2") && refused.contains("appendfsync always"), "{refused}");
        return;
    }
    let store = opened.unwrap();
    let notes = client("notes");
    assert_eq!(store.create_client(&notes).await.unwrap(), Created::Now);
    let own = issue(&notes, None, 0);
    assert_eq!(store.issue(&own).await.unwrap(), Saved::Now);
    assert!(says(&master, "commandstats", "cmdstat_waitaof"), "the disks were asked");
    assert!(!says(&master, "commandstats", "cmdstat_wait:"), "memory was not");
    assert!(store.access_token(&own.access.digest, at(1)).await.unwrap().is_some());

    // A replica that received the write and has no disk to put it on confirms nothing.
    replica.cli(&["config", "set", "appendonly", "no"]);
    let store = RedisStore::open(&format!("{}?durable_on=1&within=300", master.url())).await.unwrap();
    let error = store.issue(&issue(&notes, None, 0)).await.unwrap_err().to_string();
    assert!(error.contains("0 of 1 replicas"), "{error}");
    // Without replicas it is the server alone, and that must have a disk.
    let alone = RedisStore::open(&format!("{}?durable_on=0&within=3000", master.url())).await.unwrap();
    assert_eq!(alone.issue(&issue(&notes, None, 0)).await.unwrap(), Saved::Now);
    master.cli(&["config", "set", "appendonly", "no"]);
    let refused = RedisStore::open(&format!("{}?durable_on=0", master.url())).await.unwrap_err().to_string();
    assert!(refused.contains("appendonly"), "{refused}");
    assert!(alone.issue(&issue(&notes, None, 0)).await.is_err(), "nor is it believed later");
}

/// Nobody has to sweep: what is over goes by itself. A used code and a retired refresh token stay as long
/// as their grant, which expires at second 1,000, and a window's answer as long as the window.
#[tokio::test]
async fn what_ends_has_a_time_to_live_and_what_replays_need_has_the_longest() {
    const SLACK: i64 = 3_600;
    let server = Redis::start(&[]);
    let store = open(&server).await;
    fill(&store).await;
    let script = "local all = {} for _, key in ipairs(redis.call('KEYS', 'oauth:*')) do \
                  all[#all + 1] = string.sub(key, 7, 7) .. ' ' .. redis.call('TTL', key) .. ' ' .. \
                  (redis.call('TYPE', key).ok == 'hash' and redis.call('HEXISTS', key, 'u') or 0) end return all";
    let said = server.cli(&["--raw", "eval", script, "0"]);
    let mut seen = String::new();
    for line in said.lines().filter(|line| !line.is_empty()) {
        let [kind, lives, used] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let lives: i64 = lives.parse().unwrap();
        // A few seconds may have gone by.
        let within = |least: i64, most: i64| (least + SLACK - 60..=most + SLACK).contains(&lives);
        let right = match kind {
            "a" => within(298, 300),
            "z" => within(10, 10),
            "s" => within(600, 600),
            // The grant that is used, with its code and refresh tokens; the others were never redeemed.
            "g" if used == "1" => within(998, 1_000),
            "g" => within(57, 60),
            "r" => within(998, 1_000),
            "k" => within(57, 60) || within(998, 1_000),
            _ => continue,
        };
        assert!(right, "{line}: {lives} s, {} beyond the slack", lives - SLACK);
        seen.push_str(kind);
    }
    for (kind, number) in [('a', 3), ('r', 2), ('k', 3), ('g', 3), ('s', 1), ('z', 1)] {
        assert_eq!(seen.matches(kind).count(), number, "{kind} in {seen}");
    }
}

/// The lists by which an end finds the grant of these tests.
const LISTS: [&str; 3] = ["lnotes", "uada", "xada"];

fn lists(node: &Redis) -> Vec<String> {
    let keys = node.cli(&["--raw", "keys", "oauth:*"]);
    keys.lines().filter(|key| LISTS.iter().any(|list| key.ends_with(list))).map(str::to_owned).collect()
}

/// Asserts that the lists live as long as the grant, which expires at second 1,000.
fn assert_lists_live(nodes: &[&Redis], when: &str) {
    let lives: Vec<i64> = nodes
        .iter()
        .flat_map(|node| lists(node).into_iter().map(|key| node.cli(&["ttl", &key]).trim().parse().unwrap_or(0)))
        .collect();
    assert!(lives.len() == 3 && lives.iter().all(|lives| *lives > 4_500), "{when}: {lives:?}");
}

/// Lets the lists end, as they did in an earlier version an hour after the code.
fn forget_lists(nodes: &[&Redis]) {
    for node in nodes {
        for key in lists(node) {
            node.cli(&["del", &key]);
        }
    }
}

/// Lets a note of the store end.
fn forget_note(nodes: &[&Redis], note: &str) {
    for node in nodes {
        for key in node.cli(&["--raw", "keys", &format!("oauth:*V{note}")]).lines().filter(|key| !key.is_empty()) {
            node.cli(&["del", key]);
        }
    }
}

#[tokio::test]
async fn f_02_a_sweep_lists_what_an_older_process_granted() {
    let (server, cluster) = (Redis::start(&[]), RedisCluster::start());
    let nodes_of_cluster: Vec<&Redis> = cluster.nodes().iter().collect();
    for (urls, nodes) in [(vec![server.url()], vec![&server]), (cluster.urls(), nodes_of_cluster)] {
        let store = RedisStore::builder(urls).open().await.unwrap();
        let notes = client("notes");
        store.create_client(&notes).await.unwrap();
        let (grant, digest) = (grant(&notes), AuthorizationCode::generate().digest());
        save(&store, &grant, &code(&grant, digest)).await;
        assert_eq!(store.redeem(&digest, &issue(&notes, Some(grant.id), 1)).await.unwrap(), Redeemed::Now);
        let sweep = async || {
            forget_lists(&nodes);
            assert_eq!(store.sweep(at(3), 100).await.unwrap().removed, 0);
        };
        let is_listed = || nodes.iter().any(|node| !lists(node).is_empty());
        sweep().await;
        assert_lists_live(&nodes, "swept");
        sweep().await;
        assert!(!is_listed(), "not with every sweep");
        forget_note(&nodes, "lists lately");
        sweep().await;
        assert_lists_live(&nodes, "20 minutes later");
        forget_note(&nodes, "lists lately");
        forget_note(&nodes, "lists first");
        sweep().await;
        assert_lists_live(&nodes, "a day later");
        forget_note(&nodes, "lists lately");
        sweep().await;
        assert!(!is_listed(), "and then never again");
    }
}

#[tokio::test]
async fn f_02_a_record_that_cannot_be_read_stops_no_opening_and_no_sweep() {
    let (server, cluster) = (Redis::start(&[]), RedisCluster::start());
    for (urls, nodes) in [(vec![server.url()], vec![&server]), (cluster.urls(), cluster.nodes().iter().collect())] {
        let open = async || RedisStore::builder(urls.clone()).open().await.unwrap();
        let (store, notes) = (open().await, client("notes"));
        store.create_client(&notes).await.unwrap();
        let (grant, digest) = (grant(&notes), AuthorizationCode::generate().digest());
        save(&store, &grant, &code(&grant, digest)).await;
        assert_eq!(store.redeem(&digest, &issue(&notes, Some(grant.id), 1)).await.unwrap(), Redeemed::Now);
        let mut broken = 0;
        for node in &nodes {
            for key in node.cli(&["--raw", "keys", "oauth:*b[0-9]*"]).lines().filter(|key| !key.is_empty()) {
                node.cli(&["rpush", key, "gbroken"]);
                broken += 1;
            }
        }
        assert!(broken > 0, "there are lists of what ends");
        forget_lists(&nodes);
        let store = open().await;
        assert_lists_live(&nodes, "opened");
        forget_note(&nodes, "lists lately");
        forget_lists(&nodes);
        store.sweep(at(3), 100).await.unwrap();
        assert_lists_live(&nodes, "swept");
    }
}

#[tokio::test]
async fn f_02_an_end_finds_a_grant_however_old_its_code_is() {
    let (server, cluster) = (Redis::start(&[]), RedisCluster::start());
    for (urls, nodes) in [(vec![server.url()], vec![&server]), (cluster.urls(), cluster.nodes().iter().collect())] {
        let open = async || RedisStore::builder(urls.clone()).open().await.unwrap();
        let (store, notes) = (open().await, client("notes"));
        store.create_client(&notes).await.unwrap();
        let (grant, digest) = (grant(&notes), AuthorizationCode::generate().digest());
        save(&store, &grant, &code(&grant, digest)).await;
        let (first, second) = (issue(&notes, Some(grant.id), 1), issue(&notes, Some(grant.id), 2));
        let refresh = |issue: &Issue| issue.refresh.as_ref().unwrap().digest;
        let retry = Retry { sealed: Vec::new(), until: at(2) };
        assert_eq!(store.redeem(&digest, &first).await.unwrap(), Redeemed::Now);
        assert_lists_live(&nodes, "redeemed");
        forget_lists(&nodes);
        assert_eq!(store.rotate(&refresh(&first), &second, &retry).await.unwrap(), Rotated::Now);
        assert_lists_live(&nodes, "rotated");
        // A database of an earlier version, in which nothing was refreshed since.
        forget_lists(&nodes);
        let store = open().await;
        assert_lists_live(&nodes, "opened");
        assert_eq!(store.revoke_grants(&GrantFilter::Subject(grant.subject), at(3)).await.unwrap(), 1);
        let late = issue(&notes, Some(grant.id), 4);
        assert_eq!(store.rotate(&refresh(&second), &late, &retry).await.unwrap(), Rotated::Gone);
    }
}
