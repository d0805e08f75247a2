//! What can go wrong below a verb, and the one place where it becomes a [`StoreError`].

use oauth_core::store::StoreError;

/// Why a verb's body failed. The text goes to the log, so it never holds a value out of a row.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The database refused a statement.
    #[error(transparent)]
    Database(#[from] diesel::result::Error),
    /// The database could not be opened.
    #[error(transparent)]
    Connection(#[from] diesel::ConnectionError),
    /// A migration failed.
    #[error("the schema could not be brought up to date: {0}")]
    Migration(Box<dyn std::error::Error + Send + Sync>),
    /// A column holds what this program never writes.
    #[error("the column {0} holds what cannot be read: restore the database from a backup, or repair the row")]
    Corrupt(&'static str),
    /// A record could not be written as JSON.
    #[error("the record cannot be written as JSON: {0}")]
    Unwritable(#[from] serde_json::Error),
    /// The caller asks for something that contradicts itself.
    #[error("{0}")]
    Contradiction(&'static str),
    /// The file system refused.
    #[cfg(feature = "sqlite")]
    #[error("{0}: {1}")]
    File(String, std::io::Error),
    /// The database cannot be used, for a reason that the text gives.
    #[error("{0}")]
    Unusable(String),
    /// Another call changed what this one had read: nothing was written, and read anew it will be told
    /// what became of it.
    #[error("another call was faster, again and again: try again")]
    Raced,
    /// The tables are not there, or are those of an earlier version, and are not made here.
    #[cfg(feature = "_server")]
    #[error(
        "the tables are missing or older than this program: run the migrations of oauth_diesel::migrations, or open \
         the database once by its URL"
    )]
    Behind,
    /// All connections were at work for as long as a verb may take.
    #[cfg(feature = "_server")]
    #[error("no connection to the database became free in time: it is slow, or `connections` in its URL is too few")]
    Busy,
    /// No connection could be opened in time.
    #[cfg(feature = "_server")]
    #[error("the database could not be reached in time: is it running, and is its address right?")]
    Unreachable,
    /// Other verbs of the same commit went with it: the reason stands in the log.
    #[cfg(feature = "sqlite")]
    #[error("the transaction was not committed: {0}")]
    NotCommitted(String),
    /// The thread that would have answered is gone: it panicked, or the program is ending.
    #[error("it was abandoned: the log says why, unless the program is ending")]
    Stopped,
}

impl Failure {
    /// Says that the tables have a version that this program does not know.
    pub(crate) fn newer_schema(version: &impl std::fmt::Display) -> Self {
        Self::Unusable(format!(
            "the database was written by a newer version of this program (schema {version}): start that version, or \
             restore a backup from before the update"
        ))
    }

    /// Says what was being done when it failed.
    pub(crate) fn while_doing(self, doing: &'static str) -> StoreError {
        StoreError::new(doing, self)
    }
}

/// The result of a verb's body.
pub(crate) type Outcome<T> = Result<T, Failure>;
