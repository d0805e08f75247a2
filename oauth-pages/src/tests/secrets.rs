//! Two secrets at a time, so that an application can change over without standing still.

use super::applications::{register, stored};
use super::*;

const SECRET: &str = "/oauth/applications/secret";

/// Tells whether a secret authenticates a client at the token endpoint.
async fn counts(site: &Site, client: &Client, secret: &str) -> bool {
    let form = pairs(&[
        ("client_id", client.id.as_str()),
        ("client_secret", secret),
        ("grant_type", "refresh_token"),
        ("refresh_token", "nothing"),
    ]);
    let answer = site.browser().post("/oauth/token", &form).await;
    assert!([400, 401].contains(&answer.status().as_u16()));
    answer.status() == StatusCode::BAD_REQUEST
}

#[tokio::test]
async fn two_secrets_count_until_the_old_one_is_retired() {
    let site = Site::new().await;
    let mut ada = site.signed_in("ada").await;
    let shown = register(&mut ada, &[]).await;
    let client = stored(&site, &shown).await;
    let first = element(&shown, "client-secret").unwrap();
    let show = format!("/oauth/applications/show?client_id={}", client.id);

    let page = ada.get(&show).await;
    assert!(element(&page, "retire-secret").is_none());
    let added = ada.submit(&page, SECRET, &[("step", "add")]).await;
    let second = element(&added, "client-secret").unwrap();
    assert!(counts(&site, &client, &first).await && counts(&site, &client, &second).await);
    assert!(!counts(&site, &client, "neither").await);
    let again = ada.submit(&page, SECRET, &[("step", "add")]).await;
    assert_eq!((again.status(), location(&again)), (StatusCode::SEE_OTHER, show.as_str()), "a reload adds none");

    let page = ada.get(&show).await;
    assert!(element(&page, "add-secret").is_none() && !text(&page).contains(&second), "shown once");
    let third = ada.submit(&page, SECRET, &[("step", "add")]).await;
    assert_eq!(third.status(), StatusCode::SEE_OTHER, "two at most");
    assert_eq!(stored(&site, &page).await.secrets.len(), 2);
    let retired = ada.submit(&page, SECRET, &[("step", "retire")]).await;
    assert_eq!((retired.status(), location(&retired)), (StatusCode::SEE_OTHER, show.as_str()));
    assert!(!counts(&site, &client, &first).await, "the old one is retired");
    assert!(counts(&site, &client, &second).await);
    assert_eq!(site.recorded(|event| matches!(event, Event::ClientChanged { .. })), 2);

    let page = ada.get(&show).await;
    let none = ada.submit(&page, SECRET, &[("step", "retire")]).await;
    assert_eq!(none.status(), StatusCode::SEE_OTHER);
    assert!(counts(&site, &client, &second).await, "the last one stays");
    assert_eq!(ada.submit(&page, SECRET, &[("step", "x")]).await.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn renewing_ends_both() {
    let site = Site::new().await;
    let mut ada = site.signed_in("ada").await;
    let shown = register(&mut ada, &[]).await;
    let client = stored(&site, &shown).await;
    let first = element(&shown, "client-secret").unwrap();
    let added = ada.submit(&shown, SECRET, &[("step", "add")]).await;
    let second = element(&added, "client-secret").unwrap();
    let renewed = ada.submit(&added, SECRET, &[("step", "renew")]).await;
    let third = element(&renewed, "client-secret").unwrap();
    for (secret, expected) in [(first, false), (second, false), (third, true)] {
        assert_eq!(counts(&site, &client, &secret).await, expected);
    }
}
