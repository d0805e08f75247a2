//! One server keeps every promise of the store traits.

mod fixture;

oauth_core::store_conformance!(fixture::fresh());
oauth_core::session_conformance!(fixture::fresh());
oauth_core::pending_conformance!(fixture::fresh());
oauth_core::account_conformance!(fixture::fresh());
