//! What a Redis store promises beyond the kit: few trips, digests only, everything freed, an error in
//! time from a server that is stopped, and none for one that is back.

mod fixture;

use fixture::{Cluster, Redis};
use oauth_core::client::{Client, ClientType};
use oauth_core::clock::Timestamp;
use oauth_core::identifier::{Attributes, ClientId, GrantId, Subject};
use oauth_core::secret::{AccessToken, AuthorizationCode, Digest, RefreshToken, SessionId};
use oauth_core::store::*;
use oauth_redis::RedisStore;
use std::time::{Duration, Instant};

fn at(second: i64) -> Timestamp {
    Timestamp::from_unix_seconds(1_800_000_000 + second)
}

fn client(id: &str) -> Client {
    Client::new(ClientId::new(id).unwrap(), "Notes", ClientType::Public)
}

fn grant(client: &Client) -> Grant {
    Grant {
        id: GrantId::generate(),
        client_id: client.id.clone(),
        subject: Subject::new("ada").unwrap(),
        scope: "read write".parse().unwrap(),
        audience: Vec::new(),
        auth_time: None,
        acr: None,
        attributes: Attributes::new(),
        created_at: at(0),
        last_issued_at: None,
        expires_at: at(60),
        revoked_at: None,
    }
}

fn code(grant: &Grant, digest: Digest) -> Code {
    Code {
        digest,
        grant: grant.id,
        redirect_uri: "https://client.example/callback".to_owned(),
        redirect_uri_sent: true,
        code_challenge: None,
        nonce: None,
        expires_at: at(60),
    }
}

fn issue(client: &Client, grant: Option<GrantId>, now: i64) -> Issue {
    let access = IssuedAccess {
        digest: AccessToken::generate().digest(),
        client_id: client.id.clone(),
        grant,
        scope: "read".parse().unwrap(),
        audience: Vec::new(),
        attributes: Attributes::new(),
        issued_at: at(now),
        expires_at: at(now + 300),
    };
    let refresh = grant.map(|grant| IssuedRefresh {
        digest: RefreshToken::generate().digest(),
        grant,
        issued_at: at(now),
        expires_at: at(now + 500),
        family_expires_at: at(1_000),
    });
    Issue { access, refresh, grant_expires_at: at(1_000), now: at(now) }
}

/// How often each command was called since the last time, `INFO` and what the client says of itself
/// aside.
fn commands(server: &Redis) -> Vec<String> {
    let said = server.cli(&["info", "commandstats"]);
    server.cli(&["config", "resetstat"]);
    let own = ["info", "config|resetstat", "client|setinfo", "hello"];
    let calls = said.lines().filter_map(|line| {
        let (name, rest) = line.strip_prefix("cmdstat_")?.split_once(":calls=")?;
        let times: usize = rest.split(',').next()?.parse().ok()?;
        (!own.contains(&name)).then(|| std::iter::repeat_n(name.to_owned(), times))
    });
    calls.flatten().collect()
}

/// What reached the server from outside: what a script calls is counted as well, but is no trip.
fn trips(server: &Redis) -> usize {
    commands(server).iter().filter(|name| name.starts_with("eval") || *name == "getdel").count()
}

async fn open(server: &Redis) -> RedisStore {
    RedisStore::open(&server.url()).await.unwrap()
}

#[tokio::test]
async fn a_check_is_one_trip_and_so_is_an_issue() {
    let server = Redis::start(&[]);
    let store = open(&server).await;
    let notes = client("notes");
    store.create_client(&notes).await.unwrap();
    let grant = grant(&notes);
    let code = code(&grant, AuthorizationCode::generate().digest());
    let (own, first, second) =
        (issue(&notes, None, 0), issue(&notes, Some(grant.id), 1), issue(&notes, Some(grant.id), 2));
    let retry = Retry { sealed: vec![1], until: at(12) };
    let refresh = first.refresh.as_ref().unwrap().digest;
    // The texts of the scripts go over once.
    for round in ["warm", "counted"] {
        if round == "warm" {
            let grant = self::grant(&notes);
            let code = self::code(&grant, AuthorizationCode::generate().digest());
            let (first, second) = (issue(&notes, Some(grant.id), 1), issue(&notes, Some(grant.id), 2));
            store.save_code(&grant, &code).await.unwrap();
            store.redeem(&code.digest, &first).await.unwrap();
            store.rotate(&first.refresh.unwrap().digest, &second, &retry).await.unwrap();
            store.issue(&issue(&notes, None, 0)).await.unwrap();
            store.access_token(&second.access.digest, at(3)).await.unwrap();
            commands(&server);
            continue;
        }
        assert_eq!(store.save_code(&grant, &code).await.unwrap(), Saved::Now);
        assert_eq!(trips(&server), 1, "save_code");
        assert_eq!(store.redeem(&code.digest, &first).await.unwrap(), Redeemed::Now);
        assert_eq!(trips(&server), 1, "redeem");
        assert_eq!(store.rotate(&refresh, &second, &retry).await.unwrap(), Rotated::Now);
        assert_eq!(trips(&server), 1, "rotate");
        assert_eq!(store.issue(&own).await.unwrap(), Saved::Now);
        assert_eq!(trips(&server), 1, "issue");
        for token in [&own, &second] {
            assert!(store.access_token(&token.access.digest, at(3)).await.unwrap().is_some());
            let commands = commands(&server);
            let reads = ["evalsha", "get", "hmget"];
            assert!(commands.iter().all(|name| reads.contains(&name.as_str())), "a check reads only: {commands:?}");
            assert_eq!(commands.iter().filter(|name| *name == "evalsha").count(), 1, "access_token");
        }
        assert!(store.revoke_access_token(&own.access.digest, at(3)).await.unwrap());
        assert_eq!(trips(&server), 1, "revoke_access_token");
    }
}

async fn fill(store: &RedisStore) -> Vec<String> {
    let notes = client("notes");
    store.create_client(&notes).await.unwrap();
    let (access, refresh, secret) = (AccessToken::generate(), RefreshToken::generate(), AuthorizationCode::generate());
    let grant = grant(&notes);
    store.save_code(&grant, &code(&grant, secret.digest())).await.unwrap();
    let mut first = issue(&notes, Some(grant.id), 1);
    first.access.digest = access.digest();
    first.refresh.as_mut().unwrap().digest = refresh.digest();
    assert_eq!(store.redeem(&secret.digest(), &first).await.unwrap(), Redeemed::Now);
    let second = issue(&notes, Some(grant.id), 2);
    let retry = Retry { sealed: vec![7; 100], until: at(12) };
    assert_eq!(store.rotate(&refresh.digest(), &second, &retry).await.unwrap(), Rotated::Now);
    let unused = self::grant(&notes);
    store.save_code(&unused, &code(&unused, AuthorizationCode::generate().digest())).await.unwrap();
    let revoked = self::grant(&notes);
    store.save_code(&revoked, &code(&revoked, AuthorizationCode::generate().digest())).await.unwrap();
    store.revoke_grant(&revoked.id, at(3)).await.unwrap();
    let own = issue(&notes, None, 0);
    store.issue(&own).await.unwrap();
    let id = SessionId::generate();
    let digest = id.digest();
    let session = Session {
        digest,
        subject: grant.subject,
        credential: Digest::of("credential"),
        created_at: at(0),
        expires_at: at(600),
    };
    store.create_session(&session).await.unwrap();
    let decision =
        PendingDecision { session: digest, request: Digest::of("request"), allowed: None, expires_at: at(100) };
    store.save_decision(&decision).await.unwrap();
    [access.expose(), refresh.expose(), secret.expose(), id.expose()].map(str::to_owned).to_vec()
}

async fn sweep(store: &RedisStore, now: i64) {
    while store.sweep(at(now), 100).await.unwrap().more {}
}

#[tokio::test]
async fn nothing_is_left_of_what_has_ended() {
    let server = Redis::start(&[]);
    let store = open(&server).await;
    fill(&store).await;
    let keys = server.cli(&["--raw", "eval", "local bad = {} for _, k in ipairs(redis.call('KEYS', '*')) do if redis.call('TTL', k) < 0 then bad[#bad + 1] = k end end return bad", "0"]);
    let lasting: Vec<_> =
        keys.lines().filter(|key| !key.is_empty()).map(|key| key.chars().take(7).collect::<String>()).collect();
    for key in &lasting {
        assert!(["oauth:B", "oauth:c", "oauth:i"].contains(&key.as_str()), "{key} has no time to live");
    }
    sweep(&store, 1_000).await;
    assert!(store.delete_client(&ClientId::new("notes").unwrap(), at(1_000)).await.unwrap());
    assert_eq!(server.cli(&["dbsize"]).trim(), "0", "{}", server.cli(&["keys", "*"]));
}

#[tokio::test]
async fn the_dump_holds_digests_only() {
    let server = Redis::start(&["appendonly yes", "appendfsync always"]);
    let store = open(&server).await;
    let secrets = fill(&store).await;
    server.cli(&["save"]);
    let mut read = 0;
    for entry in walk(&server.directory) {
        let bytes = std::fs::read(&entry).unwrap();
        read += bytes.len();
        for secret in &secrets {
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "a secret stands in {}", entry.display());
        }
    }
    assert!(read > 1_000, "something was written");
    let debug = format!("{store:?}");
    assert!(!debug.contains("127.0.0.1"), "{debug}");
}

fn walk(directory: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

#[tokio::test]
async fn a_stopped_server_is_an_error_in_time_and_comes_back_by_itself() {
    let mut server = Redis::start(&["appendonly yes", "appendfsync always"]);
    let store = open(&server).await;
    let notes = client("notes");
    store.create_client(&notes).await.unwrap();
    let own = issue(&notes, None, 0);
    store.issue(&own).await.unwrap();

    server.signal("STOP");
    let started = Instant::now();
    store.access_token(&own.access.digest, at(1)).await.unwrap_err();
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    server.signal("CONT");
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
    let url = |password: &str| format!("redis://:{password}@127.0.0.1:{}", evicting.port);
    for (password, why) in [("s3cret-of-redis", "noeviction"), ("wr0ng-of-redis", "")] {
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
    let port = master.port.to_string();
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

    replica.signal("STOP");
    let error = store.issue(&issue(&notes, None, 0)).await.unwrap_err().to_string();
    assert!(error.contains("0 of 1 replicas"), "{error}");
    assert!(store.access_token(&own.access.digest, at(1)).await.unwrap().is_some(), "reading needs no replica");
    replica.signal("CONT");
}

#[tokio::test]
async fn a_cluster_spreads_its_records_and_is_swept_empty() {
    let cluster = Cluster::start();
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
        assert_eq!(node.cli(&["dbsize"]).trim(), "0", "{}", node.cli(&["keys", "*"]));
    }
}

#[tokio::test]
async fn a_token_may_stand_in_a_cluster_where_its_grant_does() {
    let cluster = Cluster::start();
    let store = RedisStore::cluster(cluster.urls()).await.unwrap();
    let notes = client("notes");
    store.create_client(&notes).await.unwrap();
    let grant = grant(&notes);
    let code = code(&grant, AuthorizationCode::generate().digest());
    store.save_code(&grant, &code).await.unwrap();
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
        let left = node.cli(&["keys", "*"]);
        assert!(left.lines().filter(|key| !key.is_empty()).count() <= 1, "{left}");
    }
}

/// The dictionaries of Redis double now and then, so that a number between has the most room to spare.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_live_access_token_takes_at_most_350_bytes() {
    const TOKENS: usize = 34_000;
    let server = Redis::start(&[]);
    let store = open(&server).await;
    let notes = client("Xq3VbN0aT8mYc5KfR1uLpw");
    store.create_client(&notes).await.unwrap();
    let used = || {
        let said = server.cli(&["info", "memory"]);
        let used = said.lines().find_map(|line| line.strip_prefix("used_memory:")).unwrap();
        used.trim().parse::<usize>().unwrap()
    };
    let before = used();
    let tasks = (0..50).map(|number| {
        let (store, notes) = (store.clone(), notes.clone());
        tokio::spawn(async move {
            for second in 0..TOKENS / 50 {
                let second = i64::try_from(number * 7 + second % 40).unwrap();
                assert_eq!(store.issue(&issue(&notes, None, second)).await.unwrap(), Saved::Now);
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    let each = (used() - before) / TOKENS;
    println!("a live access token takes {each} bytes");
    assert!(each <= 350, "{each} bytes");
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
    store.save_code(&grant, &used).await.unwrap();
    store.save_code(&waiting, &unused).await.unwrap();
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
