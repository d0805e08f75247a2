//! Columns that hold what this program never wrote: an error each time, never a panic.
#![cfg(feature = "sqlite")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "they are tests, helpers too")]

mod fixture;

use diesel::connection::SimpleConnection as _;
use fixture::{Database, Family, NOW, access, at, family, issue, no_retry, own, refresh};
use oauth_core::identifier::Subject;
use oauth_core::secret::{Digest, SessionId};
use oauth_core::store::{
    Account, AccountStore, ClientFilter, ClientStore, CodeStore, GrantFilter, GrantStore, Page, PasswordHash,
    PendingDecision, Session, SessionStore, TokenStore,
};
use oauth_diesel::SqliteStore;

struct Stored {
    database: Database,
    store: SqliteStore,
    family: Family,
    own: Digest,
    session: Digest,
}

/// A database with one row in every table, all of its columns filled.
async fn stored() -> Stored {
    let database = Database::new();
    let store = database.open().await;
    let family = family(&store, "notes", "ada").await;
    let mut token = own("notes", access(), NOW);
    token.access.audience.clone_from(&family.grant.audience);
    token.access.attributes.insert("device".into(), "7".into());
    store.issue(&token).await.unwrap();
    let session = SessionId::generate().digest();
    let subject = Subject::new("ada").unwrap();
    let (credential, created_at, expires_at) = (session, at(NOW), at(NOW + 60));
    let session_record = Session { digest: session, subject: subject.clone(), credential, created_at, expires_at };
    store.create_session(&session_record).await.unwrap();
    let allowed = "read".parse().ok();
    store.save_decision(&PendingDecision { session, request: session, allowed, expires_at }).await.unwrap();
    let account = Account {
        subject,
        username: "ada".into(),
        spelling: None,
        password: PasswordHash::from_phc("$argon2id$"),
        administrator: false,
        enabled: true,
        attributes: [("a".to_owned(), "b".to_owned())].into(),
        created_at,
    };
    store.create_account(&account).await.unwrap();
    Stored { database, store, family, own: token.access.digest, session }
}

impl Stored {
    fn put(&self, table: &str, column: &str, value: &str) {
        let mut connection = self.database.connect();
        connection.batch_execute(&format!("UPDATE oauth_{table} SET {column} = {value}")).unwrap();
    }

    /// Tells whether every verb that reads this column refuses it.
    async fn refuses(&self, table: &str) -> bool {
        let Self { store, family, session, .. } = self;
        let (grant, now) = (&family.grant, at(NOW));
        match table {
            "clients" => {
                store.client(&grant.client_id).await.is_err()
                    && store.clients(&ClientFilter::default(), &Page::first(9)).await.is_err()
            }
            "grants" => {
                store.grant(&grant.id).await.is_err()
                    && store.access_token(&family.access, now).await.is_err()
                    && store.refresh_token(&family.refresh).await.is_err()
                    && store.code(&family.code).await.is_err()
                    && store.grants(&GrantFilter::Client(grant.client_id.clone()), &Page::first(9), now).await.is_err()
                    && store
                        .rotate(&family.refresh, &issue(grant, access(), Some(refresh()), NOW), &no_retry())
                        .await
                        .is_err()
            }
            "codes" => store.code(&family.code).await.is_err(),
            "access_tokens" => store.access_token(&self.own, now).await.is_err(),
            "sessions" => store.session(session, now).await.is_err(),
            "decisions" => store.take_decision(session, session, now).await.is_err(),
            "accounts" => {
                store.account(&Subject::new("ada").unwrap()).await.is_err() || store.account_named("ada").await.is_err()
            }
            _ => panic!("no such table: {table}"),
        }
    }
}

#[tokio::test]
async fn vuln_64_text_that_is_not_utf8_is_an_error() {
    let columns = [
        ("clients", "body"),
        ("grants", "subject"),
        ("grants", "scope"),
        ("grants", "audience"),
        ("grants", "acr"),
        ("grants", "attributes"),
        ("codes", "redirect_uri"),
        ("codes", "code_challenge"),
        ("codes", "nonce"),
        ("access_tokens", "scope"),
        ("access_tokens", "audience"),
        ("access_tokens", "attributes"),
        ("sessions", "subject"),
        ("decisions", "allowed"),
        ("accounts", "subject"),
        ("accounts", "username"),
        ("accounts", "password"),
        ("accounts", "attributes"),
    ];
    for (table, column) in columns {
        let stored = stored().await;
        assert!(!stored.refuses(table).await, "{table} can be read as it was written");
        let stored = self::stored().await;
        stored.put(table, column, "CAST(x'61FFFE62' AS TEXT)");
        assert!(stored.refuses(table).await, "{table}.{column}");
    }
}

#[tokio::test]
async fn vuln_69_what_cannot_be_read_is_an_error() {
    let columns = [
        ("clients", "body", "'{\"id\":'"),
        ("clients", "body", "''"),
        ("grants", "subject", "''"),
        ("grants", "scope", "'say \"hi\"'"),
        ("grants", "audience", "'[1]'"),
        ("grants", "attributes", "'[]'"),
        ("grants", "shown", "x'01'"),
        ("codes", "code_challenge", "'short'"),
        ("access_tokens", "scope", "'\"'"),
        ("access_tokens", "audience", "'[\"no-uri\"]'"),
        ("access_tokens", "attributes", "'{\"a\":1}'"),
        ("sessions", "subject", "char(10)"),
        ("sessions", "credential", "x'01'"),
        ("decisions", "allowed", "'\"'"),
        ("accounts", "attributes", "'null'"),
    ];
    for (table, column, value) in columns {
        let stored = stored().await;
        stored.put(table, column, value);
        assert!(stored.refuses(table).await, "{table}.{column} = {value}");
    }
}

#[tokio::test]
async fn vuln_69_the_error_does_not_quote_the_column() {
    let stored = stored().await;
    stored.put("clients", "body", "'\"a secret\"'");
    let error = stored.store.client(&stored.family.grant.client_id).await.unwrap_err();
    let text = format!("{error} {error:?}");
    assert!(text.contains("clients.body") && !text.contains("secret"), "{text}");
}

#[tokio::test]
async fn a_digest_of_another_length_is_not_found() {
    let stored = stored().await;
    stored.put("refresh_tokens", "digest", "x'00'");
    stored.put("access_tokens", "digest", "x''");
    let Stored { store, family, .. } = &stored;
    assert!(store.refresh_token(&family.refresh).await.unwrap().is_none());
    assert!(store.access_token(&family.access, at(NOW)).await.unwrap().is_none());
}
