//! Storage for [`oauth_core`] in SQL, through Diesel. This version speaks SQLite, which is compiled
//! in: one file, nothing to install, and durable (every answered write survives a power cut).
//!
//! ```
//! # tokio::runtime::Runtime::new()?.block_on(async {
//! use oauth_core::client::{Client, ClientType};
//! use oauth_core::identifier::ClientId;
//! use oauth_core::store::{ClientStore, Created};
//! use oauth_diesel::SqliteStore;
//!
//! # let directory = tempfile::tempdir()?;
//! # let path = directory.path().join("provider.db");
//! # let path = path.to_str().unwrap();
//! let store = SqliteStore::open(path).await?;
//! let client = Client::new(ClientId::new("notes")?, "Notes", ClientType::Public);
//! assert_eq!(store.create_client(&client).await?, Created::Now);
//! # Ok::<(), Box<dyn std::error::Error>>(()) })?; Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What it promises
//! All that [`oauth_core::store`] does, proved by its conformance tests. In the file there are
//! digests, never a token, code or generated secret. Several processes may have the file open: each
//! sees what the others wrote at its next call.
//!
//! # Features
//! `sqlite-bundled` (default) compiles SQLite itself; `sqlite` alone links the system's.

// The tests inside the crate share the records of those outside, which know it by its name.
#[cfg(test)]
extern crate self as oauth_diesel;

#[cfg(feature = "sqlite")]
mod error;
#[cfg(feature = "sqlite")]
mod record;
#[cfg(feature = "sqlite")]
mod schema;
#[cfg(feature = "sqlite")]
mod sqlite;

#[cfg(feature = "sqlite")]
pub use sqlite::SqliteStore;
