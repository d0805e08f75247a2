//! The tables' history, for an application that keeps them in its own database and runs all of its
//! migrations itself. An application that lets a store open the database needs nothing of this.
//!
//! SQL cannot fold the names of accounts. If migration 8 (`names`) finds accounts, call
//! [`oauth_core::store::fold_names`] once for each tenant afterwards.
//!
//! ```
//! use diesel_migrations::MigrationHarness as _;
//! # #[cfg(feature = "sqlite")]
//! # fn example() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
//! # use diesel::Connection as _;
//! let mut connection = diesel::SqliteConnection::establish(":memory:")?;
//! connection.run_pending_migrations(oauth_diesel::migrations::SQLITE)?;
//! # Ok(()) }
//! # #[cfg(feature = "sqlite")]
//! # example().unwrap();
//! ```

use diesel_migrations::{EmbeddedMigrations, embed_migrations};

/// The tables on SQLite.
#[cfg(feature = "sqlite")]
pub const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");

/// The tables on PostgreSQL, version 12 or later.
#[cfg(feature = "_postgres")]
pub const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// The tables on MySQL, version 8 or later, and MariaDB, version 10.6 or later.
#[cfg(feature = "mysql")]
pub const MYSQL: EmbeddedMigrations = embed_migrations!("migrations/mysql");
