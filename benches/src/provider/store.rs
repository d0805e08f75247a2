//! Every store behind one type, so that the provider is compiled once.

use crate::Error;
use oauth_core::every_store_verb;
use oauth_core::store::{
    AccountStore, ClientStore, CodeStore, GrantStore, Housekeeping, MemoryStore, Result, SessionStore, TokenStore,
};
use oauth_diesel::SqlStore;
use oauth_redis::RedisStore;

#[derive(Clone)]
pub(super) enum AnyStore {
    Memory(MemoryStore),
    Sql(SqlStore),
    Redis(RedisStore),
}

impl AnyStore {
    /// Opens `memory:`, a URL of Redis, or one that [`SqlStore`] takes.
    pub(super) async fn open(url: &str) -> std::result::Result<Self, Error> {
        Ok(match url.split_once(':') {
            Some(("memory", _)) => Self::Memory(MemoryStore::new()),
            Some(("redis", _)) => Self::Redis(RedisStore::open(url).await?),
            _ => Self::Sql(SqlStore::open(url).await?),
        })
    }
}

macro_rules! delegate {
    ($($trait:ident { $(fn $verb:ident($($argument:ident: $type:ty),*) -> $outcome:ty;)* })*) => {
        $(impl $trait for AnyStore {
            $(async fn $verb(&self, $($argument: $type),*) -> Result<$outcome> {
                match self {
                    Self::Memory(store) => $trait::$verb(store, $($argument),*).await,
                    Self::Sql(store) => $trait::$verb(store, $($argument),*).await,
                    Self::Redis(store) => $trait::$verb(store, $($argument),*).await,
                }
            })*
        })*
    };
}

every_store_verb!(delegate);
