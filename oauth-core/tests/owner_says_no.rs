//! What an owner's "no" does, if nothing else ends the grant: a plain owner over the memory store, which
//! is never told that an account was closed.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION};
use http::{Request, Response, StatusCode};
use oauth_core::client::{Client, ClientType, GrantType};
use oauth_core::clock::{ManualClock, Timestamp};
use oauth_core::config::Config;
use oauth_core::grant::{PasswordGrant, PasswordVerifier, Verified};
use oauth_core::identifier::Subject;
use oauth_core::owner::{Approval, AuthorizationRequest, Decided, Decision, ResourceOwner};
use oauth_core::provider::{AuthorizationProvider, Provider, Service};
use oauth_core::redirect::RedirectUri;
use oauth_core::secret::{Digest, Password};
use oauth_core::store::{self, ClientStore, GrantFilter, GrantStore, MemoryStore, Page};
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::Duration;

const START: Timestamp = Timestamp::from_unix_seconds(1_800_000_000);
const CHALLENGE: &str = "&code_challenge_method=S256&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const VERIFIER: &str = "&code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// Ada allows whatever is asked, as long as she is there; her sign-in holds as long as it holds.
#[derive(Clone)]
struct Ada {
    active: Arc<AtomicBool>,
    holds: Arc<AtomicBool>,
}

impl ResourceOwner for Ada {
    async fn decide(&self, _: &Request<Bytes>, ask: &AuthorizationRequest) -> store::Result<Decided> {
        Ok(Decision::Allow(Approval::new(ada(), ask.scope().clone())).into())
    }

    async fn is_active(&self, subject: &Subject) -> store::Result<bool> {
        assert_eq!(*subject, ada());
        Ok(self.active.load(SeqCst))
    }

    async fn still_holds(&self, _: &Request<Bytes>, subject: &Subject) -> store::Result<bool> {
        assert_eq!(*subject, ada());
        Ok(self.holds.load(SeqCst))
    }
}

struct AnyPassword;

impl PasswordVerifier for AnyPassword {
    async fn verify(&self, _: &str, _: &Password, _: &Client) -> store::Result<Option<Verified>> {
        Ok(Some(Verified::new(ada(), Digest::of("any"))))
    }

    async fn still_holds(&self, _: &Verified) -> store::Result<bool> {
        Ok(true)
    }
}

struct App {
    config: Config,
    store: MemoryStore,
    owner: Ada,
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

fn ada() -> Subject {
    Subject::new("ada").unwrap()
}

struct Site {
    provider: Provider<App>,
    clock: Arc<ManualClock>,
    owner: Ada,
}

impl Site {
    async fn new(set: impl FnOnce(&mut Config), change: impl FnOnce(&mut Client)) -> Self {
        let (store, clock) = (MemoryStore::new(), Arc::new(ManualClock::starting_at(START)));
        let mut config = Config::new("https://id.example").unwrap();
        config.clock = clock.clone();
        config.insecure_password_grant = true;
        config.insecure_password_without_client_secret = true;
        config.insecure_implicit_grant = true;
        set(&mut config);
        let mut client = Client::new("notes".parse().unwrap(), "Notes", ClientType::Public);
        client.redirect_uris = vec![RedirectUri::register("https://app.example/cb", false).unwrap()];
        client.grant_types =
            vec![GrantType::AuthorizationCode, GrantType::RefreshToken, GrantType::Password, GrantType::Implicit];
        change(&mut client);
        store.create_client(&client).await.unwrap();
        let owner = Ada { active: Arc::new(AtomicBool::new(true)), holds: Arc::new(AtomicBool::new(true)) };
        let app = App { config, store, owner: owner.clone() };
        Self { provider: Provider::new(app).unwrap().with_grant(PasswordGrant::new(AnyPassword)), clock, owner }
    }

    async fn answer(&self, response_type: &str, more: &str) -> String {
        let target = format!("/oauth/authorize?client_id=notes&response_type={response_type}{more}");
        let answer = self.provider.call(Request::get(target).body(Bytes::new()).unwrap()).await;
        answer.headers().get(LOCATION).map(|location| location.to_str().unwrap().to_owned()).unwrap_or_default()
    }

    async fn code(&self, more: &str) -> String {
        let answer = self.answer("code", more).await;
        let code = answer.split(['?', '&']).find_map(|pair| pair.strip_prefix("code="));
        code.unwrap_or_else(|| panic!("no code: {answer}")).to_owned()
    }

    async fn post(&self, form: String) -> Response<Bytes> {
        let request = Request::post("/oauth/token").header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.provider.call(request.body(Bytes::from(form)).unwrap()).await
    }

    async fn redeem(&self, code: &str, more: &str) -> Response<Bytes> {
        self.post(format!("grant_type=authorization_code&client_id=notes&code={code}{more}")).await
    }

    async fn refresh(&self, token: &str) -> Response<Bytes> {
        self.post(format!("grant_type=refresh_token&client_id=notes&refresh_token={token}")).await
    }

    async fn living_grants(&self) -> usize {
        let (store, now) = (&self.provider.app().store, self.provider.app().config.clock.now());
        store.grants(&GrantFilter::Subject(ada()), &Page::first(9), now).await.unwrap().len()
    }
}

fn member(answer: &Response<Bytes>, name: &str) -> String {
    let members: Value = serde_json::from_slice(answer.body()).unwrap();
    members[name].as_str().unwrap_or_default().to_owned()
}

fn expect_inactive(answer: &Response<Bytes>) {
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    assert_eq!(member(answer, "error"), "invalid_grant");
    assert_eq!(member(answer, "error_uri"), "https://id.example/errors#4022");
}

fn named_errors(config: &mut Config) {
    config.error_uri = Some("https://id.example/errors#".to_owned());
}

// proves: R-187
#[tokio::test]
async fn f_45_a_person_who_is_inactive_redeems_nothing_and_nothing_is_consumed() {
    let site = Site::new(named_errors, |_| ()).await;
    let code = site.code(CHALLENGE).await;
    site.owner.active.store(false, SeqCst);
    expect_inactive(&site.redeem(&code, VERIFIER).await);
    site.owner.active.store(true, SeqCst);
    let tokens = site.redeem(&code, VERIFIER).await;
    assert_eq!(tokens.status(), StatusCode::OK, "the code was not consumed");
}

// proves: R-187
#[tokio::test]
async fn f_45_a_person_who_is_inactive_refreshes_nothing_and_nothing_is_consumed() {
    let site = Site::new(named_errors, |_| ()).await;
    let code = site.code(CHALLENGE).await;
    let first = member(&site.redeem(&code, VERIFIER).await, "refresh_token");
    let second = member(&site.refresh(&first).await, "refresh_token");
    site.owner.active.store(false, SeqCst);
    for _ in 0..2 {
        expect_inactive(&site.refresh(&second).await);
    }
    site.owner.active.store(true, SeqCst);
    assert_eq!(site.refresh(&second).await.status(), StatusCode::OK, "the refresh token was not consumed");
    assert_eq!(site.living_grants().await, 1);
}

#[tokio::test]
async fn f_46_a_person_who_is_inactive_gets_no_tokens_for_a_password() {
    let site = Site::new(named_errors, |_| ()).await;
    let form = "grant_type=password&client_id=notes&username=ada&password=x";
    site.owner.active.store(false, SeqCst);
    expect_inactive(&site.post(form.to_owned()).await);
    assert_eq!(site.living_grants().await, 0, "its grant is revoked");
    site.owner.active.store(true, SeqCst);
    assert_eq!(site.post(form.to_owned()).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn f_46_a_decision_that_no_longer_holds_gives_no_code_and_no_token() {
    for (response_type, more, issued) in [("token", "", "access_token="), ("code", CHALLENGE, "code=")] {
        let site = Site::new(|_| (), |_| ()).await;
        site.owner.holds.store(false, SeqCst);
        let answer = site.answer(response_type, more).await;
        assert!(!answer.contains(issued), "{answer}");
        assert_eq!(site.living_grants().await, 0, "the grant of a {response_type} request is revoked");
        site.owner.holds.store(true, SeqCst);
        assert!(site.answer(response_type, more).await.contains(issued));
    }
}

// proves
#[tokio::test]
async fn f_50_a_code_without_a_challenge_ends_with_the_permission_to_go_without() {
    let secret = oauth_core::secret::ClientSecret::generate();
    let site = Site::new(
        |_| (),
        |client| {
            client.client_type = ClientType::Confidential;
            client.secrets = vec![oauth_core::client::SecretHash::Sha256(secret.digest())];
            client.insecure_without_pkce = true;
        },
    )
    .await;
    let authenticated = format!("&client_secret={}", secret.expose());
    let store = &site.provider.app().store;
    let mut client = store.client(&"notes".parse().unwrap()).await.unwrap().unwrap();
    let code = site.code("").await;
    client.insecure_without_pkce = false;
    assert!(store.update_client(&client).await.unwrap());
    for more in ["", VERIFIER] {
        let refused = site.redeem(&code, &format!("{authenticated}{more}")).await;
        assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
        assert_eq!(member(&refused, "error"), "invalid_grant");
    }
    client.insecure_without_pkce = true;
    assert!(store.update_client(&client).await.unwrap());
    assert_eq!(site.redeem(&code, &authenticated).await.status(), StatusCode::OK, "the code was not consumed");
}

#[tokio::test]
async fn f_51_a_refresh_token_expires_with_its_family_although_access_tokens_live_longer() {
    let short = |config: &mut Config| {
        config.refresh_token_lifetime = Duration::from_secs(30 * 60);
        config.access_token_lifetime = Duration::from_secs(60 * 60);
    };
    for (minutes, expected) in [(29, StatusCode::OK), (31, StatusCode::BAD_REQUEST)] {
        let site = Site::new(short, |_| ()).await;
        let code = site.code(CHALLENGE).await;
        let tokens = site.redeem(&code, VERIFIER).await;
        site.clock.advance(Duration::from_secs(minutes * 60));
        let refreshed = site.refresh(&member(&tokens, "refresh_token")).await;
        assert_eq!(refreshed.status(), expected, "after {minutes} minutes");
    }
}

#[tokio::test]
async fn f_52_a_refusal_without_a_store_is_not_kept_either() {
    let site = Site::new(|_| (), |_| ()).await;
    let too_large = site.post(format!("grant_type=refresh_token&x={}", "x".repeat(70_000))).await;
    assert_eq!(too_large.status(), StatusCode::PAYLOAD_TOO_LARGE);
    for answer in [too_large, oauth_core::http::body_too_large(None)] {
        assert_eq!(answer.headers()[CACHE_CONTROL], "no-store");
        assert_eq!(answer.headers()["pragma"], "no-cache");
    }
}
