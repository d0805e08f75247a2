//! Two secrets at a time, so that an application can change over without standing still.

use super::applications::{register, stored};
use super::*;

const SECRET: &str = "/oauth/applications/secret";
/// When the same form shows its secret no more.
const LATER: std::time::Duration = std::time::Duration::from_secs(31);

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
    site.clock.advance(LATER);
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

#[tokio::test]
async fn f_26_the_same_form_shows_the_same_secret_for_half_a_minute() {
    const FORM: &str = "/oauth/applications/register";
    let site = Site::new().await;
    let mut ada = site.signed_in("ada").await;
    let form = ada.get(FORM).await;
    let fields = super::applications::filled(&[]);
    let mut twin = ada.clone();
    let (first, second) = tokio::join!(ada.submit(&form, FORM, &fields), twin.submit(&form, FORM, &fields));
    let secret = element(&first, "client-secret").unwrap();
    assert_eq!(element(&second, "client-secret").as_deref(), Some(secret.as_str()), "two clicks at once");
    let client = stored(&site, &first).await;
    assert!(counts(&site, &client, &secret).await && client.secrets.len() == 1);

    // Each way to make a secret: another one, and the same for the same form.
    let mut secrets = vec![secret];
    let mut forms = vec![(FORM, form, fields)];
    for step in ["add", "renew"] {
        let page = ada.get(&format!("/oauth/applications/show?client_id={}", client.id)).await;
        assert_eq!(element(&page, "client-secret"), None, "a page that was not posted shows none");
        let made = ada.submit(&page, SECRET, &[("step", step)]).await;
        let secret = element(&made, "client-secret").unwrap();
        assert!(!secrets.contains(&secret) && counts(&site, &client, &secret).await);
        site.clock.advance(std::time::Duration::from_secs(30));
        let again = ada.submit(&page, SECRET, &[("step", step)]).await;
        assert_eq!(element(&again, "client-secret").as_deref(), Some(secret.as_str()), "{step}");
        secrets.push(secret);
        forms.push((SECRET, page, vec![("step", step)]));
    }
    assert_eq!(stored(&site, &first).await.secrets.len(), 1, "nothing was made twice");
    for (target, form, fields) in &forms[..2] {
        let old = ada.submit(form, target, fields).await;
        assert_eq!(
            (old.status(), element(&old, "client-secret")),
            (StatusCode::SEE_OTHER, None),
            "it is not the newest"
        );
    }
    let (target, form, fields) = &forms[2];
    let mut other = site.signed_in("ada").await;
    let csrf = hidden(&other.get("/oauth/applications").await, "/oauth/sign-out")[0].1.clone();
    let elsewhere = other.submit(form, target, &[&fields[..], &[("csrf", csrf.as_str())]].concat()).await;
    assert_eq!(element(&elsewhere, "client-secret"), None, "another session");
    site.clock.advance(std::time::Duration::from_secs(1));
    let late = ada.submit(form, target, fields).await;
    assert_eq!((late.status(), element(&late, "client-secret")), (StatusCode::SEE_OTHER, None), "too late");
    assert_eq!(ada.submit(form, target, &[("nonce", "short")]).await.status(), StatusCode::SEE_OTHER);
}
