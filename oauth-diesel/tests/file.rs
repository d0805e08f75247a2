//! The file: who may read it, what is in it, what survives in it, and what is not opened.
#![cfg(feature = "sqlite")]
#![allow(clippy::unwrap_used, reason = "they are tests, helpers too")]

mod fixture;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use diesel::SqliteConnection;
use diesel::connection::SimpleConnection as _;
use fixture::{Database, NOW, access, at, client, code, family, grant, issue, no_retry, own, refresh, save};
use oauth_core::client::SecretHash;
use oauth_core::secret::{AccessToken, AuthorizationCode, ClientSecret, RefreshToken, SessionId};
use oauth_core::store::{
    ClientStore, CodeStore, Created, GrantStore, Redeemed, Rotated, Saved, Session, SessionStore, TokenStore,
};
use oauth_diesel::SqliteStore;
use std::path::Path;

fn bytes_of_all_files(directory: &Path) -> Vec<u8> {
    let files = std::fs::read_dir(directory).unwrap();
    files.flat_map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect()
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(unix)]
#[tokio::test]
async fn only_this_user_may_read_the_file_and_its_logs() {
    use std::os::unix::fs::PermissionsExt as _;
    let database = Database::new();
    let store = database.open().await;
    family(&store, "notes", "ada").await;
    let mut names = Vec::new();
    for file in std::fs::read_dir(database.directory()).unwrap() {
        let file = file.unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", file.file_name());
        names.push(file.file_name().into_string().unwrap());
    }
    names.sort();
    assert_eq!(names, ["provider.db", "provider.db-shm", "provider.db-wal"]);
}

#[cfg(unix)]
#[tokio::test]
async fn f_15_a_file_that_others_may_read_is_named_with_its_mode_and_the_command() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    for (mode, is_named) in [(0o644, true), (0o640, true), (0o620, true), (0o602, true), (0o600, false), (0o700, false)]
    {
        let directory = tempfile::tempdir().unwrap();
        let real = directory.path().canonicalize().unwrap().join("it's here.db");
        let link = directory.path().join("link.db");
        symlink(&real, &link).unwrap();
        let chmod = |mode| std::fs::set_permissions(&real, std::fs::Permissions::from_mode(mode)).unwrap();
        std::fs::write(&real, "").unwrap();
        chmod(mode);
        for place in [&real, &link] {
            let store = SqliteStore::open(place.to_str().unwrap()).await.unwrap();
            let said = store.exposure();
            assert_eq!(said.is_some(), is_named, "{mode:o}: {said:?}");
            let Some(said) = said else { continue };
            assert!(said.starts_with(&format!("{} has the mode {mode:04o}", real.display())), "{said}");
            let (_, command) = said.rsplit_once(": ").unwrap();
            assert!(std::process::Command::new("sh").args(["-c", command]).status().unwrap().success(), "{command}");
            assert_eq!(store.exposure(), None, "the command is what to do");
            chmod(mode);
        }
    }
}

#[tokio::test]
async fn r_182_no_secret_is_in_the_file() {
    let database = Database::new();
    let store = database.open().await;
    let (secret, authorization_code, session) =
        (ClientSecret::generate(), AuthorizationCode::generate(), SessionId::generate());
    let (first, second) = ((AccessToken::generate(), RefreshToken::generate()), RefreshToken::generate());
    let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    let mut notes = client("notes");
    notes.secrets.push(SecretHash::Sha256(secret.digest()));
    store.create_client(&notes).await.unwrap();
    let grant = grant("notes", "ada");
    save(&store, &grant, &code(&grant, authorization_code.digest())).await;
    let issued = issue(&grant, first.0.digest(), Some(first.1.digest()), NOW);
    assert_eq!(store.redeem(&authorization_code.digest(), &issued).await.unwrap(), Redeemed::Now);
    let next = issue(&grant, access(), Some(second.digest()), NOW);
    assert_eq!(store.rotate(&first.1.digest(), &next, &no_retry()).await.unwrap(), Rotated::Now);
    let session_record = Session {
        digest: session.digest(),
        subject: grant.subject.clone(),
        credential: secret.digest(),
        created_at: at(NOW),
        expires_at: at(NOW + 60),
    };
    store.create_session(&session_record).await.unwrap();

    let stored = bytes_of_all_files(database.directory());
    for digest in [authorization_code.digest(), first.0.digest(), first.1.digest(), second.digest(), session.digest()] {
        assert!(contains(&stored, digest.as_bytes()), "the digest is where it was looked for");
    }
    let secrets =
        [secret.expose(), authorization_code.expose(), first.0.expose(), first.1.expose(), second.expose(), verifier];
    for text in secrets.into_iter().chain([session.expose()]) {
        let bytes = URL_SAFE_NO_PAD.decode(text).unwrap();
        let forms: [Vec<u8>; 7] = [
            text.into(),
            bytes.clone(),
            hex(&bytes).into(),
            hex(&bytes).to_uppercase().into(),
            hex(text.as_bytes()).into(),
            STANDARD.encode(text).into(),
            STANDARD.encode(&bytes).into(),
        ];
        for form in forms {
            assert!(!contains(&stored, &form), "{}", String::from_utf8_lossy(&form));
        }
    }
}

#[tokio::test]
async fn vuln_09_what_was_ended_stays_ended_after_a_restart() {
    let database = Database::new();
    let store = database.open().await;
    let (used, retired, revoked) =
        (family(&store, "a", "ada").await, family(&store, "a", "ada").await, family(&store, "a", "ada").await);
    let successor = issue(&retired.grant, access(), Some(refresh()), NOW);
    assert_eq!(store.rotate(&retired.refresh, &successor, &no_retry()).await.unwrap(), Rotated::Now);
    assert!(store.revoke_grant(&revoked.grant.id, at(NOW)).await.unwrap());
    let own = own("a", access(), NOW);
    assert_eq!(store.issue(&own).await.unwrap(), Saved::Now);
    assert!(store.revoke_access_token(&own.access.digest, at(NOW)).await.unwrap());
    drop(store);

    let store = database.open().await;
    assert!(store.access_token(&used.access, at(NOW)).await.unwrap().is_some(), "what was alive is alive");
    let again = issue(&used.grant, access(), Some(refresh()), NOW);
    assert_eq!(store.redeem(&used.code, &again).await.unwrap(), Redeemed::Before(used.grant.id));
    let again = issue(&retired.grant, access(), Some(refresh()), NOW);
    assert_eq!(store.rotate(&retired.refresh, &again, &no_retry()).await.unwrap(), Rotated::Reused(retired.grant.id));
    for dead in [used.access, successor.access.digest, revoked.access, own.access.digest] {
        assert!(store.access_token(&dead, at(NOW)).await.unwrap().is_none());
    }
    let again = issue(&revoked.grant, access(), Some(refresh()), NOW);
    assert_eq!(store.rotate(&revoked.refresh, &again, &no_retry()).await.unwrap(), Rotated::Gone);
}

#[tokio::test]
async fn a_newer_schema_is_refused_with_the_way_out() {
    let database = Database::new();
    drop(database.open().await);
    let mut connection = database.connect();
    connection.batch_execute("INSERT INTO __diesel_schema_migrations (version) VALUES ('20991231000000')").unwrap();
    let refused = SqliteStore::open(database.path().to_str().unwrap()).await.unwrap_err().to_string();
    assert!(refused.contains("newer version") && refused.contains("20991231000000"), "{refused}");
}

#[tokio::test]
async fn what_is_not_a_database_is_refused() {
    let database = Database::new();
    let refused = SqliteStore::open(":memory:").await.unwrap_err().to_string();
    assert!(refused.contains("MemoryStore"), "{refused}");
    let missing = database.directory().join("no-such-folder/provider.db");
    let refused = SqliteStore::open(missing.to_str().unwrap()).await.unwrap_err().to_string();
    assert!(refused.contains("no-such-folder"), "{refused}");
    std::fs::write(database.path(), "this is a shopping list, not a database: bread, milk, tea").unwrap();
    let refused = SqliteStore::open(database.path().to_str().unwrap()).await.unwrap_err().to_string();
    assert!(refused.contains("not a database"), "{refused}");
    assert!(std::fs::read_to_string(database.path()).unwrap().starts_with("this is a shopping list"));
}

#[tokio::test]
async fn a_path_is_taken_as_it_is_written() {
    let database = Database::new();
    for name in ["a b.db", "ü.db", "50%25.db", "what?mode=memory", "#1.db", "file:x.db"] {
        let path = database.directory().join(name);
        let store = SqliteStore::open(path.to_str().unwrap()).await.unwrap();
        assert_eq!(store.create_client(&client("notes")).await.unwrap(), Created::Now);
        assert!(path.exists(), "{name}");
    }
}

#[tokio::test]
async fn a_file_that_goes_missing_is_not_made_again_empty() {
    let database = Database::new();
    let store = database.open().await;
    for file in std::fs::read_dir(database.directory()).unwrap() {
        std::fs::remove_file(file.unwrap().path()).unwrap();
    }
    // No reader is open yet, so this one has to open the file.
    assert!(store.client(&client("notes").id).await.is_err());
    assert!(!database.path().exists());
}

#[tokio::test]
async fn a_million_access_tokens_take_130_megabytes_at_most() {
    const TOKENS: i64 = 20_000;
    let database = Database::new();
    let store = database.open().await;
    let family = family(&store, "notes", "ada").await;
    store.issue(&issue(&family.grant, access(), None, NOW)).await.unwrap();
    drop(store);
    let mut connection = database.connect();
    let size = |connection: &mut SqliteConnection| {
        connection.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
        i64::try_from(std::fs::metadata(database.path()).unwrap().len()).unwrap()
    };
    let before = size(&mut connection);
    // Rows as the store writes them, in the order of time and with the keys of random digests.
    let copies = format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {TOKENS}) \
         INSERT INTO oauth_access_tokens SELECT random(), tenant, randomblob(32), client_ref, grant_ref, issued_at + i / 100, \
         expires_at + i / 100, scope, audience, attributes, revocations FROM n, (SELECT * FROM oauth_access_tokens LIMIT 1)"
    );
    connection.batch_execute(&copies).unwrap();
    let each = (size(&mut connection) - before) / TOKENS;
    println!("{each} bytes for each access token under a grant, indexes included");
    assert!((60..=130).contains(&each), "{each} bytes for each token");
}
