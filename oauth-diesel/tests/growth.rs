//! A year of traffic leaves no row behind, and any number of processes sweep one database at the same
//! time: each row goes, and is counted, once, and none waits for another.
#![cfg(feature = "sqlite")]
#![cfg_attr(
    not(any(feature = "postgres", feature = "mysql")),
    allow(dead_code, unused_macros, reason = "what only the servers' tests use")
)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "they are tests, helpers too")]

mod fixture;

use fixture::{Database, NOW, access, at, client, code, family, grant, own, save};
use oauth_core::identifier::Subject;
use oauth_core::secret::{AuthorizationCode, SessionId};
use oauth_core::store::conformance::{check, year};
use oauth_core::store::{Housekeeping as _, PendingDecision, Session, SessionStore, Store, TokenStore as _};
use oauth_diesel::{SqlStore, SqliteStore};

const TABLES: [&str; 14] = [
    "oauth_clients",
    "oauth_client_attributes",
    "oauth_client_resources",
    "oauth_grants",
    "oauth_codes",
    "oauth_access_tokens",
    "oauth_refresh_tokens",
    "oauth_accounts",
    "oauth_sessions",
    "oauth_decisions",
    "oauth_pending_requests",
    "oauth_marks",
    "oauth_tombstones",
    "oauth_audit",
];

/// Counts the rows of all tables.
fn count() -> String {
    let tables = TABLES.map(|table| format!("(SELECT COUNT(*) FROM {table})"));
    format!("SELECT {}", tables.join(" + "))
}

#[test]
fn a_year_stays_bounded_on_sqlite() {
    let database = Database::new();
    let rows = async || {
        use diesel::RunQueryDsl as _;
        let count = count();
        let count = count.strip_prefix("SELECT ").unwrap();
        let count = diesel::select(diesel::dsl::sql::<diesel::sql_types::BigInt>(count));
        u64::try_from(count.get_result::<i64>(&mut database.connect()).unwrap()).unwrap()
    };
    check(async { (database.open().await, ()) }, async |store: &SqliteStore| {
        year::a_year_stays_bounded(store, year::each_day(4), rows).await;
    });
}

/// Fills a store with records of every kind that are over an hour later: so many tokens, codes, sessions,
/// decisions and grants each.
async fn fill(store: &(impl Store + SessionStore), number: u32, now: i64) {
    store.create_client(&client("notes")).await.unwrap();
    for _ in 0..number {
        store.issue(&own("notes", access(), now)).await.unwrap();
        let (mut grant, expires_at) = (grant("notes", "ada"), at(now + 3_600));
        grant.expires_at = expires_at;
        let mut code = code(&grant, AuthorizationCode::generate().digest());
        code.expires_at = expires_at;
        save(store, &grant, &code).await;
        let digest = SessionId::generate().digest();
        let subject = Subject::new("ada").unwrap();
        let session = Session { digest, subject, credential: digest, created_at: at(now), expires_at };
        store.create_session(&session).await.unwrap();
        let decision = PendingDecision { session: digest, request: digest, allowed: None, expires_at };
        store.save_decision(&decision).await.unwrap();
    }
}

/// Two stores with connections of their own sweep the same rows at the same time.
async fn sweep_together(stores: [SqlStore; 2]) {
    let [first, _] = &stores;
    family(first, "notes", "ada").await;
    for _ in 0..400 {
        first.issue(&own("notes", access(), NOW)).await.unwrap();
    }
    let sweeps = stores.clone().map(|store| {
        tokio::spawn(async move {
            let (mut removed, mut calls) = (0, 0);
            loop {
                let swept = store.sweep(at(NOW + 3_600), 20).await.unwrap();
                (removed, calls) = (removed + swept.removed, calls + 1);
                if !swept.more {
                    return (removed, calls);
                }
            }
        })
    });
    let (mut removed, mut calls) = (0, Vec::new());
    for sweep in sweeps {
        let (of_one, of_its) = sweep.await.unwrap();
        removed += of_one;
        calls.push(of_its);
    }
    // One may have seen nothing more while the other had claimed the last ones and rolled back.
    removed += first.sweep(at(NOW + 3_600), 1_000).await.unwrap().removed;
    assert_eq!(removed, 401, "each row is counted once, in {calls:?} calls");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_stores_sweep_one_file() {
    let database = Database::new();
    sweep_together([SqlStore::Sqlite(database.open().await), SqlStore::Sqlite(database.open().await)]).await;
}

macro_rules! on_a_server {
    ($database:ident, $server:ident, $connection:ident, $analyze:literal) => {
        mod $database {
            use super::*;
            use diesel_async::{AsyncConnection as _, SimpleAsyncConnection as _, $connection};
            use oauth_test_servers::$server;

            fn rows(url: &str) -> u64 {
                let database = url.rsplit('/').next().unwrap();
                $server::shared().sql(database, &count()).trim().parse().unwrap()
            }

            #[test]
            fn a_year_stays_bounded() {
                let database = $server::fresh();
                let open = async { (SqlStore::open(database.url()).await.unwrap(), ()) };
                check(open, async |store: &SqlStore| {
                    // The rows are swept by the same statements as SQLite's, which has each fate once a day.
                    year::a_year_stays_bounded(store, year::each_day(2), async || rows(database.url())).await;
                });
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn two_stores_sweep_one_database() {
                let database = $server::fresh();
                let open = || async { SqlStore::open(database.url()).await.unwrap() };
                sweep_together([open().await, open().await]).await;
            }

            /// Who waited for the rows of another would wait until its time is over, and fail.
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn what_another_sweep_has_claimed_is_left_to_it() {
                let database = $server::fresh();
                let store = SqlStore::open(database.url()).await.unwrap();
                let name = database.url().rsplit('/').next().unwrap();
                let tables = ["access_tokens", "codes", "sessions", "decisions", "grants"];
                // A table of a few rows is walked through, past what is claimed, even to delete by key.
                fill(&store, 60, NOW + 3_600).await;
                for table in tables {
                    $server::shared().sql(name, &format!("{} oauth_{table}", $analyze));
                }
                for table in tables {
                    fill(&store, 5, NOW).await;
                    let mut other = $connection::establish(database.url()).await.unwrap();
                    let least = format!("SELECT MIN(id) FROM oauth_{table} WHERE expires_at = {}", NOW + 3_600);
                    let id = $server::shared().sql(name, &least);
                    let claim = format!("BEGIN; SELECT id FROM oauth_{table} WHERE id = {} FOR UPDATE", id.trim());
                    other.batch_execute(&claim).await.unwrap();
                    // A grant stays until its code has gone.
                    let left = if table == "codes" { 2 } else { 1 };
                    let swept = store.sweep(at(NOW + 3_600), 1_000).await;
                    let swept = swept.unwrap_or_else(|error| panic!("{table}: it waited: {error}"));
                    assert_eq!((swept.removed, swept.more), (25 - left, false), "{table}: all but what is claimed");
                    other.batch_execute("ROLLBACK").await.unwrap();
                    assert_eq!(store.sweep(at(NOW + 3_600), 1_000).await.unwrap().removed, left, "{table}: then that");
                }
            }
        }
    };
}

#[cfg(feature = "postgres")]
on_a_server!(postgres, Postgres, AsyncPgConnection, "ANALYZE");
#[cfg(feature = "mysql")]
on_a_server!(mariadb, Mariadb, AsyncMysqlConnection, "ANALYZE TABLE");
