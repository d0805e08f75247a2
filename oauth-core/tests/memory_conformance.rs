//! The memory store keeps every promise that stores make.

use oauth_core::store::MemoryStore;

oauth_core::store_conformance!(async { (MemoryStore::new(), ()) });
oauth_core::session_conformance!(async { (MemoryStore::new(), ()) });
oauth_core::pending_conformance!(async { (MemoryStore::new(), ()) });
oauth_core::account_conformance!(async { (MemoryStore::new(), ()) });
