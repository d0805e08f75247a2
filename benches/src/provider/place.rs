use crate::Error;
use clap::ValueEnum;
use oauth_test_servers::Postgres;
use tempfile::TempDir;

/// A store that is measured.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Store {
    Memory,
    Sqlite,
    Postgres,
}

/// Where a store keeps what it is given: a folder or a server of its own, gone when this is dropped.
pub(crate) enum Place {
    Memory,
    Folder(TempDir),
    Server(Postgres),
}

impl Place {
    /// Makes one; the settings are PostgreSQL's.
    pub(crate) fn new(store: Store, settings: &[(&str, &str)]) -> Result<Self, Error> {
        Ok(match store {
            Store::Memory => Self::Memory,
            Store::Sqlite => Self::Folder(TempDir::new()?),
            Store::Postgres => Self::Server(Postgres::start(settings)),
        })
    }

    /// Gives the URL of an empty database, one for each name.
    pub(crate) fn database(&self, name: &str) -> String {
        match self {
            Self::Memory => "memory:".to_owned(),
            Self::Folder(directory) => format!("sqlite:{}", directory.path().join(name).display()),
            Self::Server(server) => server.database(),
        }
    }
}

/// Gives the name of the database in a URL of PostgreSQL.
pub(crate) fn name_in(url: &str) -> Result<&str, Error> {
    Ok(url.rsplit('/').next().ok_or("a URL names a database")?)
}
