use crate::database::databases;
use crate::process::{self, Plan, Process, is_root, output, program};
use crate::{PLAIN_PASSWORD, USER};
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::AtomicU32;

/// Debian's user for it, which is used when the tests run as root.
const ACCOUNT: &str = "mysql";

/// A MariaDB server, which speaks MySQL's protocol.
pub struct Mariadb {
    process: Process,
    made: AtomicU32,
}

databases!(Mariadb, "mysql", "mysql", "CREATE DATABASE {}", "DROP DATABASE IF EXISTS {}");

impl Mariadb {
    /// Starts one with options of its own, as on its command line, without the hyphens.
    pub fn start(options: &[&str]) -> Self {
        Self::start_with(options, &[])
    }

    /// Starts one with options and with files in its data directory: certificates.
    pub fn start_with(options: &[&str], files: &[(&str, &str)]) -> Self {
        let (directory, port) = (process::directory(Some(ACCOUNT)), process::free_port());
        let data = directory.join("data");
        let account: Vec<String> = if is_root() { vec![format!("--user={ACCOUNT}")] } else { Vec::new() };
        process::initialise("mariadb", &data, || {
            output(
                Command::new(program("mariadb-install-db", "mariadb-server"))
                    .args(["--no-defaults", "--skip-test-db", "--auth-root-authentication-method=normal"])
                    // The kernel has places for a few servers only that use its own way.
                    .args(["--skip-name-resolve", "--innodb-use-native-aio=0", "--innodb-log-file-size=16M"])
                    .args(&account)
                    .arg(format!("--tmpdir={}", directory.display()))
                    .arg(format!("--datadir={}", data.display())),
            );
        });
        process::write(&data, files, Some(ACCOUNT));
        let mut command = vec![program("mariadbd", "mariadb-server"), "--no-defaults".into()];
        command.extend(account);
        command.extend([
            format!("--datadir={}", data.display()),
            // A server that starts clears away the temporary tables of others in the same place.
            format!("--tmpdir={}", directory.display()),
            format!("--socket={}", directory.join("socket").display()),
            format!("--pid-file={}", directory.join("pid").display()),
            format!("--port={port}"),
            "--bind-address=127.0.0.1".into(),
            "--skip-name-resolve".into(),
            "--max-connections=400".into(),
            // No test pulls the plug, and this is what lets a busy machine run them.
            "--innodb-flush-log-at-trx-commit=0".into(),
            "--innodb-log-file-size=16M".into(),
            "--innodb-use-native-aio=0".into(),
            "--skip-log-bin".into(),
        ]);
        command.extend(options.iter().map(|option| format!("--{option}")));
        let plan = Plan { command, is_ready: Vec::new(), end: "QUIT" };
        let server = Self { process: Process::start(directory, port, plan), made: AtomicU32::new(0) };
        let user = format!(
            "CREATE USER {USER}@'%' IDENTIFIED BY '{PLAIN_PASSWORD}'; GRANT ALL ON *.* TO {USER}@'%'; FLUSH PRIVILEGES"
        );
        server.sql("mysql", &user);
        server
    }

    /// Writes everything to the files of a database, and gives the directory that they are in.
    pub fn written(&self, database: &str) -> PathBuf {
        let names = "SELECT GROUP_CONCAT(table_name) FROM information_schema.tables WHERE table_schema = DATABASE()";
        let tables = self.sql(database, &format!("SET group_concat_max_len = 100000; {names}"));
        self.sql(database, &format!("FLUSH TABLES {} FOR EXPORT; UNLOCK TABLES", tables.trim()));
        self.directory().join("data").join(database)
    }

    /// Runs statements in a database and gives what they say, without headers.
    pub fn sql(&self, database: &str, statements: &str) -> String {
        output(
            Command::new(program("mariadb", "mariadb-client"))
                .args(["--no-defaults", "--default-character-set=utf8mb4", "-uroot", "-N", "-B"])
                .arg(format!("--socket={}", self.directory().join("socket").display()))
                .args(["-D", database, "-e", statements]),
        )
    }
}
