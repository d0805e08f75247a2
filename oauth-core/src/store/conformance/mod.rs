//! The promises that every store must keep, as tests: one public function each.
//!
//! A store of your own runs them all from an integration test, in a crate that has `oauth-core` with
//! the feature `conformance` among its dev-dependencies:
//!
//! ```
//! # fn main() {}
//! use oauth_core::store::MemoryStore;
//!
//! // A fresh, empty store for every test, and what must outlive it: a temporary directory, say.
//! oauth_core::store_conformance!(async { (MemoryStore::new(), ()) });
//! // Only where the store implements these optional traits:
//! oauth_core::session_conformance!(async { (MemoryStore::new(), ()) });
//! oauth_core::pending_conformance!(async { (MemoryStore::new(), ()) });
//! oauth_core::account_conformance!(async { (MemoryStore::new(), ()) });
//! // Only where one database has tenants: the stores of two of them. Here two that share nothing.
//! oauth_core::tenant_conformance!(async { ((MemoryStore::new(), MemoryStore::new()), ()) });
//! ```
//!
//! [`year`] proves beside these that what it holds stays bounded; it has to be told how to count that.
//!
//! Each becomes a `#[test]` on a runtime with several threads, and fails with a sentence that names
//! the broken promise. The races print how many of their calls overlapped (`--nocapture` shows it)
//! and fail if none did, because then they proved nothing.
//!
//! One promise needs no test: a store sees digests only, because nothing else compiles.
//! ```compile_fail,E0308
//! # async fn read(store: impl oauth_core::store::Store) {
//! let token = oauth_core::secret::RefreshToken::generate();
//! store.refresh_token(&token).await; // expected `&Digest`, found `&RefreshToken`
//! # }
//! ```
#![allow(clippy::expect_used, clippy::panic, reason = "these are tests, although they are public")]
#![allow(clippy::indexing_slicing, reason = "these are tests, although they are public")]

pub mod accounts;
#[doc(hidden)]
pub mod any;
pub mod clients;
pub mod codes;
pub mod dropped;
pub mod ends;
pub mod failing;
pub mod failures;
pub mod grants;
pub mod housekeeping;
mod interrupted;
mod list;
pub mod names;
pub mod pairs;
pub mod pending;
mod race;
pub mod races;
pub mod refresh;
pub mod remembered;
mod sample;
pub mod sessions;
mod site;
pub mod standing;
pub mod tenants;
pub mod tokens;
pub mod tombstones;
pub mod year;

pub use any::AnyStore;
use std::future::Future;
use std::pin::Pin;

/// Makes a fresh store and checks one promise on it, on a runtime with four threads.
pub fn check<S, Kept>(fresh: impl Future<Output = (S, Kept)>, promise: impl AsyncFnOnce(&S)) {
    check_any(fresh, |store| store, promise);
}

/// Checks one promise on a fresh store of any type: what the macros write into each test.
#[doc(hidden)]
pub fn check_any<S, Any, Kept>(
    fresh: impl Future<Output = (S, Kept)>,
    any: impl FnOnce(S) -> Any,
    promise: impl AsyncFnOnce(&Any),
) {
    run(Box::pin(async {
        let (store, kept) = fresh.await;
        let store = any(store);
        promise(&store).await;
        drop(store);
        drop(kept);
    }));
}

/// Compiled once, whatever runs on it.
fn run(test: Pin<Box<dyn Future<Output = ()> + '_>>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build();
    runtime.expect("a runtime starts").block_on(test);
}
