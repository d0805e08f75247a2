//! A cluster of three masters keeps every promise of the store traits.

mod fixture;

oauth_core::store_conformance!(fixture::fresh_in_cluster());
oauth_core::session_conformance!(fixture::fresh_in_cluster());
oauth_core::account_conformance!(fixture::fresh_in_cluster());
