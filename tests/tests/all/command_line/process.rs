//! The real binary as a process, with a directory of its own, and as much HTTP as a script speaks.

use serde_json::Value;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use url::Url;

/// The longest that anything here may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// The password of the first account, where a test needs to know it.
pub(crate) const ADMIN_PASSWORD: &str = "only for this test, admin";

/// A program that is the provider: options, commands and pages are the same in both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Binary {
    /// `examples/provider`.
    Rocket,
    /// `examples/warp-provider`.
    Warp,
}

impl Binary {
    /// Finds it: where a variable says, or where cargo built it beside this test.
    fn path(self) -> PathBuf {
        let (name, variable) = match self {
            Self::Rocket => ("provider", "PROVIDER_BINARY"),
            Self::Warp => ("warp-provider", "WARP_PROVIDER_BINARY"),
        };
        built(name, variable)
    }
}

/// Finds a binary of the workspace: where a variable says, or where cargo built it beside this test.
pub(crate) fn built(name: &str, variable: &str) -> PathBuf {
    let beside_this_test = || {
        let test = std::env::current_exe().expect("a test knows where it is");
        test.parent().and_then(Path::parent).expect("target/debug/deps").join(name)
    };
    let path = std::env::var_os(variable).map_or_else(beside_this_test, PathBuf::from);
    assert!(path.is_file(), "{} is missing: run `cargo build --locked -p {name}` first", path.display());
    path
}

/// A directory with a database that is not there yet, and the program that will work in it.
pub(crate) struct Home {
    directory: TempDir,
    binary: Binary,
}

/// What a command left behind.
pub(crate) struct Done {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Done {
    /// Reads standard output as exactly one JSON value.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {:?} {}", self.stdout, self.stderr))
    }

    /// As [`json`](Self::json), of a command that must have succeeded.
    pub(crate) fn ok(&self) -> Value {
        assert_eq!(self.code, Some(0), "{}", self.stderr);
        self.json()
    }

    /// Checks that it was refused with a code, as one JSON value, and gives the reason.
    pub(crate) fn refused(&self, error: &str) -> String {
        assert_eq!(self.code, Some(1), "{} {}", self.stdout, self.stderr);
        let value = self.json();
        assert_eq!(value["error"], error, "{value}");
        let reason = value["error_description"].as_str().unwrap().to_owned();
        assert!(self.stderr.contains(&reason), "people read it too: {}", self.stderr);
        reason
    }
}

impl Home {
    pub(crate) fn new(binary: Binary) -> Self {
        Self { directory: TempDir::new().unwrap(), binary }
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.directory.path().join("provider.db")
    }

    /// Prepares the binary in this directory, with no variable that could change what it does.
    pub(crate) fn prepare(&self, arguments: &[&str]) -> Command {
        let mut command = self.here(Command::new(self.binary.path()));
        command.args(arguments);
        command
    }

    /// Prepares a line as a person types it, where the binary stands for `cargo run -q --`.
    pub(crate) fn shell(&self, line: &str) -> Command {
        let mut command = self.here(Command::new("sh"));
        command.arg("-c").arg(line.replace("cargo run -q --", &self.binary.path().display().to_string()));
        command
    }

    fn here(&self, mut command: Command) -> Command {
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if ["PROVIDER_", "ROCKET_", "NOTES_"].iter().any(|known| text.starts_with(known)) || text == "RUST_LOG" {
                command.env_remove(&name);
            }
        }
        command.current_dir(self.directory.path());
        command
    }

    /// Runs a command with `--json`.
    pub(crate) fn run(&self, arguments: &[&str]) -> Done {
        self.run_with(arguments, "")
    }

    /// Runs a command with `--json` and something on standard input.
    pub(crate) fn run_with(&self, arguments: &[&str], stdin: &str) -> Done {
        finish(self.prepare(arguments).arg("--json"), stdin)
    }

    /// Starts a server on a free port with [`ADMIN_PASSWORD`], and waits until it listens.
    pub(crate) fn serve(&self, arguments: &[&str]) -> Server {
        let mut command = self.prepare(arguments);
        command.args(["--port", "0", "--json"]).env("PROVIDER_ADMIN_PASSWORD", ADMIN_PASSWORD);
        Server::start(&mut command)
    }

    /// Starts a server that speaks to people, until it has written `last`, and gives what it wrote.
    pub(crate) fn serve_as_text(&self, arguments: &[&str], last: &str) -> String {
        let mut stdout = tempfile::tempfile().unwrap();
        let mut command = self.prepare(arguments);
        let command = command.stdin(Stdio::null()).stdout(stdout.try_clone().unwrap()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let since = Instant::now();
        while !all_of(&mut stdout).contains(last) && since.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = child.kill();
        let _ = child.wait();
        all_of(&mut stdout)
    }
}

/// Runs a command to its end.
pub(crate) fn finish(command: &mut Command, stdin: &str) -> Done {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A command that does not read it may be gone by now.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Done { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// A server that listens; killed when dropped.
pub(crate) struct Server {
    child: Child,
    stdout: BufReader<ChildStdout>,
    /// A file, because a pipe that nobody reads would stop a server that logs much.
    stderr: File,
    /// What is typed in the place of its address, where that is something else.
    pub(crate) called: Option<String>,
    /// What it said when it listened.
    pub(crate) welcome: Value,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Server {
    /// Starts a server with `--json` and reads its one value.
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut stderr = tempfile::tempfile().unwrap();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(stderr.try_clone().unwrap());
        let mut child = command.spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let welcome = serde_json::from_str(&line).unwrap_or_else(|error| {
            let _ = child.kill();
            panic!("{error}: {line:?} {}", all_of(&mut stderr))
        });
        Self { child, stdout, stderr, called: None, welcome }
    }

    pub(crate) fn issuer(&self) -> &str {
        self.welcome["issuer"].as_str().unwrap()
    }

    /// Sends a signal and waits for the end: exit code, the rest of standard output, standard error.
    pub(crate) fn end(mut self, signal: &str) -> Done {
        let pid = self.child.id().to_string();
        assert!(Command::new("sh").args(["-c", &format!("kill -{signal} {pid}")]).status().unwrap().success());
        let since = Instant::now();
        let code = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status.code();
            }
            assert!(since.elapsed() < PATIENCE, "the server does not end");
            std::thread::sleep(Duration::from_millis(10));
        };
        let mut stdout = String::new();
        self.stdout.read_to_string(&mut stdout).unwrap();
        Done { code, stdout, stderr: all_of(&mut self.stderr) }
    }

    /// Asks for a page or posts a form, without following redirects.
    pub(crate) fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let url = Url::parse(self.welcome["listening"].as_str().unwrap()).unwrap();
        let (host, port) = (url.host_str().unwrap(), url.port().unwrap());
        let mut stream = TcpStream::connect((host, port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let called = self.called.as_deref().unwrap_or(host);
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {called}:{port}\r\nConnection: close\r\n");
        if method == "POST" {
            head += &format!("Content-Length: {}\r\n", body.len());
        }
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        write!(stream, "{head}\r\n{body}").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let header = |line: &str| line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned()));
        Answer { status, headers: lines.filter_map(header).collect(), body: body.to_owned() }
    }

    /// Posts a form to the token endpoint as a client with a secret.
    pub(crate) fn token(&self, client_id: &str, client_secret: &str, form: &[(&str, &str)]) -> Answer {
        let credentials = [("client_id", client_id), ("client_secret", client_secret)];
        self.post("/oauth/token", &[], credentials.iter().chain(form))
    }

    /// Posts a form.
    pub(crate) fn post<'a>(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        form: impl IntoIterator<Item = &'a (&'a str, &'a str)>,
    ) -> Answer {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let form = [("Content-Type", "application/x-www-form-urlencoded")];
        self.ask("POST", path, &[headers, &form].concat(), &body)
    }

    /// Calls the API with an access token.
    pub(crate) fn api(&self, method: &str, path: &str, token: &str, body: &str) -> Answer {
        let bearer = format!("Bearer {token}");
        self.ask(method, path, &[("Authorization", &bearer), ("Content-Type", "application/json")], body)
    }
}

fn all_of(file: &mut File) -> String {
    let mut text = String::new();
    file.rewind().unwrap();
    file.read_to_string(&mut text).unwrap();
    text
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Reads a member of a JSON answer that is a text.
    pub(crate) fn text(&self, member: &str) -> String {
        self.json()[member].as_str().unwrap_or_else(|| panic!("no {member}: {self:?}")).to_owned()
    }
}
