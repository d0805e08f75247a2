use oauth_core::every_store_verb;
use oauth_core::store::{
    AccountStore, ClientStore, CodeStore, GrantStore, Housekeeping, MemoryStore, Result, SessionStore, TokenStore,
};
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
