//! Private database servers for tests: on a free port of 127.0.0.1, in a temporary directory, and
//! gone with the program that started them, however it ends.
//!
//! ```no_run
//! use oauth_test_servers::{Mariadb, Postgres, Redis};
//!
//! let database = Postgres::fresh(); // a new, empty database on a server that the program shares
//! let url = database.url();
//! let database = Mariadb::fresh();
//! let prefix = Redis::prefix(); // for keys of its own on `Redis::shared()`
//! let own = Postgres::start(&[("max_connections", "5")]); // one that a test may stop
//! own.pause();
//! ```
//!
//! Whatever can be done to any server, [`Process`] does it. A program that is not installed is a
//! failure that says what to install; nothing is skipped.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot start fails")]

mod database;
mod mariadb;
mod postgres;
mod process;
mod redis;
mod trips;

pub use database::Fresh;
pub use mariadb::Mariadb;
pub use postgres::Postgres;
pub use process::Process;
pub use redis::{Redis, RedisCluster};
pub use trips::Trips;

/// The name of the user that every SQL server knows.
pub const USER: &str = "oauth";

/// The password of that user: to be looked for where no password may be.
pub const PASSWORD: &str = "p%C3%A4ss-of-the-test";

/// The same, not percent-encoded.
const PLAIN_PASSWORD: &str = "päss-of-the-test";
