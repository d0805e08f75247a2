//! The provider: as a process of its own, started and killed from here.

use crate::store::AnyStore;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use oauth_core::client::{Client, ClientType, Registration, SecretHash};
use oauth_core::config::Config;
use oauth_core::identifier::{ClientId, Subject};
use oauth_core::owner::{Approval, AuthorizationRequest, Decided, Decision, ResourceOwner};
use oauth_core::provider::{AuthorizationProvider, Provider};
use oauth_core::secret::ClientSecret;
use oauth_core::store::{self, ClientStore as _};
use oauth_tower::{Limits, ProviderLayer, RequestBody, authorized, scopes};
use std::convert::Infallible;
use std::future::{Ready, ready};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::Stdio;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, ChildStdin, Command};
use tower_layer::Layer as _;
use tower_service::Service;

pub(crate) const ISSUER: &str = "http://127.0.0.1";
pub(crate) const CLIENT: &str = "campaign";
pub(crate) const SECRET: &str = "7TnVHMXJAVKhBHMXxSqcvpMkOiDyDHNzHvBmZBOzLkE";
pub(crate) const CALLBACK: &str = "http://127.0.0.1/callback";

scopes! { Read = "read"; }

fn config() -> Config {
    let day = Duration::from_secs(24 * 60 * 60);
    let mut config = Config::new(ISSUER).unwrap();
    // What ends here ends by what the campaign does, and by no clock.
    config.access_token_lifetime = day;
    config.code_lifetime = Duration::from_secs(600);
    // All requests come from one address, and ask about tokens that are dead.
    config.insecure_no_throttling = true;
    // Each client works for a person of its own, who has more grants than people have.
    config.grants_per_client = u32::MAX;
    config.sweep_interval = Duration::from_secs(2);
    config
}

/// Registers the client whose load it is, however long a database that has just started takes.
pub(crate) async fn register(store: &AnyStore) {
    let mut client = Client::new(ClientId::new(CLIENT).unwrap(), CLIENT, ClientType::Confidential);
    let mut registration = Registration::new(CLIENT, ClientType::Confidential);
    registration.grant_types = config().grant_types();
    registration.redirect_uris = vec![CALLBACK.to_owned()];
    registration.apply(&mut client, &config()).unwrap();
    client.secrets = vec![SecretHash::Sha256(ClientSecret::new(SECRET).digest())];
    let mut tries = 0;
    while let Err(error) = store.create_client(&client).await {
        tries += 1;
        assert!(tries < 20, "{error}");
    }
}

struct App {
    store: AnyStore,
    owner: Willing,
    config: Config,
}

/// People who are always there and allow everything. `state` names who it is: a revocation by one overtakes no code of
/// another.
struct Willing;

impl ResourceOwner for Willing {
    async fn decide(&self, request: &Request<Bytes>, ask: &AuthorizationRequest) -> store::Result<Decided> {
        let query = request.uri().query().unwrap_or_default();
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        let state = pairs.find(|(name, _)| name == "state").map_or_else(|| "ada".into(), |(_, state)| state);
        let approval = Approval::new(Subject::new(state).unwrap(), ask.scope().clone());
        Ok(Decision::Allow(approval).into())
    }
}

impl AuthorizationProvider for App {
    type Store = AnyStore;
    type Owner = Willing;

    fn store(&self) -> &AnyStore {
        &self.store
    }

    fn owner(&self) -> &Willing {
        &self.owner
    }

    fn config(&self) -> &Config {
        &self.config
    }
}

/// The API behind the guard: it has nothing to say.
#[derive(Clone)]
struct Api;

impl Service<Request<RequestBody>> for Api {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<RequestBody>) -> Self::Future {
        ready(Ok(Response::new(Full::new(Bytes::new()))))
    }
}

/// What the process does that is killed: serves a provider and an API on a free port, which it says, until
/// the program that started it is gone.
pub(crate) async fn serve(location: &str, pages: bool) {
    let filter = std::env::var("CHAOS_LOG").unwrap_or_else(|_| "off".to_owned());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let store = AnyStore::open(location).await.unwrap_or_else(|error| panic!("{error}"));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    println!("{}", listener.local_addr().unwrap().port());
    let orphaned = async { tokio::io::stdin().read_to_end(&mut Vec::new()).await };
    if pages {
        return crate::decisions::serve(store, listener, orphaned).await;
    }
    let provider = Arc::new(Provider::new(App { store, owner: Willing, config: config() }).unwrap());
    let api = authorized::<Read, _>(&provider.protected_resource()).layer(Api);
    let site = ProviderLayer::new(provider.clone()).layer(api);
    oauth_tower::serve(site, listener, Limits::default()).sweeping(provider).until(orphaned).await;
}

/// A provider's process.
pub(crate) struct Running {
    process: Child,
    _input: ChildStdin,
    pub(crate) address: SocketAddr,
}

/// Begins to start one. A file that may not grow is an error to it and not its end: a program that Rust's
/// library starts has no other way to say so.
pub(crate) fn launch(location: &str) -> Child {
    launch_with(location, &[])
}

fn launch_with(location: &str, more: &[&str]) -> Child {
    Command::new("sh")
        .args(["-c", "trap '' XFSZ; exec \"$@\"", "provider"])
        .arg(std::env::current_exe().unwrap())
        .args(["serve", location])
        .args(more)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

impl Running {
    /// Starts one, and waits until it serves.
    pub(crate) async fn start(location: &str) -> Self {
        Self::from(launch(location)).await
    }

    /// Starts one that has pages and accounts.
    pub(crate) async fn start_pages(location: &str) -> Self {
        Self::from(launch_with(location, &["pages"])).await
    }

    async fn from(mut process: Child) -> Self {
        let (input, output) = (process.stdin.take().unwrap(), process.stdout.take().unwrap());
        let line = BufReader::new(output).lines().next_line().await.unwrap();
        let port: u16 = line.and_then(|line| line.parse().ok()).expect("the provider starts");
        Self { process, _input: input, address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)) }
    }

    /// Kills it as it stands (SIGKILL), and waits until it is gone.
    pub(crate) async fn kill(mut self) {
        self.process.kill().await.unwrap();
    }

    /// Tells whether it still runs.
    pub(crate) fn runs(&mut self) -> bool {
        self.process.try_wait().unwrap().is_none()
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.id().expect("it runs")
    }
}
