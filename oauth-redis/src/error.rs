//! What can go wrong below a verb, and the one place where it becomes a [`StoreError`].

use oauth_core::store::StoreError;
use std::time::Duration;

/// Why a verb failed. The text goes to the log, so it never holds a value out of a record, nor a
/// password out of an address.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The server refused a command, or could not be reached.
    #[error(transparent)]
    Redis(#[from] redis::RedisError),
    /// The server did not answer in time.
    #[error("Redis did not answer within {0:?}; a write may have happened all the same")]
    Late(Duration),
    /// Fewer replicas than asked for have the write.
    #[error("{has} of {wanted} replicas confirmed the write in time; it may have happened all the same")]
    Replicas { has: i64, wanted: usize },
    /// The server itself has not put the write on its disk.
    #[error("the server did not confirm in time that the write is on its disk; it may have happened all the same")]
    NotOnDisk,
    /// A record holds what this program never writes.
    #[error("the record of {0} cannot be read: restore it from a backup, or delete it")]
    Corrupt(&'static str),
    /// A record could not be written as JSON.
    #[error("the record cannot be written as JSON: {0}")]
    Unwritable(#[from] serde_json::Error),
    /// A caller that gives one name to two things.
    #[error("its digest or identifier is taken")]
    Taken,
    /// The caller asks for something that contradicts itself.
    #[error("{0}")]
    Contradiction(&'static str),
    /// The server or the settings cannot be used, for a reason that the text gives.
    #[error("{0}")]
    Unusable(String),
    /// The task that would have answered is gone: it panicked, or the program is ending.
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
