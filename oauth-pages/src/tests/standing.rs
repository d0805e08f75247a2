//! Applications that are switched off, blocked, sanctioned or trusted, and what each has of its own.

use super::applications::{REGISTER, filled, register, stored};
use super::*;
use oauth_core::client::Lifetimes;
use std::time::Duration;

const SWITCH: &str = "/oauth/applications/switch";

async fn read(site: &Site, client: &Client) -> Client {
    site.store.client(&client.id).await.unwrap().unwrap()
}

fn of_ada(site: &Site) -> impl FnOnce(&mut Client) + use<> {
    let ada = site.ada.subject.clone();
    move |client| client.owner = Some(ada)
}

#[tokio::test]
async fn origins_and_lifetimes_are_registered_shown_and_changed() {
    let site = Site::new().await;
    let mut ada = site.signed_in("ada").await;
    let shown = register(
        &mut ada,
        &[
            ("allowed-origins", "https://app.example\r\nhttp://127.0.0.1:3000"),
            ("lifetime-access-token", "10 minutes"),
            ("lifetime-refresh-token", " 7d "),
        ],
    )
    .await;
    let client = stored(&site, &shown).await;
    let origins: Vec<&str> = client.allowed_origins.iter().map(|origin| origin.as_str()).collect();
    assert_eq!(origins, ["https://app.example", "http://127.0.0.1:3000"]);
    let expected = Lifetimes {
        access_token: Some(Duration::from_secs(600)),
        refresh_token: Some(Duration::from_secs(604_800)),
        ..Lifetimes::default()
    };
    assert_eq!(client.lifetimes, expected);
    assert_eq!(element(&shown, "lifetime-access-token").as_deref(), Some("10 minutes"));
    assert!(element(&shown, "lifetime-code").is_none(), "what is not set is not shown");

    let edit = format!("/oauth/applications/edit?client_id={}", client.id);
    let form = ada.get(&edit).await;
    assert!(text(&form).contains("value=\"7 days\"") && text(&form).contains("(1 hour unless set)"));
    assert!(text(&form).contains("https://app.example\nhttp://127.0.0.1:3000</textarea>"));
    ada.submit(&form, "/oauth/applications/edit", &filled(&[("lifetime-access-token", "30")])).await;
    let client = read(&site, &client).await;
    assert!(client.allowed_origins.is_empty(), "what is taken out is gone");
    let only = Lifetimes { access_token: Some(Duration::from_secs(30)), ..Lifetimes::default() };
    assert_eq!(client.lifetimes, only);
}

#[tokio::test]
async fn origins_and_lifetimes_that_cannot_be_are_said() {
    let site = Site::new().await;
    let mut ada = site.signed_in("ada").await;
    for (field, value, reason) in [
        ("allowed-origins", "https://app.example/path", "origin"),
        ("allowed-origins", "https://*.example", "wildcard"),
        ("lifetime-code", "soon", "such as 10 minutes"),
        ("lifetime-code", "0", "at least 1 second"),
        ("lifetime-access-token", "99999999999999999 days", "such as 10 minutes"),
    ] {
        let answer = register(&mut ada, &[(field, value)]).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{field}={value}");
        let said = element(&answer, "form-error").unwrap();
        assert!(said.contains(reason), "{said}");
        assert!(text(&answer).contains(value), "what was typed is kept");
    }
}

#[tokio::test]
async fn only_an_administrator_gives_more_time_than_the_server() {
    let site = Site::new().await;
    let mut ada = site.signed_in("ada").await;
    for (field, value) in [
        ("lifetime-code", "61"),
        ("lifetime-access-token", "2 hours"),
        ("lifetime-refresh-token-idle", "31 days"),
        ("lifetime-refresh-token", "91 days"),
    ] {
        let answer = register(&mut ada, &[(field, value)]).await;
        assert!(element(&answer, "form-error").unwrap().contains("ask an administrator"), "{field}");
    }
    let client = stored(&site, &register(&mut ada, &[("lifetime-access-token", "1 hour")]).await).await;
    let edit = format!("/oauth/applications/edit?client_id={}", client.id);
    let longer = filled(&[("lifetime-access-token", "2 hours")]);
    let form = ada.get(&edit).await;
    assert_eq!(ada.submit(&form, "/oauth/applications/edit", &longer).await.status(), StatusCode::BAD_REQUEST);
    let mut root = site.signed_in("root").await;
    let form = root.get(&edit).await;
    assert_eq!(root.submit(&form, "/oauth/applications/edit", &longer).await.status(), StatusCode::SEE_OTHER);
    // What an administrator gave stays when its owner changes something else.
    let form = ada.get(&edit).await;
    assert_eq!(ada.submit(&form, "/oauth/applications/edit", &longer).await.status(), StatusCode::SEE_OTHER);
    assert_eq!(read(&site, &client).await.lifetimes.access_token, Some(Duration::from_secs(7_200)));
}

#[tokio::test]
async fn an_owner_switches_an_application_off_and_on() {
    let site = Site::new().await;
    let client = site.client("notes", of_ada(&site)).await;
    let mut ada = site.signed_in("ada").await;
    let show = "/oauth/applications/show?client_id=notes";
    let page = ada.get(show).await;
    let answer = ada.submit(&page, SWITCH, &[("switch", "off")]).await;
    assert_eq!((answer.status(), location(&answer)), (StatusCode::SEE_OTHER, show));
    assert!(!read(&site, &client).await.enabled);
    let off = ada.get(show).await;
    assert!(element(&off, "switched-off").is_some() && element(&off, "switch-on").is_some());
    let asked = ada.get(&authorization("notes", &[])).await;
    assert_eq!(element(&asked, "error-number").as_deref(), Some("2002"));
    ada.submit(&off, SWITCH, &[("switch", "on")]).await;
    assert_eq!(read(&site, &client).await, client);
    assert_eq!(site.recorded(|event| matches!(event, Event::ClientChanged { .. })), 2);

    let mut eve = site.signed_in("eve").await;
    let list = eve.get("/oauth/applications").await;
    let fields = [("client_id", "notes"), ("switch", "off")];
    let mut stolen = hidden(&list, "/oauth/sign-out");
    stolen.extend(pairs(&fields));
    assert_eq!(eve.post(SWITCH, &stolen).await.status(), StatusCode::NOT_FOUND, "R-202: it is not hers");
    assert_eq!(ada.post(SWITCH, &pairs(&fields)).await.status(), StatusCode::FORBIDDEN, "R-047");
    assert_eq!(ada.submit(&page, SWITCH, &[("switch", "x")]).await.status(), StatusCode::FORBIDDEN);
    assert!(read(&site, &client).await.enabled);
}

#[tokio::test]
async fn r_202_whoever_owns_a_blocked_application_cannot_switch_it_on() {
    let site = Site::new().await;
    let client = site
        .client("notes", |client| {
            client.owner = Some(site.ada.subject.clone());
            client.block("it sends <b>spam</b>");
        })
        .await;
    let mut ada = site.signed_in("ada").await;
    let page = ada.get("/oauth/applications/show?client_id=notes").await;
    assert!(text(&page).contains("it sends &#60;b&#62;spam&#60;/b&#62;"), "it is escaped");
    assert!(!text(&page).contains(SWITCH), "there is no button");
    let mut fields = hidden(&page, "/oauth/sign-out");
    fields.extend(pairs(&[("client_id", "notes"), ("switch", "on")]));
    for browser in [&mut ada, &mut site.signed_in("root").await] {
        let page = browser.get("/oauth/applications").await;
        fields.retain(|(name, _)| name != "csrf");
        fields.extend(hidden(&page, "/oauth/sign-out"));
        let answer = browser.post(SWITCH, &fields).await;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN);
        assert_eq!(element(&answer, "error-number").as_deref(), Some("6006"));
    }
    // Nor by changing it: the form has no such field, and a forged one counts for nothing.
    let form = ada.get("/oauth/applications/edit?client_id=notes").await;
    let forged = filled(&[("client-type", "public"), ("enabled", "on"), ("blocked", ""), ("trusted", "on")]);
    ada.submit(&form, "/oauth/applications/edit", &[&forged[..], &[("sanctioned", "on")]].concat()).await;
    let now = read(&site, &client).await;
    assert_eq!((now.enabled, now.trusted, now.sanctioned), (false, false, false));
    assert_eq!(now.blocked, client.blocked);
}

#[tokio::test]
async fn r_012_a_blocked_application_gets_a_page_of_its_own_and_never_a_redirect() {
    let site = Site::new().await;
    site.client("notes", |client| client.block("it sends <spam>")).await;
    for prompt in ["", "none"] {
        let asked = site.browser().get(&authorization("notes", &[("prompt", prompt)])).await;
        assert_eq!((asked.status(), location(&asked)), (StatusCode::FORBIDDEN, ""));
        assert_eq!(element(&asked, "error-number").as_deref(), Some("2011"));
        assert!(text(&asked).contains("it sends &#60;spam&#62;"), "it says why: {}", text(&asked));
    }
    // One that somebody enabled behind our backs is blocked all the same.
    let mut client = site.store.client(&"notes".to_owned().try_into().unwrap()).await.unwrap().unwrap();
    client.enabled = true;
    site.store.update_client(&client).await.unwrap();
    let asked = site.signed_in("ada").await.get(&authorization("notes", &[])).await;
    assert_eq!(element(&asked, "error-number").as_deref(), Some("2011"));
}

#[tokio::test]
async fn a_badge_says_who_vouches() {
    let site = Site::new().await;
    site.client("notes", of_ada(&site)).await;
    let owner = of_ada(&site);
    site.client("house", |client| {
        owner(client);
        client.sanctioned = true;
        client.trusted = true;
    })
    .await;
    let mut ada = site.signed_in("ada").await;
    for (id, badge) in [("notes", false), ("house", true)] {
        let page = ada.get(&format!("/oauth/applications/show?client_id={id}")).await;
        assert_eq!(element(&page, "sanctioned").is_some(), badge);
        assert_eq!(element(&page, "trusted").is_some(), badge);
    }
    site.client("vouched", |client| client.sanctioned = true).await;
    for (id, badge) in [("notes", false), ("vouched", true)] {
        let page = ada.get(&authorization(id, &[])).await;
        assert!(text(&page).contains("id=\"allow\""));
        assert_eq!(element(&page, "sanctioned").is_some(), badge);
    }
    let form = ada.get(REGISTER).await;
    let forged = filled(&[("sanctioned", "on"), ("trusted", "on")]);
    let client = stored(&site, &ada.submit(&form, REGISTER, &forged).await).await;
    assert!(!client.sanctioned && !client.trusted);
}
