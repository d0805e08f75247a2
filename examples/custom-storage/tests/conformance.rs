//! The proof: the store in redb keeps every promise of the store traits.

#![allow(clippy::unwrap_used, reason = "a test that cannot start fails")]

use custom_storage::RedbStore;
use tempfile::TempDir;

/// A fresh store in a directory that lives as long as the test.
fn fresh() -> (RedbStore, TempDir) {
    let directory = TempDir::new().unwrap();
    (custom_storage::open(directory.path().join("test.redb")).unwrap(), directory)
}

oauth_core::store_conformance!(async { fresh() });
oauth_core::session_conformance!(async { fresh() });
oauth_core::pending_conformance!(async { fresh() });
oauth_core::account_conformance!(async { fresh() });
