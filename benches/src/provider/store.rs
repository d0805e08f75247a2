//! Every store behind one type, so that the provider is compiled once.

use crate::Error;
use oauth_core::store::MemoryStore;
use oauth_core::store_of_any;
use oauth_diesel::SqlStore;
use oauth_redis::RedisStore;

#[derive(Clone)]
pub(crate) enum AnyStore {
    Memory(MemoryStore),
    Sql(SqlStore),
    Redis(RedisStore),
}

impl AnyStore {
    /// Opens `memory:`, a URL of Redis, or one that [`SqlStore`] takes.
    pub(crate) async fn open(url: &str) -> Result<Self, Error> {
        Ok(match url.split_once(':') {
            Some(("memory", _)) => Self::Memory(MemoryStore::new()),
            Some(("redis", _)) => Self::Redis(RedisStore::open(url).await?),
            _ => Self::Sql(SqlStore::open(url).await?),
        })
    }
}

store_of_any!(AnyStore { Memory, Sql, Redis });
