//! The key-value store opens what an earlier version wrote (`tests/fixtures`).
#![allow(clippy::unwrap_used, reason = "a test that cannot start fails")]

#[path = "../../tests/fixtures/map.rs"]
mod map;
#[macro_use]
#[path = "../../tests/fixtures/story.rs"]
mod story;

use map::Database;
use oauth_core::store::KeyValueStore;
use story::Secrets;

async fn c784cdb() -> (KeyValueStore<Database>, (), Secrets) {
    let secrets = Secrets::read(include_str!("../../tests/fixtures/c784cdb/key_value.secrets.json"));
    let database = Database::read_from(include_str!("../../tests/fixtures/c784cdb/key_value.txt"));
    (KeyValueStore::new(database), (), secrets)
}

old_database!(key_value, crate::c784cdb());
