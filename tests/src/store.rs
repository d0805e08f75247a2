//! The stores that servers are tested on, behind one type, so that the provider is compiled once.

use oauth_core::every_store_verb;
use oauth_core::identifier::GrantId;
use oauth_core::store::{
    AccountStore, ClientStore, CodeStore, GrantStore, Housekeeping, MemoryStore, Result, SessionStore, TokenStore,
};
use oauth_diesel::SqlStore;
use oauth_test_servers::{Mariadb, Postgres};
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
    Mysql,
}

/// A store of any kind; a clone is another handle on it.
#[derive(Clone)]
pub enum AnyStore {
    /// In memory.
    Memory(MemoryStore),
    /// In a SQL database of any kind.
    Sql(SqlStore),
}

/// Where records are that can be opened once more.
pub(crate) struct Place {
    url: String,
    tenant: String,
    /// Removed with the last server on it.
    files: Option<TempDir>,
}

/// The databases that the tests share, made by the first that needs one.
static POSTGRES: OnceLock<String> = OnceLock::new();
static MARIADB: OnceLock<String> = OnceLock::new();

impl Place {
    /// Takes a tenant that nobody has had before.
    async fn tenant_of(database: &'static OnceLock<String>, make: fn() -> String) -> Self {
        // The server may have to be started first.
        let url = tokio::task::spawn_blocking(move || database.get_or_init(make).clone());
        let tenant = GrantId::generate().to_string();
        Self { url: url.await.expect("the server starts"), tenant, files: None }
    }

    async fn open(&self) -> AnyStore {
        AnyStore::Sql(SqlStore::open(&self.url).await.expect("it opens").for_tenant(&self.tenant))
    }

    /// Gives the directory that the files are in, where they are this program's own.
    pub(crate) fn files(&self) -> Option<&TempDir> {
        self.files.as_ref()
    }
}

impl AnyStore {
    /// Opens a new, empty store, and says where it is.
    pub(crate) async fn open(backend: Backend) -> (Self, Option<Place>) {
        let place = match backend {
            Backend::Memory => return (Self::Memory(MemoryStore::new()), None),
            Backend::Sqlite => {
                let files = TempDir::new().expect("a directory for the file");
                let url = format!("sqlite:{}", files.path().join("provider.db").display());
                Place { url, tenant: String::new(), files: Some(files) }
            }
            Backend::Postgres => Place::tenant_of(&POSTGRES, || Postgres::shared().database()).await,
            Backend::Mysql => Place::tenant_of(&MARIADB, || Mariadb::shared().database()).await,
        };
        (place.open().await, Some(place))
    }

    /// Opens the same records once more, as another process would: memory stays as it is.
    pub(crate) async fn again(&self, place: Option<&Place>) -> Self {
        let Some(place) = place else { return self.clone() };
        place.open().await
    }
}

macro_rules! delegate {
    ($($trait:ident { $(fn $verb:ident($($argument:ident: $type:ty),*) -> $outcome:ty;)* })*) => {
        $(impl $trait for AnyStore {
            $(async fn $verb(&self, $($argument: $type),*) -> Result<$outcome> {
                match self {
                    Self::Memory(store) => $trait::$verb(store, $($argument),*).await,
                    Self::Sql(store) => $trait::$verb(store, $($argument),*).await,
                }
            })*
        })*
    };
}

every_store_verb!(delegate);
