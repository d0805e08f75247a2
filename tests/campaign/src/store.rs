use oauth_core::store::{MemoryStore, Result};
use oauth_core::store_of_any;
use oauth_diesel::SqlStore;
use oauth_redis::RedisStore;

/// Any store of this workspace.
#[derive(Clone)]
pub(crate) enum AnyStore {
    Memory(MemoryStore),
    Sql(SqlStore),
    Redis(RedisStore),
}

impl AnyStore {
    /// Opens what a location names: `memory`, a URL, or several with commas between them for a cluster.
    pub(crate) async fn open(location: &str) -> Result<Self> {
        if location == "memory" {
            return Ok(Self::Memory(MemoryStore::new()));
        }
        if location.starts_with("redis") {
            let builder = RedisStore::builder(location.split(','));
            return Ok(Self::Redis(builder.open().await?));
        }
        Ok(Self::Sql(SqlStore::open(location).await?))
    }
}

store_of_any!(AnyStore { Memory, Sql, Redis });
