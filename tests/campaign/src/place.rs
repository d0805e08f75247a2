use clap::ValueEnum;
use oauth_test_servers::{Mariadb, Postgres, Process, Redis, RedisCluster};
use std::process::Command;
use tempfile::TempDir;

/// A kind of store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    Memory,
    Sqlite,
    Postgres,
    Mariadb,
    Redis,
    Cluster,
}

impl Kind {
    /// Those that keep what they have when the provider is gone.
    pub(crate) const DURABLE: &[Self] = &[Self::Sqlite, Self::Postgres, Self::Mariadb, Self::Redis, Self::Cluster];

    /// Those that are a server which can go away.
    pub(crate) const SERVERS: &[Self] = &[Self::Postgres, Self::Mariadb, Self::Redis];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
            Self::Mariadb => "MariaDB",
            Self::Redis => "Redis",
            Self::Cluster => "Redis Cluster",
        }
    }
}

/// What is behind a store.
pub(crate) enum Server {
    Nothing,
    /// A file, in a directory that goes with it.
    File(#[allow(dead_code, reason = "kept until its end")] TempDir),
    Postgres(Postgres),
    Mariadb(Mariadb),
    Redis(Redis),
    Cluster(#[allow(dead_code, reason = "kept until its end")] RedisCluster),
}

/// A new, empty database on a server of its own.
pub(crate) struct Place {
    pub(crate) location: String,
    pub(crate) server: Server,
}

impl Place {
    /// Starts what a kind of store needs. Whatever it answered is in the hands of the operating system, so
    /// that ending its process loses nothing: the machine itself never goes down here.
    pub(crate) fn start(kind: Kind) -> Self {
        match kind {
            Kind::Memory => Self { location: "memory".to_owned(), server: Server::Nothing },
            Kind::Sqlite => {
                let directory = TempDir::new().unwrap();
                let location = format!("sqlite:{}", directory.path().join("provider.db").display());
                Self { location, server: Server::File(directory) }
            }
            Kind::Postgres => {
                let server = Postgres::start(&[]);
                Self { location: server.database(), server: Server::Postgres(server) }
            }
            Kind::Mariadb => {
                // 2: a commit is written to the log before it is answered.
                let server = Mariadb::start(&["innodb-flush-log-at-trx-commit=2"]);
                Self { location: server.database(), server: Server::Mariadb(server) }
            }
            Kind::Redis => {
                let server = Redis::start(&["appendonly yes", "appendfsync always"]);
                Self { location: server.url(), server: Server::Redis(server) }
            }
            Kind::Cluster => {
                let server = RedisCluster::start();
                Self { location: server.urls().join(","), server: Server::Cluster(server) }
            }
        }
    }

    /// Adds a parameter to the location: `connections=1`.
    pub(crate) fn with(&self, parameter: &str) -> String {
        format!("{}?{parameter}", self.location)
    }

    /// Gives the name of the database on its server.
    pub(crate) fn database(&self) -> &str {
        self.location.rsplit('/').next().unwrap()
    }

    /// Gives the database's process, to stop it and start it again.
    pub(crate) fn process(&self) -> &Process {
        match &self.server {
            Server::Postgres(server) => server,
            Server::Mariadb(server) => server,
            Server::Redis(server) => server,
            Server::Nothing | Server::File(_) | Server::Cluster(_) => unreachable!("it is no process of its own"),
        }
    }

    /// Has the database look for damage in what it keeps, and says what it found.
    pub(crate) fn damage(&self) -> Option<String> {
        match &self.server {
            Server::File(_) => crate::disk::damage(&self.location),
            Server::Postgres(server) => {
                let check = "CREATE EXTENSION IF NOT EXISTS amcheck; \
                    SELECT bt_index_check(i.indexrelid, true) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid \
                    JOIN pg_am a ON a.oid = c.relam WHERE a.amname = 'btree' AND c.relname LIKE 'oauth%'";
                let said =
                    std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| server.sql(self.database(), check)));
                said.err().map(|said| said.downcast_ref::<String>().cloned().unwrap_or_default())
            }
            Server::Mariadb(server) => {
                let named = "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()";
                let tables = server.sql(self.database(), named);
                let list = tables.lines().collect::<Vec<_>>().join(", ");
                let said = server.sql(self.database(), &format!("CHECK TABLE {list} EXTENDED"));
                said.lines().find(|line| !line.ends_with("OK")).map(str::to_owned)
            }
            Server::Redis(server) => {
                let manifest = server.directory().join("appendonlydir/appendonly.aof.manifest");
                let check = || Command::new("redis-check-aof").arg(&manifest).output().expect("Debian: redis-tools");
                let checked = manifest.exists().then(check)?;
                (!checked.status.success()).then(|| String::from_utf8_lossy(&checked.stdout).into_owned())
            }
            Server::Nothing | Server::Cluster(_) => None,
        }
    }
}
