//! What one server promises beyond the kit: few trips, little memory, digests only, everything freed.

mod fixture;

use fixture::files_in;
use fixture::sample::{at, client, code, fill, grant, issue, open, save, sweep};
use oauth_core::identifier::ClientId;
use oauth_core::secret::AuthorizationCode;
use oauth_core::store::*;
use oauth_test_servers::Redis;

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
            save(&store, &grant, &code).await;
            store.redeem(&code.digest, &first).await.unwrap();
            store.rotate(&first.refresh.unwrap().digest, &second, &retry).await.unwrap();
            store.issue(&issue(&notes, None, 0)).await.unwrap();
            store.access_token(&second.access.digest, at(3)).await.unwrap();
            commands(&server);
            continue;
        }
        save(&store, &grant, &code).await;
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
    // Behind the last mark, too.
    sweep(&store, 10_000).await;
    assert!(store.delete_client(&ClientId::new("notes").unwrap(), at(1_000)).await.unwrap());
    assert_eq!(fixture::keys(&server), [""; 0]);
}

#[tokio::test]
async fn the_dump_holds_digests_only() {
    let server = Redis::start(&["appendonly yes", "appendfsync always"]);
    let store = open(&server).await;
    let secrets = fill(&store).await;
    server.cli(&["save"]);
    let mut read = 0;
    for entry in files_in(server.directory()) {
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
