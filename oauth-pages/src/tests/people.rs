//! The switch that lets no client act for somebody, as an administrator finds it.

use super::applications::{REGISTER, filled};
use super::*;

const SWITCH: &str = "/oauth/people/api-access";

async fn token(browser: &mut Browser<'_>) -> Option<String> {
    let page = browser.get(&authorization("notes", &[("prompt", "consent")])).await;
    if page.status() != StatusCode::OK {
        return None;
    }
    let answer = browser.submit(&page, "/oauth/consent", &ALLOW).await;
    let back = browser.get(location(&answer)).await;
    let code = location(&back).split("code=").nth(1)?.split('&').next()?.to_owned();
    let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    let form = pairs(&[
        ("client_id", "notes"),
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", verifier),
    ]);
    let answer = Browser::of(browser.service).post("/oauth/token", &form).await;
    assert_eq!(answer.status(), StatusCode::OK, "{}", text(&answer));
    let json: serde_json::Value = serde_json::from_slice(answer.body()).unwrap();
    Some(json["refresh_token"].as_str().unwrap().to_owned())
}

async fn refreshes(site: &Site, refresh_token: &str) -> bool {
    let form = pairs(&[("client_id", "notes"), ("grant_type", "refresh_token"), ("refresh_token", refresh_token)]);
    site.browser().post("/oauth/token", &form).await.status() == StatusCode::OK
}

#[tokio::test]
async fn r_187_switched_off_everything_of_a_person_ends_at_once() {
    let site = Site::new().await;
    site.client("notes", |_| ()).await;
    let (mut ada, mut root) = (site.signed_in("ada").await, site.signed_in("root").await);
    let refresh_token = token(&mut ada).await.unwrap();
    let form = ada.get(REGISTER).await;
    let people = root.get("/oauth/people").await;
    assert!(text(&people).contains(&format!("id=\"api-access-off-{}\"", site.ada.subject)));
    let fields = [("subject", site.ada.subject.as_str()), ("api-access", "off")];
    let done = root.submit(&people, SWITCH, &fields).await;
    assert_eq!((done.status(), location(&done)), (StatusCode::SEE_OTHER, "/oauth/people"));

    assert!(!refreshes(&site, &refresh_token).await);
    let home = ada.get("/oauth/").await;
    assert!(element(&home, "api-access-off").is_some(), "she is told, and still signed in");
    let asked = ada.get(&authorization("notes", &[])).await;
    assert_eq!(asked.status(), StatusCode::FORBIDDEN);
    assert!(text(&asked).contains("API access is switched off for your account"));
    let answer = ada.submit(&asked, "/oauth/consent", &[("decision", "deny")]).await;
    let back = ada.get(location(&answer)).await;
    assert!(location(&back).contains("error=access_denied"));
    for refused in [ada.get(REGISTER).await, ada.submit(&form, REGISTER, &filled(&[])).await] {
        assert_eq!(refused.status(), StatusCode::FORBIDDEN);
        assert_eq!(element(&refused, "error-number").as_deref(), Some("6009"));
    }
    assert!(token(&mut site.signed_in("eve").await).await.is_some(), "others are not touched");

    let people = root.get("/oauth/people?name=ada").await;
    assert_eq!(text(&people).matches("id=\"person-").count(), 1);
    root.submit(&people, SWITCH, &[("api-access", "on")]).await;
    assert!(!refreshes(&site, &refresh_token).await, "what ended stays so");
    let again = token(&mut ada).await.unwrap();
    assert!(refreshes(&site, &again).await);
    assert_eq!(site.recorded(|event| matches!(event, Event::ApiAccessDisabled { .. })), 1);
    assert_eq!(site.recorded(|event| matches!(event, Event::ApiAccessEnabled { .. })), 1);
}

#[tokio::test]
async fn r_202_only_an_administrator_sees_and_switches_people() {
    let site = Site::new().await;
    let mut ada = site.signed_in("ada").await;
    let page = ada.get("/oauth/people").await;
    assert_eq!((page.status(), element(&page, "error-number").as_deref()), (StatusCode::FORBIDDEN, Some("6007")));
    assert!(!text(&ada.get("/oauth/").await).contains("/oauth/people"));
    let mut fields = hidden(&ada.get("/oauth/").await, "/oauth/sign-out");
    fields.extend(pairs(&[("subject", site.ada.subject.as_str()), ("api-access", "off")]));
    assert_eq!(ada.post(SWITCH, &fields).await.status(), StatusCode::FORBIDDEN);
    assert!(element(&ada.get("/oauth/").await, "api-access-off").is_none());
    assert!(location(&site.browser().get("/oauth/people").await).ends_with("/sign-in?continue=people"));

    let mut root = site.signed_in("root").await;
    let people = root.get("/oauth/people").await;
    assert_eq!(text(&people).matches("id=\"person-").count(), 3);
    for (name, value, expected) in [
        ("csrf", "x", StatusCode::FORBIDDEN),
        ("subject", "nobody", StatusCode::NOT_FOUND),
        ("api-access", "perhaps", StatusCode::FORBIDDEN),
    ] {
        let fields = [("api-access", "off"), (name, value)];
        let fields = if name == "api-access" { &fields[1..] } else { &fields[..] };
        assert_eq!(root.submit(&people, SWITCH, fields).await.status(), expected, "{name}");
    }
    assert_eq!(site.recorded(|event| matches!(event, Event::ApiAccessDisabled { .. })), 0);
}

#[tokio::test]
async fn people_are_listed_page_by_page() {
    let site = Site::new().await;
    let phc = site.ada.password.clone();
    for number in 0..60 {
        let account = Account {
            subject: oauth_core::identifier::Subject::generate(),
            username: format!("p{number:02}"),
            spelling: None,
            password: phc.clone(),
            ..site.ada.clone()
        };
        oauth_core::store::AccountStore::create_account(&site.store, &account).await.unwrap();
    }
    let mut root = site.signed_in("root").await;
    let (mut seen, mut next) = (0, Some("/oauth/people".to_owned()));
    while let Some(address) = next {
        let html = text(&root.get(&address).await);
        seen += html.matches("id=\"person-").count();
        next = html.split("id=\"next-page\" ").nth(1).and_then(|link| attribute(link, "href"));
    }
    assert_eq!(seen, 63);
}
