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
    #[error("{0}: {1}")]
    File(String, std::io::Error),
    /// The database cannot be used, for a reason that the text gives.
    #[error("{0}")]
    Unusable(String),
    /// Other verbs of the same commit went with it: the reason stands in the log.
    #[error("the transaction was not committed: {0}")]
    NotCommitted(String),
    /// The thread that would have answered is gone: it panicked, or the program is ending.
    #[error("it was abandoned: the log says why, unless the program is ending")]
    Stopped,
}

impl Failure {
    /// Says what was being done when it failed.
    pub(crate) fn while_doing(self, doing: &'static str) -> StoreError {
        StoreError::new(doing, self)
    }
}

/// The result of a verb's body.
pub(crate) type Outcome<T> = Result<T, Failure>;
