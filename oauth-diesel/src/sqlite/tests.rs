//! What cannot be seen from outside: the connections' settings, and which writes shared a commit.

#[path = "../../tests/fixture/mod.rs"]
mod fixture;

use super::{Connection, SqliteStore};
use crate::error::Failure;
use diesel::Connection as _;
use diesel::connection::{Instrumentation, InstrumentationEvent, SimpleConnection};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use fixture::{Database, NOW, access, at, client, family, issue, no_retry, own, refresh, retry};
use oauth_core::store::{
    Account, AccountStore, ClientFilter, ClientStore, CodeStore, Created, GrantFilter, GrantStore, Housekeeping, Page,
    PasswordHash, PendingDecision, Rotated, Saved, Session, SessionStore, TokenStore,
};
use std::collections::BTreeSet;
use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Waker};

fn number(connection: &mut Connection, pragma: &str) -> i64 {
    let query = diesel::dsl::sql::<BigInt>(&format!("SELECT * FROM pragma_{pragma}"));
    query.get_result(connection).unwrap()
}

fn commits(store: &SqliteStore) -> u64 {
    store.inner.writer.commits.load(Ordering::SeqCst)
}

/// Keeps the writer busy until the answer is dropped, so that what is written meanwhile queues up.
async fn hold_writer(store: &SqliteStore) -> mpsc::Sender<()> {
    let (release, released) = mpsc::channel::<()>();
    let (begun, has_begun) = tokio::sync::oneshot::channel();
    let store = store.clone();
    tokio::spawn(async move {
        let body = move |_: &mut Connection, _| {
            begun.send(()).unwrap();
            released.recv().unwrap_err();
            Ok(())
        };
        store.write("wait", body).await.unwrap();
    });
    has_begun.await.unwrap();
    release
}

#[tokio::test]
async fn the_connections_are_set_up() {
    let database = Database::new();
    let store = database.open().await;
    let writer = store.write("read", |connection, _| {
        let mode = diesel::dsl::sql::<Text>("SELECT * FROM pragma_journal_mode").get_result::<String>(connection)?;
        let numbers = ["synchronous", "foreign_keys", "busy_timeout"].map(|pragma| number(connection, pragma));
        Ok((mode, numbers))
    });
    assert_eq!(writer.await.unwrap(), ("wal".to_owned(), [2, 1, 250]));
    let reader =
        store.read("read", |connection, _| Ok(["query_only", "busy_timeout"].map(|pragma| number(connection, pragma))));
    assert_eq!(reader.await.unwrap(), [1, 4_000]);
    let refused = store.read("write", |connection, _| Ok(connection.batch_execute("DELETE FROM oauth_clients")?)).await;
    assert!(refused.is_err(), "a reader cannot write");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writes_that_queue_up_share_a_commit_and_one_that_fails_fails_alone() {
    let database = Database::new();
    let store = database.open().await;
    store.create_client(&client("notes")).await.unwrap();
    let taken = own("notes", access(), NOW);
    assert_eq!(store.issue(&taken).await.unwrap(), Saved::Now);

    let before = commits(&store);
    let release = hold_writer(&store).await;
    let mut tasks = Vec::new();
    for n in 0..60 {
        let store = store.clone();
        let issue = if n == 30 { taken.clone() } else { own("notes", access(), NOW) };
        tasks.push(tokio::spawn(async move { (issue.access.digest, store.issue(&issue).await) }));
    }
    while store.inner.writer.waiting() < 60 {
        tokio::task::yield_now().await;
    }
    drop(release);
    for (n, task) in tasks.into_iter().enumerate() {
        let (digest, outcome) = task.await.unwrap();
        if n == 30 {
            assert!(outcome.is_err(), "the digest is taken");
        } else {
            assert_eq!(outcome.unwrap(), Saved::Now);
            assert!(store.access_token(&digest, at(NOW)).await.unwrap().is_some());
        }
    }
    assert_eq!(commits(&store) - before, 2, "one for the write that was held, one for sixty");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_fails_fails_for_all_and_leaves_nothing() {
    let database = Database::new();
    let store = database.open().await;
    let release = hold_writer(&store).await;
    let orphan = {
        let store = store.clone();
        tokio::spawn(async move {
            let body = |connection: &mut Connection, _| {
                connection.batch_execute(
                    "PRAGMA defer_foreign_keys = ON; INSERT INTO oauth_codes (id, tenant, digest, grant_ref, redirect_uri, \
                     redirect_uri_sent, expires_at) VALUES (1, 0, x'00', 1, '', 0, 0)",
                )?;
                Ok(())
            };
            store.write("break the commit", body).await
        })
    };
    let honest = {
        let store = store.clone();
        tokio::spawn(async move { store.create_client(&client("notes")).await })
    };
    while store.inner.writer.waiting() < 2 {
        tokio::task::yield_now().await;
    }
    drop(release);
    assert!(orphan.await.unwrap().is_err());
    assert!(honest.await.unwrap().is_err());
    assert!(store.client(&client("notes").id).await.unwrap().is_none());
    assert_eq!(store.create_client(&client("notes")).await.unwrap(), Created::Now, "the writer goes on");
}

#[tokio::test]
async fn a_panic_in_a_body_ends_neither_writer_nor_readers() {
    let database = Database::new();
    let store = database.open().await;
    for _ in 0..6 {
        let written: oauth_core::store::Result<()> = store.write("panic", |_, _| panic!("on purpose")).await;
        assert!(written.is_err());
        let read: oauth_core::store::Result<()> = store.read("panic", |_, _| panic!("on purpose")).await;
        assert!(read.is_err());
    }
    assert_eq!(store.create_client(&client("notes")).await.unwrap(), Created::Now);
    assert!(store.client(&client("notes").id).await.unwrap().is_some());
}

#[tokio::test]
async fn a_write_that_was_polled_once_happens() {
    let database = Database::new();
    let store = database.open().await;
    let notes = client("notes");
    {
        let mut write = pin!(store.create_client(&notes));
        assert!(write.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    }
    assert_eq!(store.create_client(&notes).await.unwrap(), Created::Exists);
}

#[tokio::test]
async fn the_writer_waits_for_another_process() {
    let database = Database::new();
    let store = database.open().await;
    let mut other = super::open::writer(&database.path()).unwrap();
    other.batch_execute("BEGIN IMMEDIATE").unwrap();
    let mut write = Box::pin(async { store.create_client(&client("notes")).await });
    let early = tokio::time::timeout(std::time::Duration::from_millis(50), &mut write).await;
    assert!(early.is_err(), "the other has its turn");
    other.batch_execute("COMMIT").unwrap();
    assert_eq!(write.await.unwrap(), Created::Now);
}

#[tokio::test]
async fn nobody_waits_five_seconds_for_another_process() {
    let database = Database::new();
    let store = database.open().await;
    let mut other = super::open::writer(&database.path()).unwrap();
    other.batch_execute("BEGIN IMMEDIATE").unwrap();
    let started = std::time::Instant::now();
    let first = client("early");
    let early = store.create_client(&first);
    let late = async {
        tokio::time::sleep(std::time::Duration::from_secs(2)).await;
        store.create_client(&client("late")).await
    };
    let freed = async {
        tokio::time::sleep(std::time::Duration::from_millis(4_500)).await;
        other.batch_execute("COMMIT").unwrap();
    };
    let (early, late, ()) = tokio::join!(async { (early.await, started.elapsed()) }, late, freed);
    assert!(early.0.unwrap_err().to_string().contains("in time"));
    assert!(early.1 < std::time::Duration::from_millis(4_500), "{:?}", early.1);
    assert_eq!(late.unwrap(), Created::Now, "who came later had time, and has its turn");
    assert!(store.client(&first.id).await.unwrap().is_none(), "what was refused has not happened");
}

#[tokio::test]
async fn the_writer_ends_with_the_last_handle() {
    let database = Database::new();
    let store = database.open().await;
    let (ended, has_ended) = mpsc::channel::<()>();
    // Dropped with the connection it is set on, which the writer's thread owns.
    let watch = move |_: InstrumentationEvent<'_>| {
        let _ = &ended;
    };
    let body = move |connection: &mut Connection, _| {
        connection.set_instrumentation(watch);
        Ok(())
    };
    store.write("watch", body).await.unwrap();
    let other = store.clone();
    drop(store);
    assert_eq!(other.create_client(&client("notes")).await.unwrap(), Created::Now);
    drop(other);
    let end = has_ended.recv_timeout(std::time::Duration::from_secs(5));
    assert_eq!(end, Err(mpsc::RecvTimeoutError::Disconnected));
}

struct Count(Arc<AtomicU64>);

impl Instrumentation for Count {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        if matches!(event, InstrumentationEvent::StartQuery { .. }) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
}

#[tokio::test]
async fn vuln_54_reuse_costs_the_same_in_a_family_of_ten_thousand() {
    let database = Database::new();
    let store = database.open().await;
    let count = Arc::new(AtomicU64::new(0));
    let instrumentation = Count(Arc::clone(&count));
    let body = move |connection: &mut Connection, _| {
        connection.set_instrumentation(instrumentation);
        Ok(())
    };
    store.write("count statements", body).await.unwrap();
    let mut costs = Vec::new();
    for size in [0, 10_000] {
        let family = family(&store, "notes", "ada").await;
        let row = crate::record::key(family.grant.id.as_bytes());
        let body = move |connection: &mut Connection, _| {
            Ok(connection.batch_execute(&format!(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {size}) \
                 INSERT INTO oauth_refresh_tokens (id, tenant, digest, grant_ref, issued_at, expires_at, family_expires_at, \
                 retired_at) SELECT i, 0, randomblob(32), {row}, {NOW}, {NOW}, {NOW}, {NOW} FROM n WHERE {size} > 0"
            ))?)
        };
        store.write("make a large family", body).await.unwrap();
        let next = issue(&family.grant, access(), Some(refresh()), NOW);
        assert_eq!(store.rotate(&family.refresh, &next, &no_retry()).await.unwrap(), Rotated::Now);
        count.store(0, Ordering::SeqCst);
        let again = issue(&family.grant, access(), Some(refresh()), NOW);
        let reused = store.rotate(&family.refresh, &again, &no_retry()).await.unwrap();
        assert_eq!(reused, Rotated::Reused(family.grant.id));
        costs.push(count.load(Ordering::SeqCst));
        assert!(store.access_token(&next.access.digest, at(NOW)).await.unwrap().is_none());
    }
    assert_eq!(costs[0], costs[1]);
    assert!(costs[1] <= 6, "begin, savepoint, read, revoke, release, commit: {}", costs[1]);
}

#[derive(Clone, Default)]
struct Statements(Arc<Mutex<BTreeSet<String>>>);

impl Instrumentation for Statements {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            let text = query.to_string();
            let (statement, _) = text.split_once(" -- binds").unwrap_or((&text, ""));
            self.0.lock().unwrap().insert(statement.to_owned());
        }
    }
}

#[tokio::test]
async fn no_verb_walks_through_a_table() {
    let database = Database::new();
    let store = database.open().await;
    let statements = Statements::default();
    for n in 0..2 {
        let statements = statements.clone();
        let body = move |connection: &mut Connection, _| {
            connection.set_instrumentation(statements);
            Ok(())
        };
        match n {
            0 => store.write("watch", body).await.unwrap(),
            _ => store.read("watch", body).await.unwrap(),
        }
    }
    every_verb(&store).await;
    let statements = std::mem::take(&mut *statements.0.lock().unwrap());
    assert!(statements.len() > 60, "all verbs were watched: {}", statements.len());
    let mut connection = super::open::writer(&database.path()).unwrap();
    let planned =
        |statement: &&String| ["SELECT", "INSERT", "UPDATE", "DELETE"].iter().any(|verb| statement.starts_with(verb));
    for statement in statements.iter().filter(planned) {
        let plan: Vec<Step> =
            diesel::sql_query(format!("EXPLAIN QUERY PLAN {statement}")).load(&mut connection).unwrap();
        let plan: Vec<&str> = plan.iter().map(|step| step.detail.as_str()).collect();
        let lists_all = ["clients", "accounts"]
            .map(|table| format!("SEARCH oauth_{table} USING INDEX sqlite_autoindex_oauth_{table}_"));
        // A person's grants are few, and sorted when they are listed.
        let sorts_few = statement.contains("`subject` = ?");
        for step in &plan {
            let walks = step.starts_with("SCAN") && *step != "SCAN CONSTANT ROW"
                || step.ends_with("(tenant=?)") && !lists_all.iter().any(|list| step.starts_with(list));
            assert!(!walks && (sorts_few || !step.contains("TEMP")), "{statement}\n{plan:#?}");
        }
    }
}

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = Text)]
    detail: String,
}

async fn every_verb(store: &SqliteStore) {
    let now = at(NOW);
    let family = family(store, "notes", "ada").await;
    let (id, subject) = (family.grant.client_id.clone(), family.grant.subject.clone());
    let filter = ClientFilter {
        owner: Some(subject.clone()),
        resources: client("notes").resources,
        attributes: vec![("school".into(), "12".into())],
    };
    for filter in [ClientFilter::default(), filter] {
        for page in [Page::first(9), Page::after(id.clone(), 9)] {
            store.clients(&filter, &page).await.unwrap();
        }
    }
    let both = GrantFilter::Both(subject.clone(), id.clone());
    for filter in [GrantFilter::Subject(subject.clone()), GrantFilter::Client(id.clone()), both] {
        for page in [Page::first(9), Page::after(family.grant.id, 9)] {
            store.grants(&filter, &page, now).await.unwrap();
        }
        store.revoke_grants(&filter, at(0)).await.unwrap();
    }
    store.client(&id).await.unwrap();
    store.grant(&family.grant.id).await.unwrap();
    store.code(&family.code).await.unwrap();
    store.access_token(&family.access, now).await.unwrap();
    store.refresh_token(&family.refresh).await.unwrap();
    let mut current = family.refresh;
    for _ in 0..2 {
        let next = issue(&family.grant, access(), Some(refresh()), NOW);
        store.rotate(&current, &next, &retry(NOW + 10)).await.unwrap();
        current = next.refresh.unwrap().digest;
    }
    store.issue(&own("notes", access(), NOW)).await.unwrap();
    store.revoke_access_token(&family.access, now).await.unwrap();
    store.redeem(&family.code, &issue(&family.grant, access(), None, NOW)).await.unwrap();
    store.revoke_grant(&family.grant.id, now).await.unwrap();
    let (digest, expires_at) = (access(), at(NOW + 60));
    let session = Session { digest, subject: subject.clone(), credential: digest, created_at: now, expires_at };
    store.create_session(&session).await.unwrap();
    store.session(&digest, now).await.unwrap();
    for _ in 0..2 {
        let decision = PendingDecision { session: digest, request: digest, allowed: None, expires_at };
        store.save_decision(&decision).await.unwrap();
    }
    store.take_decision(&digest, &digest, now).await.unwrap();
    store.end_session(&digest).await.unwrap();
    let account = Account {
        subject: subject.clone(),
        username: "ada".into(),
        spelling: None,
        password: PasswordHash::from_phc("$argon2id$"),
        administrator: false,
        enabled: true,
        attributes: Default::default(),
        created_at: now,
    };
    store.create_account(&account).await.unwrap();
    store.account(&subject).await.unwrap();
    store.account_named("ada").await.unwrap();
    store.accounts(&Page::first(9)).await.unwrap();
    store.accounts(&Page::after("ada".to_owned(), 9)).await.unwrap();
    let disabled = Account { enabled: false, ..account.clone() };
    store.replace_account(&account, &disabled, now).await.unwrap();
    store.delete_account(&subject, now).await.unwrap();
    store.update_client(&client("notes")).await.unwrap();
    store.delete_client(&id, now).await.unwrap();
    store.overdue_since(now).await.unwrap();
    store.sweep(now, 1).await.unwrap();
    store.sweep(at(NOW + 10), 1_000).await.unwrap();
}

#[test]
fn keys_have_the_order_of_the_bytes() {
    let mut identifiers: Vec<[u8; 16]> = (0..=255).map(|first| [first; 16]).collect();
    identifiers.extend([[0; 16], [0x7F; 16], [0x80; 16], [0xFF; 16]]);
    let mut by_key = identifiers.clone();
    identifiers.sort_unstable();
    by_key.sort_by_key(crate::record::key);
    assert_eq!(identifiers, by_key);
}

#[test]
fn a_failure_names_the_column_and_not_what_is_in_it() {
    let failure = crate::record::json::<Vec<String>>("\"my secret\"", "clients.body").unwrap_err();
    assert!(matches!(failure, Failure::Corrupt("clients.body")));
    assert!(!format!("{failure} {failure:?}").contains("secret"));
}
