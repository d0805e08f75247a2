use super::*;
use crate::Accounts;
use oauth_core::owner::ResourceOwner;
use oauth_core::store::{GrantFilter, GrantStore, Page};

const PAGE: &str = "/oauth/password";
const NEW: &str = "battery staple";

#[tokio::test]
async fn a_new_password_ends_sessions_and_grants_and_keeps_this_browser() {
    let site = Site::new().await;
    site.client("notes", |_| ()).await;
    let mut browser = site.signed_in("ada").await;
    let mut elsewhere = site.signed_in("ada").await;
    let page = browser.get(&authorization("notes", &[])).await;
    let answer = browser.submit(&page, "/oauth/consent", &ALLOW).await;
    browser.get(location(&answer)).await;

    let before = browser.session().unwrap().to_owned();
    let form = browser.get(PAGE).await;
    let answer = browser.submit(&form, PAGE, &[("old-password", PASSWORD), ("new-password", NEW)]).await;
    assert_eq!((answer.status(), location(&answer)), (StatusCode::SEE_OTHER, "/oauth/"));
    assert_ne!(browser.session().unwrap(), before);
    assert_eq!(browser.get("/oauth/").await.status(), StatusCode::OK);
    assert_eq!(elsewhere.get("/oauth/").await.status(), StatusCode::SEE_OTHER, "signed out");
    let mut stolen = site.browser();
    stolen.cookies.insert(SESSION.to_owned(), before);
    assert_eq!(stolen.get("/oauth/").await.status(), StatusCode::SEE_OTHER, "the session before is over");
    let (filter, now) = (GrantFilter::Subject(site.ada.subject.clone()), Timestamp::from_unix_seconds(1_800_000_000));
    assert!(site.store.grants(&filter, &Page::first(9), now).await.unwrap().is_empty());
    assert_eq!(site.browser().sign_in("ada", PASSWORD).await.status(), StatusCode::FORBIDDEN);
    assert_eq!(site.browser().sign_in("ada", NEW).await.status(), StatusCode::SEE_OTHER);
    assert_eq!(site.recorded(|event| matches!(event, Event::PasswordChanged { .. })), 1);
}

#[tokio::test]
async fn what_is_refused_changes_nothing() {
    let site = Site::new().await;
    let mut browser = site.signed_in("ada").await;
    let form = browser.get(PAGE).await;
    let too_long = "x".repeat(1_025);
    for new in ["short", "1234567", "", &too_long] {
        let answer = browser.submit(&form, PAGE, &[("old-password", PASSWORD), ("new-password", new)]).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
        assert!(element(&answer, "form-error").unwrap().contains("8 to 1024"));
    }
    let fields = [("csrf", "x"), ("old-password", PASSWORD), ("new-password", NEW)];
    assert_eq!(browser.submit(&form, PAGE, &fields).await.status(), StatusCode::FORBIDDEN);
    assert_eq!(site.browser().sign_in("ada", PASSWORD).await.status(), StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn f_53_a_password_has_8_to_1024_characters() {
    let site = Site::new().await;
    for (length, taken) in [(7, false), (8, true), (1_024, true), (1_025, false)] {
        for character in ["x", "é"] {
            let password = Password::new(character.repeat(length));
            let name = format!("{character}{length}");
            let created = site.accounts().create(&name, &password, false).await;
            assert_eq!(created.is_ok(), taken, "{length} times {character}");
            let signs_in = site.accounts().sign_in(&name, &password).await.unwrap().is_some();
            assert_eq!(signs_in, taken, "{length} times {character}");
        }
    }
}

#[tokio::test]
async fn vuln_56_wrong_old_passwords_count_with_those_at_sign_in() {
    let site = Site::at("https://id.example", |config| config.failures_per_client = 3).await;
    let mut browser = site.signed_in("ada").await;
    site.browser().sign_in("ada", "guess").await;
    let form = browser.get(PAGE).await;
    for _ in 0..2 {
        let answer = browser.submit(&form, PAGE, &[("old-password", "guess"), ("new-password", NEW)]).await;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    }
    let answer = browser.submit(&form, PAGE, &[("old-password", PASSWORD), ("new-password", NEW)]).await;
    assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn accounts_have_rules() {
    use crate::AccountError;
    let site = Site::new().await;
    let password = Password::new(PASSWORD);
    for name in ["", " ada", "a\nb", &"x".repeat(101)] {
        let refused = site.accounts().create(name, &password, false).await;
        assert!(matches!(refused, Err(AccountError::Username)), "{name:?}");
    }
    assert!(matches!(site.accounts().create("ada", &password, false).await, Err(AccountError::Taken)));
    let short = Password::new("short");
    assert!(matches!(site.accounts().create("new", &short, false).await, Err(AccountError::Password)));
    assert!(matches!(site.accounts().set_password("nobody", &password).await, Err(AccountError::Unknown)));
    assert!(matches!(site.accounts().delete("nobody").await, Err(AccountError::Unknown)));
    let names: Vec<_> = site.accounts().list(&Page::first(9)).await.unwrap();
    assert_eq!(names.iter().map(|account| account.username.as_str()).collect::<Vec<_>>(), ["ada", "eve", "root"]);
    let mut browser = site.signed_in("ada").await;
    site.accounts().delete("ada").await.unwrap();
    assert_eq!(browser.get("/oauth/").await.status(), StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn vuln_18_an_approval_does_not_outlast_the_session_it_was_made_in() {
    let site = Site::new().await;
    let browser = site.signed_in("ada").await;
    let request = browser.request(Method::GET, "/oauth/authorize").body(Bytes::new()).unwrap();
    let pages = site.provider.app().owner();
    let eve = site.accounts().sign_in("eve", &Password::new(PASSWORD)).await.unwrap().unwrap().subject;
    assert!(pages.still_holds(&request, &site.ada.subject).await.unwrap());
    assert!(!pages.still_holds(&request, &eve).await.unwrap(), "somebody else is signed in now");
    site.accounts().set_password("ada", &Password::new(NEW)).await.unwrap();
    assert!(!pages.still_holds(&request, &site.ada.subject).await.unwrap());
}

#[tokio::test]
async fn what_ends_all_of_an_account_is_told() {
    let site = Site::new().await;
    site.accounts().set_enabled("ada", false).await.unwrap();
    site.accounts().set_enabled("ada", true).await.unwrap();
    site.accounts().delete("ada").await.unwrap();
    let subject = || site.ada.subject.clone();
    for event in [
        Event::AccountDisabled { subject: subject() },
        Event::AccountEnabled { subject: subject() },
        Event::AccountDeleted { subject: subject() },
    ] {
        assert_eq!(site.recorded(|told| *told == event), 1, "{event:?}");
    }
}
