//! `examples/warp-notes` beside `examples/provider`, as two processes: what its README says to type, and
//! what happens while the provider is down.

use crate::command_line::process::{ADMIN_PASSWORD, Binary, Home, Server, built, finish};
use oauth_tests::{Answer, Call, free_address};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The longest that anything here may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// The API as a process; killed when dropped.
pub(crate) struct Api(Child);

impl Api {
    /// Starts it and waits until it listens.
    pub(crate) fn start(command: &mut Command, at: SocketAddr) -> Self {
        let mut api = Self(command.stdin(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
        let since = Instant::now();
        while TcpStream::connect(at).is_err() {
            assert!(api.0.try_wait().unwrap().is_none() && since.elapsed() < PATIENCE, "the API does not start");
            std::thread::sleep(Duration::from_millis(10));
        }
        api
    }
}

impl Drop for Api {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts the provider at an address, on the database of a home.
fn provider(home: &Home, at: SocketAddr) -> Server {
    let mut command = home.prepare(&["--port", &at.port().to_string(), "--json"]);
    Server::start(command.env("PROVIDER_ADMIN_PASSWORD", ADMIN_PASSWORD))
}

/// Starts a provider at an address, in a home of its own.
pub(crate) fn provider_on(binary: Binary, at: SocketAddr) -> (Home, Server) {
    let home = Home::new(binary);
    let server = provider(&home, at);
    (home, server)
}

/// Gives the lines that a README says to type.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next()).flat_map(str::lines)
}

/// Writes values in the place of whole words in capitals.
fn fill(line: &str, values: &BTreeMap<String, String>) -> String {
    let is_other = |character: char| !character.is_ascii_uppercase() && character != '_';
    let filled = line.split_inclusive(is_other).map(|part| {
        let word = part.trim_end_matches(is_other);
        values.get(word).map_or_else(|| part.to_owned(), |value| part.replace(word, value))
    });
    filled.collect()
}

#[test]
fn the_commands_of_its_readme_work() {
    let (home, at, api_at) = (Home::new(Binary::Rocket), free_address(), free_address());
    let (mut running, mut answers) = ((None, None), Vec::new());
    // The words in capitals, as the answers before showed them.
    let mut shown = BTreeMap::new();
    for line in lines(include_str!("../../../examples/warp-notes/README.md")) {
        let line = line.replace("127.0.0.1:8000", &at.to_string()).replace("127.0.0.1:8001", &api_at.to_string());
        let line = fill(&line, &shown);
        if line == "cargo run" {
            running.0 = Some(provider(&home, at));
        } else if line.ends_with(" cargo run -p warp-notes") {
            let exec = format!("&& exec {}", built("warp-notes", "WARP_NOTES_BINARY").display());
            let mut command = home.shell(&format!("export {}", line.replace("cargo run -p warp-notes", &exec)));
            let (listen, issuer) = (api_at.to_string(), format!("http://{at}"));
            command.env("NOTES_LISTEN", &listen).env("NOTES_RESOURCE", format!("http://{listen}"));
            running.1 = Some(Api::start(command.env("NOTES_ISSUER", issuer), api_at));
        } else {
            let done = finish(&mut home.shell(&line), "");
            assert_eq!(done.code, Some(0), "{line}: {}", done.stderr);
            let members: BTreeMap<String, Value> = serde_json::from_str(&done.stdout).unwrap_or_default();
            let texts = members.iter().filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)));
            let columns = done.stdout.lines().filter_map(|line| line.split_once(' '));
            for (name, value) in columns.chain(texts) {
                if ["client_id", "client_secret", "access_token"].contains(&name) {
                    shown.insert(name.to_uppercase(), value.trim().to_owned());
                }
            }
            answers.push(done.stdout);
        }
    }
    let [_, _, _, added, listed, refused, metadata] = answers.try_into().unwrap();
    let json = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    assert_eq!(json(&added), json!({ "text": "buy milk" }));
    assert_eq!(json(&listed), json!({ "notes": ["buy milk"] }));
    assert!(refused.starts_with("HTTP/1.1 401 "), "{refused}");
    let url = format!("http://{api_at}/.well-known/oauth-protected-resource");
    assert!(refused.contains(&format!("resource_metadata=\"{url}\"")), "{refused}");
    assert_eq!(json(&metadata)["authorization_servers"], json!([format!("http://{at}")]));
    assert_eq!(json(&metadata)["resource"], json!(format!("http://{api_at}")));
}

/// The two processes, and a client that acts for itself.
struct Story {
    home: Home,
    provider: Option<Server>,
    at: SocketAddr,
    api: SocketAddr,
    robot: Value,
    _api: Api,
}

impl Story {
    fn begin() -> Self {
        let (home, at, api) = (Home::new(Binary::Rocket), free_address(), free_address());
        let (listen, resource) = (api.to_string(), format!("http://{api}"));
        let create = ["application", "create", "--name", "N", "--confidential"];
        let client = home.run(&[&create[..], &["--client-id", "notes-api", "--resource", &resource]].concat()).ok();
        let robot = home.run(&[&create[..], &["--grant", "client_credentials"]].concat()).ok();
        let mut command = home.shell(&format!("exec {}", built("warp-notes", "WARP_NOTES_BINARY").display()));
        command.env("NOTES_CLIENT_SECRET", client["client_secret"].as_str().unwrap());
        command.env("NOTES_LISTEN", listen).env("NOTES_RESOURCE", resource).env("NOTES_ISSUER", format!("http://{at}"));
        // It starts before its provider, which it asks when a token comes.
        let _api = Api::start(&mut command, api);
        let provider = Some(provider(&home, at));
        Self { home, provider, at, api, robot, _api }
    }

    fn token(&self, scope: &str, resource: &str) -> String {
        let text = |name: &str| self.robot[name].as_str().unwrap();
        let form = [("grant_type", "client_credentials"), ("scope", scope), ("resource", resource)];
        let provider = self.provider.as_ref().expect("it runs");
        provider.token(text("client_id"), text("client_secret"), &form).text("access_token")
    }

    fn own(&self, scope: &str) -> String {
        self.token(scope, &format!("http://{}", self.api))
    }

    async fn list(&self, token: &str) -> Answer {
        Call::new(self.api, http::Method::GET, "/notes").bearer(token).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_takes_only_tokens_that_are_meant_for_it_and_allow_enough() {
    let story = Story::begin();
    story.list(&story.own("read")).await.expect(200);
    story.list("made-up").await.expect_error(401, "invalid_token");
    let elsewhere = story.token("read", &format!("http://{}/api", story.at));
    story.list(&elsewhere).await.expect_error(401, "invalid_token");
    story.list(&story.own("write")).await.expect_error(403, "insufficient_scope");
    let call = |method, path: &str| Call::new(story.api, method, path);
    let token = story.own("write");
    let add = |text: String| call(http::Method::POST, "/notes").bearer(&token).body("text/plain", text);
    add("x".repeat(4_096)).await.expect(201);
    add("x".repeat(4_097)).await.expect(413);
    call(http::Method::DELETE, "/notes").bearer(&token).await.expect(405);
    call(http::Method::GET, "/nowhere").await.expect(404);
    let metadata = call(http::Method::GET, "/.well-known/oauth-protected-resource").set_header("Host", "evil.example");
    assert_eq!(metadata.await.expect(200).member("resource"), format!("http://{}", story.api));
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_provider_is_down_it_answers_503_and_goes_on_when_it_is_back() {
    let mut story = Story::begin();
    let (used, fresh) = (story.own("read"), story.own("read"));
    story.list(&used).await.expect(200);
    assert_eq!(story.provider.take().unwrap().end("TERM").code, Some(0));

    let down = story.list(&fresh).await.expect_error(503, "temporarily_unavailable");
    assert!(down.header("retry-after").is_some_and(|seconds| seconds.parse::<u32>().is_ok()), "{down}");
    story.list("made-up").await.expect_error(503, "temporarily_unavailable");

    story.provider = Some(provider(&story.home, story.at));
    let since = Instant::now();
    while story.list(&fresh).await.status != 200 {
        assert!(since.elapsed() < PATIENCE, "it goes on by itself");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    story.list("made-up").await.expect_error(401, "invalid_token");
}
