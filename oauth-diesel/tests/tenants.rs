//! Two tenants of one database take nothing from each other; and every promise once more, for a tenant whose neighbours
//! in the same database have the same names, and have everything that has expired, is revoked, deleted or waiting.
#![cfg_attr(not(feature = "sqlite"), allow(dead_code, reason = "every promise is tested on SQLite"))]
#![allow(clippy::unwrap_used, reason = "they are tests, helpers too")]

mod fixture;

use fixture::{NOW, access, at, client, family, own};
use oauth_core::secret::SessionId;
use oauth_core::store::{Account, AccountStore, Created, PasswordHash, PendingDecision, Session, SessionStore, Store};
use oauth_diesel::SqlStore;

/// Fills a tenant with records that a store without the tenant in one of its statements would meet.
async fn fill(store: &(impl Store + SessionStore + AccountStore)) {
    for (name, subject) in [("notes", "ada"), ("mail", "grace"), ("gone", "ada")] {
        let family = family(store, name, subject).await;
        store.issue(&own(name, access(), NOW)).await.unwrap();
        store.issue(&own(name, access(), NOW - 3_600)).await.unwrap();
        if subject == "grace" {
            store.revoke_grant(&family.grant.id, at(NOW)).await.unwrap();
        }
        let digest = SessionId::generate().digest();
        let (subject, expires_at) = (family.grant.subject.clone(), at(NOW + 60));
        let session = Session { digest, subject, credential: digest, created_at: at(NOW), expires_at };
        store.create_session(&session).await.unwrap();
        let decision = PendingDecision { session: digest, request: digest, allowed: None, expires_at };
        store.save_decision(&decision).await.unwrap();
    }
    let account = Account {
        subject: fixture::grant("notes", "ada").subject,
        username: "ada".into(),
        spelling: None,
        password: PasswordHash::from_phc("$argon2id$"),
        administrator: false,
        enabled: true,
        attributes: Default::default(),
        created_at: at(NOW),
    };
    assert_eq!(store.create_account(&account).await.unwrap(), Created::Now);
    store.delete_client(&client("gone").id, at(NOW)).await.unwrap();
}

/// Gives the store of a tenant between two others.
async fn between(store: SqlStore) -> SqlStore {
    fill(&store).await;
    fill(&store.for_tenant("north-east")).await;
    store.for_tenant("north")
}

macro_rules! tenants_of {
    ($database:ident, $fresh:expr $(, $conformance:ident)* $(,)?) => {
        mod $database {
            use super::*;

            /// Two tenants, of which one is the store as it was opened.
            async fn two() -> ((SqlStore, SqlStore), impl Sized) {
                let (store, kept) = $fresh.await;
                let ours = store.for_tenant("north");
                ((store, ours), kept)
            }

            oauth_core::tenant_conformance!(two());
            $(oauth_core::$conformance!(async {
                let (store, kept) = $fresh.await;
                (between(store).await, kept)
            });)*
        }
    };
}

// The statements are the same on every database, but for those that save tokens, which tenants take from each other.
// The stories run on tenants of PostgreSQL and of MariaDB too.
#[cfg(feature = "sqlite")]
tenants_of!(
    sqlite,
    async {
        let database = fixture::Database::new();
        (SqlStore::Sqlite(database.open().await), database)
    },
    store_conformance,
    session_conformance,
    pending_conformance,
    account_conformance,
);
#[cfg(feature = "_postgres")]
tenants_of!(postgres, async {
    let database = oauth_test_servers::Postgres::fresh();
    (SqlStore::open(database.url()).await.unwrap(), database)
});
#[cfg(feature = "mysql")]
tenants_of!(mariadb, async {
    let database = oauth_test_servers::Mariadb::fresh();
    (SqlStore::open(database.url()).await.unwrap(), database)
});
