//! What an owner of one's own makes of a remembered consent, and what no owner can leave out.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

use bytes::Bytes;
use http::header::LOCATION;
use http::{Request, Response, StatusCode};
use oauth_core::client::{Client, ClientType, GrantType};
use oauth_core::clock::{ManualClock, Timestamp};
use oauth_core::config::Config;
use oauth_core::endpoint::CodeRequest;
use oauth_core::identifier::{Attributes, GrantId, Resource, Subject};
use oauth_core::owner::{Approval, AuthorizationRequest, Decided, Decision, ResourceOwner, remembered};
use oauth_core::provider::{AuthorizationProvider, Provider, Service};
use oauth_core::redirect::RedirectUri;
use oauth_core::secret::{AccessToken, AuthorizationCode};
use oauth_core::store::{
    Basis, ClientStore, Code, CodeStore, Grant, GrantFilter, GrantStore, Issue, IssuedAccess, MemoryStore, Page,
    Redeemed, Replaced, Result, Saved, TokenStore,
};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// An owner of somebody's own, in one call; what it says without one stands in `always`.
struct Own {
    store: MemoryStore,
    config: Config,
    approval: Mutex<Approval>,
    always: Option<fn(Approval) -> Decision>,
    /// Whether somebody revokes everything before the answer is written.
    revoked_meanwhile: AtomicBool,
}

impl ResourceOwner for Own {
    async fn decide(&self, _: &Request<Bytes>, ask: &AuthorizationRequest) -> Result<Decided> {
        let approval = self.approval.lock().unwrap().clone();
        if let Some(always) = self.always {
            return Ok(always(approval).into());
        }
        let found = remembered(&self.store, &self.config, ask, approval).await?;
        if self.revoked_meanwhile.load(Ordering::SeqCst) {
            self.store.revoke_grants(&GrantFilter::Subject(ada()), self.config.clock.now()).await?;
        }
        Ok(match found {
            Some(approval) => Decision::Allow(approval),
            None => Decision::Consent(Response::new(Bytes::from("do you?"))),
        }
        .into())
    }
}

struct App(Own);

impl AuthorizationProvider for App {
    type Store = MemoryStore;
    type Owner = Own;
    fn store(&self) -> &MemoryStore {
        &self.0.store
    }
    fn owner(&self) -> &Own {
        &self.0
    }
    fn config(&self) -> &Config {
        &self.0.config
    }
}

const NOTES: &str = "https://notes.example/";
const MAIL: &str = "https://mail.example/";
const NOW: Timestamp = Timestamp::from_unix_seconds(1_800_000_000);

fn ada() -> Subject {
    Subject::new("ada").unwrap()
}

fn at_school(school: Option<&str>) -> Attributes {
    school.map(|school| ("organisation".to_owned(), school.to_owned())).into_iter().collect()
}

async fn site(always: Option<fn(Approval) -> Decision>) -> Provider<App> {
    site_for(always, |_| ()).await
}

async fn site_for(always: Option<fn(Approval) -> Decision>, change: impl FnOnce(&mut Client)) -> Provider<App> {
    let store = MemoryStore::new();
    let mut client = Client::new("notes".parse().unwrap(), "Notes", ClientType::Public);
    client.redirect_uris = vec![RedirectUri::register("https://app.example/callback", false).unwrap()];
    client.grant_types = vec![GrantType::AuthorizationCode];
    change(&mut client);
    store.create_client(&client).await.unwrap();
    let mut config = Config::new("https://id.example").unwrap();
    config.clock = Arc::new(ManualClock::starting_at(NOW));
    let approval = Mutex::new(Approval::new(ada(), "read".parse().unwrap()));
    config.resources = [NOTES, MAIL].map(|resource| Resource::new(resource).unwrap()).to_vec();
    Provider::new(App(Own { store, config, approval, always, revoked_meanwhile: AtomicBool::new(false) })).unwrap()
}

/// Writes into the store that she allowed it before, at a school.
async fn allowed_before(provider: &Provider<App>, school: Option<&str>) -> GrantId {
    scope_allowed_before(provider, school, "read", &[]).await
}

async fn scope_allowed_before(provider: &Provider<App>, school: Option<&str>, scope: &str, at: &[&str]) -> GrantId {
    let store = &provider.app().0.store;
    let now = provider.app().0.config.clock.now();
    let later = Timestamp::from_unix_seconds(now.as_unix_seconds() + 3_600);
    let client_id: oauth_core::identifier::ClientId = "notes".parse().unwrap();
    let grant = Grant {
        id: GrantId::generate(),
        client_id: client_id.clone(),
        subject: ada(),
        scope: scope.parse().unwrap(),
        audience: at.iter().map(|resource| Resource::new(*resource).unwrap()).collect(),
        auth_time: None,
        acr: None,
        attributes: at_school(school),
        shown: Some(asked(provider).await.shown()),
        created_at: now,
        last_issued_at: None,
        expires_at: later,
        revoked_at: None,
    };
    let code = Code {
        digest: AuthorizationCode::generate().digest(),
        grant: grant.id,
        redirect_uri: "https://app.example/callback".to_owned(),
        redirect_uri_sent: true,
        code_challenge: None,
        nonce: None,
        expires_at: later,
    };
    let client = store.client(&client_id).await.unwrap().unwrap();
    let basis = Basis { marks: store.marks(&ada(), &client_id).await.unwrap(), client };
    assert_eq!(store.save_code(&grant, &code, &basis).await.unwrap(), Saved::Now);
    let access = IssuedAccess {
        digest: AccessToken::generate().digest(),
        client_id,
        grant: Some(grant.id),
        scope: grant.scope.clone(),
        audience: Vec::new(),
        attributes: Attributes::new(),
        issued_at: now,
        expires_at: later,
    };
    let issue = Issue { access, refresh: None, grant_expires_at: later, authenticated_by: None, now };
    assert_eq!(store.redeem(&code.digest, &issue).await.unwrap(), Redeemed::Now);
    grant.id
}

fn request(provider: &Provider<App>, more: &str) -> Request<Bytes> {
    let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    let scope = provider.app().0.approval.lock().unwrap().scope.to_string().replace(' ', "+");
    let query = format!(
        "response_type=code&client_id=notes&scope={scope}&code_challenge={challenge}&code_challenge_method=S256{more}"
    );
    Request::get(format!("/oauth/authorize?{query}")).body(Bytes::new()).unwrap()
}

async fn authorize(provider: &Provider<App>, more: &str) -> Response<Bytes> {
    provider.call(request(provider, more)).await
}

/// What a page would ask now.
async fn asked(provider: &Provider<App>) -> Box<AuthorizationRequest> {
    match provider.code_request(&request(provider, "")).await {
        CodeRequest::Pending(ask) => ask,
        other => panic!("{other:?}"),
    }
}

fn answer(response: &Response<Bytes>) -> &str {
    response.headers().get(LOCATION).map_or("", |location| location.to_str().unwrap())
}

#[tokio::test]
async fn a_consent_is_for_one_organisation() {
    for (then, now, counts) in [
        (None, None, true),
        (Some("12"), Some("12"), true),
        (Some("12"), Some("13"), false),
        (Some("12"), None, false),
        (None, Some("12"), false),
    ] {
        let provider = site(None).await;
        allowed_before(&provider, then).await;
        provider.app().0.approval.lock().unwrap().attributes = at_school(now);
        let response = authorize(&provider, "").await;
        assert_eq!(answer(&response).contains("code="), counts, "allowed at {then:?}, asked at {now:?}");
        assert_eq!(response.status() == StatusCode::FOUND, counts);
        let silent = authorize(&provider, "&prompt=none").await;
        assert_eq!(answer(&silent).contains("error=consent_required"), !counts);
    }
}

#[tokio::test]
async fn r_050_who_can_be_anybody_is_always_asked_about() {
    for (uri, client_type, counts) in [
        ("https://app.example/callback", ClientType::Public, true),
        ("com.example.app:/callback", ClientType::Public, false),
        ("http://127.0.0.1/callback", ClientType::Public, false),
        ("com.example.app:/callback", ClientType::Confidential, true),
    ] {
        for trusted in [false, true] {
            let provider = site_for(None, |client| {
                client.client_type = client_type;
                client.trusted = trusted;
                client.redirect_uris = vec![RedirectUri::register(uri, false).unwrap()];
            })
            .await;
            if !trusted {
                allowed_before(&provider, None).await;
            }
            let response = authorize(&provider, "").await;
            assert_eq!(answer(&response).contains("code="), counts, "{uri} {client_type:?}, trusted: {trusted}");
        }
    }
}

#[tokio::test]
async fn more_scope_than_was_allowed_is_asked_for() {
    for (before, now, counts) in [
        (&["read write"][..], "read", true),
        (&["read"], "read write", false),
        (&["write"], "read", false),
        (&["write", "read"], "read write", true),
        (&[], "read", false),
    ] {
        let provider = site(None).await;
        for scope in before {
            scope_allowed_before(&provider, None, scope, &[]).await;
        }
        provider.app().0.approval.lock().unwrap().scope = now.parse().unwrap();
        assert_eq!(answer(&authorize(&provider, "").await).contains("code="), counts, "{before:?}, then {now}");
    }
}

#[tokio::test]
async fn other_resources_than_were_allowed_are_asked_for() {
    let both = format!("&resource={NOTES}&resource={MAIL}");
    for (before, now, counts) in [
        (&[("read", &[NOTES][..])][..], "&resource=https://notes.example/", true),
        (&[("read", &[MAIL])], "&resource=https://notes.example/", false),
        (&[("read", &[])], "&resource=https://notes.example/", false),
        (&[("read", &[NOTES])], "", false),
        (&[("read", &[NOTES])], &both, false),
        (&[("read", &[NOTES]), ("write", &[MAIL])], &both, false),
        (&[("read", &[NOTES]), ("read", &[MAIL])], &both, true),
    ] {
        let provider = site(None).await;
        for (scope, at) in before {
            scope_allowed_before(&provider, None, scope, at).await;
        }
        assert_eq!(answer(&authorize(&provider, now).await).contains("code="), counts, "{before:?}, then {now}");
    }
}

#[tokio::test]
async fn f_07_a_consent_that_is_revoked_under_way_is_asked_for_and_never_denied() {
    let provider = site(None).await;
    provider.app().0.revoked_meanwhile.store(true, Ordering::SeqCst);
    allowed_before(&provider, None).await;
    let page = authorize(&provider, "").await;
    assert_eq!((page.status(), &page.body()[..]), (StatusCode::OK, &b"do you?"[..]), "the person is asked");
    allowed_before(&provider, None).await;
    assert!(answer(&authorize(&provider, "&prompt=none").await).contains("error=consent_required"));
    let everything = GrantFilter::Subject(ada());
    assert_eq!(
        provider.app().0.store.grants(&everything, &Page::first(9), NOW).await.unwrap(),
        [],
        "nor is it left behind"
    );
}

#[tokio::test]
async fn what_is_revoked_is_forgotten() {
    let provider = site(None).await;
    let grants = [allowed_before(&provider, None).await, allowed_before(&provider, None).await];
    for grant in grants {
        assert!(answer(&authorize(&provider, "").await).contains("code="), "one of them is enough");
        assert!(provider.app().0.store.revoke_grant(&grant, NOW).await.unwrap());
    }
    assert_eq!(authorize(&provider, "").await.status(), StatusCode::OK, "a page asks");
}

#[tokio::test]
async fn r_210_an_owner_that_minds_no_prompt_is_held_to_it() {
    let provider = site(Some(Decision::Allow)).await;
    assert!(answer(&authorize(&provider, "").await).contains("code="));
    for mind in ["&prompt=login", "&max_age=0", "&max_age=999999", "&prompt=login+consent"] {
        let response = authorize(&provider, mind).await;
        assert!(answer(&response).contains("error=login_required"), "{mind}: {}", answer(&response));
    }
    let set = |change: fn(&mut Approval)| change(&mut provider.app().0.approval.lock().unwrap());
    set(|approval| approval.auth_time = Some(Timestamp::from_unix_seconds(NOW.as_unix_seconds() - 60)));
    assert!(answer(&authorize(&provider, "&max_age=60").await).contains("code="));
    for mind in ["&prompt=login", "&max_age=59"] {
        assert!(answer(&authorize(&provider, mind).await).contains("error=login_required"), "{mind}");
    }
    set(|approval| approval.auth_time = Some(Timestamp::from_unix_seconds(NOW.as_unix_seconds() + 61)));
    assert!(
        answer(&authorize(&provider, "&max_age=60").await).contains("error=login_required"),
        "nobody signs in later"
    );
    set(|approval| approval.signed_in_anew = true);
    for mind in ["&prompt=login", "&max_age=0"] {
        assert!(answer(&authorize(&provider, mind).await).contains("code="), "{mind}");
    }
    set(|approval| approval.remembered = true);
    for mind in ["&prompt=consent", "&prompt=select_account"] {
        assert!(answer(&authorize(&provider, mind).await).contains("error=consent_required"), "{mind}");
    }
}

#[tokio::test]
async fn r_208_something_else_to_do_is_interaction_required() {
    let provider = site(Some(|_| Decision::Interact(Response::new(Bytes::from("which school?"))))).await;
    let page = authorize(&provider, "").await;
    assert_eq!((page.status(), &page.body()[..]), (StatusCode::OK, &b"which school?"[..]));
    assert!(answer(&authorize(&provider, "&prompt=none").await).contains("error=interaction_required"));
}

/// Changes the client as its owner or an administrator does.
async fn edit(provider: &Provider<App>, change: impl FnOnce(&mut Client)) {
    let store = &provider.app().0.store;
    let read = store.client(&"notes".parse().unwrap()).await.unwrap().unwrap();
    let mut changed = read.clone();
    change(&mut changed);
    assert_eq!(store.replace_client(&read, &changed).await.unwrap(), Replaced::Now);
}

#[tokio::test]
async fn f_77_a_consent_covers_what_its_page_showed() {
    type Edit = fn(&mut Client);
    let edits: [(&str, Edit, bool); 10] = [
        ("nothing", |_| (), true),
        ("name", |client| client.name = "Bank".to_owned(), false),
        ("site", |client| client.uri = Some("https://bank.example".to_owned()), false),
        ("type", |client| client.client_type = ClientType::Confidential, false),
        ("owner", |client| client.owner = Some(Subject::new("eve").unwrap()), false),
        (
            "redirect host",
            |client| client.redirect_uris = vec![RedirectUri::register("https://evil.example/cb", false).unwrap()],
            false,
        ),
        (
            "redirect path",
            |client| client.redirect_uris = vec![RedirectUri::register("https://app.example/other", false).unwrap()],
            true,
        ),
        ("scope", |client| client.scope = Some("read".parse().unwrap()), true),
        ("vouched for", |client| client.sanctioned = true, true),
        ("lifetimes", |client| client.lifetimes.access_token = Some(std::time::Duration::from_secs(60)), true),
    ];
    for (what, change, counts) in edits {
        let provider = site(None).await;
        allowed_before(&provider, None).await;
        edit(&provider, change).await;
        let response = authorize(&provider, "").await;
        assert_eq!(answer(&response).contains("code="), counts, "{what}: {}", answer(&response));
        let silent = authorize(&provider, "&prompt=none").await;
        assert_eq!(answer(&silent).contains("error=consent_required"), !counts, "{what}");
    }
    let provider = site_for(None, |client| client.sanctioned = true).await;
    allowed_before(&provider, None).await;
    edit(&provider, |client| client.sanctioned = false).await;
    assert_eq!(authorize(&provider, "").await.status(), StatusCode::OK, "a client that nobody vouches for any more");
}

#[tokio::test]
async fn f_06_an_approval_that_no_page_asked_for_is_not_remembered() {
    let provider = site_for(None, |client| client.trusted = true).await;
    assert!(answer(&authorize(&provider, "").await).contains("code="), "a trusted client is not asked about");
    // Its code is redeemed.
    let store = &provider.app().0.store;
    let everything = GrantFilter::Subject(ada());
    let grants = store.grants(&everything, &Page::first(9), NOW).await.unwrap();
    assert_eq!(grants.iter().map(|grant| grant.shown).collect::<Vec<_>>(), [None]);
    let access = IssuedAccess {
        digest: AccessToken::generate().digest(),
        client_id: "notes".parse().unwrap(),
        grant: Some(grants[0].id),
        scope: grants[0].scope.clone(),
        audience: Vec::new(),
        attributes: Attributes::new(),
        issued_at: NOW,
        expires_at: Timestamp::from_unix_seconds(NOW.as_unix_seconds() + 3_600),
    };
    let issue = Issue { grant_expires_at: access.expires_at, access, refresh: None, authenticated_by: None, now: NOW };
    assert_eq!(store.issue(&issue).await.unwrap(), Saved::Now);

    edit(&provider, |client| client.trusted = false).await;
    assert_eq!(authorize(&provider, "").await.status(), StatusCode::OK, "a page asks once it is trusted no more");
    assert!(answer(&authorize(&provider, "&prompt=none").await).contains("error=consent_required"));
}
