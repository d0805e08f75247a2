//! The key-value store opens what an earlier version wrote (`tests/fixtures`).
#![allow(clippy::unwrap_used, reason = "a test that cannot start fails")]

#[path = "../../tests/fixtures/map.rs"]
mod map;
#[macro_use]
#[path = "../../tests/fixtures/story.rs"]
mod story;

use map::Database;
use oauth_core::clock::Timestamp;
use oauth_core::identifier::{ClientId, Subject};
use oauth_core::store::{GrantFilter, GrantStore, KeyValue, KeyValueStore, Page, RecordsMut};
use story::Secrets;

async fn c784cdb() -> (KeyValueStore<Database>, (), Secrets) {
    let secrets = Secrets::read(include_str!("../../tests/fixtures/c784cdb/key_value.secrets.json"));
    let database = Database::read_from(include_str!("../../tests/fixtures/c784cdb/key_value.txt"));
    (KeyValueStore::new(database), (), secrets)
}

old_database!(key_value, crate::c784cdb());

/// Takes grants for a client out of the order by client, as if a process of an earlier version had saved them.
async fn forget_by_client(database: &Database, client: &'static str) {
    let forget = move |records: &mut dyn RecordsMut| {
        let all = records.range(b"b", b"c", usize::MAX)?;
        let of_client = |key: &[u8]| key.split(|byte| *byte == 0).any(|part| part == client.as_bytes());
        let theirs: Vec<_> = all.into_iter().filter(|(key, _)| of_client(key)).collect();
        assert!(!theirs.is_empty());
        theirs.iter().try_for_each(|(key, _)| records.remove(key))
    };
    database.write(forget).await.unwrap();
}

#[tokio::test]
async fn f_09_grants_that_an_earlier_version_saves_later_are_listed_by_client_a_day_later() {
    let database = Database::read_from(include_str!("../../tests/fixtures/c784cdb/key_value.txt"));
    let store = KeyValueStore::new(database.clone());
    let (ada, phone) = (Subject::new("ada").unwrap(), ClientId::new("phone").unwrap());
    let both = GrantFilter::Both(ada.clone(), phone.clone());
    let at = |second: i64| Timestamp::from_unix_seconds(1_800_000_000 + second);
    let is_listed = async |second| {
        let grants = store.grants(&both, &Page::first(9), at(second)).await.unwrap();
        let clients = store.clients_of(&ada, &Page::first(9), at(second)).await.unwrap();
        assert_eq!(clients.contains(&phone), !grants.is_empty());
        !grants.is_empty()
    };
    assert!(is_listed(30).await);
    forget_by_client(&database, "phone").await;
    assert!(!is_listed(86_400).await, "once a day is enough");
    assert!(is_listed(86_430).await);
    forget_by_client(&database, "phone").await;
    assert!(!is_listed(2 * 86_400 + 60).await, "and then never again");
}
