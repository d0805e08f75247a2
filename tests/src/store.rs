//! The stores that servers are tested on, behind one type, so that the provider is compiled once.

use oauth_core::identifier::GrantId;
use oauth_core::store::MemoryStore;
use oauth_core::store_of_any;
use oauth_diesel::SqlStore;
use oauth_redis::RedisStore;
use oauth_test_servers::{Mariadb, Postgres, Redis, RedisCluster};
use std::path::Path;
use std::sync::OnceLock;
use tempfile::TempDir;

/// Where a server keeps its records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// In memory.
    Memory,
    /// In a SQLite file of its own.
    Sqlite,
    /// On PostgreSQL, as a tenant of its own in a database that all tests share.
    Postgres,
    /// On MariaDB, as a tenant of its own in a database that all tests share.
    Mariadb,
    /// On Redis, under a prefix of its own on a server that all tests share.
    Redis,
    /// On a Redis Cluster of three, under a prefix of its own.
    Cluster,
}

/// A store of any kind; a clone is another handle on it.
#[derive(Clone)]
pub enum AnyStore {
    /// In memory.
    Memory(MemoryStore),
    /// In a SQL database of any kind.
    Sql(SqlStore),
    /// In Redis, one server or a cluster.
    Redis(RedisStore),
}

/// Where records are that can be opened once more.
pub(crate) enum Place {
    /// In a file that is removed with the last server on it.
    File(TempDir),
    /// In a database, by its URL, with other tenants.
    Database { url: String, tenant: String },
    /// On Redis, one server or several, under a prefix.
    Redis { urls: Vec<String>, prefix: String },
}

impl Place {
    /// Finds one where nothing is yet; `None` for memory. The first that needs a server starts it.
    fn find(backend: Backend) -> Option<Self> {
        // One database for all: making one takes longer than most stories, and so each of them has
        // neighbours of which it must not see anything.
        static POSTGRES: OnceLock<String> = OnceLock::new();
        static MARIADB: OnceLock<String> = OnceLock::new();
        let tenant_of = |url: &String| Self::Database { url: url.clone(), tenant: GrantId::generate().to_string() };
        let on = |urls| Self::Redis { urls, prefix: Redis::prefix() };
        Some(match backend {
            Backend::Memory => return None,
            Backend::Sqlite => Self::File(TempDir::new().expect("a directory for the file")),
            Backend::Postgres => tenant_of(POSTGRES.get_or_init(|| Postgres::shared().database())),
            Backend::Mariadb => tenant_of(MARIADB.get_or_init(|| Mariadb::shared().database())),
            Backend::Redis => on(vec![Redis::shared().url()]),
            Backend::Cluster => on(RedisCluster::shared().urls()),
        })
    }

    async fn open(&self) -> AnyStore {
        match self {
            Self::File(directory) => {
                let url = format!("sqlite:{}", directory.path().join("provider.db").display());
                AnyStore::Sql(SqlStore::open(&url).await.expect("the file opens"))
            }
            Self::Database { url, tenant } => {
                AnyStore::Sql(SqlStore::open(url).await.expect("the database opens").for_tenant(tenant))
            }
            Self::Redis { urls, prefix } => {
                let store = RedisStore::builder(urls.clone()).prefix(prefix).open().await;
                AnyStore::Redis(store.expect("Redis opens"))
            }
        }
    }

    /// Reads the files that the records are in, once everything is written to them.
    pub(crate) fn files(&self) -> Vec<Vec<u8>> {
        let database = |url: &str| url.rsplit('/').next().expect("it names a database").to_owned();
        match self {
            Self::File(directory) => read_all(directory.path()),
            Self::Database { url, .. } if url.starts_with("postgres") => {
                read_all(&Postgres::shared().written(&database(url)))
            }
            Self::Database { url, .. } => read_all(&Mariadb::shared().written(&database(url))),
            Self::Redis { urls, .. } if urls.len() == 1 => read_all(&Redis::shared().written()),
            Self::Redis { .. } => {
                RedisCluster::shared().nodes().iter().flat_map(|node| read_all(&node.written())).collect()
            }
        }
    }
}

/// Reads all files of a directory, but for those that are gone again.
fn read_all(directory: &Path) -> Vec<Vec<u8>> {
    let entries = std::fs::read_dir(directory).expect("the directory is there");
    entries.filter_map(|entry| std::fs::read(entry.expect("an entry").path()).ok()).collect()
}

impl AnyStore {
    /// Opens a new, empty store, and says where it is.
    pub(crate) async fn open(backend: Backend) -> (Self, Option<Place>) {
        let place = tokio::task::spawn_blocking(move || Place::find(backend)).await.expect("the server starts");
        match place {
            None => (Self::Memory(MemoryStore::new()), None),
            Some(place) => (place.open().await, Some(place)),
        }
    }

    /// Opens the same records once more, as another process would: memory stays as it is.
    pub(crate) async fn again(&self, place: Option<&Place>) -> Self {
        let Some(place) = place else { return self.clone() };
        place.open().await
    }
}

store_of_any!(AnyStore { Memory, Sql, Redis });
