//! What entitled a person to decide is looked at again before anything is issued.

use super::*;
use crate::{API_ACCESS, ORGANISATION, ROLES};
use oauth_core::owner::ResourceOwner as _;
use oauth_core::store::{AccountStore, AttributeChanges, Replaced};

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

async fn give(site: &Site, account: &Account, attribute: &str, value: Option<&str>) {
    let changes = AttributeChanges::from([(attribute.to_owned(), value.map(str::to_owned))]);
    let account = site.store.account(&account.subject).await.unwrap().unwrap();
    let mut changed = account.clone();
    changed.change_attributes(&changes);
    assert_eq!(site.store.replace_account(&account, &changed, account.created_at).await.unwrap(), Replaced::Now);
}

async fn code(browser: &mut Browser<'_>) -> String {
    let page = browser.get(&authorization("notes", &[("prompt", "consent")])).await;
    let answer = browser.submit(&page, "/oauth/consent", &ALLOW).await;
    let back = browser.get(location(&answer)).await;
    location(&back).split("code=").nth(1).unwrap().split('&').next().unwrap().to_owned()
}

async fn token(site: &Site, fields: &[(&str, &str)]) -> (StatusCode, serde_json::Value) {
    let fields = pairs(&[&[("client_id", "notes")][..], fields].concat());
    let answer = site.browser().post("/oauth/token", &fields).await;
    (answer.status(), serde_json::from_slice(answer.body()).unwrap())
}

async fn redeem(site: &Site, code: &str) -> (StatusCode, serde_json::Value) {
    let fields = [("code", code), ("redirect_uri", CALLBACK), ("code_verifier", VERIFIER)];
    token(site, &[&[("grant_type", "authorization_code")][..], &fields].concat()).await
}

async fn refresh(site: &Site, refresh_token: &str) -> (StatusCode, serde_json::Value) {
    token(site, &[("grant_type", "refresh_token"), ("refresh_token", refresh_token)]).await
}

/// Takes something away from a person who has allowed an application: what is issued after that?
async fn f_79(site: &Site, ada: &Account, mut browser: Browser<'_>, attribute: &str, before: Option<&str>) {
    site.client("notes", |_| ()).await;
    let tokens = redeem(site, &code(&mut browser).await).await.1;
    let refresh_token = tokens["refresh_token"].as_str().unwrap();
    let waiting = code(&mut browser).await;
    let without = if attribute == API_ACCESS { Some("off") } else { Some("other") };
    give(site, ada, attribute, without).await;
    for (status, json) in [redeem(site, &waiting).await, refresh(site, refresh_token).await] {
        assert_eq!((status, json["error"].as_str()), (StatusCode::BAD_REQUEST, Some("invalid_grant")), "{json}");
    }
    give(site, ada, attribute, None).await;
    let entitled = before.is_none();
    assert_eq!(refresh(site, refresh_token).await.0.is_success(), entitled, "{attribute} is away altogether");
    // It is no replay: nothing was consumed, and what is given back counts again.
    give(site, ada, attribute, before).await;
    assert_eq!(redeem(site, &waiting).await.0, StatusCode::OK);
}

#[tokio::test]
async fn f_79_a_role_that_is_taken_away_ends_codes_and_refresh() {
    let site = Site::with(|config| config.consenting_roles = Some(["Admin".to_owned()].into())).await;
    give(&site, &site.ada, ROLES, Some("Admin")).await;
    f_79(&site, &site.ada, site.signed_in("ada").await, ROLES, Some("Admin")).await;
}

#[tokio::test]
async fn f_79_api_access_that_is_taken_away_ends_codes_and_refresh() {
    let site = Site::new().await;
    f_79(&site, &site.ada, site.signed_in("ada").await, API_ACCESS, None).await;
}

#[tokio::test]
async fn f_79_an_organisation_that_is_left_ends_codes_and_refresh() {
    let site = Site::with(|config| config.organisations = true).await;
    let ada = site.accounts().create_at("north", "ada", &Password::new(PASSWORD)).await.unwrap();
    let mut browser = site.browser();
    browser.sign_in_at("north", "ada", PASSWORD).await;
    f_79(&site, &ada, browser, ORGANISATION, Some("north")).await;
}

#[tokio::test]
async fn f_79_an_account_that_is_disabled_and_enabled_ends_codes_and_refresh() {
    let site = Site::new().await;
    site.client("notes", |_| ()).await;
    let mut browser = site.signed_in("ada").await;
    let tokens = redeem(&site, &code(&mut browser).await).await.1;
    let waiting = code(&mut browser).await;
    site.accounts().set_enabled("ada", false).await.unwrap();
    site.accounts().set_enabled("ada", true).await.unwrap();
    assert_eq!(redeem(&site, &waiting).await.1["error"], "invalid_grant");
    assert_eq!(refresh(&site, tokens["refresh_token"].as_str().unwrap()).await.1["error"], "invalid_grant");
}

/// The store compares the mark of the person too; accounts from elsewhere may move none.
#[tokio::test]
async fn f_46_a_decision_does_not_outlast_the_api_access_it_was_made_with() {
    let site = Site::new().await;
    let browser = site.signed_in("ada").await;
    let request = browser.request(Method::GET, "/oauth/authorize").body(Bytes::new()).unwrap();
    let pages = site.provider.app().owner();
    assert!(pages.still_holds(&request, &site.ada.subject).await.unwrap());
    give(&site, &site.ada, API_ACCESS, Some("off")).await;
    assert!(!pages.still_holds(&request, &site.ada.subject).await.unwrap());
    give(&site, &site.ada, API_ACCESS, None).await;
    assert!(pages.still_holds(&request, &site.ada.subject).await.unwrap());
}
