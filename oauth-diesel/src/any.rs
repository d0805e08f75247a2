use crate::error::Failure;
#[cfg(feature = "mysql")]
use crate::mysql::MysqlStore;
#[cfg(feature = "libpq")]
use crate::postgres::LibpqStore;
#[cfg(feature = "postgres")]
use crate::postgres::PostgresStore;
#[cfg(feature = "sqlite")]
use crate::sqlite::SqliteStore;
use oauth_core::store::Result;
use oauth_core::store_of_any;

/// A store in whichever database a URL names, of those that were compiled in: one type for a program
/// that is told at its start.
///
/// ```
/// # tokio::runtime::Runtime::new()?.block_on(async {
/// use oauth_diesel::SqlStore;
///
/// # let directory = tempfile::tempdir()?;
/// # let path = directory.path().join("provider.db").display().to_string();
/// let store = SqlStore::open(&format!("sqlite:{path}")).await?;
/// let refused = SqlStore::open("oracle://db.example/provider").await.unwrap_err();
/// assert!(refused.to_string().contains("postgres:"), "it says what there is");
/// # Ok::<(), Box<dyn std::error::Error>>(()) })?; Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum SqlStore {
    /// In a SQLite file.
    #[cfg(feature = "sqlite")]
    Sqlite(SqliteStore),
    /// In a PostgreSQL database.
    #[cfg(feature = "postgres")]
    Postgres(PostgresStore),
    /// In a PostgreSQL database, through libpq.
    #[cfg(feature = "libpq")]
    Libpq(LibpqStore),
    /// In a MySQL or MariaDB database.
    #[cfg(feature = "mysql")]
    Mysql(MysqlStore),
}

impl SqlStore {
    /// Says which files of a SQLite database other users of this machine may read or write, as
    /// [`SqliteStore::exposure`](crate::SqliteStore::exposure) does; `None` for a server's database.
    pub fn exposure(&self) -> Option<String> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(store) => store.exposure(),
            #[allow(unreachable_patterns, reason = "it depends on the features which others there are")]
            _ => None,
        }
    }

    /// Opens the database of a URL: `sqlite:PATH`, `postgres:` (or `postgresql:`), `mysql:` (or
    /// `mariadb:`); a plain path is a SQLite file. What else it may hold the crate's page says.
    ///
    /// # Errors
    /// Those of the store that the scheme names; where it was not compiled in, the name of its feature.
    pub async fn open(url: &str) -> Result<Self> {
        let scheme = url.split_once(':').map_or("sqlite", |(scheme, _)| scheme);
        match scheme {
            "postgres" | "postgresql" => {
                #[cfg(feature = "postgres")]
                return Ok(Self::Postgres(PostgresStore::open(url).await?));
                #[cfg(all(feature = "libpq", not(feature = "postgres")))]
                return Ok(Self::Libpq(LibpqStore::open(url).await?));
                #[cfg(not(feature = "_postgres"))]
                return Err(not_compiled("postgres"));
            }
            "mysql" | "mariadb" => {
                #[cfg(feature = "mysql")]
                return Ok(Self::Mysql(MysqlStore::open(url).await?));
                #[cfg(not(feature = "mysql"))]
                return Err(not_compiled("mysql"));
            }
            other if other != "sqlite" && url.contains("://") => {
                let text = "the scheme of a database URL is sqlite:, postgres: or mysql:";
                Err(Failure::Unusable(text.to_owned()).while_doing("open the database"))
            }
            _ => {
                #[cfg(feature = "sqlite")]
                return Ok(Self::Sqlite(SqliteStore::open(url).await?));
                #[cfg(not(feature = "sqlite"))]
                return Err(not_compiled("sqlite-bundled"));
            }
        }
    }

    /// Gives a store for another tenant of the same database: it sees none of the records of this one,
    /// nor this one any of its.
    pub fn for_tenant(&self, name: &str) -> Self {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(store) => Self::Sqlite(store.for_tenant(name)),
            #[cfg(feature = "postgres")]
            Self::Postgres(store) => Self::Postgres(store.for_tenant(name)),
            #[cfg(feature = "libpq")]
            Self::Libpq(store) => Self::Libpq(store.for_tenant(name)),
            #[cfg(feature = "mysql")]
            Self::Mysql(store) => Self::Mysql(store.for_tenant(name)),
        }
    }
}

#[cfg(not(all(feature = "sqlite", feature = "_postgres", feature = "mysql")))]
fn not_compiled(feature: &str) -> oauth_core::store::StoreError {
    let text = format!("this program was built without it: add the feature `{feature}` of oauth-diesel");
    Failure::Unusable(text).while_doing("open the database")
}

store_of_any!(SqlStore {
    #[cfg(feature = "sqlite")]
    Sqlite,
    #[cfg(feature = "postgres")]
    Postgres,
    #[cfg(feature = "libpq")]
    Libpq,
    #[cfg(feature = "mysql")]
    Mysql,
});
