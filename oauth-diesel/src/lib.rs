//! Storage for [`oauth_core`] in SQL, through Diesel: SQLite, which is compiled in (one file, nothing
//! to install), PostgreSQL, MySQL and MariaDB, whose clients are Rust and need no C library.
//!
//! ```
//! # tokio::runtime::Runtime::new()?.block_on(async {
//! use oauth_core::client::{Client, ClientType};
//! use oauth_core::identifier::ClientId;
//! use oauth_core::store::{ClientStore, Created};
//! use oauth_diesel::SqlStore;
//!
//! # let directory = tempfile::tempdir()?;
//! # let path = directory.path().join("provider.db");
//! # let url = format!("sqlite:{}", path.display());
//! let store = SqlStore::open(&url).await?;
//! let client = Client::new(ClientId::new("notes")?, "Notes", ClientType::Public);
//! assert_eq!(store.create_client(&client).await?, Created::Now);
//! # Ok::<(), Box<dyn std::error::Error>>(()) })?; Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What it promises
//! All that [`oauth_core::store`] does, proved by its conformance tests on every database. In it there
//! are digests, never a token, code or generated secret. Any number of processes may use the same
//! database: each sees what the others wrote at its next call. The tables are made when a store is
//! opened, by one process of however many open it at the same time; their names begin with `oauth_`.
//!
//! # URLs
//! | URL | feature | store |
//! |---|---|---|
//! | `sqlite:PATH`, or a plain path | `sqlite-bundled` (default); `sqlite` links the system's | `SqliteStore` |
//! | `postgres://USER:PASSWORD@HOST:PORT/DATABASE` (`postgresql:`) | `postgres` | `PostgresStore` |
//! | the same, in a program without the feature `postgres` | `libpq`, which links PostgreSQL's C client | `LibpqStore` |
//! | `mysql://USER:PASSWORD@HOST:PORT/DATABASE` (`mariadb:`) | `mysql` | `MysqlStore` |
//!
//! What stands in a part and means something in URLs is percent-encoded (`@` as `%40`). Parameters,
//! anything else is refused by name:
//!
//! | | PostgreSQL | MySQL, MariaDB |
//! |---|---|---|
//! | plain text; holds for this machine where nothing is said | `sslmode=disable` | `ssl-mode=DISABLED` |
//! | TLS to any server that answers: no protection from an impostor | `sslmode=require` | `ssl-mode=REQUIRED` |
//! | TLS to that host and no other; holds for other machines where nothing is said | `sslmode=verify-full` | `ssl-mode=VERIFY_IDENTITY` |
//! | a file (PEM) with the authority that signed the host's certificate | `sslrootcert=FILE` | `ssl-ca=FILE` |
//! | verbs that work at the same time, 16 where nothing is said | `connections=N` | `connections=N` |
//!
//! A URL that asks for TLS never falls back to plain text.
//!
//! # Other issuers, other applications
//! `for_tenant` of a store gives one whose records are its own, in the same tables. `from_pool` of a
//! server's store takes the connections of an application's pool, and [`migrations`] lets it keep the
//! tables in its own migration run.

#![allow(clippy::duplicate_mod, reason = "the verbs' bodies are compiled once for each database's connection")]

// The tests inside the crate share the records of those outside, which know it by its name.
#[cfg(all(test, feature = "sqlite"))]
extern crate self as oauth_diesel;

#[cfg(any(feature = "sqlite", feature = "_server"))]
mod any;
#[cfg(any(feature = "sqlite", feature = "_server"))]
mod error;
#[cfg(any(feature = "sqlite", feature = "_server"))]
mod issuance;
pub mod migrations;
#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "_postgres")]
mod postgres;
#[cfg(any(feature = "sqlite", feature = "_server"))]
mod record;
#[cfg(any(feature = "sqlite", feature = "_server"))]
mod schema;
#[cfg(feature = "_server")]
mod server;
#[cfg(feature = "sqlite")]
mod sqlite;
#[cfg(any(feature = "sqlite", feature = "_server"))]
mod tenant;
#[cfg(any(feature = "sqlite", feature = "_server"))]
mod written;

#[cfg(any(feature = "sqlite", feature = "_server"))]
pub use any::SqlStore;
#[cfg(feature = "mysql")]
pub use mysql::MysqlStore;
#[cfg(feature = "libpq")]
pub use postgres::LibpqStore;
#[cfg(feature = "postgres")]
pub use postgres::PostgresStore;
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteStore;
