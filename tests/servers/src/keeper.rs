use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Starts what follows it, says its process id, and waits for the end of its input: that comes when
/// the test's program is gone, killed or not, since nobody else holds the other end. Then it ends the
/// server and removes its files.
const SCRIPT: &str = r#"
directory=$1; shift
"$@" >>"$directory/log" 2>&1 &
server=$!
echo "$server"
cat >/dev/null
kill -CONT "$server" $(ps -o pid= --ppid "$server") 2>/dev/null
kill -QUIT "$server" 2>/dev/null
for n in 1 2 3 4 5 6 7 8 9 10; do kill -0 "$server" 2>/dev/null || break; sleep 0.1; done
kill -KILL "$server" 2>/dev/null
wait "$server" 2>/dev/null
case $directory in */oauth-test-server-*) [ -e "$directory/keep" ] || rm -rf "$directory" ;; esac
"#;

/// How long a server may take to start or to stop on a machine that is busy.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// A server's process, with a shell beside it that ends it.
pub(crate) struct Keeper {
    pub(crate) port: u16,
    directory: PathBuf,
    command: Vec<String>,
    running: Mutex<Option<Running>>,
}

struct Running {
    shell: Child,
    pid: u32,
    _input: ChildStdin,
}

impl Keeper {
    /// Makes a directory that belongs to a user, if this one is root, and finds a free port.
    pub(crate) fn prepare(user: &str) -> (PathBuf, u16) {
        let directory = tempfile::Builder::new().prefix("oauth-test-server-").tempdir().unwrap().keep();
        own(&directory, user);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        (directory, listener.local_addr().unwrap().port())
    }

    pub(crate) fn new(directory: PathBuf, port: u16, command: Vec<String>) -> Self {
        Self { port, directory, command, running: Mutex::new(None) }
    }

    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Starts the server, and waits until it listens.
    pub(crate) fn start(&self) {
        let mut running = self.running();
        assert!(running.is_none(), "it is running");
        let _ = fs::remove_file(self.directory.join("keep"));
        let mut shell = Command::new("sh")
            .args(["-c", SCRIPT, "keeper"])
            .arg(&self.directory)
            .args(&self.command)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let input = shell.stdin.take().unwrap();
        let mut line = String::new();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(shell.stdout.take().unwrap()), &mut line).unwrap();
        *running = Some(Running { shell, pid: line.trim().parse().expect("a process id"), _input: input });
        drop(running);
        let started = Instant::now();
        while TcpStream::connect(SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))).is_err() {
            let log = || fs::read_to_string(self.directory.join("log")).unwrap_or_default();
            assert!(started.elapsed() < PATIENCE, "the server does not start: {}", log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Ends the server at once, as a crash would; its files stay.
    pub(crate) fn stop(&self) {
        fs::write(self.directory.join("keep"), "").unwrap();
        let Running { mut shell, _input, .. } = self.running().take().expect("it is running");
        drop(_input);
        shell.wait().unwrap();
    }

    /// Sends a signal to the server and to all of its processes.
    pub(crate) fn signal(&self, signal: &str) {
        let pid = self.running().as_ref().expect("it is running").pid;
        let all = format!("kill -{signal} {pid} $(ps -o pid= --ppid {pid})");
        run(Command::new("sh").args(["-c", &all]));
    }

    fn running(&self) -> MutexGuard<'_, Option<Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        let _ = fs::remove_file(self.directory.join("keep"));
        match self.running().take() {
            Some(Running { mut shell, _input, .. }) => {
                drop(_input);
                let _ = shell.wait();
            }
            None => {
                let _ = fs::remove_dir_all(&self.directory);
            }
        }
    }
}

/// Tells whether this program may become another user: servers refuse to run as root.
pub(crate) fn is_root() -> bool {
    output(Command::new("id").arg("-u")).trim() == "0"
}

/// Gives a file or a directory to a user, if this one is root.
pub(crate) fn own(path: &Path, user: &str) {
    if is_root() {
        run(Command::new("chown").args(["-R", user]).arg(path));
    }
}

pub(crate) fn run(command: &mut Command) {
    output(command);
}

/// Runs a program that must succeed, and gives what it says.
pub(crate) fn output(command: &mut Command) -> String {
    let program = command.get_program().to_owned();
    let output = command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{program:?}: {error}"));
    let (said, wrong) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{program:?}: {said}{wrong}");
    said.into_owned()
}

/// Looks for a program where Debian keeps it.
pub(crate) fn program(candidates: &[&str], package: &str) -> String {
    let found = candidates.iter().find(|path| Path::new(path).exists());
    (*found.unwrap_or_else(|| panic!("{candidates:?}: not found; install the package {package}"))).to_owned()
}
