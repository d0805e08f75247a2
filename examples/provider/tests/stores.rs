//! The program on every store that it contains, each a private server's: chosen by a URL at run time.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "they are tests, helpers too")]

use oauth_test_servers::{Mariadb, PASSWORD, Postgres, Redis, RedisCluster};
use serde_json::Value;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Output, Stdio};

/// The password of the first account.
const ADMIN: &str = "only for this test, admin";

/// The program with a database, where the process list does not show it.
fn provider(database: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_provider"));
    // The same at every start, whatever the port is: tokens are meant for an API of that name.
    command.args(arguments).args(["--json", "--issuer", "https://id.example"]).env("PROVIDER_DATABASE", database);
    command.env("PROVIDER_ADMIN_PASSWORD", ADMIN).env_remove("PROVIDER_TENANT");
    command
}

/// A server that listens; killed when dropped.
struct Server {
    process: Child,
    welcome: Value,
}

impl Server {
    fn start(database: &str, arguments: &[&str]) -> Self {
        let mut command = provider(database, arguments);
        let command = command.args(["--port", "0"]).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(!line.contains(PASSWORD), "no password is shown: {line}");
        let welcome = serde_json::from_str(&line).expect("a server that starts says so");
        Self { process, welcome }
    }

    /// Sends a request and gives the answer's status, its head and its body.
    fn exchange(&self, head: &str, body: &str) -> (u16, String, String) {
        let address = self.welcome["listening"].as_str().unwrap().trim_start_matches("http://");
        let mut stream = TcpStream::connect(address).unwrap();
        let length = body.len();
        write!(stream, "{head}\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}")
            .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), head.to_owned(), body.to_owned())
    }

    fn ask(&self, head: &str, body: &str) -> (u16, String) {
        let (status, _, body) = self.exchange(head, body);
        (status, body)
    }

    /// Signs in on the page as an account, and gives the cookies, if the page lets it in.
    fn sign_in(&self, username: &str) -> Option<String> {
        let (_, head, page) = self.exchange("GET /oauth/sign-in HTTP/1.1", "");
        let cookies = cookies(&head);
        let hidden = page.split("<input ").filter(|input| input.contains("type=\"hidden\"")).map(|input| {
            let value = |name: &str| input.split_once(&format!("{name}=\"")).unwrap().1.split('"').next().unwrap();
            format!("{}={}&", value("name"), value("value"))
        });
        let form = hidden.collect::<String>() + &format!("username={username}&password={}", ADMIN.replace(' ', "+"));
        let post = "POST /oauth/sign-in HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded";
        let (status, head, _) = self.exchange(&format!("{post}\r\nCookie: {cookies}"), &form);
        (status == 303).then(|| self::cookies(&head))
    }

    fn applications(&self, cookies: &str) -> (u16, String) {
        self.ask(&format!("GET /oauth/applications HTTP/1.1\r\nCookie: {cookies}"), "")
    }

    fn token(&self, client: &Value) -> (u16, String) {
        let part = |name: &str| client[name].as_str().unwrap();
        let (id, secret) = (part("client_id"), part("client_secret"));
        let body = format!("grant_type=client_credentials&scope=read&client_id={id}&client_secret={secret}");
        self.ask("POST /oauth/token HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded", &body)
    }

    fn notes(&self, token: &str) -> u16 {
        self.ask(&format!("GET /api/notes HTTP/1.1\r\nAuthorization: Bearer {token}"), "").0
    }
}

fn cookies(head: &str) -> String {
    let set = head
        .lines()
        .filter_map(|line| line.split_once(": ").filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie")));
    set.filter_map(|(_, cookie)| cookie.split(';').next()).collect::<Vec<_>>().join("; ")
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn done(output: Output) -> Value {
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said} {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_str(&said).unwrap()
}

fn command(database: &str, arguments: &[&str]) -> Value {
    done(provider(database, arguments).output().unwrap())
}

const ROBOT: [&str; 7] =
    ["application", "create", "--name", "Robot", "--confidential", "--grant", "client_credentials"];

/// What a script and a server do with one database, the server twice.
fn works_on(database: &str) {
    let server = Server::start(database, &[]);
    assert!(server.welcome.get("first_account").is_none(), "the password was given");
    let robot = command(database, &ROBOT);
    let (status, body) = server.token(&robot);
    assert_eq!(status, 200, "{body}");
    let token = serde_json::from_str::<Value>(&body).unwrap()["access_token"].as_str().unwrap().to_owned();
    assert_eq!(server.notes(&token), 200);
    drop(server);

    let server = Server::start(database, &[]);
    assert_eq!(server.notes(&token), 200, "what was answered outlives the process");
    assert_eq!(command(database, &["user", "list"]).as_array().unwrap().len(), 1, "the first account is made once");
    command(database, &["application", "delete", robot["client_id"].as_str().unwrap()]);
    assert_eq!(server.notes(&token), 401, "the server sees what a command did");
    assert!(command(database, &["sweep"])["removed"].is_u64());
}

/// What commands and pages of one tenant see of another in the same database: nothing.
fn keeps_tenants_apart_on(database: &str) {
    let [north, south] = ["north", "south"].map(|name| Server::start(database, &["--tenant", name]));
    let of = |tenant: &str, arguments: &[&str]| command(database, &[arguments, &["--tenant", tenant]].concat());
    let robot = of("north", &ROBOT);
    for tenant in ["south", ""] {
        assert_eq!(of(tenant, &["application", "list"]), Value::Array(Vec::new()), "{tenant:?} has none");
    }
    let id = robot["client_id"].as_str().unwrap();
    for action in ["show", "delete"] {
        let output = provider(database, &["application", action, id, "--tenant", "south"]).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{action}");
    }
    let (status, body) = north.token(&robot);
    assert_eq!(status, 200, "{body}");
    let token = serde_json::from_str::<Value>(&body).unwrap()["access_token"].as_str().unwrap().to_owned();
    assert_eq!((north.notes(&token), south.notes(&token), south.token(&robot).0), (200, 401, 401));

    assert_ne!(of("north", &["user", "list"]), of("south", &["user", "list"]), "each has its own administrator");
    of("north", &["user", "create", "--username", "ada", "--password", ADMIN]);
    assert!(north.sign_in("ada").is_some() && south.sign_in("ada").is_none(), "an account is one tenant's");
    let (at_home, abroad) = (north.sign_in("admin").unwrap(), south.sign_in("admin").unwrap());
    assert!(north.applications(&at_home).1.contains("Robot"));
    let (status, page) = south.applications(&abroad);
    assert!(status == 200 && !page.contains("Robot"), "{status} {page}");
    assert_ne!(south.applications(&at_home).0, 200, "a session is one tenant's");

    of("south", &["user", "delete", "admin"]);
    assert_eq!(of("south", &["sweep"])["removed"], 0);
    assert!(
        north.applications(&at_home).0 == 200 && north.notes(&token) == 200,
        "what one does, the other does not feel"
    );
}

fn in_a_file(test: fn(&str)) {
    let directory = tempfile::tempdir().unwrap();
    test(&format!("sqlite:{}", directory.path().join("provider.db").display()));
}

fn in_redis() -> String {
    format!("{}?prefix={}", Redis::shared().url(), Redis::prefix())
}

fn in_a_cluster() -> String {
    let places: Vec<_> =
        RedisCluster::shared().nodes().iter().map(|node| format!("127.0.0.1:{}", node.port())).collect();
    format!("redis-cluster://{}?prefix={}", places.join(","), Redis::prefix())
}

macro_rules! on_every_store {
    ($($test:ident;)*) => {
        mod sqlite {
            $(#[test] fn $test() { super::in_a_file(super::$test); })*
        }
        mod postgresql {
            $(#[test] fn $test() { super::$test(super::Postgres::fresh().url()); })*
        }
        mod mariadb {
            $(#[test] fn $test() { super::$test(super::Mariadb::fresh().url()); })*
        }
        mod redis {
            $(#[test] fn $test() { super::$test(&super::in_redis()); })*
        }
        mod redis_cluster {
            $(#[test] fn $test() { super::$test(&super::in_a_cluster()); })*
        }
    };
}

on_every_store! {
    works_on;
    keeps_tenants_apart_on;
}

#[test]
fn what_cannot_be_opened_is_refused_without_its_password() {
    for (url, code, reason) in [
        ("oracle://ada:s3cret@127.0.0.1/x", "invalid_configuration", "rediss-cluster:"),
        ("redis://:s3cret@127.0.0.1:1", "temporarily_unavailable", "--database: "),
        ("redis-cluster://:s3cret@127.0.0.1:1,127.0.0.1:2", "temporarily_unavailable", "--database: "),
        ("postgres://ada:s3cret@127.0.0.1:1/x", "temporarily_unavailable", "--database: "),
    ] {
        let output = provider(url, &["user", "list"]).output().unwrap();
        let (said, wrong) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        let answer: Value = serde_json::from_str(&said).unwrap();
        assert_eq!(answer["error"], code, "{url}: {said}");
        assert!(said.contains(reason), "{url}: {said}");
        assert!(!said.contains("s3cret") && !wrong.contains("s3cret"), "{url}: {said} {wrong}");
    }
    let help = provider("redis://:s3cret@127.0.0.1:1", &["--help"]).output().unwrap();
    assert!(!String::from_utf8(help.stdout).unwrap().contains("s3cret"), "--help shows no environment");
}
