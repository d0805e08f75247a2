//! What a person was about to do, or was looking at, is still there on the page that follows.

use super::*;
use crate::accounts::{Accounts, Person};
use http::header::RETRY_AFTER;
use oauth_core::identifier::Subject;
use oauth_core::store::{self, AccountStore, Session, SessionStore, StoreError};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const CREDENTIALS: [(&str, &str); 2] = [("username", "root"), ("password", PASSWORD)];

#[tokio::test]
async fn f_61_each_page_returns_to_itself_with_its_query() {
    let site = Site::new().await;
    site.client("acme", |_| ()).await;
    for page in [
        "applications",
        "applications?search=a+b&show=trusted&after=acme",
        "applications/register",
        "applications/show?client_id=acme",
        "applications/edit?client_id=acme",
        "applications/delete?client_id=acme",
        "connected",
        "people?name=a%2Fb%26c&client_id=x",
        "password",
    ] {
        let (mut browser, page) = (site.browser(), format!("/oauth/{page}"));
        let to_sign_in = browser.get(&page).await;
        assert!(location(&to_sign_in).starts_with("/oauth/sign-in?continue="), "{page}");
        let form = browser.get(location(&to_sign_in)).await;
        // A wrong password does not lose it either.
        let wrong = browser.submit(&form, "/oauth/sign-in", &[("username", "root"), ("password", "x")]).await;
        let answer = browser.submit(&wrong, "/oauth/sign-in", &CREDENTIALS).await;
        assert_eq!((answer.status(), location(&answer)), (StatusCode::SEE_OTHER, page.as_str()));
        assert_eq!(browser.get(location(&to_sign_in)).await.headers()[LOCATION], page.as_str(), "signed in already");
    }
}

#[tokio::test]
async fn f_61_a_destination_is_one_of_our_own_pages() {
    let site = Site::new().await;
    for (hostile, expected) in [
        (
            "applications/show?client_id=a\r\nLocation: https://evil.example",
            "applications/show?client_id=a%0D%0ALocation%3A+https%3A%2F%2Fevil.example",
        ),
        ("applications/show?//evil.example", "applications/show?%2F%2Fevil.example="),
        ("people?#@evil.example/", "people?%23%40evil.example%2F="),
        ("//evil.example?client_id", ""),
        ("https://evil.example/applications?x=1", ""),
        ("@evil.example/people?x=1", ""),
        (".evil.example", ""),
        ("applications/show/../../..//evil.example?client_id", ""),
        ("applications\\..\\evil.example", ""),
        ("%2F%2Fevil.example", ""),
        ("sign-in?continue=applications", ""),
        ("sign-out", ""),
        ("consent", ""),
        ("connected/revoke?client_id", ""),
        ("errors/..%2F..%2F%2Fevil.example", ""),
        ("errors/../../x", ""),
        ("style.css", ""),
        ("?x=1", ""),
    ] {
        let mut browser = site.browser();
        let page = browser.get("/oauth/sign-in").await;
        let fields = [&CREDENTIALS[..], &[("continue", hostile)]].concat();
        let answer = browser.submit(&page, "/oauth/sign-in", &fields).await;
        assert_eq!(location(&answer), format!("/oauth/{expected}"), "{hostile:?}");
    }
}

#[tokio::test]
async fn f_64_switching_api_access_keeps_search_and_page() {
    let site = Site::new().await;
    let eve = site.store.account_named("eve").await.unwrap().unwrap();
    for number in 0..60 {
        let username = format!("person{number:02}");
        let account = Account { subject: Subject::generate(), username, ..site.ada.clone() };
        site.store.create_account(&account).await.unwrap();
    }
    let mut root = site.signed_in("root").await;
    for (view, subject) in
        [("?name=ada", &site.ada.subject), ("?after=person40", &eve.subject), ("?name=a+b&after=x%26y", &eve.subject)]
    {
        let page = root.get(&format!("/oauth/people{view}")).await;
        let mut fields = hidden(&root.get("/oauth/people").await, "/oauth/people/api-access");
        let inputs = text(&page).contains("/people/api-access");
        fields = if inputs { hidden(&page, "/oauth/people/api-access") } else { fields };
        if !inputs {
            fields.retain(|(name, _)| name == "csrf");
            fields.extend(pairs(&[("name", "a b"), ("after", "x&y")]));
        }
        fields.retain(|(name, _)| name != "subject");
        fields.extend(pairs(&[("subject", subject.as_str()), ("api-access", "off")]));
        let answer = root.post("/oauth/people/api-access", &fields).await;
        assert_eq!(location(&answer), format!("/oauth/people{view}"));
    }
}

#[tokio::test]
async fn f_65_a_throttled_sign_in_shows_the_form_with_name_and_destination() {
    let site = Site::with(|config| {
        config.failures_per_client = 3;
        config.organisations = true;
    })
    .await;
    site.client("notes", |client| client.trusted = true).await;
    let ask = authorization("notes", &[]);
    let mut browser = site.browser();
    let mut page = browser.get(&ask).await;
    for _ in 0..3 {
        page = browser.submit(&page, "/oauth/sign-in", &[("username", "ada"), ("password", "guess")]).await;
    }
    let right = [("organisation", ""), ("username", "ada"), ("password", PASSWORD)];
    let throttled = browser.submit(&page, "/oauth/sign-in", &right).await;
    assert_eq!(throttled.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(throttled.headers()[RETRY_AFTER], "60");
    assert_eq!(
        element(&throttled, "error-description").as_deref(),
        Some("Too many attempts. Try again in 1 minute."),
        "{}",
        text(&throttled)
    );
    assert_eq!(element(&throttled, "error-number").as_deref(), Some("2009"));
    assert!(text(&throttled).contains("name=\"username\" value=\"ada\""));
    assert!(!text(&throttled).contains(PASSWORD));
    site.clock.advance(Duration::from_secs(61));
    let answer = browser.submit(&throttled, "/oauth/sign-in", &right).await;
    assert!(location(&browser.get(location(&answer)).await).contains("code="), "the request continues");
}

#[tokio::test]
async fn f_65_a_throttled_password_change_shows_the_form() {
    let site = Site::with(|config| config.failures_per_client = 3).await;
    let mut ada = site.signed_in("ada").await;
    let page = ada.get("/oauth/password").await;
    for _ in 0..3 {
        ada.submit(&page, "/oauth/password", &[("old-password", "guess"), ("new-password", "a new one")]).await;
    }
    let right = [("old-password", PASSWORD), ("new-password", "a new password")];
    let throttled = ada.submit(&page, "/oauth/password", &right).await;
    assert_eq!(throttled.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(throttled.headers()[RETRY_AFTER], "60");
    assert_eq!(element(&throttled, "form-error").as_deref(), Some("Too many attempts. Try again in 1 minute."));
    site.clock.advance(Duration::from_secs(61));
    assert_eq!(ada.submit(&throttled, "/oauth/password", &right).await.status(), StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn f_69_nothing_ticked_is_said() {
    let site = Site::new().await;
    site.client("notes", |_| ()).await;
    let mut root = site.signed_in("root").await;
    for view in ["", "search=n&show=enabled", "search=n&after=a"] {
        let list = root.get(&format!("/oauth/applications?{view}")).await;
        assert!(element(&list, "form-error").is_none());
        let answer = root.submit(&list, "/oauth/applications/change", &[("action", "trust")]).await;
        let again = root.get(location(&answer)).await;
        assert_eq!(element(&again, "form-error").as_deref(), Some("Tick at least one application."), "{view}");
        assert!(view.split('&').all(|part| location(&answer).contains(part)), "the same view: {}", location(&answer));
        // It is said once: what is ticked then is done.
        let fields = [("action", "trust"), ("client:notes", "on")];
        let asked = root.submit(&again, "/oauth/applications/change", &fields).await;
        assert!(!attribute(text(&asked).split("id=\"cancel\"").nth(1).unwrap(), "href").unwrap().contains("ticked"));
    }
}

#[tokio::test]
async fn f_73_an_error_page_says_who_is_signed_in() {
    let site = Site::new().await;
    site.client("off", |client| client.enabled = false).await;
    site.client("blocked", |client| client.block("spam")).await;
    let mut ada = site.signed_in("ada").await;
    for (target, status) in [
        ("/oauth/nothing", 404),
        ("/nothing", 404),
        ("/oauth/people", 403),
        ("/oauth/consent", 405),
        ("/oauth/applications/show?client_id=nobody", 404),
        ("/oauth/applications/show?client_id=%zz", 400),
        ("/oauth/authorize?client_id=nobody", 400),
        ("/oauth/authorize?client_id=%zz", 400),
        ("/oauth/authorize?client_id=off&redirect_uri=https%3A%2F%2Fapp.example%2Fcallback", 400),
        ("/oauth/authorize?client_id=blocked", 403),
        ("/oauth/errors", 200),
        ("/oauth/errors/1010", 200),
    ] {
        let page = ada.get(target).await;
        assert_eq!(page.status(), status, "{target}");
        let shown = element(&page, "signed-in-as").unwrap_or_else(|| panic!("{target} forgets who is signed in"));
        assert!(shown.contains("ada"), "{target}");
        assert!(element(&site.browser().get(target).await, "signed-in-as").is_none(), "{target}");
    }
    let refused = ada.post("/oauth/applications/register", &[]).await;
    assert!(element(&refused, "signed-in-as").unwrap().contains("ada"));
    // The header's form is whole: it signs out.
    let page = ada.get("/oauth/nothing").await;
    assert_eq!(ada.submit(&page, "/oauth/sign-out", &[]).await.status(), StatusCode::SEE_OTHER);
}

/// Accounts of a directory that can be cut off.
struct Directory(Arc<AtomicBool>);

impl Accounts for Directory {
    async fn sign_in(&self, _: &str, _: &Password) -> store::Result<Option<Person>> {
        Ok(None)
    }

    async fn person(&self, subject: &Subject) -> store::Result<Option<Person>> {
        match self.0.load(Ordering::Relaxed) {
            true => Err(StoreError::new("look an account up", "the directory is down")),
            false => Ok(Some(Person::new(subject.clone(), "ada"))),
        }
    }
}

#[tokio::test]
async fn f_73_an_error_page_comes_although_the_store_does_not_answer() {
    let (config, memory, down) = (Config::new("https://id.example").unwrap(), MemoryStore::new(), Arc::default());
    let (cookie, now) = (oauth_core::secret::SessionId::generate(), config.clock.now());
    let person = Person::new(Subject::new("1").unwrap(), "ada");
    let session = Session {
        digest: cookie.digest(),
        subject: person.subject,
        credential: person.credential,
        created_at: now,
        expires_at: now.after(Duration::from_secs(60)),
    };
    memory.create_session(&session).await.unwrap();
    let provider = Provider::new(PagesProvider::new(config, memory, Directory(Arc::clone(&down)))).unwrap();
    for (is_down, header) in [(false, true), (true, false)] {
        down.store(is_down, Ordering::Relaxed);
        for target in ["/oauth/nothing", "/oauth/errors", "/oauth/authorize?client_id=nobody"] {
            let request = Request::get(target).header(COOKIE, format!("{SESSION}={}", cookie.expose()));
            let page = provider.call(request.body(Bytes::new()).unwrap()).await;
            assert_ne!(page.status(), StatusCode::SERVICE_UNAVAILABLE, "{target}");
            assert_eq!(element(&page, "signed-in-as").is_some(), header, "{target}");
        }
    }
}
