//! What an administrator decided holds until an administrator takes it back.

use super::applications::filled;
use super::*;
use oauth_core::client::Lifetimes;
use oauth_core::identifier::ClientId;
use std::time::Duration;

const EDIT: &str = "/oauth/applications/edit";
const ID: &str = "lunch";

/// Saves an application of ada's that an administrator trusts and sanctions.
async fn vouched_for(site: &Site) -> Client {
    let owner = site.ada.subject.clone();
    site.client(ID, |client| {
        client.client_type = ClientType::Confidential;
        client.owner = Some(owner);
        client.uri = Some("https://app.example".to_owned());
        client.scope = "read write".parse().ok();
        client.lifetimes = Lifetimes { access_token: Some(Duration::from_secs(600)), ..Lifetimes::default() };
        (client.trusted, client.sanctioned) = (true, true);
    })
    .await
}

async fn now(site: &Site) -> Client {
    site.store.client(&ClientId::new(ID).unwrap()).await.unwrap().unwrap()
}

/// The fields of the form as [`vouched_for`] fills them, with others in their place.
fn form(more: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    let usual = [
        ("name", "Notes"),
        ("site", "https://app.example"),
        ("redirect-uris", CALLBACK),
        ("scope", "read write"),
        ("lifetime-access-token", "10 minutes"),
    ];
    let mut fields: Vec<_> =
        filled(&usual).into_iter().filter(|(name, _)| more.iter().all(|(other, _)| name != other)).collect();
    fields.extend_from_slice(more);
    fields.retain(|(_, value)| !value.is_empty());
    fields
}

async fn edit(browser: &mut Browser<'_>, more: &[(&'static str, &'static str)]) -> Response<Bytes> {
    let page = browser.get(&format!("{EDIT}?client_id={ID}")).await;
    browser.submit(&page, EDIT, &form(more)).await
}

/// Whether a person who comes from the application is asked.
async fn is_asked(site: &Site) -> bool {
    let mut eve = site.signed_in("eve").await;
    eve.get(&authorization(ID, &[])).await.status() == StatusCode::OK
}

const WIDER: [(&str, &str); 7] = [
    ("name", "Bank"),
    ("site", ""),
    ("client-type", "public"),
    ("redirect-uris", "https://app.example/callback\r\nhttps://evil.example/steal"),
    ("allowed-origins", "https://evil.example"),
    ("resources", "https://api.example/evil"),
    ("insecure-without-pkce", "on"),
];
const NARROWER: [(&str, &str); 3] =
    [("scope", "read"), ("lifetime-access-token", "5 minutes"), ("grant:refresh_token", "")];

#[tokio::test]
async fn f_01_trust_ends_when_the_owner_edits() {
    for change in WIDER {
        let site = Site::new().await;
        vouched_for(&site).await;
        assert!(!is_asked(&site).await, "it is trusted");
        let mut ada = site.signed_in("ada").await;
        let page = ada.get(&format!("{EDIT}?client_id={ID}")).await;
        assert!(element(&page, "may-lapse").is_some(), "the form says so before");
        let answer = edit(&mut ada, &[change]).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{change:?}: {:?}", element(&answer, "form-error"));
        let client = now(&site).await;
        assert!(!client.trusted && !client.sanctioned && client.lapsed, "{change:?}");
        let shown = ada.get(location(&answer)).await;
        assert!(element(&shown, "trusted").is_none() && element(&shown, "sanctioned").is_none());
        assert!(element(&shown, "lapsed").is_some());
        assert!(is_asked(&site).await, "{change:?}");
        let told = |event: &Event| matches!(event, Event::ApprovalLapsed { by, .. } if *by == site.ada.subject);
        assert_eq!(site.recorded(told), 1, "{change:?}");
        let mut root = site.signed_in("root").await;
        let list = root.get("/oauth/applications?show=lapsed").await;
        assert!(text(&list).contains("id=\"application-lunch\""), "an administrator finds it");
    }
}

#[tokio::test]
async fn f_01_a_narrower_edit_and_an_administrators_edit_keep_the_trust() {
    for change in NARROWER {
        let site = Site::new().await;
        vouched_for(&site).await;
        assert_eq!(edit(&mut site.signed_in("ada").await, &[change]).await.status(), StatusCode::SEE_OTHER);
        assert!(now(&site).await.trusted && now(&site).await.sanctioned, "{change:?}");
    }
    for change in WIDER {
        let site = Site::new().await;
        vouched_for(&site).await;
        assert_eq!(edit(&mut site.signed_in("root").await, &[change]).await.status(), StatusCode::SEE_OTHER);
        assert!(now(&site).await.trusted && now(&site).await.sanctioned, "{change:?}");
    }
}

const CHANGE: &str = "/oauth/applications/change";
const SHOW: &str = "/oauth/applications/show?client_id=lunch";
const DELETE: &str = "/oauth/applications/delete";

#[tokio::test]
async fn f_78_what_was_not_shown_is_not_confirmed() {
    for action in ["enable", "disable", "trust", "untrust", "sanction", "unsanction", "block", "unblock"] {
        let site = Site::new().await;
        let mut client = vouched_for(&site).await;
        client.enabled = action != "enable";
        (client.trusted, client.sanctioned) = (action == "untrust", action == "unsanction");
        if action == "unblock" {
            client.block("spam");
        }
        site.store.update_client(&client).await.unwrap();
        let mut root = site.signed_in("root").await;
        let show = root.get(SHOW).await;
        let confirm = root.submit(&show, CHANGE, &[("action", action)]).await;
        assert!(element(&confirm, "effect").is_some(), "{action}");
        // Another edit between the page and the click, by an owner who narrows: nothing else is in the way.
        let mut ada = site.signed_in("ada").await;
        assert_eq!(edit(&mut ada, &[("scope", "read")]).await.status(), StatusCode::SEE_OTHER);
        let edited = now(&site).await;
        let answer = root.submit(&confirm, CHANGE, &[("reason", "spam")]).await;
        assert_eq!(answer.status(), StatusCode::CONFLICT, "{action}");
        assert_eq!(now(&site).await, edited, "{action}");
        // It is shown as it is now, and can be confirmed.
        edit(&mut ada, &[("scope", "read"), ("lifetime-access-token", "5 minutes")]).await;
        let again = root.submit(&answer, CHANGE, &[("reason", "spam")]).await;
        let approves = ["enable", "trust", "sanction", "unblock"].contains(&action);
        assert_eq!(again.status() == StatusCode::CONFLICT, approves, "an owner cannot keep {action} away by edits");
    }
}

#[tokio::test]
async fn f_78_the_confirmation_shows_what_is_approved() {
    let site = Site::new().await;
    vouched_for(&site).await;
    let mut root = site.signed_in("root").await;
    edit(
        &mut site.signed_in("ada").await,
        &[("redirect-uris", "https://app.example/callback\r\nhttps://evil.example/x")],
    )
    .await;
    let show = root.get(SHOW).await;
    let confirm = root.submit(&show, CHANGE, &[("action", "trust")]).await;
    for shown in ["https://evil.example/x", "confidential", "read write", "10 minutes", "https://app.example"] {
        assert!(text(&confirm).contains(shown), "{shown}");
    }
    root.submit(&confirm, CHANGE, &[]).await;
    assert!(now(&site).await.trusted && !now(&site).await.lapsed);
}

#[tokio::test]
async fn f_78_a_form_does_not_undo_what_it_did_not_show() {
    let site = Site::new().await;
    vouched_for(&site).await;
    let (mut root, mut ada) = (site.signed_in("root").await, site.signed_in("ada").await);
    let page = root.get(&format!("{EDIT}?client_id={ID}")).await;
    let delete = root.get(&format!("{DELETE}?client_id={ID}")).await;
    edit(&mut ada, &[("name", "Bank")]).await;
    let answer = root.submit(&page, EDIT, &form(&[("scope", "read")])).await;
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    assert_eq!(now(&site).await.name, "Bank");
    let answer = root.submit(&delete, DELETE, &[]).await;
    assert_eq!(answer.status(), StatusCode::CONFLICT);
    assert!(text(&answer).contains("Bank"));
    assert_eq!(root.submit(&answer, DELETE, &[]).await.status(), StatusCode::SEE_OTHER);
    assert!(site.store.client(&ClientId::new(ID).unwrap()).await.unwrap().is_none());
}

#[tokio::test]
async fn f_60_secrets_are_deleted_only_after_a_confirmation() {
    let site = Site::new().await;
    let mut client = vouched_for(&site).await;
    client.renew_secret().unwrap();
    client.add_secret().unwrap();
    site.store.update_client(&client).await.unwrap();
    let mut ada = site.signed_in("ada").await;
    let asked = edit(&mut ada, &[("client-type", "public")]).await;
    assert!(element(&asked, "secrets-end").unwrap().contains("2 secrets"), "{}", text(&asked));
    assert_eq!(now(&site).await, client, "nothing happened yet");
    let fields = form(&[("client-type", "public"), ("delete-secrets", "on")]);
    assert_eq!(ada.submit(&asked, EDIT, &fields).await.status(), StatusCode::SEE_OTHER);
    assert!(now(&site).await.secrets.is_empty());
}

#[tokio::test]
async fn f_71_each_action_has_one_button_and_a_switch_asks_if_others_use_it() {
    const SWITCH: &str = "/oauth/applications/switch";
    let site = Site::new().await;
    vouched_for(&site).await;
    for name in ["ada", "root"] {
        let page = site.signed_in(name).await.get(SHOW).await;
        let buttons = text(&page).matches(">Switch off</button>").count();
        assert_eq!(buttons, 1, "{name}");
    }
    let mut ada = site.signed_in("ada").await;
    let page = ada.get(SHOW).await;
    let mut eve = site.signed_in("eve").await;
    assert!(location(&eve.get(&authorization(ID, &[])).await).starts_with(CALLBACK));
    let asked = ada.submit(&page, SWITCH, &[("switch", "off")]).await;
    assert!(element(&asked, "confirm-switch-off").is_some() && now(&site).await.enabled);
    assert_eq!(ada.submit(&asked, SWITCH, &[("switch", "off")]).await.status(), StatusCode::SEE_OTHER);
    assert!(!now(&site).await.enabled);
}
