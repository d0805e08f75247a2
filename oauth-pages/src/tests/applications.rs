use super::*;
use oauth_core::identifier::{ClientId, Resource};

pub(super) const REGISTER: &str = "/oauth/applications/register";

pub(super) fn filled(more: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    let usual = [
        ("name", "Notes"),
        ("client-type", "confidential"),
        ("grant:authorization_code", "on"),
        ("grant:refresh_token", "on"),
        ("redirect-uris", "https://app.example/callback\r\ncom.example.app:/back\r\n"),
    ];
    let mut fields: Vec<_> =
        usual.into_iter().filter(|(name, _)| more.iter().all(|(other, _)| name != other)).collect();
    fields.extend_from_slice(more);
    fields
}

pub(super) async fn stored(site: &Site, page: &Response<Bytes>) -> Client {
    let id = ClientId::new(unescape(&element(page, "client-id").unwrap())).unwrap();
    site.store.client(&id).await.unwrap().unwrap()
}

pub(super) async fn register(browser: &mut Browser<'_>, more: &[(&'static str, &'static str)]) -> Response<Bytes> {
    let form = browser.get(REGISTER).await;
    browser.submit(&form, REGISTER, &filled(more)).await
}

#[tokio::test]
async fn vuln_51_a_secret_is_shown_once() {
    let site = Site::new().await;
    let mut browser = site.signed_in("ada").await;
    let form = browser.get(REGISTER).await;
    let shown = browser.submit(&form, REGISTER, &filled(&[])).await;
    assert_eq!(shown.status(), StatusCode::OK);
    let secret = element(&shown, "client-secret").unwrap();
    assert_eq!(secret.len(), 43);
    let client = stored(&site, &shown).await;
    assert_eq!(client.owner.as_ref(), Some(&site.ada.subject));
    assert_eq!(client.redirect_uris.len(), 2);
    assert!(!serde_json::to_string(&client).unwrap().contains(&secret), "kept as a digest");

    let show = format!("/oauth/applications/show?client_id={}", client.id);
    let edit = format!("/oauth/applications/edit?client_id={}", client.id);
    for page in [show.as_str(), edit.as_str(), "/oauth/applications"] {
        let page = browser.get(page).await;
        assert_eq!(page.status(), StatusCode::OK);
        assert!(!text(&page).contains(&secret));
    }
    // A reload of the answer posts the same form again: it registers nothing and, later, shows nothing.
    site.clock.advance(std::time::Duration::from_secs(31));
    let again = browser.submit(&form, REGISTER, &filled(&[])).await;
    assert_eq!((again.status(), location(&again)), (StatusCode::SEE_OTHER, show.as_str()));

    let page = browser.get(&show).await;
    let renewed = browser.submit(&page, "/oauth/applications/secret", &[]).await;
    let new = element(&renewed, "client-secret").unwrap();
    assert_ne!(new, secret);
    site.clock.advance(std::time::Duration::from_secs(31));
    let reloaded = browser.submit(&page, "/oauth/applications/secret", &[]).await;
    assert_eq!((reloaded.status(), location(&reloaded)), (StatusCode::SEE_OTHER, show.as_str()));
    let kept = stored(&site, &renewed).await.secrets;
    assert_eq!(
        kept,
        vec![oauth_core::client::SecretHash::Sha256(oauth_core::secret::ClientSecret::new(new).digest())],
        "the old one is gone, the new one stays"
    );
    assert_eq!(site.recorded(|event| matches!(event, Event::ClientRegistered { .. })), 1);
    assert_eq!(site.recorded(|event| matches!(event, Event::ClientChanged { .. })), 1);
}

#[tokio::test]
async fn r_205_a_public_application_gets_no_secret() {
    let site = Site::new().await;
    let mut browser = site.signed_in("ada").await;
    let answer = register(&mut browser, &[("client-type", "public")]).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    let page = browser.get(location(&answer)).await;
    assert_eq!(element(&page, "client-type").as_deref(), Some("public"));
    assert!(element(&page, "client-secret").is_none() && element(&page, "renew-secret").is_none());
    let client = stored(&site, &page).await;
    assert!(client.secrets.is_empty());
    // Nor by posting the form of a confidential one.
    let other = stored(&site, &register(&mut browser, &[]).await).await;
    let form = browser.get(&format!("/oauth/applications/show?client_id={}", other.id)).await;
    let answer = browser.submit(&form, "/oauth/applications/secret", &[("client_id", client.id.as_str())]).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    assert!(stored(&site, &page).await.secrets.is_empty());
}

#[tokio::test]
async fn what_is_refused_is_shown_again_with_the_reason() {
    let site = Site::new().await;
    let mut browser = site.signed_in("ada").await;
    let refused: [(&'static str, &'static str, &str); 9] = [
        ("name", "", "name:"),
        ("redirect-uris", "http://app.example/callback", "https"),
        ("redirect-uris", "javascript:alert(1)", "never allowed"),
        ("redirect-uris", "", "at least one"),
        ("site", "javascript:alert(1)", "site:"),
        ("scope", "read fly", "fly"),
        ("scope", "\"", "scope"),
        ("resources", "not a uri", "resources"),
        ("client-type", "public", "confidential"),
    ];
    for (field, value, reason) in refused {
        let more: &[(&str, &str)] = if field == "client-type" {
            &[("client-type", "public"), ("insecure-without-pkce", "on")]
        } else {
            &[(field, value)]
        };
        let form = browser.get(REGISTER).await;
        let mut fields = filled(&[]);
        fields.retain(|(name, _)| more.iter().all(|(other, _)| name != other));
        fields.extend_from_slice(more);
        let answer = browser.submit(&form, REGISTER, &fields).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{field}={value}");
        assert!(element(&answer, "form-error").unwrap().contains(reason), "{:?}", element(&answer, "form-error"));
        if field != "name" {
            assert!(text(&answer).contains("value=\"Notes\""), "what was typed is kept");
        }
    }
    assert_eq!(site.recorded(|event| matches!(event, Event::ClientRegistered { .. })), 0);
}

#[tokio::test]
async fn edits_and_warns() {
    let site = Site::new().await;
    let mut browser = site.signed_in("ada").await;
    let client = stored(&site, &register(&mut browser, &[]).await).await;
    let edit = format!("/oauth/applications/edit?client_id={}", client.id);
    let form = browser.get(&edit).await;
    assert!(text(&form).contains("com.example.app:/back"));
    let fields = filled(&[
        ("name", "Notes 2"),
        ("scope", "read"),
        ("insecure-without-pkce", "on"),
        ("site", "https://app.example"),
    ]);
    let answer = browser.submit(&form, "/oauth/applications/edit", &fields).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    let page = browser.get(location(&answer)).await;
    assert!(element(&page, "without-pkce-warning").is_some());
    let changed = stored(&site, &page).await;
    assert_eq!((changed.name.as_str(), changed.insecure_without_pkce), ("Notes 2", true));
    assert_eq!(changed.scope.as_ref().unwrap().to_string(), "read");
    assert_eq!((&changed.secrets, &changed.owner), (&client.secrets, &client.owner));
}

#[tokio::test]
async fn r_202_only_the_owner_and_an_administrator_manage_an_application() {
    let site = Site::new().await;
    let mut ada = site.signed_in("ada").await;
    let client = stored(&site, &register(&mut ada, &[]).await).await;
    let id = client.id.as_str();
    let own = ada.get(&format!("/oauth/applications/show?client_id={id}")).await;
    let csrf_of = |page: &Response<Bytes>, target| hidden(page, target);

    let mut eve = site.signed_in("eve").await;
    assert!(!text(&eve.get("/oauth/applications").await).contains(id));
    let page_of_eve = eve.get("/oauth/applications").await;
    for page in ["show", "edit", "delete"] {
        let answer = eve.get(&format!("/oauth/applications/{page}?client_id={id}")).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{page}");
        let nothing = eve.get(&format!("/oauth/applications/{page}?client_id=nothing")).await;
        assert_eq!(text(&answer), text(&nothing), "it looks as if it were not there");
    }
    for page in ["edit", "secret", "delete"] {
        let mut fields = csrf_of(&page_of_eve, "/oauth/sign-out");
        fields.extend(pairs(&filled(&[("client_id", Box::leak(id.to_owned().into_boxed_str()))])));
        let answer = eve.post(&format!("/oauth/applications/{page}"), &fields).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{page}");
    }
    assert_eq!(site.store.client(&client.id).await.unwrap(), Some(client.clone()), "nothing changed");

    let mut root = site.signed_in("root").await;
    assert!(text(&root.get("/oauth/applications").await).contains(id));
    let confirm = root.get(&format!("/oauth/applications/delete?client_id={id}")).await;
    assert!(element(&confirm, "confirm-delete").is_some());
    let answer = root.submit(&confirm, "/oauth/applications/delete", &[]).await;
    assert_eq!((answer.status(), location(&answer)), (StatusCode::SEE_OTHER, "/oauth/applications"));
    assert_eq!(site.store.client(&client.id).await.unwrap(), None);
    assert_eq!(ada.submit(&own, "/oauth/applications/secret", &[]).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(site.recorded(|event| matches!(event, Event::ClientDeleted { .. })), 1);
}

#[tokio::test]
async fn r_047_every_change_needs_the_token() {
    let site = Site::new().await;
    let mut browser = site.signed_in("ada").await;
    let client = stored(&site, &register(&mut browser, &[]).await).await;
    let id = client.id.to_string();
    for page in ["register", "edit", "secret", "delete"] {
        for token in [None, Some("x")] {
            let mut fields = pairs(&filled(&[]));
            fields.push(("client_id".to_owned(), id.clone()));
            fields.extend(token.map(|token| ("csrf".to_owned(), token.to_owned())));
            let answer = browser.post(&format!("/oauth/applications/{page}"), &fields).await;
            assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{page}");
        }
    }
    assert_eq!(site.store.client(&client.id).await.unwrap(), Some(client));
}

#[tokio::test]
async fn nobody_chooses_an_identifier() {
    let site = Site::new().await;
    let mut browser = site.signed_in("ada").await;
    let form = browser.get(REGISTER).await;
    let answer = browser.submit(&form, REGISTER, &filled(&[("client_id", "official-app")])).await;
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn the_resource_of_somebody_else_is_not_given_away() {
    let resource = "https://api.example/";
    let site = Site::at("https://id.example", |config| {
        config.default_audience = vec![Resource::new("https://default.example/").unwrap()];
    })
    .await;
    let (mut ada, mut eve) = (site.signed_in("ada").await, site.signed_in("eve").await);
    assert_eq!(register(&mut ada, &[("resources", resource)]).await.status(), StatusCode::OK);
    assert_eq!(register(&mut ada, &[("resources", resource)]).await.status(), StatusCode::OK, "twice her own");
    for claimed in [resource, "https://default.example/"] {
        let answer = register(&mut eve, &[("resources", claimed)]).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
        assert!(element(&answer, "form-error").unwrap().contains("somebody else"));
    }
    let client = stored(&site, &register(&mut eve, &[]).await).await;
    let form = eve.get(&format!("/oauth/applications/edit?client_id={}", client.id)).await;
    let answer = eve.submit(&form, "/oauth/applications/edit", &filled(&[("resources", resource)])).await;
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    let mut root = site.signed_in("root").await;
    assert_eq!(register(&mut root, &[("resources", resource)]).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn lists_page_by_page() {
    let site = Site::new().await;
    for number in 0..51 {
        site.client(&format!("c {number:02}/&"), |client| client.owner = Some(site.ada.subject.clone())).await;
    }
    let mut browser = site.signed_in("ada").await;
    let first = browser.get("/oauth/applications").await;
    assert_eq!(text(&first).matches("<tr>").count(), 51, "a head and 50 rows");
    let next = text(&first).split("id=\"next-page\" ").nth(1).and_then(|link| attribute(link, "href")).unwrap();
    let second = browser.get(&next).await;
    assert!(text(&second).contains("c 50/&#38;") && element(&second, "next-page").is_none());
    let link = text(&second).split("id=\"application-").nth(1).and_then(|link| attribute(link, "href")).unwrap();
    assert_eq!(element(&browser.get(&link).await, "client-id").as_deref(), Some("c 50/&#38;"));
}
