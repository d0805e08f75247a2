//! How a body is run on a connection: again, where another call was faster and nothing was written.

use crate::error::{Failure, Outcome};
use diesel::Connection;
use diesel::result::{DatabaseErrorKind, Error};

/// How often a body is run at most. One that lost a race reads the outcome the second time.
const MOST: u32 = 8;

/// What a run came to, and what it says of its connection.
pub(crate) struct Ended<T> {
    pub(crate) outcome: Outcome<T>,
    /// Whether the connection may be used again.
    pub(crate) sound: bool,
    /// Whether nothing was written, so that a verb may begin once more on another connection.
    pub(crate) nothing_written: bool,
}

/// What to do about a failure inside a transaction that is rolled back.
#[derive(PartialEq)]
enum Cure {
    None,
    Again,
    OtherConnection,
}

fn cure(failure: &Failure) -> Cure {
    let Failure::Database(error) = failure else {
        return if matches!(failure, Failure::Raced) { Cure::Again } else { Cure::None };
    };
    match error {
        // A key that was free when the body looked, or a row that was still there.
        Error::DatabaseError(
            DatabaseErrorKind::UniqueViolation
            | DatabaseErrorKind::SerializationFailure
            | DatabaseErrorKind::ForeignKeyViolation,
            _,
        ) => Cure::Again,
        Error::DatabaseError(DatabaseErrorKind::Unknown, details) if is_transient(details.message()) => Cure::Again,
        Error::DatabaseError(
            DatabaseErrorKind::NotNullViolation
            | DatabaseErrorKind::CheckViolation
            | DatabaseErrorKind::ReadOnlyTransaction,
            _,
        ) => Cure::None,
        // Nobody knows what state it is in.
        _ => Cure::OtherConnection,
    }
}

/// Two transactions that waited for each other, or one that waited too long: the databases ask for
/// another try. Diesel keeps no code of these; a database that speaks another language has them cured
/// with another connection instead.
fn is_transient(message: &str) -> bool {
    ["deadlock", "Deadlock", "try restarting transaction", "Record has changed since last read"]
        .iter()
        .any(|part| message.contains(part))
}

/// Runs a body in a transaction, and again as long as it lost a race.
pub(crate) fn attempt_write<C, T, F>(connection: &mut C, body: F, is_over: impl Fn() -> bool) -> Ended<T>
where
    C: Connection,
    F: Fn(&mut C) -> Outcome<T>,
{
    let mut attempt = 0;
    loop {
        attempt += 1;
        let mut committing = false;
        let outcome = connection.transaction(|connection| {
            let value = body(connection)?;
            committing = true;
            Ok(value)
        });
        let failure = match outcome {
            Ok(value) => return Ended { outcome: Ok(value), sound: true, nothing_written: false },
            Err(failure) => failure,
        };
        let cure = cure(&failure);
        // A commit that the database refused did not happen; of one that it did not answer nobody
        // knows.
        let nothing_written = !committing || cure == Cure::Again;
        if cure == Cure::Again && attempt < MOST && !is_over() {
            tracing::debug!(attempt, %failure, "lost a race, reading anew");
            continue;
        }
        let sound = cure != Cure::OtherConnection;
        return Ended { outcome: Err(failure), sound, nothing_written: nothing_written && !sound };
    }
}

/// Decides by reading, and carries that out in one step with no transaction around both: what is carried
/// out says again what must still hold.
pub(crate) fn attempt_change<C, D, T>(
    connection: &mut C,
    decide: impl Fn(&mut C) -> Outcome<D>,
    carry_out: impl Fn(&mut C, D) -> Outcome<T>,
    is_over: impl Fn() -> bool,
) -> Ended<T> {
    let mut attempt = 0;
    loop {
        attempt += 1;
        let decided = decide(connection);
        let only_read = decided.is_err();
        let failure = match decided.and_then(|decided| carry_out(connection, decided)) {
            Ok(value) => return Ended { outcome: Ok(value), sound: true, nothing_written: false },
            Err(failure) => failure,
        };
        let cure = cure(&failure);
        if cure == Cure::Again && attempt < MOST && !is_over() {
            tracing::debug!(attempt, %failure, "lost a race, reading anew");
            continue;
        }
        let sound = cure != Cure::OtherConnection;
        return Ended { outcome: Err(failure), sound, nothing_written: only_read && !sound };
    }
}

/// Runs a body that reads.
pub(crate) fn attempt_read<C, T, F>(connection: &mut C, body: F) -> Ended<T>
where
    F: Fn(&mut C) -> Outcome<T>,
{
    let outcome = body(connection);
    let sound = outcome.as_ref().err().is_none_or(|failure| cure(failure) != Cure::OtherConnection);
    Ended { outcome, sound, nothing_written: !sound }
}
