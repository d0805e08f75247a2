//! Where everything is kept: chosen by a URL at run time, out of the stores that were compiled in.

use crate::output::Refused;
use oauth_core::store_of_any;
#[cfg(feature = "_sql")]
use oauth_diesel::SqlStore;
#[cfg(feature = "redis")]
use oauth_redis::RedisStore;

#[cfg(not(any(feature = "_sql", feature = "redis")))]
compile_error!("a provider needs a store: switch on sqlite, postgres, mysql or redis");

/// A store in whichever database a URL names.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Storage {
    /// In SQLite, PostgreSQL, MySQL or MariaDB.
    #[cfg(feature = "_sql")]
    Sql(SqlStore),
    /// In Redis or a cluster of it.
    #[cfg(feature = "redis")]
    Redis(RedisStore),
}

/// The schemes of each store, the feature that compiles it in, and whether this program has it.
const KNOWN: [(&[&str], &str, bool); 4] = [
    (&["sqlite"], "sqlite", cfg!(feature = "sqlite")),
    (&["postgres", "postgresql"], "postgres", cfg!(feature = "postgres")),
    (&["mysql", "mariadb"], "mysql", cfg!(feature = "mysql")),
    (&["redis", "rediss", "redis+unix", "redis-cluster", "rediss-cluster"], "redis", cfg!(feature = "redis")),
];

impl Storage {
    /// Opens the database of a URL, and makes what is missing in it.
    pub(crate) async fn open(url: &str) -> Result<Self, Refused> {
        let scheme = scheme(url).unwrap_or("sqlite").to_ascii_lowercase();
        let Some((_, feature, is_there)) = KNOWN.iter().find(|(schemes, ..)| schemes.contains(&scheme.as_str())) else {
            return Err(unusable(format!(
                "{scheme:?} is no scheme of a database here: give the path of a SQLite file, or a URL that begins with {}",
                schemes()
            )));
        };
        if !is_there {
            return Err(unusable(format!(
                "this program was built without a store for {scheme}: build it with `--features {feature}`; it has one \
                 for {}",
                schemes()
            )));
        }
        let opened = match *feature {
            #[cfg(feature = "redis")]
            "redis" => RedisStore::open(url).await.map(Self::Redis),
            #[cfg(feature = "_sql")]
            _ => SqlStore::open(url).await.map(Self::Sql),
            #[cfg(not(feature = "_sql"))]
            _ => return Err(unusable("there is no SQL in this program".to_owned())),
        };
        opened.map_err(|error| Refused::new("temporarily_unavailable", format!("--database: {error}")))
    }

    /// Makes what a tenant of an earlier version lacks. In SQL the whole database has it since it was opened.
    pub(crate) async fn prepare(&self) -> Result<(), Refused> {
        match self {
            #[cfg(feature = "_sql")]
            Self::Sql(_) => Ok(()),
            #[cfg(feature = "redis")]
            Self::Redis(store) => Ok(store.fold_names().await?),
        }
    }

    /// Gives the store of a tenant, which sees nothing of the others in the same database.
    pub(crate) fn for_tenant(&self, name: &str) -> Self {
        match self {
            #[cfg(feature = "_sql")]
            Self::Sql(store) => Self::Sql(store.for_tenant(name)),
            #[cfg(feature = "redis")]
            Self::Redis(store) => Self::Redis(store.for_tenant(name)),
        }
    }
}

/// Writes where a database is, without the password and the parameters.
pub(crate) fn shown(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://").filter(|_| scheme(url).is_some_and(|scheme| scheme != "sqlite"))
    else {
        return url.to_owned();
    };
    let (user, place) = match rest.rsplit_once('@') {
        Some((user, place)) => (user.split(':').next().filter(|user| !user.is_empty()), place),
        None => (None, rest),
    };
    let place = place.split(['?', '#']).next().unwrap_or_default();
    let user = user.map(|user| format!("{user}@")).unwrap_or_default();
    format!("{scheme}://{user}{place}")
}

/// Finds what a URL begins with. A path has none, and neither has a single letter before a colon: that
/// is a drive.
fn scheme(url: &str) -> Option<&str> {
    let (scheme, _) = url.split_once(':')?;
    let is_one = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.' | b'_');
    let begins = scheme.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
    (scheme.len() > 1 && begins && scheme.bytes().all(is_one)).then_some(scheme)
}

/// Lists what this program can open.
fn schemes() -> String {
    let there = KNOWN.iter().filter(|(_, _, is_there)| *is_there);
    there.flat_map(|(schemes, ..)| *schemes).map(|scheme| format!("{scheme}:")).collect::<Vec<_>>().join(", ")
}

fn unusable(reason: String) -> Refused {
    Refused::new("invalid_configuration", format!("--database: {reason}"))
}

store_of_any!(Storage {
    #[cfg(feature = "_sql")]
    Sql,
    #[cfg(feature = "redis")]
    Redis,
});

#[cfg(test)]
mod tests {
    use super::{Storage, shown};

    #[tokio::test]
    async fn an_unknown_scheme_is_refused_with_those_there_are() {
        for url in ["oracle://db.example/x", "oracle:x", "mongodb+srv://s3cret@db.example"] {
            let reason = Storage::open(url).await.unwrap_err().to_string();
            assert!(reason.starts_with("--database: ") && !reason.contains("s3cret"), "{reason}");
            #[cfg(feature = "redis")]
            assert!(reason.contains("rediss-cluster:"), "{reason}");
        }
        #[cfg(not(feature = "mysql"))]
        for url in ["mysql://db.example/x", "MariaDB://db.example/x"] {
            let reason = Storage::open(url).await.unwrap_err().to_string();
            assert!(reason.contains("--features mysql"), "{reason}");
        }
    }

    #[test]
    fn no_password_is_shown() {
        for (url, expected) in [
            ("./provider.db", "./provider.db"),
            ("sqlite:///srv/p@ss.db", "sqlite:///srv/p@ss.db"),
            ("C:\\provider.db", "C:\\provider.db"),
            ("postgres://ada:s3cret@db.example:5432/id?sslmode=require", "postgres://ada@db.example:5432/id"),
            ("mysql://ada:s3/c@ret@db.example/id", "mysql://ada@db.example/id"),
            ("rediss-cluster://:s3cret@a:1,b:2?prefix=x", "rediss-cluster://a:1,b:2"),
            ("redis+unix:///run/redis.sock?pass=s3cret", "redis+unix:///run/redis.sock"),
        ] {
            assert_eq!(shown(url), expected);
        }
    }
}
