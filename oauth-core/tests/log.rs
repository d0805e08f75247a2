//! What the core logs, at every level: no secret.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{Request, Response};
use oauth_core::client::{Client, ClientType, GrantType, SecretHash};
use oauth_core::config::Config;
use oauth_core::identifier::Subject;
use oauth_core::owner::{Approval, AuthorizationRequest, Decided, Decision, ResourceOwner};
use oauth_core::provider::{AuthorizationProvider, Provider, Service};
use oauth_core::redirect::RedirectUri;
use oauth_core::secret::ClientSecret;
use oauth_core::store::{ClientStore, MemoryStore, Result};
use serde_json::Value;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Writes down everything that is logged, as text.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

impl Visit for &Log {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.lock().unwrap().push_str(&format!("{}={value:?} ", field.name()));
    }
}

impl Subscriber for Log {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        span.record(&mut &*self);
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut &*self);
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        event.record(&mut &*self);
        self.0.lock().unwrap().push('\n');
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct App {
    config: Config,
    store: MemoryStore,
    owner: Ada,
}

struct Ada;

impl ResourceOwner for Ada {
    async fn decide(&self, _: &Request<Bytes>, ask: &AuthorizationRequest) -> Result<Decided> {
        Ok(Decision::Allow(Approval::new(Subject::new("ada").unwrap(), ask.scope().clone())).into())
    }
}

impl AuthorizationProvider for App {
    type Store = MemoryStore;
    type Owner = Ada;

    fn store(&self) -> &MemoryStore {
        &self.store
    }

    fn owner(&self) -> &Ada {
        &self.owner
    }

    fn config(&self) -> &Config {
        &self.config
    }
}

async fn post(provider: &Provider<App>, path: &str, form: &str, basic: Option<&str>) -> Response<Bytes> {
    let mut request = Request::post(path).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    if let Some(basic) = basic {
        request = request.header(AUTHORIZATION, basic);
    }
    provider.call(request.body(Bytes::from(form.to_owned())).unwrap()).await
}

fn member(answer: &Response<Bytes>, name: &str) -> String {
    let members: Value = serde_json::from_slice(answer.body()).unwrap();
    members[name].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn r_183_no_secret_is_in_the_log_of_a_grant() {
    let log = Log::default();
    let _logged = tracing::subscriber::set_default(log.clone());
    let secret = ClientSecret::generate();
    let mut client = Client::new("notes".parse().unwrap(), "Notes", ClientType::Confidential);
    client.redirect_uris = vec![RedirectUri::register("https://app.example/cb", false).unwrap()];
    client.grant_types = vec![GrantType::AuthorizationCode, GrantType::RefreshToken];
    client.secrets = vec![SecretHash::Sha256(secret.digest())];
    let store = MemoryStore::new();
    store.create_client(&client).await.unwrap();
    let app = App { config: Config::new("https://id.example").unwrap(), store, owner: Ada };
    let provider = Provider::new(app).unwrap();

    let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    let ask = "/oauth/authorize?response_type=code&client_id=notes&state=the-state&code_challenge_method=S256\
               &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    let answer = provider.call(Request::get(ask).body(Bytes::new()).unwrap()).await;
    let location = answer.headers()["location"].to_str().unwrap();
    let code = location.split(['?', '&']).find_map(|pair| pair.strip_prefix("code=")).unwrap().to_owned();
    let authenticated = format!("client_id=notes&client_secret={}", secret.expose());
    let redeem = format!("grant_type=authorization_code&code={code}&code_verifier={verifier}&{authenticated}");
    let first = post(&provider, "/oauth/token", &redeem, None).await;
    let (access, refresh) = (member(&first, "access_token"), member(&first, "refresh_token"));
    let refreshing = format!("grant_type=refresh_token&refresh_token={refresh}&{authenticated}");
    let second = post(&provider, "/oauth/token", &refreshing, None).await;
    let wrong = format!("grant_type=refresh_token&refresh_token={refresh}&client_id=notes&client_secret=wr0ng-secret");
    post(&provider, "/oauth/token", &wrong, None).await;
    post(&provider, "/oauth/token", &redeem, None).await;
    post(&provider, "/oauth/token", "grant_type=refresh_token", Some("Basic bm90ZXM6d3IwbmctYmFzaWM=")).await;
    post(&provider, "/oauth/introspect", &format!("token={access}&{authenticated}"), None).await;
    post(&provider, "/oauth/revoke", &format!("token={access}&{authenticated}"), None).await;

    let log = log.0.lock().unwrap().clone();
    assert!(log.contains("notes"), "something is logged: {log}");
    let (next, next_refresh) = (member(&second, "access_token"), member(&second, "refresh_token"));
    let secrets = [
        secret.expose(),
        code.as_str(),
        verifier,
        &access,
        &refresh,
        &next,
        &next_refresh,
        "wr0ng-secret",
        "wr0ng-basic",
        "bm90ZXM6d3IwbmctYmFzaWM",
    ];
    for secret in secrets {
        assert!(!secret.is_empty() && !log.contains(secret), "{secret} is in the log: {log}");
    }
}
