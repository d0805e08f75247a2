use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Starts what follows it, says its process id, and waits for the end of its input: that comes when
/// the test's program is gone, killed or not, since nobody else holds the other end. Then it ends the
/// server and removes its files. A database that was killed leaves a file that would keep it from
/// starting again.
const SCRIPT: &str = r#"
directory=$1; end=$2; shift 2
rm -f "$directory/keep" "$directory/data/postmaster.pid"
"$@" >>"$directory/log" 2>&1 &
server=$!
echo "$server"
cat >/dev/null
kill -CONT "$server" $(ps -o pid= --ppid "$server") 2>/dev/null
kill -"$end" "$server" 2>/dev/null
(sleep 1; kill -KILL "$server" 2>/dev/null) >/dev/null 2>&1 &
late=$!
wait "$server" 2>/dev/null
kill "$late" 2>/dev/null
case $directory in */oauth-test-server-*) [ -e "$directory/keep" ] || rm -rf "$directory" ;; esac
"#;

/// How long a server may take to start on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(120);

/// A server's process, with a shell beside it that ends it: what can be done to any of the servers.
pub struct Process {
    port: u16,
    directory: PathBuf,
    plan: Plan,
    running: Mutex<Option<Running>>,
}

/// How a kind of server is started and ended.
pub(crate) struct Plan {
    /// What starts it.
    pub(crate) command: Vec<String>,
    /// What succeeds once it answers; nothing, where it answers as soon as it listens.
    pub(crate) is_ready: Vec<String>,
    /// The signal that ends it at once.
    pub(crate) end: &'static str,
}

struct Running {
    shell: Child,
    pid: u32,
    _input: ChildStdin,
}

impl Process {
    /// Starts a server in a directory and waits until it answers on a port.
    pub(crate) fn start(directory: PathBuf, port: u16, plan: Plan) -> Self {
        let process = Self { port, directory, plan, running: Mutex::new(None) };
        process.restart();
        process
    }

    /// Gives its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Gives the directory that all of its files are in.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Gives its process id.
    pub fn pid(&self) -> u32 {
        self.running().as_ref().expect("it is running").pid
    }

    /// Stops it where it stands: it answers nothing, and no connection breaks.
    pub fn pause(&self) {
        self.signal("STOP");
    }

    /// Lets it go on.
    pub fn resume(&self) {
        self.signal("CONT");
    }

    /// Ends it at once, as a crash would; its files stay.
    pub fn stop(&self) {
        fs::write(self.directory.join("keep"), "").unwrap();
        self.running().take().expect("it is running").end();
    }

    /// Starts it again, on the same port and files, and waits until it answers.
    pub fn restart(&self) {
        let mut running = self.running();
        assert!(running.is_none(), "it is running");
        let mut shell = Command::new("sh")
            .args(["-c", SCRIPT, "keeper"])
            .arg(&self.directory)
            .arg(self.plan.end)
            .args(&self.plan.command)
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
        while !self.answers() {
            let log = || fs::read_to_string(self.directory.join("log")).unwrap_or_default();
            assert!(started.elapsed() < PATIENCE, "the server does not start: {}", log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn answers(&self) -> bool {
        TcpStream::connect(SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))).is_ok()
            && self.plan.is_ready.split_first().is_none_or(|(program, arguments)| {
                let mut ready = Command::new(program);
                ready.args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success()
            })
    }

    /// Sends a signal to the server and to all of its processes.
    fn signal(&self, signal: &str) {
        let pid = self.pid();
        let all = format!("kill -{signal} {pid} $(ps -o pid= --ppid {pid})");
        output(Command::new("sh").args(["-c", &all]));
    }

    fn running(&self) -> MutexGuard<'_, Option<Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Running {
    fn end(self) {
        let Self { mut shell, _input, .. } = self;
        drop(_input);
        let _ = shell.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = fs::remove_file(self.directory.join("keep"));
        match self.running().take() {
            Some(running) => running.end(),
            None => drop(fs::remove_dir_all(&self.directory)),
        }
    }
}

/// Makes a directory for a server's files that belongs to a user, if this one is root.
pub(crate) fn directory(user: Option<&str>) -> PathBuf {
    let directory = tempfile::Builder::new().prefix("oauth-test-server-").tempdir().unwrap().keep();
    own(&directory, user);
    directory
}

/// Fills a new data directory: by `make`, or as a copy of what another server made before, if `OAUTH_TEST_TEMPLATES`
/// names a folder to leave that in. An initial database is the same each time, and takes seconds of processor time.
pub(crate) fn initialise(kind: &str, data: &Path, make: impl FnOnce()) {
    let Some(folder) = std::env::var_os("OAUTH_TEST_TEMPLATES").map(PathBuf::from) else { return make() };
    let (template, copy) = (folder.join(kind), |from: &Path, to: &Path| {
        output(Command::new("cp").args(["-a", "--reflink=auto"]).args([from, to]));
    });
    if template.exists() {
        return copy(&template, data);
    }
    make();
    // Of several that are the first at once, one leaves its copy, whole; nobody sees half of one.
    let mine = tempfile::tempdir_in(&folder).unwrap();
    copy(data, &mine.path().join(kind));
    let _ = fs::rename(mine.path().join(kind), &template);
}

/// Finds a port of 127.0.0.1 that is free right now.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

/// Writes files into a directory, such as certificates, for nobody but their owner to read.
pub(crate) fn write(directory: &Path, files: &[(&str, &str)], user: Option<&str>) {
    for (name, content) in files {
        let path = directory.join(name);
        fs::write(&path, content).unwrap();
        output(Command::new("chmod").arg("600").arg(&path));
        own(&path, user);
    }
}

/// Tells whether this program may become another user: databases refuse to run as root.
pub(crate) fn is_root() -> bool {
    output(Command::new("id").arg("-u")).trim() == "0"
}

fn own(path: &Path, user: Option<&str>) {
    if let Some(user) = user.filter(|_| is_root()) {
        output(Command::new("chown").args(["-R", user]).arg(path));
    }
}

/// Runs a program that must succeed, and gives what it says.
pub(crate) fn output(command: &mut Command) -> String {
    let program = command.get_program().to_owned();
    let output = command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{program:?}: {error}"));
    let (said, wrong) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{program:?}: {said}{wrong}");
    said.into_owned()
}

/// Looks for a program where Debian keeps it, and beside.
pub(crate) fn program(name: &str, package: &str) -> String {
    let places = ["/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin"];
    let found = places.map(|place| format!("{place}/{name}")).into_iter().find(|path| Path::new(path).exists());
    found.unwrap_or_else(|| missing(name, package))
}

pub(crate) fn missing(name: &str, package: &str) -> ! {
    panic!("{name}: not found; install the package {package}")
}
