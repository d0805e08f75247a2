//! Decisions that hold, from the endpoints' side: what ends or changes between a decision and its commit, on
//! every way to get tokens.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, LOCATION};
use http::{Request, Response, StatusCode};
use oauth_core::client::{Client, ClientType, GrantType, SecretHash};
use oauth_core::clock::{Clock, ManualClock, Timestamp};
use oauth_core::config::Config;
use oauth_core::endpoint::CodeRequest;
use oauth_core::grant::{BeforeIssuing, Issuance, PasswordGrant, PasswordVerifier, Refusal, Verified};
use oauth_core::identifier::Subject;
use oauth_core::owner::{Approval, AuthorizationRequest, Decided, Decision, ResourceOwner};
use oauth_core::provider::{AuthorizationProvider, Provider, Service};
use oauth_core::redirect::RedirectUri;
use oauth_core::secret::{ClientSecret, Digest, Password};
use oauth_core::store::{ClientStore, GrantFilter, GrantStore, MemoryStore, Page, Replaced, Result};
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const NOW: Timestamp = Timestamp::from_unix_seconds(1_800_000_000);

/// What happens between a decision and its commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Between {
    Nothing,
    RevokeOfSubject,
    RevokeOfClient,
    RevokeOfBoth,
    EditClient,
    DisableClient,
    WithdrawSecret,
    WaitTooLong,
}

#[derive(Clone)]
struct House {
    store: MemoryStore,
    clock: Arc<ManualClock>,
    between: Between,
    /// How many commits it still happens before.
    times: Arc<AtomicUsize>,
    decided: Arc<AtomicUsize>,
}

impl House {
    fn new(between: Between, times: usize) -> Self {
        let clock = Arc::new(ManualClock::starting_at(NOW));
        Self { store: MemoryStore::new(), clock, between, times: Arc::new(times.into()), decided: Arc::default() }
    }

    async fn happens(&self) {
        let left = self.times.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |times| times.checked_sub(1));
        if left.is_err() {
            return;
        }
        let revoke = async |filter| {
            self.store.revoke_grants(&filter, NOW).await.unwrap();
        };
        match self.between {
            Between::Nothing => {}
            Between::RevokeOfSubject => revoke(GrantFilter::Subject(ada())).await,
            Between::RevokeOfClient => revoke(GrantFilter::Client("notes".parse().unwrap())).await,
            Between::RevokeOfBoth => revoke(GrantFilter::Both(ada(), "notes".parse().unwrap())).await,
            Between::EditClient => self.change(|client| client.name += "!").await,
            Between::DisableClient => self.change(|client| client.enabled = false).await,
            Between::WithdrawSecret => self.change(|client| client.secrets = vec![hash("another")]).await,
            Between::WaitTooLong => self.clock.advance(Duration::from_secs(601)),
        }
    }

    async fn change(&self, change: impl FnOnce(&mut Client)) {
        let read = self.store.client(&"notes".parse().unwrap()).await.unwrap().unwrap();
        let mut changed = read.clone();
        change(&mut changed);
        assert_eq!(self.store.replace_client(&read, &changed).await.unwrap(), Replaced::Now);
    }

    async fn provider(&self) -> Provider<App> {
        let mut client = Client::new("notes".parse().unwrap(), "Notes", ClientType::Confidential);
        client.secrets = vec![hash("secret")];
        client.redirect_uris = vec![RedirectUri::register("https://app.example/cb", false).unwrap()];
        client.grant_types = GrantType::ALL.to_vec();
        self.store.create_client(&client).await.unwrap();
        let mut config = Config::new("https://id.example").unwrap();
        config.clock = Arc::clone(&self.clock) as Arc<dyn Clock>;
        config.insecure_implicit_grant = true;
        config.insecure_password_grant = true;
        Provider::new(App { config, house: self.clone() }).unwrap().with_grant(PasswordGrant::new(self.clone()))
    }

    async fn live(&self) -> usize {
        self.store.grants(&GrantFilter::Subject(ada()), &Page::first(9), NOW).await.unwrap().len()
    }
}

fn ada() -> Subject {
    Subject::new("ada").unwrap()
}

fn hash(secret: &str) -> SecretHash {
    SecretHash::Sha256(ClientSecret::new(secret).digest())
}

struct App {
    config: Config,
    house: House,
}

impl AuthorizationProvider for App {
    type Store = MemoryStore;
    type Owner = House;

    fn store(&self) -> &MemoryStore {
        &self.house.store
    }

    fn owner(&self) -> &House {
        &self.house
    }

    fn config(&self) -> &Config {
        &self.config
    }
}

/// Somebody who always agrees, and to whom something happens right after the last look.
impl ResourceOwner for House {
    async fn decide(&self, _: &Request<Bytes>, ask: &AuthorizationRequest) -> Result<Decided> {
        self.decided.fetch_add(1, Ordering::SeqCst);
        Ok(Decision::Allow(Approval::new(ada(), ask.scope().clone()).asked(ask)).into())
    }

    async fn still_holds(&self, _: &Request<Bytes>, _: &Subject) -> Result<bool> {
        self.happens().await;
        Ok(true)
    }
}

impl PasswordVerifier for House {
    async fn verify(&self, _: &str, password: &Password, _: &Client) -> Result<Option<Verified>> {
        let right = *password == Password::new("right");
        Ok(right.then(|| Verified::new(ada(), Digest::of("right"))))
    }

    async fn still_holds(&self, verified: &Verified) -> Result<bool> {
        assert_eq!(verified.credential, Digest::of("right"));
        self.happens().await;
        Ok(true)
    }
}

#[async_trait::async_trait]
impl BeforeIssuing for House {
    async fn before_issuing(&self, _: &mut Issuance<'_>) -> std::result::Result<(), Refusal> {
        self.happens().await;
        Ok(())
    }
}

const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

fn query(response_type: &str) -> String {
    let challenge = format!("&code_challenge={CHALLENGE}&code_challenge_method=S256");
    let challenge = if response_type == "code" { challenge.as_str() } else { "" };
    format!("response_type={response_type}&client_id=notes&scope=read{challenge}")
}

async fn authorize(provider: &Provider<App>, response_type: &str) -> String {
    let request = Request::get(format!("/oauth/authorize?{}", query(response_type))).body(Bytes::new()).unwrap();
    let answer = provider.call(request).await;
    answer.headers().get(LOCATION).map(|location| location.to_str().unwrap().to_owned()).unwrap_or_default()
}

async fn token(provider: &Provider<App>, form: &str) -> (StatusCode, Value) {
    let request = Request::post("/oauth/token")
        .header(AUTHORIZATION, "Basic bm90ZXM6c2VjcmV0")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Bytes::from(form.to_owned()))
        .unwrap();
    let answer: Response<Bytes> = provider.call(request).await;
    (answer.status(), serde_json::from_slice(answer.body()).unwrap())
}

fn given<'a>(location: &'a str, name: &str) -> Option<&'a str> {
    let (_, answer) = location.split_once(['?', '#'])?;
    answer.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}

const ENDS: [Between; 5] = [
    Between::RevokeOfSubject,
    Between::RevokeOfClient,
    Between::RevokeOfBoth,
    Between::EditClient,
    Between::WaitTooLong,
];

#[tokio::test]
async fn f_02_what_ends_between_a_decision_and_its_commit_is_decided_again() {
    for (response_type, gives) in [("code", "code"), ("token", "access_token")] {
        for between in ENDS {
            let house = House::new(between, 1);
            let provider = house.provider().await;
            let location = authorize(&provider, response_type).await;
            assert!(given(&location, gives).is_some(), "{between:?}: {location}");
            assert_eq!(house.decided.load(Ordering::SeqCst), 2, "{between:?}: decided again, once");
            assert_eq!(house.live().await, 1, "{between:?}: nothing lives of the first decision");
        }
    }
}

#[tokio::test]
async fn f_07_what_is_overtaken_again_and_again_is_never_denied() {
    for response_type in ["code", "token"] {
        for between in ENDS {
            let house = House::new(between, usize::MAX);
            let location = authorize(&house.provider().await, response_type).await;
            assert_eq!(given(&location, "error"), Some("temporarily_unavailable"), "{between:?}: {location}");
            assert_eq!(house.decided.load(Ordering::SeqCst), 3, "{between:?}");
            assert_eq!(house.live().await, 0, "{between:?}: nothing is left");
        }
        let house = House::new(Between::DisableClient, 1);
        let location = authorize(&house.provider().await, response_type).await;
        assert_eq!(given(&location, "error"), Some("unauthorized_client"), "{location}");
        assert_eq!(house.live().await, 0);
    }
}

#[tokio::test]
async fn f_02_a_request_in_steps_that_is_overtaken_goes_back_to_its_beginning() {
    for between in ENDS {
        let house = House::new(between, 1);
        let provider = house.provider().await;
        let uri = format!("/oauth/authorize?{}", query("code"));
        let request = Request::get(&uri).body(Bytes::new()).unwrap();
        for round in 0..2 {
            let CodeRequest::Pending(ask) = provider.code_request(&request).await else { panic!("it is in order") };
            let ticket = provider.save_pending(&ask, &ada(), Duration::from_secs(6_000)).await.unwrap();
            let approval = Approval::new(ada(), ask.scope().clone()).asked(&ask);
            let answer = provider.accept(&request, &ticket, approval).await;
            assert_eq!(answer.status(), StatusCode::SEE_OTHER);
            let location = answer.headers()[LOCATION].to_str().unwrap();
            if round == 0 {
                let (place, again) = location.split_once('?').unwrap();
                assert_eq!(place, "https://id.example/oauth/authorize", "{between:?}");
                assert_eq!(again, ask.query(), "{between:?}: the very request");
                assert_eq!(house.live().await, 0, "{between:?}: nothing is left");
            } else {
                assert!(given(location, "code").is_some(), "{between:?}: {location}");
            }
        }
    }
}

#[tokio::test]
async fn f_05_a_password_that_changed_while_it_was_compared_issues_nothing() {
    let form = "grant_type=password&username=ada&password=right&scope=read";
    for between in ENDS {
        let house = House::new(between, 1);
        let provider = house.provider().await;
        let (status, answer) = token(&provider, form).await;
        let late = between == Between::WaitTooLong;
        let expected = if late { (503, Some("temporarily_unavailable")) } else { (400, Some("invalid_grant")) };
        assert_eq!((status.as_u16(), answer["error"].as_str()), expected, "{between:?}: {answer}");
        assert_eq!(house.live().await, 0, "{between:?}: no family lives");
        assert_eq!(token(&provider, form).await.0, 200, "{between:?}: the same request succeeds afterwards");
    }
    let house = House::new(Between::Nothing, 1);
    assert_eq!(token(&house.provider().await, form).await.0, 200);
}

#[tokio::test]
async fn f_09_a_grant_that_makes_room_overtakes_no_decision() {
    let house = House::new(Between::Nothing, 0);
    let mut config = house.provider().await.app().config().clone();
    config.grants_per_client = 2;
    let provider = Provider::new(App { config, house: house.clone() }).unwrap();
    let provider = provider.with_grant(PasswordGrant::new(house.clone()));
    let form = "grant_type=password&username=ada&password=right&scope=read";
    for round in 0..5 {
        let (status, answer) = token(&provider, form).await;
        assert_eq!(status, 200, "round {round}: {answer}");
        let location = authorize(&provider, "token").await;
        assert!(given(&location, "access_token").is_some(), "round {round}: {location}");
        assert!(house.live().await <= 3, "round {round}: the others end");
    }
}

#[tokio::test]
async fn a_secret_that_was_withdrawn_under_way_issues_nothing_and_consumes_nothing() {
    let house = House::new(Between::WithdrawSecret, 0);
    let mut provider = house.provider().await;
    let location = authorize(&provider, "code").await;
    let code = given(&location, "code").unwrap().to_owned();
    let (_, first) = token(&provider, "grant_type=password&username=ada&password=right&scope=read").await;
    let refresh = first["refresh_token"].as_str().unwrap().to_owned();
    let mut config = provider.app().config().clone();
    config.issuing = Some(Arc::new(house.clone()));
    provider = Provider::new(App { config, house: house.clone() }).unwrap();

    let code = format!("grant_type=authorization_code&code={code}&code_verifier={VERIFIER}");
    let refresh = format!("grant_type=refresh_token&refresh_token={refresh}");
    let alone = "grant_type=client_credentials&scope=read".to_owned();
    for form in [&alone, &code, &refresh] {
        house.times.store(1, Ordering::SeqCst);
        let (status, answer) = token(&provider, form).await;
        assert_eq!((status.as_u16(), answer["error"].as_str()), (401, Some("invalid_client")), "{form}: {answer}");
        house.change(|client| client.secrets = vec![hash("secret")]).await;
        let (status, answer) = token(&provider, form).await;
        assert_eq!(status, 200, "nothing was consumed: {answer}");
    }
    // Any other edit makes no request fail.
    let edited = House { between: Between::EditClient, times: Arc::new(1.into()), ..house.clone() };
    let mut config = provider.app().config().clone();
    config.issuing = Some(Arc::new(edited.clone()));
    let provider = Provider::new(App { config, house: edited }).unwrap();
    assert_eq!(token(&provider, &alone).await.0, 200);
}
