//! Several processes with one file: a server and the commands that are run beside it.
#![cfg(feature = "sqlite")]
#![allow(clippy::unwrap_used, reason = "they are tests, helpers too")]

mod fixture;

use fixture::{Database, NOW, at, client, family};
use oauth_core::identifier::{ClientId, GrantId};
use oauth_core::store::{ClientStore, Created, GrantStore, TokenStore};
use oauth_diesel::SqliteStore;
use std::process::{Child, Command, Stdio};

const ROLE: &str = "OAUTH_DIESEL_TEST_ROLE";

/// Runs the test `other_process` of this file in a process of its own.
fn start(database: &Database, role: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "other_process", "--nocapture"])
        .env(ROLE, format!("{role} {}", database.path().display()))
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

/// What the other process does; without a role there is nothing for it to do.
#[tokio::test]
async fn other_process() {
    let Ok(role) = std::env::var(ROLE) else {
        return;
    };
    let (verb, path) = role.split_once(' ').unwrap();
    let (verb, argument) = verb.split_once('=').unwrap();
    let store = SqliteStore::open(path).await.unwrap();
    match verb {
        "create" => assert_eq!(store.create_client(&client(argument)).await.unwrap(), Created::Now),
        "revoke" => assert!(store.revoke_grant(&GrantId::parse(argument).unwrap(), at(NOW)).await.unwrap()),
        "disable" => {
            let mut client = store.client(&ClientId::new(argument).unwrap()).await.unwrap().unwrap();
            client.enabled = false;
            assert!(store.update_client(&client).await.unwrap());
        }
        _ => panic!("no such role: {verb}"),
    }
}

#[tokio::test]
async fn what_another_process_wrote_is_seen_at_the_next_call() {
    let database = Database::new();
    let store = database.open().await;
    let first = family(&store, "notes", "ada").await;
    let second = family(&store, "notes", "ada").await;
    assert!(store.access_token(&first.access, at(NOW)).await.unwrap().is_some());
    assert!(start(&database, &format!("revoke={}", first.grant.id)).wait().unwrap().success());
    assert!(store.access_token(&first.access, at(NOW)).await.unwrap().is_none());
    assert!(store.access_token(&second.access, at(NOW)).await.unwrap().is_some());
    assert!(start(&database, "disable=notes").wait().unwrap().success());
    assert!(store.access_token(&second.access, at(NOW)).await.unwrap().is_none());
    let other = database.open().await;
    assert_eq!(other.create_client(&client("other")).await.unwrap(), Created::Now);
    assert_eq!(store.create_client(&client("other")).await.unwrap(), Created::Exists);
}

#[tokio::test]
async fn eight_processes_open_a_new_database_at_the_same_time() {
    let database = Database::new();
    let children: Vec<Child> = (0..8).map(|n| start(&database, &format!("create=client-{n}"))).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let store = database.open().await;
    for n in 0..8 {
        assert!(store.client(&client(&format!("client-{n}")).id).await.unwrap().is_some());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn eight_handles_open_a_new_database_at_the_same_time() {
    let database = Database::new();
    let path = database.path().to_str().unwrap().to_owned();
    let opens: Vec<_> = (0..8)
        .map(|_| {
            let path = path.clone();
            tokio::spawn(async move { SqliteStore::open(&path).await })
        })
        .collect();
    for open in opens {
        open.await.unwrap().unwrap();
    }
}
