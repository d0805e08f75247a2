use super::*;
use oauth_core::store::{GrantFilter, GrantStore};

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
    let answer = ada.submit(&page, "/oauth/connected/revoke", &[("client_id", "notes")]).await;
    assert_eq!((answer.status(), location(&answer)), (StatusCode::SEE_OTHER, "/oauth/connected"));
    let page = ada.get("/oauth/connected").await;
    assert!(!text(&page).contains("revoke-notes") && text(&page).contains("revoke-mail"));
    assert!(text(&eve.get("/oauth/connected").await).contains("revoke-notes"), "what eve allowed stays");
    assert_eq!(site.recorded(|event| matches!(event, Event::GrantRevoked { .. })), 2);
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
