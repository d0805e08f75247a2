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
        opened.map_err(|error| {
            let reason = error.to_string();
            let advice = advice(&reason, *feature == "sqlite").map(|advice| format!("; {advice}")).unwrap_or_default();
            Refused::new("temporarily_unavailable", format!("--database: {}: {reason}{advice}", looked_for(url)))
        })
    }

    /// Says which files of a SQLite database others on this machine may read or write, and what to do.
    pub(crate) fn exposure(&self) -> Option<String> {
        match self {
            #[cfg(feature = "_sql")]
            Self::Sql(store) => store.exposure(),
            #[cfg(feature = "redis")]
            Self::Redis(_) => None,
        }
    }

    /// Makes what a tenant of an earlier version lacks. In SQL the whole database has it since it was opened.
    pub(crate) async fn prepare(&self) -> Result<(), Refused> {
        match self {
            #[cfg(feature = "_sql")]
            Self::Sql(_) => Ok(()),
            #[cfg(feature = "redis")]
            Self::Redis(store) => Ok(store.prepare().await?),
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

/// Says what to do about the errors of systems and drivers that do not say it.
fn advice(reason: &str, is_file: bool) -> Option<&'static str> {
    let known = [
        ("Connection refused", "start the server, or give the address that it listens at"),
        ("lookup address", "give a host that this machine can find"),
        (
            "No such file or directory",
            if is_file {
                "make its folder, or give another path"
            } else {
                "start the server, or give the path of its socket"
            },
        ),
        ("Permission denied", "let the user that runs this program open it, or give another path"),
        ("unable to open database file", "give the path of a file that the user that runs this program may write"),
    ];
    known.into_iter().find(|(said, _)| reason.contains(said)).map(|(_, advice)| advice)
}

/// Writes where a database is, without the password and the parameters.
pub(crate) fn shown(url: &str) -> String {
    written(url, None)
}

/// Writes where a database was looked for: as [`shown`], with the port that is meant if the URL has none.
fn looked_for(url: &str) -> String {
    let port = match scheme(url).unwrap_or_default().to_ascii_lowercase().as_str() {
        "postgres" | "postgresql" => 5432,
        "mysql" | "mariadb" => 3306,
        "redis" | "rediss" | "redis-cluster" | "rediss-cluster" => 6379,
        _ => return shown(url),
    };
    written(url, Some(port))
}

fn written(url: &str, port: Option<u16>) -> String {
    let Some(scheme) = scheme(url).filter(|scheme| !scheme.eq_ignore_ascii_case("sqlite")) else {
        return url.to_owned();
    };
    let Some((_, rest)) = url.split_once("://") else { return format!("{scheme}:{HIDDEN}") };
    let (user, hosts, path) = parts(rest);
    let user = user.map(|user| format!("{user}@")).unwrap_or_default();
    let port = port.map(|port| format!(":{port}")).unwrap_or_default();
    let with_port = |host: &str| {
        if ["", HIDDEN].contains(&host) || has_port(host) { host.to_owned() } else { format!("{host}{port}") }
    };
    let hosts = hosts.split(',').map(with_port).collect::<Vec<_>>().join(",");
    format!("{scheme}://{user}{hosts}{path}")
}

/// Stands for what may be a part of a password.
const HIDDEN: &str = "…";

/// Parts user, hosts and path, and leaves out the rest.
///
/// The hosts follow the last `@`: a password may have characters that should have been encoded (RFC 3986 §3.2.1).
/// If that `@` stands behind a `?` or `#`, it may be a part of the query or of the password, and only what is
/// before any colon is neither.
fn parts(rest: &str) -> (Option<&str>, &str, &str) {
    let (address, query) = cut(rest, &['?', '#']);
    let (user, place) = match address.rsplit_once('@') {
        _ if query.contains('@') && address.contains([':', '@']) => return (user_of(address), HIDDEN, ""),
        Some((before, place)) => (user_of(before), place),
        None => (None, address),
    };
    let (hosts, path) = cut(place, &['/']);
    (user, hosts, path)
}

fn user_of(before: &str) -> Option<&str> {
    let (user, _) = cut(before, &[':', '/', '?', '#', '@']);
    (!user.is_empty()).then_some(user)
}

/// Cuts a text before the first of some characters.
fn cut<'a>(text: &'a str, ends: &[char]) -> (&'a str, &'a str) {
    text.find(ends).and_then(|end| text.split_at_checked(end)).unwrap_or((text, ""))
}

fn has_port(host: &str) -> bool {
    let port = host.rsplit_once(':').map(|(_, port)| port);
    port.is_some_and(|port| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()))
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
    use super::{Storage, looked_for, shown};

    #[tokio::test]
    async fn f_76_a_database_that_does_not_answer_is_named_by_host_and_port() {
        for (is_there, url) in [
            (cfg!(feature = "postgres"), "postgres://ada:s3cret@127.0.0.1:1/id?application_name=s3cret"),
            (cfg!(feature = "postgres"), "postgresql://ada:s3cret@127.0.0.1:1/id"),
            (cfg!(feature = "mysql"), "mysql://ada:s3cret@127.0.0.1:1/id"),
            (cfg!(feature = "mysql"), "mariadb://ada:s3cret@127.0.0.1:1/id"),
            (cfg!(feature = "redis"), "redis://ada:s3cret@127.0.0.1:1"),
            (cfg!(feature = "redis"), "redis://:s3cret@127.0.0.1:1"),
            (cfg!(feature = "redis"), "rediss://:s3cret@127.0.0.1:1"),
            (cfg!(feature = "redis"), "redis-cluster://:s3cret@127.0.0.1:1,127.0.0.1:2"),
            (cfg!(feature = "redis"), "rediss-cluster://:s3cret@127.0.0.1:1"),
            (cfg!(feature = "redis"), "redis+unix:///nowhere/127.0.0.1:1?pass=s3cret"),
            (cfg!(feature = "sqlite"), "/nowhere/127.0.0.1:1"),
        ] {
            let Some(url) = Some(url).filter(|_| is_there) else { continue };
            let reason = Storage::open(url).await.unwrap_err().to_string();
            assert!(reason.contains("127.0.0.1:1") && !reason.contains("s3cret"), "{url}: {reason}");
            assert!(reason.starts_with(&format!("--database: {}: ", shown(url))), "{url}: {reason}");
            let fixes = ["; start the server, or ", "; make its folder, or ", "known are sslmode"];
            assert!(fixes.iter().any(|fix| reason.contains(fix)), "{url}: {reason}");
        }
    }

    #[tokio::test]
    async fn f_76_no_error_repeats_a_password_that_is_not_encoded() {
        for password in ["s3/c@ret", "s3?c@ret", "s3#c@ret", "s3@c/ret", "s3:c@ret", "s3%c@ret", "[s3@c]ret"] {
            for (is_there, scheme) in [
                (cfg!(feature = "postgres"), "postgres"),
                (cfg!(feature = "mysql"), "mysql"),
                (cfg!(feature = "redis"), "redis"),
                (cfg!(feature = "redis"), "redis-cluster"),
            ] {
                let Some(url) = is_there.then(|| format!("{scheme}://ada:{password}@127.0.0.1:1/id")) else { continue };
                let reason = Storage::open(&url).await.unwrap_err().to_string();
                assert!(!reason.contains("s3") && !reason.contains("ret@"), "{url}: {reason}");
            }
        }
    }

    #[test]
    fn f_76_the_port_that_is_meant_is_named() {
        for (url, expected) in [
            ("postgres://ada:s3cret@db.example/id", "postgres://ada@db.example:5432/id"),
            ("mysql://db.example/id", "mysql://db.example:3306/id"),
            ("rediss://:s3cret@db.example", "rediss://db.example:6379"),
            ("redis-cluster://a:1,b", "redis-cluster://a:1,b:6379"),
            ("redis://[::1]", "redis://[::1]:6379"),
            ("postgres:///id?host=/run/postgresql", "postgres:///id"),
            ("postgres://ada:s3?cret@db.example/id", "postgres://ada@…"),
            ("./provider.db", "./provider.db"),
        ] {
            assert_eq!(looked_for(url), expected);
        }
    }

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
            ("redis+unix:///run/redis.sock?pass=s3c@ret", "redis+unix:///run/redis.sock"),
            ("postgres://db.example/id?password=s3c@ret", "postgres://db.example/id"),
            ("redis+unix:///run/redis.sock?user=ada&pass=s3c@ret", "redis+unix:///run/redis.sock"),
            ("postgres://db.example/id?password=s3c@ret#s3c@ret", "postgres://db.example/id"),
            ("postgres://db.example:5432/id?password=s3cret", "postgres://db.example:5432/id"),
            // Here nobody can tell a part of the password from the host.
            ("postgres://db.example:5432/id?password=s3c@ret", "postgres://db.example@…"),
            ("postgres://ada:s3cret@db.example/id?password=s3c@ret", "postgres://ada@…"),
            ("mysql://ada:s3?c@ret@db.example/id", "mysql://ada@…"),
            ("mysql://ada:12#c@ret@db.example/id", "mysql://ada@…"),
            ("mysql://ada:12/c@ret@db.example/id", "mysql://ada@db.example/id"),
            ("mysql://ada:s3@c/ret@db.example/id", "mysql://ada@db.example/id"),
            ("redis://:s3?c@ret@db.example", "redis://…"),
            ("redis:ada:s3cret@db.example", "redis:…"),
            ("SQLITE:///srv/p@ss.db", "SQLITE:///srv/p@ss.db"),
        ] {
            assert_eq!(shown(url), expected);
        }
    }
}
