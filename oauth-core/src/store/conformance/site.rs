//! A provider on a store that fails when it is told to, and the requests that are made of it.

use super::sample::{at, subject};
use crate::client::{Client, ClientType, GrantType, SecretHash};
use crate::clock::ManualClock;
use crate::config::Config;
use crate::every_store_verb;
use crate::identifier::{ClientId, Subject};
use crate::owner::{Approval, AuthorizationRequest, Decided, Decision, ResourceOwner};
use crate::provider::{AuthorizationProvider, Provider, Service as _};
use crate::redirect::RedirectUri;
use crate::secret::ClientSecret;
use crate::store::{
    AccountStore, AuditStore, ClientStore, CodeStore, GrantFilter, GrantStore, Housekeeping, Page, PendingRequestStore,
    Result, SessionStore, Store, StoreError, TokenStore,
};
use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const CALLBACK: &str = "https://client.example/callback";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const SECRET: &str = "only for this test, and long enough";

/// Whether a verb that fails has happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    Before,
    After,
}

/// A store whose n-th call fails, once.
#[derive(Clone)]
struct Failing<S> {
    store: S,
    left: Arc<AtomicUsize>,
    moment: Moment,
}

impl<S> Failing<S> {
    /// Counts a call, and tells whether it is the one that fails.
    fn counts_down(&self) -> bool {
        let less = |left: usize| left.checked_sub(1);
        self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less) == Ok(1)
    }
}

macro_rules! fail {
    ($($trait:ident { $(fn $verb:ident($($argument:ident: $type:ty),*) -> $outcome:ty;)* })*) => {
        $(impl<S: $trait> $trait for Failing<S> {
            $(async fn $verb(&self, $($argument: $type),*) -> Result<$outcome> {
                let fails = self.counts_down();
                if fails && self.moment == Moment::Before {
                    return Err(StoreError::new(stringify!($verb), "it failed before it happened"));
                }
                let outcome = $trait::$verb(&self.store, $($argument),*).await;
                if fails { Err(StoreError::new(stringify!($verb), "its answer was lost")) } else { outcome }
            })*
        })*
    };
}

every_store_verb!(fail);

/// Somebody who always agrees.
struct Agrees;

impl ResourceOwner for Agrees {
    async fn decide(&self, _: &Request<Bytes>, ask: &AuthorizationRequest) -> Result<Decided> {
        Ok(Decision::Allow(Approval::new(ada(), ask.scope().clone())).into())
    }
}

fn ada() -> Subject {
    subject("ada")
}

struct App<S> {
    config: Config,
    store: Failing<S>,
}

impl<S: Store> AuthorizationProvider for App<S> {
    type Store = Failing<S>;
    type Owner = Agrees;

    fn store(&self) -> &Failing<S> {
        &self.store
    }

    fn owner(&self) -> &Agrees {
        &Agrees
    }

    fn config(&self) -> &Config {
        &self.config
    }
}

/// A provider on the store, with a client that may do everything.
pub(super) struct Site<S> {
    provider: Provider<App<S>>,
    left: Arc<AtomicUsize>,
    client: ClientId,
}

/// What a request gave.
#[derive(Debug)]
pub(super) struct Answer {
    response: Response<Bytes>,
}

impl Answer {
    pub(super) fn is_success(&self) -> bool {
        self.response.status() == StatusCode::OK || self.location().contains("code=")
    }

    /// As RFC 6749 has it: a redirect with an error, or 503 with the time to wait.
    pub(super) fn is_unavailable(&self) -> bool {
        let waits = self.response.headers().contains_key(header::RETRY_AFTER);
        let location = self.location();
        let told = location.contains("error=temporarily_unavailable") || location.contains("error=server_error");
        (self.response.status() == StatusCode::SERVICE_UNAVAILABLE && waits) || (told && !location.contains("code="))
    }

    fn location(&self) -> &str {
        self.response.headers().get(header::LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    pub(super) fn code(&self) -> String {
        let (_, query) = self.location().split_once('?').expect("a redirect with a query");
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        pairs.find(|(name, _)| name == "code").map(|(_, code)| code.into_owned()).expect("a code")
    }

    pub(super) fn member(&self, name: &str) -> String {
        let json: serde_json::Value = serde_json::from_slice(self.response.body()).expect("JSON");
        json[name].as_str().map_or_else(|| json[name].to_string(), str::to_owned)
    }
}

impl<S: Store> Site<S> {
    pub(super) async fn new(store: &S, moment: Moment) -> Self {
        let mut client = Client::new(ClientId::generate(), "Notes", ClientType::Confidential);
        client.secrets = vec![SecretHash::Sha256(ClientSecret::new(SECRET).digest())];
        client.redirect_uris = vec![RedirectUri::register(CALLBACK, false).expect("a redirect URI")];
        client.grant_types = GrantType::ALL.to_vec();
        store.create_client(&client).await.expect("create_client");
        let mut config = Config::new("https://id.example").expect("an issuer");
        config.clock = Arc::new(ManualClock::starting_at(at(0)));
        config.insecure_no_throttling = true;
        let left = Arc::new(AtomicUsize::new(0));
        let store = Failing { store: store.clone(), left: Arc::clone(&left), moment };
        let provider = Provider::new(App { config, store }).expect("settings that can be used");
        Self { provider, left, client: client.id }
    }

    /// Lets the n-th call from now fail.
    pub(super) fn fail_at(&self, call: usize) {
        self.left.store(call, Ordering::SeqCst);
    }

    /// Tells whether it came to that; what is left over is forgotten.
    pub(super) fn has_failed(&self) -> bool {
        self.left.swap(0, Ordering::SeqCst) == 0
    }

    pub(super) async fn authorize(&self) -> Answer {
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([
                ("response_type", "code"),
                ("client_id", self.client.as_str()),
                ("redirect_uri", CALLBACK),
                ("scope", "read"),
                ("code_challenge_method", "S256"),
                ("code_challenge", CHALLENGE),
            ])
            .finish();
        let request = Request::get(format!("/oauth/authorize?{query}")).body(Bytes::new());
        Answer { response: self.provider.call(request.expect("a request")).await }
    }

    pub(super) async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        let credentials = [("client_id", self.client.as_str()), ("client_secret", SECRET)];
        let pairs = credentials.iter().chain(form);
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        let request = Request::post(format!("/oauth/{path}"))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Bytes::from(body));
        Answer { response: self.provider.call(request.expect("a request")).await }
    }

    pub(super) async fn redeem(&self, code: &str) -> Answer {
        let form = [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", CALLBACK)];
        self.post("token", &[&form[..], &[("code_verifier", VERIFIER)]].concat()).await
    }

    pub(super) async fn refresh(&self, token: &str) -> Answer {
        self.post("token", &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    }

    pub(super) async fn is_active(&self, token: &str) -> bool {
        let answer = self.post("introspect", &[("token", token)]).await;
        assert!(answer.is_success(), "a store that works answers: {answer:?}");
        answer.member("active") == "true"
    }

    /// Gives an access token and a refresh token, while nothing fails.
    pub(super) async fn tokens(&self) -> (String, String) {
        let answer = self.redeem(&self.authorize().await.code()).await;
        (answer.member("access_token"), answer.member("refresh_token"))
    }

    pub(super) async fn live_grants(&self) -> usize {
        let filter = GrantFilter::Both(ada(), self.client.clone());
        let store = &self.provider.app().store.store;
        store.grants(&filter, &Page::first(9), at(0)).await.expect("grants").len()
    }
}
