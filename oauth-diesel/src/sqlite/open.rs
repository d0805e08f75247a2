use crate::error::{Failure, Outcome};
use crate::migrations::SQLITE as MIGRATIONS;
use diesel::connection::SimpleConnection;
use diesel::migration::{MigrationSource, MigrationVersion};
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};
use diesel::sqlite::Sqlite;
use diesel_migrations::MigrationHarness;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long opening waits for other processes that open the same file.
const PATIENCE: Duration = Duration::from_secs(10);

/// Opens the database for writing, and makes the file and the tables where they are not there.
pub(super) fn create(path: &Path) -> Outcome<SqliteConnection> {
    make_file(path)?;
    let started = Instant::now();
    loop {
        let opened = writer(path).and_then(|mut connection| {
            migrate(&mut connection)?;
            Ok(connection)
        });
        match opened {
            // Switching to WAL does not wait for its turn as other statements do.
            Err(Failure::Database(error)) if is_busy(&error) && started.elapsed() < PATIENCE => {
                std::thread::sleep(Duration::from_millis(20));
            }
            other => return other,
        }
    }
}

/// Opens the connection that writes: every commit is on the disk before it is answered.
pub(super) fn writer(path: &Path) -> Outcome<SqliteConnection> {
    let mut connection = connect(path)?;
    connection.batch_execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;")?;
    // Who waits longer for another process tries again, as long as its jobs have time.
    connection.batch_execute("PRAGMA busy_timeout = 250;")?;
    Ok(connection)
}

/// Opens a connection that can only read.
pub(super) fn reader(path: &Path) -> Outcome<SqliteConnection> {
    let mut connection = connect(path)?;
    connection.batch_execute("PRAGMA query_only = ON;")?;
    Ok(connection)
}

fn connect(path: &Path) -> Outcome<SqliteConnection> {
    let mut connection = SqliteConnection::establish(&address(path))?;
    connection.batch_execute("PRAGMA busy_timeout = 4000; PRAGMA cache_size = -16000; PRAGMA trusted_schema = OFF;")?;
    Ok(connection)
}

/// Writes the path as SQLite's own URI, with every byte it could take for something else encoded, and
/// with `mode=rw`: a file that has gone missing is an error, not an empty database.
fn address(path: &Path) -> String {
    let mut address = "file:".to_owned();
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => address.push(char::from(*byte)),
            _ => address.push_str(&format!("%{byte:02X}")),
        }
    }
    address + "?mode=rw"
}

/// Makes an empty file that only this user may read; SQLite gives its log files the same mode.
fn make_file(path: &Path) -> Outcome<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(Failure::File(path.display().to_string(), error)),
    }
}

/// Lists the files of a database that other users of this machine may read or write, each with its mode: a file
/// that was there before keeps its own, and a link is followed to the file that it names.
#[cfg(unix)]
pub(super) fn exposed(path: &Path) -> Vec<(PathBuf, u32)> {
    use std::os::unix::fs::PermissionsExt as _;
    let file = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let files = ["", "-wal", "-shm"].map(|end| {
        let mut name = file.clone().into_os_string();
        name.push(end);
        PathBuf::from(name)
    });
    let mode = |file: PathBuf| std::fs::metadata(&file).ok().map(|found| (file, found.permissions().mode() & 0o7777));
    files.into_iter().filter_map(mode).filter(|(_, mode)| mode & 0o066 != 0).collect()
}

/// Elsewhere a file has no mode.
#[cfg(not(unix))]
pub(super) fn exposed(_: &Path) -> Vec<(PathBuf, u32)> {
    Vec::new()
}

/// Applies the migrations that are missing, in one transaction: of several processes one does it
/// and the others find it done.
fn migrate(connection: &mut SqliteConnection) -> Outcome<()> {
    connection.immediate_transaction(|connection| {
        let known = MigrationSource::<Sqlite>::migrations(&MIGRATIONS).map_err(Failure::Migration)?;
        let known: Vec<_> = known.iter().map(|migration| migration.name().version().as_owned()).collect();
        let applied: Vec<MigrationVersion<'_>> = connection.applied_migrations().map_err(Failure::Migration)?;
        if let Some(newer) = applied.iter().find(|version| !known.contains(version)) {
            return Err(Failure::newer_schema(newer));
        }
        let applied = connection.run_pending_migrations(MIGRATIONS).map_err(Failure::Migration)?;
        if applied.is_empty() { Ok(()) } else { super::body::fold_names(connection) }
    })
}

pub(super) fn is_busy(error: &Error) -> bool {
    match error {
        Error::DatabaseError(DatabaseErrorKind::UnableToSendCommand | DatabaseErrorKind::Unknown, details) => {
            details.message().contains("locked")
        }
        _ => false,
    }
}
