use crate::database::databases;
use crate::process::{self, Plan, Process, is_root, missing, output, program};
use crate::{PLAIN_PASSWORD, USER};
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::AtomicU32;

/// Debian's user for it, which is used when the tests run as root.
const ACCOUNT: &str = "postgres";

/// A PostgreSQL server.
pub struct Postgres {
    process: Process,
    made: AtomicU32,
}

databases!(
    Postgres,
    "postgres",
    "postgres",
    "CREATE DATABASE {} TEMPLATE template0",
    "DROP DATABASE IF EXISTS {} WITH (FORCE)"
);

impl Postgres {
    /// Starts one with settings of its own.
    pub fn start(settings: &[(&str, &str)]) -> Self {
        Self::start_with(settings, &[])
    }

    /// Starts one with settings and with files that these name, in its data directory: certificates.
    pub fn start_with(settings: &[(&str, &str)], files: &[(&str, &str)]) -> Self {
        let (directory, port) = (process::directory(Some(ACCOUNT)), process::free_port());
        let data = directory.join("data");
        process::write(&directory, &[("password", PLAIN_PASSWORD)], Some(ACCOUNT));
        process::initialise("postgres", &data, || {
            output(
                as_account("initdb")
                    .args(["--no-sync", "--no-instructions", "--encoding=UTF8", "--locale=C.UTF-8"])
                    .args(["--auth=scram-sha-256", "--username", USER])
                    .arg(format!("--pwfile={}", directory.join("password").display()))
                    .arg(&data),
            );
        });
        process::write(&data, files, Some(ACCOUNT));
        let server = as_account("postgres");
        let mut command = vec![server.get_program().to_str().unwrap().to_owned()];
        command.extend(server.get_args().map(|argument| argument.to_str().unwrap().to_owned()));
        command.extend(["-D".to_owned(), data.to_str().unwrap().to_owned(), "-p".to_owned(), port.to_string()]);
        let fixed = [
            ("listen_addresses", "127.0.0.1"),
            ("unix_socket_directories", ""),
            // No test pulls the plug, and this is what lets a busy machine run them.
            ("fsync", "off"),
            ("max_connections", "400"),
            ("log_min_messages", "fatal"),
        ];
        for (name, value) in fixed.iter().chain(settings) {
            command.extend(["-c".to_owned(), format!("{name}={value}")]);
        }
        // It listens before it is done with its beginnings.
        let is_ready = [&program("pg_isready", "postgresql-client"), "-q", "-h", "127.0.0.1", "-p", &port.to_string()];
        let plan = Plan { command, is_ready: is_ready.map(str::to_owned).to_vec(), end: "QUIT" };
        Self { process: Process::start(directory, port, plan), made: AtomicU32::new(0) }
    }

    /// Writes everything to the files of a database, and gives the directory that they are in.
    pub fn written(&self, database: &str) -> PathBuf {
        self.sql(database, "CHECKPOINT");
        let number = self.sql(database, "SELECT oid FROM pg_database WHERE datname = current_database()");
        self.directory().join("data/base").join(number.trim())
    }

    /// Runs statements in a database and gives what they say, unaligned and without headers.
    pub fn sql(&self, database: &str, statements: &str) -> String {
        output(
            Command::new(program("psql", "postgresql-client"))
                .args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-U", USER])
                .args(["-p", &self.port().to_string(), "-d", database, "-c", statements])
                .env("PGPASSWORD", PLAIN_PASSWORD),
        )
    }
}

/// Debian keeps the programs of each version in a folder of its own.
fn as_account(name: &str) -> Command {
    let mut directories: Vec<PathBuf> = vec!["/usr/bin".into(), "/usr/local/bin".into()];
    if let Ok(versions) = fs::read_dir("/usr/lib/postgresql") {
        directories.extend(versions.map(|version| version.unwrap().path().join("bin")));
    }
    let found = directories.iter().rev().map(|directory| directory.join(name)).find(|path| path.exists());
    let path = found.unwrap_or_else(|| missing(name, "postgresql"));
    if !is_root() {
        return Command::new(path);
    }
    let mut command = Command::new("/usr/bin/setpriv");
    command.args(["--reuid", ACCOUNT, "--regid", ACCOUNT, "--init-groups"]).arg(path);
    command.current_dir("/");
    command
}
