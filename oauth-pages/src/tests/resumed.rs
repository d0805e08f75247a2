//! Forms whose session ended while they were filled in.

use super::applications::{filled, register, stored};
use super::*;
use oauth_core::store::ClientStore as _;

const REGISTER: &str = "/oauth/applications/register";

/// Signs somebody in on the page where a form sent the browser, and opens what follows.
async fn sign_in_and_go_on(browser: &mut Browser<'_>, sent: &Response<Bytes>, username: &str) -> Response<Bytes> {
    assert_eq!(sent.status(), StatusCode::SEE_OTHER, "{}", text(sent));
    assert!(location(sent).starts_with("/oauth/sign-in?"), "{}", location(sent));
    assert!(!location(sent).contains("horse"), "no password travels");
    let page = browser.get(location(sent)).await;
    let answer = browser.submit(&page, "/oauth/sign-in", &[("username", username), ("password", PASSWORD)]).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    browser.get(location(&answer)).await
}

/// Signs out in another tab.
async fn sign_out(browser: &mut Browser<'_>) {
    let home = browser.get("/oauth/").await;
    browser.submit(&home, "/oauth/sign-out", &[]).await;
    assert_eq!(browser.session(), None);
}

fn value(page: &Response<Bytes>, id: &str) -> String {
    let html = text(page);
    let tag = html.split(&format!("id=\"{id}\"")).nth(1).unwrap_or_else(|| panic!("no {id} in {html}"));
    attribute(tag, "value").unwrap_or_default()
}

#[tokio::test]
async fn f_62_a_registration_is_found_as_it_was_typed() {
    let site = Site::new().await;
    let mut ada = site.signed_in("ada").await;
    let form = ada.get(REGISTER).await;
    let typed =
        filled(&[("name", "Zoë & <b>"), ("client-type", "public"), ("redirect-uris", "https://a.example/?x=1&y=%2F")]);
    sign_out(&mut ada).await;
    let sent = ada.submit(&form, REGISTER, &typed).await;
    let mut eve = ada.clone();
    let again = sign_in_and_go_on(&mut ada, &sent, "ada").await;
    assert_eq!(again.status(), StatusCode::OK);
    assert_eq!(unescape(&value(&again, "name")), "Zoë & <b>");
    assert!(unescape(&text(&again)).contains("https://a.example/?x=1&y=%2F"));
    assert!(text(&again).contains("value=\"public\" checked"));
    let all = site.store.clients(&Default::default(), &oauth_core::store::Page::first(9)).await.unwrap();
    assert!(all.is_empty(), "nothing is done without a new click");
    let registered = ada.submit(&again, REGISTER, &typed).await;
    assert!(location(&registered).starts_with("/oauth/applications/show"), "{}", text(&registered));

    let others = sign_in_and_go_on(&mut eve, &sent, "eve").await;
    assert_eq!((others.status(), value(&others, "name").as_str()), (StatusCode::OK, ""), "another person's is empty");
    assert!(!text(&others).contains("a.example"));
}

#[tokio::test]
async fn f_62_each_form_leads_back_to_its_page() {
    let site = Site::new().await;
    let mut root = site.signed_in("root").await;
    let shown = register(&mut root, &[("client-type", "confidential")]).await;
    let client = stored(&site, &shown).await;
    let at = |page: &str| format!("/oauth/applications/{page}?client_id={}", client.id);
    let reason = [("action", "block"), (&*format!("client:{}", client.id), "on"), ("reason", "It lies")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let reason: Vec<(&str, &str)> = reason.iter().map(|(name, value)| (&**name, &**value)).collect();
    type Form<'a> = (String, &'a str, &'a [(&'a str, &'a str)], String, &'a str);
    let forms: [Form<'_>; 6] = [
        (at("edit"), "/oauth/applications/edit", &filled(&[("name", "Changed")]), at("edit"), "value=\"Changed\""),
        (at("show"), "/oauth/applications/secret", &[("step", "renew")], at("show"), "renew-secret"),
        (at("delete"), "/oauth/applications/delete", &[], at("delete"), "confirm-delete"),
        (
            at("show"),
            "/oauth/applications/change",
            &reason,
            "/oauth/applications/confirm?".to_owned(),
            "value=\"It lies\"",
        ),
        (
            "/oauth/people".to_owned(),
            "/oauth/people/api-access",
            &[("api-access", "off")],
            "/oauth/people".to_owned(),
            "person-",
        ),
        (
            "/oauth/password".to_owned(),
            "/oauth/password",
            &[("old-password", PASSWORD), ("new-password", "better horse")],
            "/oauth/password".to_owned(),
            "new-password",
        ),
    ];
    for (page, target, typed, back, contains) in forms {
        let form = root.get(&page).await;
        sign_out(&mut root).await;
        // Signed out, and signed in anew in another tab.
        let sent = root.submit(&form, target, typed).await;
        let again = sign_in_and_go_on(&mut root, &sent, "root").await;
        assert!(again.status() == StatusCode::OK && text(&again).contains(contains), "{target}: {}", text(&again));
        let sent = root.submit(&form, target, typed).await;
        assert!(location(&sent).starts_with(&back), "{target}: {}", location(&sent));
        assert!(!location(&sent).contains("csrf") && !location(&sent).contains("horse"));
        assert!(text(&root.get(location(&sent)).await).contains(contains), "{target}");
    }
    assert_eq!(site.store.client(&client.id).await.unwrap().unwrap(), client, "nothing was done");
    let signed_in = site.browser().sign_in("root", PASSWORD).await;
    assert_eq!(signed_in.status(), StatusCode::SEE_OTHER, "the password is the same");

    // The switch is an owner's form.
    let mut ada = site.signed_in("ada").await;
    let shown = register(&mut ada, &[("client-type", "confidential")]).await;
    let own = stored(&site, &shown).await;
    let page = format!("/oauth/applications/show?client_id={}", own.id);
    let form = ada.get(&page).await;
    sign_out(&mut ada).await;
    let sent = ada.submit(&form, "/oauth/applications/switch", &[("switch", "off")]).await;
    let again = sign_in_and_go_on(&mut ada, &sent, "ada").await;
    assert!(text(&again).contains("switch-off"), "{}", text(&again));
    assert_eq!(site.store.client(&own.id).await.unwrap().unwrap(), own, "nothing was done");
}

#[tokio::test]
async fn f_62_nobody_fills_in_a_form_for_somebody_else() {
    let site = Site::new().await;
    let mut ada = site.signed_in("ada").await;
    let form = ada.get(REGISTER).await;
    let mut eve = site.signed_in("eve").await;
    let foreign = eve.get(REGISTER).await;
    // A form of another browser is refused as before, signed in or not.
    assert_eq!(ada.submit(&foreign, REGISTER, &filled(&[])).await.status(), StatusCode::FORBIDDEN);
    sign_out(&mut ada).await;
    assert_eq!(ada.submit(&foreign, REGISTER, &filled(&[])).await.status(), StatusCode::FORBIDDEN);
    for csrf in ["", "x", "x.y", "x.y.z", "..", "."] {
        let fields = [&filled(&[])[..], &[("csrf", csrf)]].concat();
        assert_eq!(ada.submit(&form, REGISTER, &fields).await.status(), StatusCode::FORBIDDEN, "{csrf}");
    }
    // What was sealed is not changed, nor used on another page.
    let sent = ada.submit(&form, REGISTER, &filled(&[("name", "Typed")])).await;
    let again = sign_in_and_go_on(&mut ada, &sent, "ada").await;
    assert_eq!(value(&again, "name"), "Typed");
    let sent = ada.submit(&form, REGISTER, &filled(&[("name", "Typed")])).await;
    for changed in
        [location(&sent).replace("Typed", "Tipped"), location(&sent).split("&for=").next().unwrap().to_owned()]
    {
        assert_eq!(value(&ada.get(&changed).await, "name"), "", "{changed}");
    }
    // Too long for a query: an empty form, not an error.
    let long = "https://a.example/".repeat(400);
    let sent = ada.submit(&form, REGISTER, &filled(&[("redirect-uris", long.leak())])).await;
    assert_eq!(location(&sent), REGISTER);
    assert_eq!(ada.get(location(&sent)).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn f_34_a_consent_whose_session_ended_goes_to_its_request() {
    let site = Site::new().await;
    site.client("notes", |_| ()).await;
    let ask = authorization("notes", &[]);
    for person in [None, Some("ada"), Some("eve")] {
        let mut browser = site.signed_in("ada").await;
        let page = browser.get(&ask).await;
        sign_out(&mut browser).await;
        if let Some(person) = person {
            browser.sign_in(person, PASSWORD).await;
        }
        let sent = browser.submit(&page, "/oauth/consent", &ALLOW).await;
        assert_eq!(sent.status(), StatusCode::SEE_OTHER, "{person:?}: {}", text(&sent));
        assert!(location(&sent).starts_with("/oauth/authorize?"), "{person:?}: {}", location(&sent));
        let next = browser.get(location(&sent)).await;
        let asked = if person.is_some() { "allow" } else { "sign-in" };
        assert!(element(&next, asked).is_some(), "nothing is approved, {person:?}: {}", text(&next));
    }
    assert_eq!(site.recorded(|event| matches!(event, Event::Approved { .. })), 0);
}

#[tokio::test]
async fn a_sign_out_whose_session_ended_is_one() {
    let site = Site::new().await;
    let mut ada = site.signed_in("ada").await;
    let home = ada.get("/oauth/").await;
    sign_out(&mut ada).await;
    let again = ada.submit(&home, "/oauth/sign-out", &[]).await;
    assert!(location(&again).starts_with("/oauth/sign-in"), "{}", text(&again));
    ada.sign_in("eve", PASSWORD).await;
    let session = ada.session().map(str::to_owned);
    let again = ada.submit(&home, "/oauth/sign-out", &[]).await;
    assert_eq!((location(&again), ada.session()), ("/oauth/", session.as_deref()), "the next person stays");
}
