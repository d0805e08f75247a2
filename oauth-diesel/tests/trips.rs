//! How often a verb waits for its database, counted on the wire: beginning and ending a transaction is a
//! trip like any other. On SQLite a statement is none.
#![cfg(feature = "_server")]
#![allow(clippy::unwrap_used, reason = "they are tests, helpers too")]

mod fixture;

use fixture::{NOW, access, at, basis, client, code, grant, issue, own, refresh, retry};
use oauth_core::secret::AuthorizationCode;
use oauth_core::store::{Redeemed, Rotated, Saved, Store};
use oauth_test_servers::Trips;

/// The trips of each of the hot verbs, in the order in which a client has them made.
async fn count(store: &impl Store, trips: &Trips) -> Vec<(&'static str, usize)> {
    let mut counted = Vec::new();
    let mut told = |verb| counted.push((verb, trips.take()));
    let (grant, digest) = (grant("notes", "ada"), AuthorizationCode::generate().digest());
    let basis = basis(store, &grant).await;
    trips.take();
    assert_eq!(store.marks(&grant.subject, &grant.client_id).await.unwrap(), basis.marks);
    told("marks");
    assert_eq!(store.save_code(&grant, &code(&grant, digest), &basis).await.unwrap(), Saved::Now);
    told("save_code");
    store.code(&digest).await.unwrap().unwrap();
    told("code");
    let first = issue(&grant, access(), Some(refresh()), NOW);
    assert_eq!(store.redeem(&digest, &first).await.unwrap(), Redeemed::Now);
    told("redeem");
    let mut current = first.refresh.unwrap().digest;
    store.refresh_token(&current).await.unwrap().unwrap();
    told("refresh_token");
    for _ in 0..2 {
        let next = issue(&grant, access(), Some(refresh()), NOW);
        assert_eq!(store.rotate(&current, &next, &retry(NOW + 10)).await.unwrap(), Rotated::Now);
        told("rotate");
        current = next.refresh.unwrap().digest;
    }
    assert_eq!(store.issue(&issue(&grant, access(), Some(refresh()), NOW)).await.unwrap(), Saved::Now);
    told("issue under a grant");
    let own = own("notes", access(), NOW);
    assert_eq!(store.issue(&own).await.unwrap(), Saved::Now);
    told("issue");
    for digest in [own.access.digest, first.access.digest] {
        store.access_token(&digest, at(NOW)).await.unwrap().unwrap();
        told("access_token");
    }
    assert!(store.revoke_access_token(&own.access.digest, at(NOW)).await.unwrap());
    told("revoke_access_token");
    // A replay, which revokes.
    let again = issue(&grant, access(), None, NOW);
    assert_eq!(store.redeem(&digest, &again).await.unwrap(), Redeemed::Before(grant.id));
    told("redeem again");
    counted
}

async fn at_most_two(store: &impl Store, trips: &Trips) {
    store.create_client(&client("notes")).await.unwrap();
    // A connection is opened once, and prepares each of its statements once.
    count(store, trips).await;
    let counted = count(store, trips).await;
    for (verb, trips) in counted {
        let most = match verb {
            "marks" | "code" | "refresh_token" | "access_token" | "issue" | "revoke_access_token" => 1,
            // It begins, holds the client, makes and holds the mark, prepares and saves grant and code, and commits.
            "save_code" => 10,
            _ => 2,
        };
        assert!((1..=most).contains(&trips), "{verb}: {trips}");
    }
}

/// Writes a URL that leads through the counter, on one connection.
fn through(url: &str, server: u16, trips: &Trips) -> String {
    format!("{}?connections=1", url.replace(&format!(":{server}/"), &format!(":{}/", trips.port())))
}

#[cfg(feature = "postgres")]
#[tokio::test]
async fn postgres() {
    let server = oauth_test_servers::Postgres::shared();
    let trips = Trips::to(server.port());
    let store = oauth_diesel::PostgresStore::open(&through(&server.database(), server.port(), &trips)).await.unwrap();
    at_most_two(&store, &trips).await;
}

#[cfg(feature = "libpq")]
#[tokio::test]
async fn libpq() {
    let server = oauth_test_servers::Postgres::shared();
    let trips = Trips::to(server.port());
    let url = through(&server.database(), server.port(), &trips);
    at_most_two(&oauth_diesel::LibpqStore::open(&url).await.unwrap(), &trips).await;
}

#[cfg(feature = "mysql")]
#[tokio::test]
async fn mariadb() {
    let server = oauth_test_servers::Mariadb::shared();
    let trips = Trips::to(server.port());
    let store = oauth_diesel::MysqlStore::open(&through(&server.database(), server.port(), &trips)).await.unwrap();
    at_most_two(&store, &trips).await;
}
