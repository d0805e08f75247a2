//! Private Redis servers: in a temporary directory, on free ports of 127.0.0.1, and gone with the program.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Starts what follows, says its process id, and ends it at the end of its input: when the program is gone.
const KEEPER: &str = r#"
directory=$1; shift
"$@" >>"$directory/log" 2>&1 &
server=$!
echo "$server"
cat >/dev/null
kill -CONT "$server" 2>/dev/null
kill -KILL "$server" 2>/dev/null
wait "$server" 2>/dev/null
case $directory in */oauth-chaos-redis-*) [ -e "$directory/keep" ] || rm -rf "$directory" ;; esac
"#;

const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Redis {
    port: u16,
    directory: PathBuf,
    options: Vec<String>,
    running: Mutex<Option<Running>>,
}

struct Running {
    keeper: Child,
    pid: u32,
    _input: ChildStdin,
}

impl Redis {
    pub(crate) fn start(options: &[&str]) -> Self {
        let directory = tempfile::Builder::new().prefix("oauth-chaos-redis-").tempdir().unwrap().keep();
        let options =
            options.iter().flat_map(|option| format!("--{option}").split(' ').map(str::to_owned).collect::<Vec<_>>());
        let server = Self { port: free_port(), directory, options: options.collect(), running: Mutex::default() };
        server.restart();
        server
    }

    pub(crate) fn restart(&self) {
        let _ = std::fs::remove_file(self.directory.join("keep"));
        let port = self.port.to_string();
        let mut keeper = Command::new("sh")
            .args(["-c", KEEPER, "keeper"])
            .arg(&self.directory)
            .args(["redis-server", "--port", &port, "--bind", "127.0.0.1", "--save", "", "--dir"])
            .arg(&self.directory)
            .args(&self.options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("sh is there");
        let input = keeper.stdin.take().unwrap();
        let mut line = String::new();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(keeper.stdout.take().unwrap()), &mut line).unwrap();
        *self.running.lock().unwrap() =
            Some(Running { keeper, pid: line.trim().parse().expect("a process id"), _input: input });
        let started = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_err() {
            let log = || std::fs::read_to_string(self.directory.join("log")).unwrap_or_default();
            assert!(started.elapsed() < PATIENCE, "redis-server does not start (Debian: redis-server): {}", log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    pub(crate) fn stop(&self) {
        std::fs::write(self.directory.join("keep"), "").unwrap();
        if let Some(Running { mut keeper, _input, .. }) = self.running.lock().unwrap().take() {
            drop(_input);
            keeper.wait().unwrap();
        }
    }

    pub(crate) fn pause(&self) {
        self.signal("STOP");
    }

    pub(crate) fn resume(&self) {
        self.signal("CONT");
    }

    fn signal(&self, signal: &str) {
        let pid = self.running.lock().unwrap().as_ref().expect("it is running").pid;
        assert!(Command::new("kill").arg(format!("-{signal}")).arg(pid.to_string()).status().unwrap().success());
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub(crate) fn cli(&self, arguments: &[&str]) -> String {
        cli(self.port, arguments)
    }

    /// Has the append-only file looked through.
    pub(crate) fn damage(&self) -> Option<String> {
        let manifest = self.directory.join("appendonlydir/appendonly.aof.manifest");
        if !manifest.exists() {
            return None;
        }
        let checked = Command::new("redis-check-aof").arg(manifest).output().expect("redis-check-aof is there");
        (!checked.status.success()).then(|| String::from_utf8_lossy(&checked.stdout).into_owned())
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(self.directory.join("keep"));
        match self.running.get_mut().unwrap().take() {
            Some(Running { mut keeper, _input, .. }) => {
                drop(_input);
                let _ = keeper.wait();
            }
            None => {
                let _ = std::fs::remove_dir_all(&self.directory);
            }
        }
    }
}

/// Three masters without replicas.
pub(crate) struct Cluster(Vec<Redis>);

impl Cluster {
    pub(crate) fn start() -> Self {
        let options = ["cluster-enabled yes", "cluster-node-timeout 5000", "appendonly yes", "appendfsync always"];
        let nodes: Vec<Redis> = (0..3).map(|_| Redis::start(&options)).collect();
        for (node, slots) in nodes.iter().zip([("0", "5460"), ("5461", "10922"), ("10923", "16383")]) {
            node.cli(&["cluster", "addslotsrange", slots.0, slots.1]);
            if node.port != nodes[0].port {
                nodes[0].cli(&["cluster", "meet", "127.0.0.1", &node.port.to_string()]);
            }
        }
        let started = Instant::now();
        let is_whole = |node: &Redis| {
            let said = node.cli(&["cluster", "info"]);
            ["cluster_state:ok", "cluster_known_nodes:3", "cluster_slots_ok:16384"]
                .iter()
                .all(|part| said.contains(part))
        };
        while !nodes.iter().all(is_whole) {
            assert!(started.elapsed() < PATIENCE, "the cluster does not form");
            std::thread::sleep(Duration::from_millis(50));
        }
        Self(nodes)
    }

    pub(crate) fn urls(&self) -> String {
        self.0.iter().map(Redis::url).collect::<Vec<_>>().join(",")
    }
}

fn cli(port: u16, arguments: &[&str]) -> String {
    let output = Command::new("redis-cli").args(["-p", &port.to_string()]).args(arguments).output().unwrap();
    assert!(output.status.success(), "redis-cli {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Finds a port at which the bus of a cluster fits above it.
fn free_port() -> u16 {
    loop {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let bus = port.checked_add(10_000).filter(|bus| TcpListener::bind((Ipv4Addr::LOCALHOST, *bus)).is_ok());
        if bus.is_some() {
            return port;
        }
    }
}
