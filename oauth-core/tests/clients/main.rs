//! What real clients and deployments send, from the endpoints' side.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

mod deployment;
mod errors;
mod resources;
mod secrets;

use base64::Engine as _;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, LOCATION};
use http::{Request, Response, StatusCode};
use oauth_core::client::{Client, ClientType, GrantType, SecretHash};
use oauth_core::clock::{Clock, ManualClock, Timestamp};
use oauth_core::config::Config;
use oauth_core::identifier::{ClientId, Resource, Subject};
use oauth_core::owner::{Approval, AuthorizationRequest, Decided, Decision, ResourceOwner};
use oauth_core::provider::{AuthorizationProvider, Provider, Service};
use oauth_core::redirect::RedirectUri;
use oauth_core::secret::ClientSecret;
use oauth_core::store::{ClientStore, MemoryStore, Result, StoreError};
use serde_json::Value;
use std::sync::Arc;

const CALLBACK: &str = "https://app.example/callback";
const SECRET: &str = "correct horse battery";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// Somebody who agrees to everything, if the request says that they are there.
struct Owner;

fn who(request: &Request<Bytes>) -> Option<Subject> {
    Subject::new(request.headers().get("x-signed-in")?.to_str().ok()?).ok()
}

impl ResourceOwner for Owner {
    async fn decide(&self, request: &Request<Bytes>, ask: &AuthorizationRequest) -> Result<Decided> {
        let allow = |subject| Decision::Allow(Approval::new(subject, ask.scope().clone()));
        let sign_in = || Decision::SignIn(Response::new(Bytes::from_static(b"sign in")));
        if request.headers().contains_key("x-outage") {
            return Err(StoreError::new("decide", "an outage"));
        }
        Ok(who(request).map_or_else(sign_in, allow).into())
    }

    async fn visitor(&self, request: &Request<Bytes>) -> Result<Option<Subject>> {
        if request.headers().contains_key("x-outage") {
            return Err(StoreError::new("find who is signed in", "an outage"));
        }
        Ok(who(request))
    }

    async fn is_administrator(&self, subject: &Subject) -> Result<bool> {
        Ok(subject.as_str() == "root")
    }
}

struct App {
    config: Config,
    store: MemoryStore,
    owner: Owner,
}

impl AuthorizationProvider for App {
    type Store = MemoryStore;
    type Owner = Owner;

    fn store(&self) -> &MemoryStore {
        &self.store
    }

    fn owner(&self) -> &Owner {
        &self.owner
    }

    fn config(&self) -> &Config {
        &self.config
    }
}

/// A provider that can move: what it stores stays, its settings change.
struct Server {
    store: MemoryStore,
    clock: Arc<ManualClock>,
    provider: Provider<App>,
}

impl Server {
    fn new(set: impl FnOnce(&mut Config)) -> Self {
        let clock = Arc::new(ManualClock::starting_at(Timestamp::from_unix_seconds(1_800_000_000)));
        let store = MemoryStore::new();
        let provider = provider(&store, &clock, set);
        Self { store, clock, provider }
    }

    fn restart(&mut self, set: impl FnOnce(&mut Config)) {
        self.provider = provider(&self.store, &self.clock, set);
    }

    async fn register(&self, id: &str, change: impl FnOnce(&mut Client)) -> Client {
        let mut client = Client::new(ClientId::new(id).unwrap(), "Notes", ClientType::Confidential);
        client.secrets = vec![SecretHash::Sha256(ClientSecret::new(SECRET).digest())];
        client.redirect_uris = vec![RedirectUri::register(CALLBACK, false).unwrap()];
        client.grant_types = vec![GrantType::AuthorizationCode, GrantType::RefreshToken, GrantType::ClientCredentials];
        client.created_at = self.clock.now();
        change(&mut client);
        self.store.create_client(&client).await.unwrap();
        client
    }

    async fn resource_server(&self, id: &str, resource: &str) -> Client {
        self.register(id, |client| client.resources = vec![Resource::new(resource).unwrap()]).await
    }

    async fn authorize(&self, more: &[(&str, &str)]) -> Response<Bytes> {
        let request = Request::get(authorization(more)).header("x-signed-in", "ada").body(Bytes::new()).unwrap();
        self.provider.call(request).await
    }

    async fn code(&self, more: &[(&str, &str)]) -> String {
        let answer = self.authorize(more).await;
        parameter(&answer, "code").unwrap_or_else(|| panic!("{answer:?}"))
    }

    async fn token(&self, fields: &[(&str, &str)]) -> (StatusCode, Value) {
        self.post("/oauth/token", "app", fields).await
    }

    async fn redeem(&self, code: &str, more: &[(&str, &str)]) -> (StatusCode, Value) {
        let fields = [("grant_type", "authorization_code"), ("code", code), ("code_verifier", VERIFIER)];
        self.token(&[&fields[..], more].concat()).await
    }

    async fn refresh(&self, token: &Value, more: &[(&str, &str)]) -> (StatusCode, Value) {
        let token = token["refresh_token"].as_str().unwrap();
        self.token(&[&[("grant_type", "refresh_token"), ("refresh_token", token)][..], more].concat()).await
    }

    async fn introspect(&self, client: &str, token: &Value) -> Value {
        let token = token["access_token"].as_str().unwrap();
        let (status, answer) = self.post("/oauth/introspect", client, &[("token", token)]).await;
        assert_eq!(status, 200, "{answer}");
        answer
    }

    async fn post(&self, path: &str, client: &str, fields: &[(&str, &str)]) -> (StatusCode, Value) {
        let basic = base64::engine::general_purpose::STANDARD.encode(format!("{client}:{SECRET}"));
        let request = Request::post(path)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(AUTHORIZATION, format!("Basic {basic}"));
        let answer = self.provider.call(request.body(Bytes::from(encode(fields))).unwrap()).await;
        (answer.status(), serde_json::from_slice(answer.body()).unwrap_or_default())
    }
}

fn provider(store: &MemoryStore, clock: &Arc<ManualClock>, set: impl FnOnce(&mut Config)) -> Provider<App> {
    let mut config = Config::new("https://id.example").unwrap();
    config.clock = clock.clone();
    set(&mut config);
    Provider::new(App { config, store: store.clone(), owner: Owner }).unwrap()
}

/// Writes an authorization request of the client `app`, with other values instead of the usual ones.
fn authorization(more: &[(&str, &str)]) -> String {
    let usual = [
        ("response_type", "code"),
        ("client_id", "app"),
        ("state", "xyz"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    let usual = usual.into_iter().filter(|(name, _)| more.iter().all(|(other, _)| other != name));
    format!("/oauth/authorize?{}", encode(&usual.chain(more.iter().copied()).collect::<Vec<_>>()))
}

fn encode(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

fn parameter(answer: &Response<Bytes>, name: &str) -> Option<String> {
    let location = answer.headers().get(LOCATION)?.to_str().ok()?;
    let (_, query) = location.split_once('?')?;
    form_urlencoded::parse(query.as_bytes()).find(|(other, _)| other == name).map(|(_, value)| value.into_owned())
}
