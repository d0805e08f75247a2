//! An end and a commit that overlap. Each is stopped in the middle by a row that the test holds: the save of a code
//! before it writes its grant, the end before it revokes, the issue of tokens before it writes the first.
#![cfg(all(feature = "postgres", feature = "mysql"))]
#![allow(clippy::unwrap_used, reason = "they are tests, helpers too")]

mod fixture;

use diesel_async::{AsyncConnection as _, AsyncMysqlConnection, AsyncPgConnection, SimpleAsyncConnection as _};
use fixture::{NOW, access, at, basis, code, family, grant, issue, no_retry, own, refresh, save, secret};
use oauth_core::secret::AuthorizationCode;
use oauth_core::store::{
    Account, AccountStore, Created, Grant, GrantFilter, PasswordHash, Redeemed, Replaced, Rotated, Saved, Store,
};
use oauth_diesel::{MysqlStore, PostgresStore};
use oauth_test_servers::{Mariadb, Postgres};
use std::time::Duration;

#[derive(Clone, Copy, Debug)]
enum End {
    OfSubject,
    OfClient,
    Password,
    Deletion,
}

const ENDS: [End; 4] = [End::OfSubject, End::OfClient, End::Password, End::Deletion];

async fn carry_out(store: impl Store + AccountStore, end: End, of: Account, earlier: Grant) {
    match end {
        End::OfSubject => {
            store.revoke_grants(&GrantFilter::Subject(of.subject), at(NOW)).await.unwrap();
        }
        End::OfClient => {
            store.revoke_grants(&GrantFilter::Client(earlier.client_id), at(NOW)).await.unwrap();
        }
        End::Password => {
            let changed = Account { password: PasswordHash::from_phc("$argon2id$new"), ..of.clone() };
            assert_eq!(store.replace_account(&of, &changed, at(NOW)).await.unwrap(), Replaced::Now);
        }
        End::Deletion => assert!(store.delete_account(&of.subject, at(NOW)).await.unwrap()),
    }
}

async fn account(store: &impl AccountStore, subject: &str) -> Account {
    let account = Account {
        subject: grant("notes", subject).subject,
        username: subject.into(),
        spelling: None,
        password: PasswordHash::from_phc("$argon2id$"),
        administrator: false,
        enabled: true,
        attributes: Default::default(),
        created_at: at(NOW),
    };
    assert_eq!(store.create_account(&account).await.unwrap(), Created::Now);
    account
}

/// The key of a row: a grant's by its identifier, a token's by its digest.
fn key(id: &[u8]) -> i64 {
    let first = id.first_chunk().copied().unwrap();
    (u64::from_be_bytes(first) ^ (1 << 63)).cast_signed()
}

/// Gives what was begun the time to come to where it is stopped.
async fn begin() {
    tokio::time::sleep(Duration::from_millis(500)).await;
}

/// Whichever comes first, no grant lives that was decided before an end, once both have returned.
async fn nothing_survives(store: impl Store + AccountStore, mut sql: impl AsyncFnMut(&str)) {
    for (number, end) in ENDS.into_iter().enumerate() {
        for save_first in [true, false] {
            let (of_client, who) = (format!("client {number} {save_first}"), format!("ada {number} {save_first}"));
            let (of, earlier) = (account(&store, &who).await, family(&store, &of_client, &who).await.grant);
            let new = grant(&of_client, &who);
            let (code, decided) = (code(&new, AuthorizationCode::generate().digest()), basis(&store, &new).await);
            let save = {
                let (store, new) = (store.clone(), new.clone());
                async move { store.save_code(&new, &code, &decided).await.unwrap() }
            };
            let end_it = carry_out(store.clone(), end, of, earlier.clone());
            let (saved, ended);
            if save_first {
                sql(&format!(
                    "BEGIN; INSERT INTO oauth_grants \
                     (id, tenant, grant_id, client_ref, subject, scope, created_at, expires_at) \
                     VALUES ({}, 0, '0123456789abcdef', 0, 'nobody', '', 0, 0)",
                    key(new.id.as_bytes())
                ))
                .await;
                saved = tokio::spawn(save);
                begin().await;
                ended = tokio::spawn(end_it);
            } else {
                sql(&format!("BEGIN; UPDATE oauth_grants SET acr = acr WHERE id = {}", key(earlier.id.as_bytes())))
                    .await;
                ended = tokio::spawn(end_it);
                begin().await;
                saved = tokio::spawn(save);
            }
            begin().await;
            sql("ROLLBACK").await;
            let saved = saved.await.unwrap();
            ended.await.unwrap();
            let live = store.grant(&new.id).await.unwrap().is_some_and(|grant| grant.is_live(at(NOW)));
            assert!(!live, "{end:?}, the save first: {save_first}; it said {saved:?}");
            if !save_first {
                assert_eq!(saved, Saved::Changed, "{end:?} had moved the mark");
            }
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Commit {
    Issue,
    Redeem,
    Rotate,
}

/// A secret is deleted while a request that it authenticated is being committed: the deletion waits for the request, or
/// is seen by it.
async fn no_deleted_secret_issues(store: impl Store, mut sql: impl AsyncFnMut(&str)) {
    for commit in [Commit::Issue, Commit::Redeem, Commit::Rotate] {
        let id = format!("client of {commit:?}");
        let (earlier, new, token) = (family(&store, &id, "ada").await, grant(&id, "ada"), access());
        let registered = store.client(&new.client_id).await.unwrap().unwrap();
        let mut without = registered.clone();
        without.secrets.retain(|kept| *kept != secret());
        let digest = AuthorizationCode::generate().digest();
        assert_eq!(save(&store, &new, &code(&new, digest)).await, Saved::Now);

        sql(&format!(
            "BEGIN; INSERT INTO oauth_access_tokens (id, tenant, digest, client_ref, issued_at, expires_at) \
             VALUES ({}, 0, '0123456789abcdef0123456789abcdef', 0, 0, 0)",
            key(token.as_bytes())
        ))
        .await;
        let committed = tokio::spawn({
            let store = store.clone();
            let under = move |grant: &Grant| issue(grant, token, Some(refresh()), NOW);
            async move {
                match commit {
                    Commit::Issue => store.issue(&own(&id, token, NOW)).await.unwrap() == Saved::Now,
                    Commit::Redeem => store.redeem(&digest, &under(&new)).await.unwrap() == Redeemed::Now,
                    Commit::Rotate => {
                        let tokens = under(&earlier.grant);
                        store.rotate(&earlier.refresh, &tokens, &no_retry()).await.unwrap() == Rotated::Now
                    }
                }
            }
        });
        begin().await;
        let ended = tokio::spawn({
            let store = store.clone();
            async move { store.replace_client(&registered, &without).await.unwrap() }
        });
        begin().await;
        let ended_first = ended.is_finished();
        sql("ROLLBACK").await;
        let committed = committed.await.unwrap();
        assert_eq!(ended.await.unwrap(), Replaced::Now);
        assert!(!(ended_first && committed), "{commit:?} came after the end had answered");
        assert!(ended_first || committed, "{commit:?} was authenticated when it began, and came first");
    }
}

macro_rules! on_a_server {
    ($name:ident, $server:ident, $connection:ident, $store:ident, $snapshots:literal) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            let database = $server::fresh();
            let mut raw = $connection::establish(database.url()).await.unwrap();
            let opened = $store::open(database.url()).await.unwrap();
            nothing_survives(opened.clone(), async |text: &str| raw.batch_execute(text).await.unwrap()).await;
            no_deleted_secret_issues(opened, async |text: &str| raw.batch_execute(text).await.unwrap()).await;

            // An application's own connections, which see what was there when a transaction began.
            let database = $server::fresh();
            drop($store::open(database.url()).await.unwrap());
            let mut raw = $connection::establish(database.url()).await.unwrap();
            let url = database.url().to_owned();
            let lend = move || {
                let url = url.clone();
                async move {
                    let mut connection = $connection::establish(&url).await.map_err(|error| error.to_string())?;
                    connection.batch_execute($snapshots).await.map_err(|error| error.to_string())?;
                    Ok::<_, String>(Box::new(connection))
                }
            };
            let lent = $store::from_pool(4, lend).await.unwrap();
            nothing_survives(lent.clone(), async |text: &str| raw.batch_execute(text).await.unwrap()).await;
            no_deleted_secret_issues(lent, async |text: &str| raw.batch_execute(text).await.unwrap()).await;
        }
    };
}

on_a_server!(
    on_postgres,
    Postgres,
    AsyncPgConnection,
    PostgresStore,
    "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ"
);
on_a_server!(
    on_mariadb,
    Mariadb,
    AsyncMysqlConnection,
    MysqlStore,
    "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ"
);
