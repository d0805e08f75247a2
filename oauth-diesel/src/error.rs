//! What can go wrong below a verb, and the one place where it becomes a [`StoreError`].

use diesel::result::Error;
use oauth_core::store::StoreError;

/// Why a verb's body failed. The text goes to the log, so it never holds a value out of a row.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The database refused a statement; what it said has no value in it any more.
    #[error(transparent)]
    Database(diesel::result::Error),
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
    #[cfg(feature = "_driver")]
    #[error(
        "the tables are missing or older than this program: run the migrations of oauth_diesel::migrations, or open \
         the database once by its URL"
    )]
    Behind,
    /// All connections were at work for as long as a verb may take.
    #[cfg(feature = "_server")]
    #[error("no connection to the database became free in time: it is slow, or `connections` in its URL is too few")]
    Busy,
    /// The connection does not say what became of a statement.
    #[cfg(feature = "_server")]
    #[error("the database did not answer in time: is it overloaded, stopped or out of reach?")]
    Late,
    /// No connection could be opened in time.
    #[cfg(feature = "_driver")]
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

impl From<diesel::result::Error> for Failure {
    fn from(error: diesel::result::Error) -> Self {
        Self::Database(match error {
            Error::DatabaseError(kind, said) => Error::DatabaseError(kind, Box::new(without_values(said.message()))),
            other => other,
        })
    }
}

/// Leaves out what a database quotes: a name mostly, but sometimes what stands in a row ("Duplicate entry
/// 'ada' for key"). All between the first quotation mark and the last, since a value may have some too.
fn without_values(message: &str) -> String {
    const MARKS: [char; 6] = ['\'', '"', '`', '\u{ab}', '\u{bb}', '\u{201c}'];
    match (message.split_once(MARKS), message.rsplit_once(MARKS)) {
        (Some((before, _)), Some((_, after))) => format!("{before}(left out){after}"),
        _ => message.to_owned(),
    }
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

#[cfg(test)]
mod tests {
    use super::{Error, Failure, without_values};
    use diesel::result::DatabaseErrorKind;

    #[test]
    fn what_a_database_quotes_is_left_out() {
        let cases = [
            ("Duplicate entry '7-ada@example.com' for key 'username'", "Duplicate entry (left out)"),
            ("Duplicate entry 'it's \"mine\"' for key `k` of it", "Duplicate entry (left out) of it"),
            (
                "Incorrect string value: '\\xF0\\x9F' for column `x`.`y` at row 1",
                "Incorrect string value: (left out) at row 1",
            ),
            ("invalid input syntax for type bigint: \"ada\"", "invalid input syntax for type bigint: (left out)"),
            ("Schl\u{fc}sselwert \u{bb}ada\u{ab} ist doppelt", "Schl\u{fc}sselwert (left out) ist doppelt"),
            ("one mark ' only", "one mark (left out) only"),
            ("deadlock detected", "deadlock detected"),
        ];
        for (said, told) in cases {
            assert_eq!(without_values(said), told);
            let failure: Failure = Error::DatabaseError(DatabaseErrorKind::Unknown, Box::new(said.to_owned())).into();
            assert_eq!(failure.to_string(), told);
            assert!(!format!("{failure:?}").contains("ada"), "{failure:?}");
        }
    }
}
