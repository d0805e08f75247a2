//! No page, list or check grows with what somebody else decides.

use super::connected::save;
use super::*;
use oauth_core::client::{Registration, RegistrationError};
use oauth_core::identifier::{ClientId, GrantId, Resource};
use oauth_core::store::{Grant, GrantFilter, GrantStore, Housekeeping, Page, TokenStore};

const CHALLENGE_OF: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

async fn approved(site: &Site, client: &str, attributes: &str) -> GrantId {
    let now = Timestamp::from_unix_seconds(1_800_000_000);
    let grant = Grant {
        id: GrantId::generate(),
        client_id: ClientId::new(client).unwrap(),
        subject: site.ada.subject.clone(),
        scope: "read write".parse().unwrap(),
        audience: Vec::new(),
        auth_time: None,
        acr: None,
        attributes: [("note".to_owned(), attributes.to_owned())].into(),
        shown: None,
        created_at: now,
        last_issued_at: None,
        expires_at: Timestamp::from_unix_seconds(1_800_100_000),
        revoked_at: None,
    };
    save(site, &grant).await;
    grant.id
}

async fn live(site: &Site) -> Vec<Grant> {
    let filter = GrantFilter::Subject(site.ada.subject.clone());
    site.store.grants(&filter, &Page::first(1_000), Timestamp::from_unix_seconds(1_800_000_000)).await.unwrap()
}

#[tokio::test]
async fn f_09_connected_apps_are_cut_into_pages_by_client() {
    let site = Site::new().await;
    for number in 0..25 {
        site.client(&format!("app-{number:02}"), |_| ()).await;
    }
    for number in 0..25 {
        for _ in 0..if number == 3 { 120 } else { 2 } {
            approved(&site, &format!("app-{number:02}"), "").await;
        }
    }
    let mut ada = site.signed_in("ada").await;
    let (mut target, mut seen) = ("/oauth/connected".to_owned(), Vec::new());
    for sections in [10, 10, 5] {
        let page = ada.get(&target).await;
        let html = text(&page);
        assert_eq!(html.matches("<section").count(), sections, "{target}");
        assert!(html.matches("id=\"authorization-").count() <= 50 && html.len() < 100_000);
        seen.extend(html.split("id=\"revoke-app-").skip(1).filter_map(|rest| rest.get(..2).map(str::to_owned)));
        let next = html.split("id=\"next-page\" ").nth(1).and_then(|link| attribute(link, "href"));
        assert_eq!(next.is_some(), sections == 10 && seen.len() < 25, "{seen:?}");
        target = next.unwrap_or_default();
    }
    let expected: Vec<String> = (0..25).map(|number| format!("{number:02}")).collect();
    assert_eq!(seen, expected, "each once");

    let (mut target, mut authorizations) = ("/oauth/connected?client_id=app-03".to_owned(), 0);
    for _ in 0..3 {
        let html = text(&ada.get(&target).await);
        authorizations += html.matches("id=\"authorization-").count();
        let more = html.split("id=\"more-app-03\" ").nth(1).and_then(|link| attribute(link, "href"));
        target = more.unwrap_or_default();
    }
    assert_eq!((authorizations, target.as_str()), (120, ""), "each once");
}

#[tokio::test]
async fn f_09_a_handle_names_a_grant_in_its_own_session_only() {
    let site = Site::new().await;
    site.client("notes", |_| ()).await;
    site.client("mail", |_| ()).await;
    for client in ["notes", "notes", "mail"] {
        approved(&site, client, "").await;
    }
    let (mut ada, mut elsewhere) = (site.signed_in("ada").await, site.signed_in("ada").await);
    let page = ada.get("/oauth/connected").await;
    let handle = text(&page).split("name=\"authorization\"").nth(1).and_then(|tag| attribute(tag, "value")).unwrap();
    let other_session = elsewhere.get("/oauth/connected").await;
    elsewhere
        .submit(&other_session, "/oauth/connected/revoke", &[("client_id", "notes"), ("authorization", &handle)])
        .await;
    ada.submit(&page, "/oauth/connected/revoke", &[("client_id", "mail"), ("authorization", &handle)]).await;
    for wrong in ["A", &handle[1..], &handle.replacen(&handle[40..], "AAA", 1)] {
        ada.submit(&page, "/oauth/connected/revoke", &[("client_id", "notes"), ("authorization", wrong)]).await;
    }
    assert_eq!(live(&site).await.len(), 3);
    ada.submit(&page, "/oauth/connected/revoke", &[("client_id", "notes"), ("authorization", &handle)]).await;
    assert_eq!(live(&site).await.len(), 2);
}

#[tokio::test]
async fn f_09_live_grants_of_a_person_and_a_client_have_a_limit() {
    let site = Site::with(|config| config.grants_per_client = 3).await;
    site.client("notes", |_| ()).await;
    site.client("mail", |_| ()).await;
    let mut ada = site.signed_in("ada").await;
    let mut tokens = Vec::new();
    // Codes that were not redeemed do not count.
    for _ in 0..5 {
        approved(&site, "notes", "unredeemed").await;
    }
    for number in 0..5_u64 {
        let code = approve(&mut ada, "notes").await;
        let answer = redeem(&site, "notes", &code).await;
        tokens.push(serde_json_member(&answer, "refresh_token"));
        site.clock.advance(std::time::Duration::from_secs(1));
        if number == 2 {
            // The first was refreshed last: it stays when there is one too many.
            let form = [("grant_type", "refresh_token"), ("client_id", "notes"), ("refresh_token", &tokens[0])];
            let answer = token(&site, &form).await;
            assert_eq!(answer.status(), StatusCode::OK, "{}", text(&answer));
            tokens[0] = serde_json_member(&answer, "refresh_token");
            site.clock.advance(std::time::Duration::from_secs(1));
        }
    }
    let issued = live(&site).await.into_iter().filter(|grant| grant.last_issued_at.is_some()).count();
    assert_eq!(issued, 3);
    assert_eq!(site.recorded(|event| matches!(event, Event::GrantRevoked { .. })), 2);
    let mut alive = Vec::new();
    for refresh in &tokens {
        let digest = oauth_core::secret::RefreshToken::new(refresh.as_str()).digest();
        let stored = site.store.refresh_token(&digest).await.unwrap();
        alive.push(stored.is_some_and(|stored| stored.grant.revoked_at.is_none()));
    }
    assert_eq!(alive, [true, false, false, true, true], "that which was refreshed least recently goes");
    let code = approve(&mut ada, "mail").await;
    redeem(&site, "mail", &code).await;
    assert_eq!(site.recorded(|event| matches!(event, Event::GrantRevoked { .. })), 2, "other clients have their own");
}

async fn approve(browser: &mut Browser<'_>, client_id: &str) -> String {
    let page = browser.get(&authorization(client_id, &[("prompt", "consent")])).await;
    let answer = browser.submit(&page, "/oauth/consent", &ALLOW).await;
    let back = browser.get(location(&answer)).await;
    let query = location(&back).split_once('?').unwrap().1.to_owned();
    form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "code").unwrap().1.into_owned()
}

async fn token(site: &Site, form: &[(&str, &str)]) -> Response<Bytes> {
    site.browser().post("/oauth/token", &pairs(form)).await
}

async fn redeem(site: &Site, client_id: &str, code: &str) -> Response<Bytes> {
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", client_id),
        ("code", code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", CHALLENGE_OF),
    ];
    let answer = token(site, &form).await;
    assert_eq!(answer.status(), StatusCode::OK, "{}", text(&answer));
    answer
}

fn serde_json_member(answer: &Response<Bytes>, name: &str) -> String {
    let json: serde_json::Value = serde_json::from_slice(answer.body()).unwrap();
    json[name].as_str().unwrap().to_owned()
}

#[test]
fn f_13_a_client_has_at_most_twenty_of_each_list() {
    let config = Config::new("https://id.example").unwrap();
    let asked = |uris: usize, origins: usize, resources: usize| {
        let mut asked = Registration::new("App", ClientType::Public);
        asked.redirect_uris = (0..uris).map(|number| format!("https://app.example/{number}")).collect();
        asked.allowed_origins = (0..origins).map(|number| format!("https://app{number}.example")).collect();
        asked.resources =
            (0..resources).map(|number| Resource::new(format!("https://api{number}.example/")).unwrap()).collect();
        asked
    };
    let mut client = asked(20, 20, 20).register(&config).unwrap().client;
    for (too_many, what) in
        [(asked(21, 1, 1), "redirect URIs"), (asked(1, 21, 1), "origins"), (asked(1, 1, 21), "resources")]
    {
        assert_eq!(too_many.register(&config).unwrap_err(), RegistrationError::TooMany(what));
        assert_eq!(too_many.apply(&mut client, &config).unwrap_err(), RegistrationError::TooMany(what));
    }
    // One of a time before the limit can still be changed, and grows no more.
    client.redirect_uris =
        (0..30).map(|n| RedirectUri::register(&format!("https://a.example/{n}"), false).unwrap()).collect();
    assert!(asked(30, 1, 1).apply(&mut client, &config).is_ok());
    assert!(asked(31, 1, 1).apply(&mut client, &config).is_err());
}

#[tokio::test]
async fn f_13_a_person_registers_a_limited_number_of_applications() {
    let site = Site::with(|config| config.applications_per_person = 2).await;
    for (username, allowed) in [("ada", 2), ("root", 3)] {
        let mut browser = site.signed_in(username).await;
        let mut registered = 0;
        for _ in 0..3 {
            let answer = applications::register(&mut browser, &[("client-type", "public")]).await;
            registered += usize::from(answer.status() == StatusCode::SEE_OTHER);
            if answer.status() != StatusCode::SEE_OTHER {
                assert!(
                    element(&answer, "form-error").unwrap_or_default().contains("as many applications"),
                    "{}",
                    text(&answer)
                );
            }
        }
        assert_eq!(registered, allowed, "{username}");
    }
    let entered = site.recorded(|event| matches!(event, Event::ClientRegistered { .. }));
    assert_eq!(entered, 5, "what is refused is never entered");
}

#[tokio::test]
async fn f_13_fifty_requests_leave_one_note_of_a_session() {
    let site = Site::new().await;
    site.client("notes", |_| ()).await;
    let mut ada = site.signed_in("ada").await;
    for age in 1_000..1_050 {
        let page = ada.get(&authorization("notes", &[("max_age", &age.to_string())])).await;
        assert_eq!(page.status(), StatusCode::OK);
    }
    let later = Timestamp::from_unix_seconds(1_800_000_000 + 11 * 60);
    let removed = site.store.sweep(later, 1_000).await.unwrap().removed;
    assert!(removed <= 1, "{removed} records of a GET");
}
