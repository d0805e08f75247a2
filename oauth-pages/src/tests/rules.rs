//! Who may register applications, and who may allow anything to them.

use super::applications::{REGISTER, filled, stored};
use super::*;
use crate::{GROUPS, ROLES};
use oauth_core::store::{AttributeChanges, GrantFilter, GrantStore};

async fn give(site: &Site, username: &str, attribute: &str, value: &str) {
    let changes = AttributeChanges::from([(attribute.to_owned(), Some(value.to_owned()))]);
    site.accounts().change_attributes(username, &changes).await.unwrap();
}

#[tokio::test]
async fn only_people_in_a_group_register_applications() {
    let site =
        Site::with(|config| config.registering_groups = Some(["teachers", "developers"].map(str::to_owned).into()))
            .await;
    give(&site, "eve", GROUPS, "pupils, developers").await;
    let (mut ada, mut eve) = (site.signed_in("ada").await, site.signed_in("eve").await);
    let form = eve.get(REGISTER).await;
    assert_eq!(form.status(), StatusCode::OK);
    let client = stored(&site, &eve.submit(&form, REGISTER, &filled(&[])).await).await;
    assert!(text(&eve.get("/oauth/applications").await).contains("id=\"new-application\""));

    let refused = ada.get(REGISTER).await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    assert_eq!(element(&refused, "error-number").as_deref(), Some("6008"));
    let list = ada.get("/oauth/applications").await;
    assert!(!text(&list).contains("new-application") && element(&list, "may-not-register").is_some());
    let mut root = site.signed_in("root").await;
    assert_eq!(root.get(REGISTER).await.status(), StatusCode::OK, "an administrator may");

    // The form of before is worth nothing once somebody is out of the group, and what is theirs stays theirs.
    let form = eve.get(REGISTER).await;
    give(&site, "eve", GROUPS, "pupils").await;
    let late = eve.submit(&form, REGISTER, &filled(&[])).await;
    assert_eq!((late.status(), element(&late, "error-number").as_deref()), (StatusCode::FORBIDDEN, Some("6008")));
    let edit = format!("/oauth/applications/edit?client_id={}", client.id);
    assert_eq!(eve.get(&edit).await.status(), StatusCode::OK);
    assert_eq!(site.recorded(|event| matches!(event, Event::ClientRegistered { .. })), 1);
}

async fn grants(site: &Site) -> usize {
    let filter = GrantFilter::Subject(site.ada.subject.clone());
    let page = oauth_core::store::Page::first(9);
    site.store.grants(&filter, &page, Timestamp::from_unix_seconds(1_800_000_000)).await.unwrap().len()
}

#[tokio::test]
async fn r_031_only_people_with_a_role_allow_anything() {
    let site = Site::with(|config| config.consenting_roles = Some(["Admin".to_owned()].into())).await;
    site.client("notes", |_| ()).await;
    site.client("house", |client| client.trusted = true).await;
    let mut ada = site.signed_in("ada").await;
    for id in ["notes", "house"] {
        let page = ada.get(&authorization(id, &[])).await;
        assert_eq!(page.status(), StatusCode::FORBIDDEN);
        assert!(text(&page).contains("<bdi id=\"roles\">Admin</bdi>") && !text(&page).contains("id=\"allow\""));
        // Neither the one button nor a forged one gets a code.
        for decision in ["deny", "allow"] {
            let fields = [("decision", decision), ("scope:read", "on"), ("scope:write", "on")];
            let answer = ada.submit(&page, "/oauth/consent", &fields).await;
            let back = ada.get(location(&answer)).await;
            assert!(location(&back).starts_with("https://app.example/callback?error=access_denied"), "{decision}");
            assert!(location(&back).contains("state=xyz"));
        }
        let at_once = ada.get(&authorization(id, &[("prompt", "none")])).await;
        assert!(location(&at_once).contains("error=access_denied"), "no page may be shown: {}", location(&at_once));
    }
    assert_eq!(grants(&site).await, 0);

    give(&site, "ada", ROLES, "Teacher,Admin").await;
    let page = ada.get(&authorization("notes", &[])).await;
    let answer = ada.submit(&page, "/oauth/consent", &ALLOW).await;
    // Whoever loses the role in between gets no code either.
    give(&site, "ada", ROLES, "Teacher").await;
    let back = ada.get(location(&answer)).await;
    assert!(location(&back).contains("error=access_denied"), "{}", location(&back));
    give(&site, "ada", ROLES, "Admin").await;
    let page = ada.get(&authorization("notes", &[])).await;
    let answer = ada.submit(&page, "/oauth/consent", &ALLOW).await;
    assert!(location(&ada.get(location(&answer)).await).contains("code="));
    assert_eq!(grants(&site).await, 1);
}
