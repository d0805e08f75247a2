use crate::fresh::Fresh;
use crate::keeper::{Keeper, PATIENCE, is_root, output, own, program, run};
use crate::{PASSWORD, PLAIN_PASSWORD, USER};
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// Debian's user for it, which is used when the tests run as root.
const ACCOUNT: &str = "postgres";

/// A PostgreSQL server.
pub struct Postgres {
    keeper: Keeper,
    made: AtomicU32,
}

impl Postgres {
    /// Gives the server that all tests of this program share; the first one starts it.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Postgres> = OnceLock::new();
        SHARED.get_or_init(|| Self::start(&[]))
    }

    /// Starts one with settings of its own.
    pub fn start(settings: &[(&str, &str)]) -> Self {
        Self::start_with(settings, &[])
    }

    /// Starts one with settings and with files that these name, in its data directory: certificates.
    pub fn start_with(settings: &[(&str, &str)], files: &[(&str, &str)]) -> Self {
        let (directory, port) = Keeper::prepare(ACCOUNT);
        let data = directory.join("data");
        let password = directory.join("password");
        fs::write(&password, PLAIN_PASSWORD).unwrap();
        own(&password, ACCOUNT);
        let mut initdb = as_account("initdb");
        run(initdb
            .args(["--no-sync", "--no-instructions", "--encoding=UTF8", "--locale=C.UTF-8", "--auth=scram-sha-256"])
            .args(["--username", USER])
            .arg(format!("--pwfile={}", password.display()))
            .arg(&data));
        for (name, content) in files {
            let path = data.join(name);
            fs::write(&path, content).unwrap();
            run(Command::new("chmod").arg("600").arg(&path));
            own(&path, ACCOUNT);
        }
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
        let server = Self { keeper: Keeper::new(directory, port, command), made: AtomicU32::new(0) };
        server.begin();
        server
    }

    /// Makes a new, empty database and gives its URL.
    pub fn database(&self) -> String {
        let name = format!("oauth_{}", self.made.fetch_add(1, Ordering::SeqCst));
        self.sql("postgres", &format!("CREATE DATABASE {name} TEMPLATE template0"));
        self.url(&name)
    }

    /// Makes a new, empty database on the server that all tests share; it goes with what is returned.
    pub fn fresh() -> Fresh {
        let url = Self::shared().database();
        let name = url.rsplit('/').next().unwrap().to_owned();
        Fresh::new(url, move || {
            Self::shared().sql("postgres", &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        })
    }

    /// Gives the URL of a database.
    pub fn url(&self, name: &str) -> String {
        format!("postgres://{USER}:{PASSWORD}@127.0.0.1:{}/{name}", self.keeper.port)
    }

    /// Runs statements in a database and gives what they say, unaligned and without headers.
    pub fn sql(&self, database: &str, statements: &str) -> String {
        let psql = program(&["/usr/bin/psql", "/usr/local/bin/psql"], "postgresql-client");
        output(
            Command::new(psql)
                .args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-U", USER])
                .args(["-p", &self.keeper.port.to_string(), "-d", database, "-c", statements])
                .env("PGPASSWORD", PLAIN_PASSWORD),
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
        let _ = fs::remove_file(self.keeper.directory().join("data/postmaster.pid"));
        self.begin();
    }

    /// Starts it, and waits until it is done with its beginnings: it listens before it answers.
    fn begin(&self) {
        self.keeper.start();
        let pg_isready = program(&["/usr/bin/pg_isready", "/usr/local/bin/pg_isready"], "postgresql-client");
        let port = self.keeper.port.to_string();
        let ready = || Command::new(&pg_isready).args(["-q", "-h", "127.0.0.1", "-p", &port]).status().unwrap();
        let started = Instant::now();
        while !ready().success() {
            assert!(started.elapsed() < PATIENCE, "the server listens and does not answer");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

fn as_account(name: &str) -> Command {
    let mut directories: Vec<PathBuf> = vec!["/usr/bin".into(), "/usr/local/bin".into()];
    if let Ok(versions) = fs::read_dir("/usr/lib/postgresql") {
        directories.extend(versions.map(|version| version.unwrap().path().join("bin")));
    }
    let found = directories.iter().rev().map(|directory| directory.join(name)).find(|path| path.exists());
    let path = found.unwrap_or_else(|| panic!("{name}: not found; install the package postgresql"));
    if !is_root() {
        return Command::new(path);
    }
    let mut command = Command::new("/usr/bin/setpriv");
    command.args(["--reuid", ACCOUNT, "--regid", ACCOUNT, "--init-groups"]).arg(path);
    command.current_dir("/");
    command
}
