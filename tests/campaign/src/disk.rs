//! Disks that are full, and what SQLite says of a file.

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_types::Text;
use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A small disk of its own, in memory.
pub(crate) struct Disk {
    directory: Option<TempDir>,
}

impl Disk {
    /// Mounts one, which takes the right to do so: `None` without it.
    pub(crate) fn mount(megabytes: u32) -> Option<Self> {
        let directory = TempDir::new().unwrap();
        let options = format!("size={megabytes}M,mode=0777");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(directory.path());
        let mounted = mount.stdout(Stdio::null()).stderr(Stdio::null()).status();
        mounted.is_ok_and(|status| status.success()).then_some(Self { directory: Some(directory) })
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.as_ref().unwrap().path()
    }

    /// Fills it to the last kilobyte; what is left are holes in the files that are there.
    pub(crate) fn fill(&self) {
        let free = || {
            let said = Command::new("df").args(["--output=avail", "-k"]).arg(self.path()).output().unwrap();
            String::from_utf8_lossy(&said.stdout).lines().last().unwrap().trim().parse::<u64>().unwrap()
        };
        let zeros = vec![0; usize::try_from(free() * 1024).unwrap()];
        // Others write there too: then it is fuller still.
        let written = std::fs::write(self.ballast(), zeros);
        assert!(written.is_ok() || written.is_err_and(|error| error.kind() == ErrorKind::StorageFull));
    }

    /// Frees what was filled.
    pub(crate) fn free(&self) {
        std::fs::remove_file(self.ballast()).unwrap();
    }

    fn ballast(&self) -> PathBuf {
        self.path().join("ballast")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let directory = self.directory.take().unwrap();
        // Lazily: a server may still have files open there.
        let _ = Command::new("umount").arg("-l").arg(directory.path()).status();
    }
}

/// Limits the size of the files that a process writes, where no disk can be mounted; `None` lifts it.
pub(crate) fn limit_files(pid: u32, bytes: Option<u64>) {
    let limit = bytes.map_or_else(|| "--fsize=unlimited".to_owned(), |bytes| format!("--fsize={bytes}:unlimited"));
    let limited = Command::new("prlimit").args(["--pid", &pid.to_string(), &limit]).status().unwrap();
    assert!(limited.success(), "prlimit {limit}");
}

fn open(location: &str) -> SqliteConnection {
    let path = location.trim_start_matches("sqlite:");
    assert!(File::open(path).is_ok(), "{path} is there");
    SqliteConnection::establish(path).unwrap()
}

/// Holds a SQLite file for itself for a while.
pub(crate) fn hold(location: &str, time: Duration) {
    let mut connection = open(location);
    let begun = Instant::now();
    connection.batch_execute("PRAGMA busy_timeout = 5000; BEGIN IMMEDIATE").unwrap();
    std::thread::sleep(time.saturating_sub(begun.elapsed()));
    connection.batch_execute("COMMIT").unwrap();
}

#[derive(QueryableByName)]
struct Said {
    #[diesel(sql_type = Text)]
    integrity_check: String,
}

/// Has SQLite look through a file.
pub(crate) fn damage(location: &str) -> Option<String> {
    let mut connection = open(location);
    connection.batch_execute("PRAGMA busy_timeout = 10000").unwrap();
    let said: Vec<Said> = diesel::sql_query("PRAGMA integrity_check").load(&mut connection).unwrap();
    let wrong: Vec<String> = said.into_iter().map(|said| said.integrity_check).filter(|said| said != "ok").collect();
    (!wrong.is_empty()).then(|| wrong.join("; "))
}
