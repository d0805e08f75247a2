use crate::process::{self, Plan, Process, output, program};
use std::io::Write as _;
use std::net::{Ipv4Addr, TcpListener};
use std::ops::Deref;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// A Redis server.
pub struct Redis(Process);

impl Redis {
    /// Gives the server that all tests of this program share; the first one starts it.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Redis> = OnceLock::new();
        SHARED.get_or_init(|| Self::start(&[]))
    }

    /// Starts one with options of its own, as on its command line, without the hyphens.
    pub fn start(options: &[&str]) -> Self {
        let port = free_port();
        Self::start_on(port, &[&format!("port {port}")], options, &[])
    }

    /// Starts one that speaks TLS only and shows a certificate.
    pub fn start_with_tls(certificate: &str, key: &str, options: &[&str]) -> Self {
        let port = free_port();
        let listen = [
            "port 0",
            &format!("tls-port {port}"),
            "tls-cert-file cert.pem",
            "tls-key-file key.pem",
            "tls-auth-clients no",
        ];
        Self::start_on(port, &listen, options, &[("cert.pem", certificate), ("key.pem", key)])
    }

    fn start_on(port: u16, listen: &[&str], options: &[&str], files: &[(&str, &str)]) -> Self {
        let directory = process::directory(None);
        process::write(&directory, files, None);
        let place = directory.to_str().unwrap();
        // A newer one than the system's, where somebody wants to try it.
        let server = std::env::var("REDIS_SERVER").unwrap_or_else(|_| program("redis-server", "redis-server"));
        let mut command = [&server, "--dir", place, "--bind", "127.0.0.1", "--save", ""].map(str::to_owned).to_vec();
        let options = listen.iter().chain(options).map(|option| format!("--{option}"));
        command.extend(options.flat_map(|option| option.split(' ').map(str::to_owned).collect::<Vec<_>>()));
        let plan = Plan { command, is_ready: Vec::new(), end: "KILL" };
        Self(Process::start(directory, port, plan))
    }

    /// Gives its URL; `rediss:` is for one that was started with TLS.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port())
    }

    /// Runs a command through redis-cli and gives what it says.
    pub fn cli(&self, arguments: &[&str]) -> String {
        let cli = program("redis-cli", "redis-tools");
        output(Command::new(cli).args(["-p", &self.port().to_string()]).args(arguments))
    }

    /// Runs commands, one a line as redis-cli reads them; in a cluster each goes to the server of its key.
    pub fn load(&self, commands: &str) {
        let mut cli = Command::new(program("redis-cli", "redis-tools"));
        cli.args(["-c", "-e", "-p", &self.port().to_string()]);
        let mut cli = cli.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        cli.stdin.take().unwrap().write_all(commands.as_bytes()).unwrap();
        assert!(cli.wait().unwrap().success(), "a command failed");
    }

    /// Writes everything to its dump, uncompressed, and gives the directory that it is in.
    pub fn written(&self) -> PathBuf {
        self.cli(&["config", "set", "rdbcompression", "no"]);
        let said = self.cli(&["save"]);
        assert_eq!(said.trim(), "OK", "it saves");
        self.directory().to_owned()
    }

    /// Makes a prefix for keys that no other test of this program has.
    pub fn prefix() -> String {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        format!("test{}:", NEXT.fetch_add(1, Ordering::SeqCst))
    }
}

impl Deref for Redis {
    type Target = Process;

    fn deref(&self) -> &Process {
        &self.0
    }
}

/// A Redis Cluster: three masters without replicas.
pub struct RedisCluster(Vec<Redis>);

impl RedisCluster {
    /// Gives the cluster that all tests of this program share; the first one starts it.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<RedisCluster> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    /// Starts one, and waits until all of its servers know that it is whole.
    pub fn start() -> Self {
        let options = ["cluster-enabled yes", "cluster-node-timeout 5000", "cluster-require-full-coverage yes"];
        let nodes = [Redis::start(&options), Redis::start(&options), Redis::start(&options)];
        for (node, slots) in nodes.iter().zip([("0", "5460"), ("5461", "10922"), ("10923", "16383")]) {
            node.cli(&["cluster", "addslotsrange", slots.0, slots.1]);
        }
        let [first, others @ ..] = &nodes;
        for other in others {
            first.cli(&["cluster", "meet", "127.0.0.1", &other.port().to_string()]);
        }
        let started = Instant::now();
        let is_whole = |node: &Redis| {
            let said = node.cli(&["cluster", "info"]);
            ["cluster_state:ok", "cluster_known_nodes:3", "cluster_slots_ok:16384"]
                .iter()
                .all(|part| said.contains(part))
        };
        while !nodes.iter().all(is_whole) {
            assert!(started.elapsed() < Duration::from_secs(120), "the cluster does not form");
            std::thread::sleep(Duration::from_millis(50));
        }
        Self(nodes.into())
    }

    /// Gives the URLs of its servers.
    pub fn urls(&self) -> Vec<String> {
        self.0.iter().map(Redis::url).collect()
    }

    /// Gives its servers.
    pub fn nodes(&self) -> &[Redis] {
        &self.0
    }
}

/// Finds a port at which the bus of a cluster fits above it.
fn free_port() -> u16 {
    loop {
        let port = process::free_port();
        let bus = port.checked_add(10_000).filter(|bus| TcpListener::bind((Ipv4Addr::LOCALHOST, *bus)).is_ok());
        if bus.is_some() {
            return port;
        }
    }
}
