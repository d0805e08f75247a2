//! People of organisations: chosen at sign-in, carried by what they allow.

use super::*;
use crate::{AccountError, ORGANISATION};
use oauth_core::store::{AccountStore, AttributeChanges, GrantFilter, GrantStore, Page};

const OTHER: &str = "another password";

/// Two schools, each with an `ada`, beside the ada who belongs to none.
async fn schools() -> Site {
    let site = Site::with(|config| config.organisations = true).await;
    site.accounts().create_at("north", "ada", &Password::new(OTHER)).await.unwrap();
    site.accounts().create_at("south", "ada", &Password::new("yet another one")).await.unwrap();
    site
}

async fn at(site: &Site, organisation: &str) -> Account {
    site.store.account_named(&format!("{organisation}/ada")).await.unwrap().unwrap()
}

#[tokio::test]
async fn the_same_name_is_somebody_else_in_each_organisation() {
    let site = schools().await;
    for (organisation, password) in [("", PASSWORD), ("north", OTHER), (" south ", "yet another one")] {
        let mut browser = site.browser();
        let answer = browser.sign_in_at(organisation, "ada", password).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{organisation}");
        let home = browser.get("/oauth/").await;
        assert!(element(&home, "signed-in-as").unwrap().contains(">ada<"));
        let shown = element(&home, "signed-in-at");
        assert_eq!(shown.is_some(), !organisation.is_empty());
        assert!(shown.is_none_or(|shown| shown.contains(organisation.trim())));
    }
    for (organisation, username, password) in [
        ("north", "ada", PASSWORD),
        ("south", "ada", OTHER),
        ("", "ada", OTHER),
        ("", "north/ada", OTHER),
        ("west", "ada", OTHER),
        ("north", "root", PASSWORD),
        ("north/", "ada", OTHER),
    ] {
        let mut browser = site.browser();
        let answer = browser.sign_in_at(organisation, username, password).await;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{organisation} {username}");
        assert!(browser.session().is_none());
        assert!(
            text(&answer).contains(&format!("name=\"organisation\" value=\"{organisation}\"")),
            "what was typed is kept"
        );
    }
    let taken = site.accounts().create_at("north", "ada", &Password::new(OTHER)).await;
    assert!(matches!(taken, Err(AccountError::Taken)));
    for wrong in ["", " north", "a/b", "a\nb"] {
        let refused = site.accounts().create_at(wrong, "ada", &Password::new(OTHER)).await;
        assert!(matches!(refused, Err(AccountError::Organisation)), "{wrong:?}");
    }
}

#[tokio::test]
async fn an_account_that_is_only_called_so_belongs_to_no_organisation() {
    let site = schools().await;
    site.accounts().create("west/ada", &Password::new(OTHER), false).await.unwrap();
    assert_eq!(site.browser().sign_in_at("west", "ada", OTHER).await.status(), StatusCode::FORBIDDEN);
    assert_eq!(site.browser().sign_in_at("", "west/ada", OTHER).await.status(), StatusCode::SEE_OTHER);
    // Where nobody is asked for one, nobody of one gets in.
    let plain = Site::new().await;
    plain.accounts().create_at("north", "ada", &Password::new(OTHER)).await.unwrap();
    let page = plain.browser().get("/oauth/sign-in").await;
    assert!(!text(&page).contains("organisation"));
    assert_eq!(plain.browser().sign_in_at("north", "ada", OTHER).await.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn what_is_allowed_carries_the_organisation() {
    let site = schools().await;
    site.client("notes", |_| ()).await;
    let ask = authorization("notes", &[]);
    for (organisation, password) in [("north", OTHER), ("south", "yet another one")] {
        let mut browser = site.browser();
        let page = browser.get(&ask).await;
        let fields = [("organisation", organisation), ("username", "ada"), ("password", password)];
        let answer = browser.submit(&page, "/oauth/sign-in", &fields).await;
        let page = browser.get(location(&answer)).await;
        assert!(element(&page, "for-organisation").unwrap().contains(organisation));
        let answer = browser.submit(&page, "/oauth/consent", &ALLOW).await;
        assert!(location(&browser.get(location(&answer)).await).contains("code="));
        let filter = GrantFilter::Subject(at(&site, organisation).await.subject);
        let now = Timestamp::from_unix_seconds(1_800_000_000);
        let grants = site.store.grants(&filter, &Page::first(9), now).await.unwrap();
        assert_eq!(grants.len(), 1, "the data of one is not the other's");
        let attribute = |name: &str| grants[0].attributes.get(name).map(String::as_str);
        assert_eq!((attribute(ORGANISATION), attribute("username")), (Some(organisation), Some("ada")));
    }
    let mut nobodys = site.signed_in("ada").await;
    let page = nobodys.get(&ask).await;
    assert!(element(&page, "for-organisation").is_none());
    assert!(text(&nobodys.get("/oauth/connected").await).contains("allowed nothing"));
}

#[tokio::test]
async fn a_session_is_bound_to_the_organisation() {
    let site = schools().await;
    let mut browser = site.browser();
    browser.sign_in_at("north", "ada", OTHER).await;
    assert_eq!(browser.get("/oauth/").await.status(), StatusCode::OK);
    let changes = AttributeChanges::from([(ORGANISATION.to_owned(), Some("south".to_owned()))]);
    let refused = site.accounts().change_attributes("north/ada", &changes).await;
    assert!(matches!(refused, Err(AccountError::Attribute)), "it is for good");
    // Should it be changed behind our backs, the session is over.
    let account = site.store.account(&at(&site, "north").await.subject).await.unwrap().unwrap();
    let mut moved = account.clone();
    moved.change_attributes(&changes);
    site.store.replace_account(&account, &moved, account.created_at).await.unwrap();
    assert!(location(&browser.get("/oauth/").await).starts_with("/oauth/sign-in"));
}

#[tokio::test]
async fn guesses_at_one_organisation_lock_out_nobody_of_another() {
    let site = schools().await;
    for _ in 0..11 {
        site.browser().sign_in_at("north", "ada", "a wrong guess").await;
    }
    let locked = site.browser().sign_in_at("north", "ada", OTHER).await;
    assert_eq!(locked.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(site.browser().sign_in_at("south", "ada", "yet another one").await.status(), StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_password_is_changed_in_its_organisation() {
    let site = schools().await;
    let mut browser = site.browser();
    browser.sign_in_at("north", "ada", OTHER).await;
    let page = browser.get("/oauth/password").await;
    let fields = [("old-password", OTHER), ("new-password", "a fourth password")];
    assert_eq!(browser.submit(&page, "/oauth/password", &fields).await.status(), StatusCode::SEE_OTHER);
    assert_eq!(browser.get("/oauth/").await.status(), StatusCode::OK, "a new session, bound as the old one");
    assert_eq!(site.browser().sign_in_at("north", "ada", OTHER).await.status(), StatusCode::FORBIDDEN);
    assert_eq!(site.browser().sign_in_at("south", "ada", "yet another one").await.status(), StatusCode::SEE_OTHER);
}
