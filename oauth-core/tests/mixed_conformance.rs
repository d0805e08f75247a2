//! Two stores as one keep every promise of the store traits.

use oauth_core::store::{MemoryStore, Mixed};

oauth_core::store_conformance!(async { (Mixed::new(MemoryStore::new(), MemoryStore::new()), ()) });
oauth_core::session_conformance!(async { (Mixed::new(MemoryStore::new(), MemoryStore::new()), ()) });
oauth_core::pending_conformance!(async { (Mixed::new(MemoryStore::new(), MemoryStore::new()), ()) });
oauth_core::account_conformance!(async { (Mixed::new(MemoryStore::new(), MemoryStore::new()), ()) });
