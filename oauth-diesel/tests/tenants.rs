//! Every promise once more, for a tenant whose neighbours in the same database are called the same and
//! have everything that is over, revoked, deleted or waiting.

#![allow(clippy::unwrap_used, reason = "they are tests, helpers too")]

mod fixture;

use fixture::{NOW, access, at, client, family, own};
use oauth_core::secret::SessionId;
use oauth_core::store::{
    Account, AccountStore, ClientFilter, ClientStore, CodeStore, Created, GrantFilter, GrantStore, Housekeeping as _,
    Page, PasswordHash, PendingDecision, Session, SessionStore, Store, TokenStore,
};
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

/// What one tenant cannot do to another: anything.
async fn sees_nothing_of_its_neighbour(store: SqlStore) {
    let north = store.for_tenant("north");
    let theirs = family(&store, "notes", "ada").await;
    let (id, subject) = (theirs.grant.client_id.clone(), theirs.grant.subject.clone());
    let now = at(NOW);
    assert!(north.client(&id).await.unwrap().is_none());
    assert!(north.clients(&ClientFilter::default(), &Page::first(9)).await.unwrap().is_empty());
    assert!(!north.update_client(&client("notes")).await.unwrap());
    assert!(!north.delete_client(&id, now).await.unwrap());
    assert!(north.grant(&theirs.grant.id).await.unwrap().is_none());
    for filter in [GrantFilter::Subject(subject.clone()), GrantFilter::Client(id.clone())] {
        assert!(north.grants(&filter, &Page::first(9), now).await.unwrap().is_empty());
        assert_eq!(north.revoke_grants(&filter, now).await.unwrap(), 0);
    }
    assert!(!north.revoke_grant(&theirs.grant.id, now).await.unwrap());
    assert!(north.code(&theirs.code).await.unwrap().is_none());
    assert!(north.access_token(&theirs.access, now).await.unwrap().is_none());
    assert!(!north.revoke_access_token(&theirs.access, now).await.unwrap());
    assert!(north.refresh_token(&theirs.refresh).await.unwrap().is_none());
    assert_eq!(north.sweep(at(NOW + 1_000_000_000), 1_000).await.unwrap().removed, 0);
    // A client of the same name gets nothing of the other's, and takes nothing away.
    let ours = family(&north, "notes", "ada").await;
    assert_eq!(north.revoke_grants(&GrantFilter::Client(id), now).await.unwrap(), 1);
    assert!(north.access_token(&ours.access, now).await.unwrap().is_none());
    assert!(store.access_token(&theirs.access, now).await.unwrap().is_some());
}

macro_rules! tenant_of {
    ($database:ident, $fresh:expr) => {
        mod $database {
            use super::*;

            async fn fresh() -> (SqlStore, impl Sized) {
                let (store, kept) = $fresh.await;
                (between(store).await, kept)
            }

            #[tokio::test]
            async fn one_tenant_sees_nothing_of_its_neighbour() {
                let (store, _kept) = $fresh.await;
                sees_nothing_of_its_neighbour(store).await;
            }

            oauth_core::store_conformance!(fresh());
            oauth_core::session_conformance!(fresh());
            oauth_core::account_conformance!(fresh());
        }
    };
}

#[cfg(feature = "sqlite")]
tenant_of!(sqlite, async {
    let database = fixture::Database::new();
    (SqlStore::Sqlite(database.open().await), database)
});
#[cfg(feature = "postgres")]
tenant_of!(postgres, async {
    let database = oauth_test_servers::Postgres::fresh();
    (SqlStore::open(database.url()).await.unwrap(), database)
});
#[cfg(feature = "mysql")]
tenant_of!(mariadb, async {
    let database = oauth_test_servers::Mariadb::fresh();
    (SqlStore::open(database.url()).await.unwrap(), database)
});
