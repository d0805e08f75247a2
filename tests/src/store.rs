//! The stores that servers are tested on, behind one type, so that the provider is compiled once.

use oauth_core::identifier::GrantId;
use oauth_core::store::MemoryStore;
use oauth_core::store_of_any;
use oauth_diesel::SqlStore;
use oauth_redis::RedisStore;
use oauth_test_servers::{Mariadb, Postgres, Redis, RedisCluster};
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

    /// Gives the directory that the files are in, where they are this program's own.
    pub(crate) fn files(&self) -> Option<&TempDir> {
        if let Self::File(directory) = self { Some(directory) } else { None }
    }
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
