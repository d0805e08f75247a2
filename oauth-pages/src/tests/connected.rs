use super::*;
use oauth_core::store::{Basis, Code, CodeStore, Grant, GrantFilter, GrantStore, Page, Saved};

async fn allow(browser: &mut Browser<'_>, client_id: &str) {
    let page = browser.get(&authorization(client_id, &[])).await;
    let answer = browser.submit(&page, "/oauth/consent", &ALLOW).await;
    let back = browser.get(location(&answer)).await;
    assert!(location(&back).contains("code="), "{}", location(&back));
}

#[tokio::test]
async fn r_185_lists_and_revokes_what_was_allowed() {
    let site = Site::new().await;
    site.client("notes", |_| ()).await;
    site.client("mail", |client| client.name = "Mail".to_owned()).await;
    let (mut ada, mut eve) = (site.signed_in("ada").await, site.signed_in("eve").await);
    assert!(text(&ada.get("/oauth/connected").await).contains("allowed nothing"));
    for client in ["notes", "notes", "mail"] {
        allow(&mut ada, client).await;
    }
    allow(&mut eve, "notes").await;

    let page = ada.get("/oauth/connected").await;
    assert_eq!(text(&page).matches("<section").count(), 2, "one entry for each client");
    assert!(text(&page).contains("id=\"revoke-notes\"") && text(&page).contains("See your data"));
    assert!(text(&page).contains("2027-01-15 08:00 UTC"), "when it was allowed");
    let mut fields = hidden(&page, "/oauth/sign-out");
    fields.extend(pairs(&[("client_id", "notes")]));
    let answer = ada.post("/oauth/connected/revoke", &fields).await;
    assert_eq!((answer.status(), location(&answer)), (StatusCode::SEE_OTHER, "/oauth/connected"));
    let page = ada.get("/oauth/connected").await;
    assert!(!text(&page).contains("revoke-notes") && text(&page).contains("revoke-mail"));
    assert!(text(&eve.get("/oauth/connected").await).contains("revoke-notes"), "what eve allowed stays");
    assert_eq!(site.recorded(|event| matches!(event, Event::GrantsRevoked { number: 2, .. })), 1);
}

#[tokio::test]
async fn revoking_needs_the_token() {
    let site = Site::new().await;
    site.client("notes", |_| ()).await;
    let (mut ada, mut eve) = (site.signed_in("ada").await, site.signed_in("eve").await);
    allow(&mut ada, "notes").await;
    let page = ada.get("/oauth/connected").await;
    let answer = ada.submit(&page, "/oauth/connected/revoke", &[("csrf", "x")]).await;
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    assert_eq!(eve.submit(&page, "/oauth/connected/revoke", &[]).await.status(), StatusCode::FORBIDDEN);
    let filter = GrantFilter::Subject(site.ada.subject.clone());
    let now = Timestamp::from_unix_seconds(1_800_000_000);
    assert_eq!(site.store.revoke_grants(&filter, now).await.unwrap(), 1, "it was still there");
}

#[tokio::test]
async fn r_185_one_authorization_of_several_is_revoked() {
    let site = Site::new().await;
    site.client("notes", |client| client.sanctioned = true).await;
    let (mut ada, mut eve) = (site.signed_in("ada").await, site.signed_in("eve").await);
    let filter = GrantFilter::Subject(site.ada.subject.clone());
    let now = Timestamp::from_unix_seconds(1_800_000_000);
    allow(&mut ada, "notes").await;
    let single = text(&ada.get("/oauth/connected").await);
    assert!(!single.contains("revoke-authorization-") && single.contains("sanctioned"));
    let other = site.store.grants(&filter, &Page::first(9), now).await.unwrap().remove(0);
    let second = Grant { id: oauth_core::identifier::GrantId::generate(), ..other };
    save(&site, &second).await;
    allow(&mut eve, "notes").await;

    let page = ada.get("/oauth/connected").await;
    let html = text(&page);
    assert_eq!((html.matches("<section").count(), html.matches("Revoke this one").count()), (1, 2));
    assert!(html.contains("Ends") && html.contains("only a digest of each is kept"));
    let name = second.id.to_string();
    assert!(html.contains(&name[..6]) && !html.contains(&name[..7]), "the identifier is masked");
    let form = html.split(&format!("id=\"authorization-{}\"", &name[..6])).nth(1).unwrap();
    let handle = form.split("name=\"authorization\"").nth(1).and_then(|tag| attribute(tag, "value")).unwrap();

    let one = [("client_id", "notes"), ("authorization", handle.as_str())];
    let mut stolen = hidden(&eve.get("/oauth/connected").await, "/oauth/sign-out");
    stolen.extend(pairs(&one));
    eve.post("/oauth/connected/revoke", &stolen).await;
    assert_eq!(site.store.grants(&filter, &Page::first(9), now).await.unwrap().len(), 2, "it is not hers");
    let answer = ada.submit(&page, "/oauth/connected/revoke", &one).await;
    assert_eq!((answer.status(), location(&answer)), (StatusCode::SEE_OTHER, "/oauth/connected"));
    let left = site.store.grants(&filter, &Page::first(9), now).await.unwrap();
    assert_eq!(left.len(), 1);
    assert_ne!(left[0].id, second.id);
    assert_eq!(site.recorded(|event| matches!(event, Event::GrantRevoked { .. })), 1);
    ada.submit(&page, "/oauth/connected/revoke", &[("authorization", "x")]).await;
    assert_eq!(site.store.grants(&filter, &Page::first(9), now).await.unwrap().len(), 1, "nothing is named so");
}

/// Saves a grant as an approval does.
pub(super) async fn save(site: &Site, grant: &Grant) {
    let code = Code {
        digest: oauth_core::secret::AuthorizationCode::generate().digest(),
        grant: grant.id,
        redirect_uri: CALLBACK.to_owned(),
        redirect_uri_sent: true,
        code_challenge: None,
        nonce: None,
        expires_at: grant.expires_at,
    };
    let basis = Basis::of(&site.store, grant).await.unwrap().unwrap();
    assert_eq!(site.store.save_code(grant, &code, &basis).await.unwrap(), Saved::Now);
}
