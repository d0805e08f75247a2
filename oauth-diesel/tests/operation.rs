//! What happens around the verbs on a database server: opening, tables, hanging, coming back.
#![cfg(all(feature = "postgres", feature = "mysql"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "they are tests, helpers too")]

mod fixture;

use diesel::migration::MigrationSource;
use diesel::mysql::Mysql;
use diesel::pg::Pg;
use fixture::{NOW, access, at, client, own};
use oauth_core::identifier::Subject;
use oauth_core::store::{ClientStore, Created, Replaced, Saved, Session, SessionStore, TokenStore};
use oauth_diesel::SqlStore;
use oauth_diesel::migrations::{MYSQL, POSTGRES};
use oauth_test_servers::{Mariadb, Postgres, Process};
use std::ops::Deref;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const ROLE: &str = "OAUTH_DIESEL_TEST_URL";

/// A server of each kind that a test may stop, and an empty database on it.
fn both() -> [(Box<dyn Deref<Target = Process>>, String); 2] {
    let (postgres, mariadb) = (Postgres::start(&[]), Mariadb::start(&[]));
    let urls = (postgres.database(), mariadb.database());
    [(Box::new(postgres), urls.0), (Box::new(mariadb), urls.1)]
}

/// Runs statements in the database of a URL, on one of the shared servers.
fn sql(url: &str, statements: &str) -> String {
    let database = url.rsplit('/').next().unwrap();
    if url.starts_with("postgres:") {
        Postgres::shared().sql(database, statements)
    } else {
        Mariadb::shared().sql(database, statements)
    }
}

fn shared() -> [String; 2] {
    [Postgres::shared().database(), Mariadb::shared().database()]
}

/// Counts the migrations that there are for the database of a URL.
fn migrations(url: &str) -> usize {
    let known = if url.starts_with("postgres:") {
        MigrationSource::<Pg>::migrations(&POSTGRES).unwrap().len()
    } else {
        MigrationSource::<Mysql>::migrations(&MYSQL).unwrap().len()
    };
    assert!(known > 0);
    known
}

/// What another process does that opens the same database; without a URL there is nothing to do.
#[tokio::test]
async fn other_process() {
    let Ok(url) = std::env::var(ROLE) else {
        return;
    };
    let store = SqlStore::open(&url).await.unwrap();
    let own = client(&format!("client-{}", std::process::id()));
    assert_eq!(store.create_client(&own).await.unwrap(), Created::Now);
    store.create_client(&client("shared")).await.unwrap();
}

#[tokio::test]
async fn ten_processes_make_the_tables_once() {
    for url in shared() {
        let start = || {
            let mut command = Command::new(std::env::current_exe().unwrap());
            command.args(["--exact", "other_process", "--nocapture"]).env(ROLE, &url);
            command.stdout(Stdio::null()).spawn().unwrap()
        };
        let children: Vec<Child> = (0..10).map(|_| start()).collect();
        for mut child in children {
            assert!(child.wait().unwrap().success());
        }
        assert_eq!(sql(&url, "SELECT count(*) FROM oauth_clients").trim(), "11", "ten of their own, and one once");
        assert_eq!(sql(&url, "SELECT count(*) FROM __diesel_schema_migrations").trim(), migrations(&url).to_string());
    }
}

#[tokio::test]
async fn a_newer_schema_is_refused_and_an_applications_own_is_not() {
    for url in shared() {
        drop(SqlStore::open(&url).await.unwrap());
        sql(&url, "INSERT INTO __diesel_schema_migrations (version) VALUES ('20990101000000')");
        drop(SqlStore::open(&url).await.unwrap());
        sql(&url, "INSERT INTO __diesel_schema_migrations (version) VALUES ('oauth20990101000001')");
        let refused = SqlStore::open(&url).await.unwrap_err().to_string();
        assert!(refused.contains("oauth20990101000001") && refused.contains("newer version"), "{refused}");
    }
}

/// MySQL says "Duplicate entry '..' for key": what stands there is a row's.
#[tokio::test]
async fn an_error_quotes_nothing_of_a_row() {
    for url in shared() {
        let store = SqlStore::open(&url).await.unwrap();
        let digest = access();
        let (subject, moment) = (Subject::new("ada").unwrap(), at(NOW));
        let session = Session { digest, subject, credential: digest, created_at: moment, expires_at: moment };
        store.create_session(&session).await.unwrap();
        let error = store.create_session(&session).await.unwrap_err();
        let quoted = sql(&url, "SELECT id FROM oauth_sessions").trim().to_owned();
        assert!(quoted.len() > 5, "{quoted}");
        let told = format!("{error} {error:?} {:?}", std::error::Error::source(&error));
        assert!(!told.contains(&quoted) && told.to_lowercase().contains("duplicate"), "{told}");
    }
}

/// Waits for what has to come back by itself.
async fn works_again(store: &SqlStore, within: Duration) {
    let started = Instant::now();
    loop {
        match store.issue(&own("notes", access(), NOW)).await {
            Ok(saved) => return assert_eq!(saved, Saved::Now),
            Err(error) => assert!(started.elapsed() < within, "{error}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_stands_still_or_goes_away_is_an_error_in_time_and_comes_back() {
    for (server, url) in both() {
        let store = SqlStore::open(&url).await.unwrap();
        store.create_client(&client("notes")).await.unwrap();
        let token = own("notes", access(), NOW);
        store.issue(&token).await.unwrap();

        server.pause();
        let started = Instant::now();
        // More than there are connections.
        let calls: Vec<_> = (0..40)
            .map(|n| {
                let store = store.clone();
                let digest = token.access.digest;
                tokio::spawn(async move {
                    match n % 2 {
                        0 => store.access_token(&digest, at(NOW)).await.err().map(|error| error.to_string()),
                        _ => store.create_client(&client("other")).await.err().map(|error| error.to_string()),
                    }
                })
            })
            .collect();
        for call in calls {
            let error = call.await.unwrap().expect("a database that stands still answers nothing");
            assert!(error.contains("in time"), "{error}");
        }
        let took = started.elapsed();
        assert!(took < Duration::from_secs(5), "{took:?}");
        server.resume();
        works_again(&store, Duration::from_secs(10)).await;

        server.stop();
        let started = Instant::now();
        for _ in 0..3 {
            let error = store.access_token(&token.access.digest, at(NOW)).await.unwrap_err().to_string();
            assert!(!error.contains(oauth_test_servers::PASSWORD) && !error.contains("päss"), "{error}");
        }
        assert!(started.elapsed() < Duration::from_secs(5));
        server.restart();
        works_again(&store, Duration::from_secs(10)).await;
        assert!(store.access_token(&token.access.digest, at(NOW)).await.unwrap().is_some());
    }
}

#[tokio::test]
async fn the_first_call_after_a_restart_is_answered() {
    for (server, url) in both() {
        let store = SqlStore::open(&url).await.unwrap();
        store.create_client(&client("notes")).await.unwrap();
        server.stop();
        server.restart();
        assert_eq!(store.create_client(&client("mail")).await.unwrap(), Created::Now);
        server.stop();
        server.restart();
        assert!(store.client(&client("mail").id).await.unwrap().is_some());
    }
}

#[tokio::test]
async fn what_a_url_may_not_say_is_refused_by_name_and_without_the_password() {
    let refusals = [
        ("postgres://ada:geheim@localhost/x?channel_binding=require", "channel_binding"),
        ("postgres://ada:geheim@localhost/x?sslmode=prefer", "sslmode=prefer"),
        ("postgres://ada:geheim@localhost/x?sslmode=require&sslrootcert=/ca.pem", "sslmode=verify-full"),
        ("postgres://ada:geheim@localhost/x?sslmode=verify-full&sslrootcert=/nowhere.pem", "/nowhere.pem"),
        ("postgres://ada:geheim@localhost/x?connections=0", "connections=0"),
        ("postgres://ada:geheim@localhost/x?connections=1&connections=2", "twice"),
        ("postgres://ada:geheim@localhost/", "postgres://USER:PASSWORD@HOST/DATABASE"),
        ("postgres://localhost/x", "postgres://USER:PASSWORD@HOST/DATABASE"),
        ("postgres://ada:ge#heim@localhost/x", "postgres://"),
        ("mysql://ada:geheim@localhost/x?ssl-mode=PREFERRED", "ssl-mode=PREFERRED"),
        ("mysql://ada:geheim@localhost/x?require_ssl=true", "require_ssl"),
        ("mysql://ada:geheim@localhost/x?ssl-mode=VERIFY_IDENTITY&ssl-ca=/nowhere.pem", "/nowhere.pem"),
        ("postgres://ada:geheim@127.0.0.1:1/x", "ada@127.0.0.1:1/x"),
        ("mysql://ada:geheim@127.0.0.1:1/x", "ada@127.0.0.1:1/x"),
    ];
    for (url, expected) in refusals {
        let refused = SqlStore::open(url).await.unwrap_err();
        let text = format!("{refused} {refused:?}");
        assert!(text.contains(expected), "{url}: {text}");
        assert!(!text.contains("heim"), "{text}");
    }
}

#[tokio::test]
async fn a_store_does_not_show_its_password() {
    for url in shared() {
        let store = SqlStore::open(&url).await.unwrap();
        let shown = format!("{store:?}");
        assert!(shown.contains("127.0.0.1") && !shown.contains("p%C3%A4ss") && !shown.contains("päss"), "{shown}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_who_replace_what_they_read_one_does() {
    for url in shared() {
        let store = SqlStore::open(&url).await.unwrap();
        for round in 0..10 {
            let read = client(&format!("client-{round}"));
            store.create_client(&read).await.unwrap();
            let calls: Vec<_> = (0..8)
                .map(|n| {
                    let (store, read, mut changed) = (store.clone(), read.clone(), read.clone());
                    changed.name = format!("changed by {n}");
                    tokio::spawn(async move { store.replace_client(&read, &changed).await.unwrap() })
                })
                .collect();
            let mut replaced = 0;
            for call in calls {
                match call.await.unwrap() {
                    Replaced::Now => replaced += 1,
                    outcome => assert_eq!(outcome, Replaced::Changed),
                }
            }
            assert_eq!(replaced, 1, "of any number that read the same, one replaces it");
        }
    }
}
