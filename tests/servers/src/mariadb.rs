use crate::fresh::Fresh;
use crate::keeper::{Keeper, is_root, output, own, program, run};
use crate::{PASSWORD, PLAIN_PASSWORD, USER};
use std::fs;
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// Debian's user for it, which is used when the tests run as root.
const ACCOUNT: &str = "mysql";

/// A MariaDB server, which speaks MySQL's protocol.
pub struct Mariadb {
    keeper: Keeper,
    made: AtomicU32,
}

impl Mariadb {
    /// Gives the server that all tests of this program share; the first one starts it.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Mariadb> = OnceLock::new();
        SHARED.get_or_init(|| Self::start(&[]))
    }

    /// Starts one with options of its own, as on its command line, without the hyphens.
    pub fn start(options: &[&str]) -> Self {
        Self::start_with(options, &[])
    }

    /// Starts one with options and with files in its data directory: certificates.
    pub fn start_with(options: &[&str], files: &[(&str, &str)]) -> Self {
        let (directory, port) = Keeper::prepare(ACCOUNT);
        let data = directory.join("data");
        let account: Vec<String> = if is_root() { vec![format!("--user={ACCOUNT}")] } else { Vec::new() };
        let install = program(&["/usr/bin/mariadb-install-db", "/usr/local/bin/mariadb-install-db"], "mariadb-server");
        run(Command::new(install)
            .args([
                "--no-defaults",
                "--skip-test-db",
                "--auth-root-authentication-method=normal",
                "--skip-name-resolve",
            ])
            // The kernel has places for a few servers only that use its own way.
            .arg("--innodb-use-native-aio=0")
            .args(&account)
            .arg(format!("--datadir={}", data.display())));
        for (name, content) in files {
            fs::write(data.join(name), content).unwrap();
            own(&data.join(name), ACCOUNT);
        }
        let mut command = vec![
            program(&["/usr/sbin/mariadbd", "/usr/local/sbin/mariadbd"], "mariadb-server"),
            "--no-defaults".into(),
        ];
        command.extend(account);
        command.extend([
            format!("--datadir={}", data.display()),
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
        let server = Self { keeper: Keeper::new(directory, port, command), made: AtomicU32::new(0) };
        server.keeper.start();
        let user = format!(
            "CREATE USER {USER}@'%' IDENTIFIED BY '{PLAIN_PASSWORD}'; GRANT ALL ON *.* TO {USER}@'%'; FLUSH PRIVILEGES"
        );
        server.sql("mysql", &user);
        server
    }

    /// Makes a new, empty database and gives its URL.
    pub fn database(&self) -> String {
        let name = format!("oauth_{}", self.made.fetch_add(1, Ordering::SeqCst));
        self.sql("mysql", &format!("CREATE DATABASE {name}"));
        self.url(&name)
    }

    /// Makes a new, empty database on the server that all tests share; it goes with what is returned.
    pub fn fresh() -> Fresh {
        let url = Self::shared().database();
        let name = url.rsplit('/').next().unwrap().to_owned();
        Fresh::new(url, move || {
            Self::shared().sql("mysql", &format!("DROP DATABASE IF EXISTS {name}"));
        })
    }

    /// Gives the URL of a database.
    pub fn url(&self, name: &str) -> String {
        format!("mysql://{USER}:{PASSWORD}@127.0.0.1:{}/{name}", self.keeper.port)
    }

    /// Runs statements in a database and gives what they say, without headers.
    pub fn sql(&self, database: &str, statements: &str) -> String {
        let client = program(&["/usr/bin/mariadb", "/usr/local/bin/mariadb"], "mariadb-client");
        output(
            Command::new(client)
                .args(["--no-defaults", "--default-character-set=utf8mb4", "-uroot", "-N", "-B"])
                .arg(format!("--socket={}", self.keeper.directory().join("socket").display()))
                .args(["-D", database, "-e", statements]),
        )
    }

    /// Gives its port.
    pub fn port(&self) -> u16 {
        self.keeper.port
    }

    /// Stops it where it stands: it answers nothing, and no connection breaks.
    pub fn pause(&self) {
        self.keeper.signal("STOP");
    }

    /// Lets it go on.
    pub fn resume(&self) {
        self.keeper.signal("CONT");
    }

    /// Ends it at once.
    pub fn stop(&self) {
        self.keeper.stop();
    }

    /// Starts it again, on the same port and files.
    pub fn restart(&self) {
        self.keeper.start();
    }
}
