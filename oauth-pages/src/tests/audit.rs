//! Each act has its event, with who did it, and the fields that changed.

use super::applications::{filled, register, stored};
use super::*;
use oauth_core::administration::{Act, Actor};

fn acts(site: &Site) -> Vec<Act> {
    let events = site.events.0.lock().unwrap();
    let act = |event: &Event| match event {
        Event::Administered(act) => Some(act.as_ref().clone()),
        _ => None,
    };
    events.iter().filter_map(act).collect()
}

async fn subject_of(site: &Site, name: &str) -> Actor {
    Actor::Person(site.accounts().named(name).await.unwrap().subject)
}

#[tokio::test]
async fn f_16_each_act_on_a_page_names_its_actor_and_what_changed() {
    let site = Site::new().await;
    let (mut ada, mut root) = (site.signed_in("ada").await, site.signed_in("root").await);
    let client = stored(&site, &register(&mut ada, &[]).await).await;
    let (show, edit) = ("/oauth/applications/show", "/oauth/applications/edit");
    let (change, secret) = ("/oauth/applications/change", "/oauth/applications/secret");
    let show = format!("{show}?client_id={}", client.id);
    let page = ada.get(&format!("{edit}?client_id={}", client.id)).await;
    ada.submit(&page, edit, &filled(&[("name", "Other"), ("scope", "read")])).await;
    let page = ada.get(&show).await;
    ada.submit(&page, secret, &[("step", "add")]).await;
    for action in ["trust", "block", "unblock"] {
        let page = root.get(&show).await;
        let confirm = root.submit(&page, change, &[("action", action)]).await;
        root.submit(&confirm, change, &[("reason", "spam")]).await;
    }
    let people = root.get("/oauth/people").await;
    let off = [("subject", site.ada.subject.as_str()), ("api-access", "off")];
    root.submit(&people, "/oauth/people/api-access", &off).await;
    let page = root.get(&format!("/oauth/applications/delete?client_id={}", client.id)).await;
    root.submit(&page, "/oauth/applications/delete", &[]).await;

    let (owner, administrator) = (subject_of(&site, "ada").await, subject_of(&site, "root").await);
    let expected: [(&Actor, &str, &[&str]); 7] = [
        (&owner, "client_changed", &["name"]),
        (&owner, "client_changed", &["secrets"]),
        (&administrator, "client_changed", &["trusted"]),
        (&administrator, "client_changed", &["blocked", "enabled"]),
        (&administrator, "client_changed", &["blocked", "enabled"]),
        (&administrator, "account_changed", &["api_access"]),
        (&administrator, "client_deleted", &[]),
    ];
    let acts = acts(&site);
    assert_eq!((&acts[0].by, acts[0].action.as_str()), (&owner, "client_registered"));
    for (act, (by, action, fields)) in acts[1..].iter().zip(expected) {
        let changed: Vec<_> = act.changes.iter().map(|change| change.field.as_str()).collect();
        assert_eq!((&act.by, act.action.as_str()), (by, action), "{act:?}");
        assert!(action == "client_deleted" || changed == fields, "{act:?}");
    }
    assert_eq!(acts.len(), 8);
    assert_eq!(acts[1].changes[0].before, "Notes");
    assert_eq!(acts[1].changes[0].after, "Other");
}

#[tokio::test]
async fn f_16_the_page_says_where_the_lines_go_and_is_an_administrators() {
    let site = Site::with(|config| config.audit_log = true).await;
    let page = site.signed_in("root").await.get("/oauth/audit").await;
    assert!(element(&page, "audit-elsewhere").unwrap().contains("oauth::audit"), "memory keeps none");
    let refused = site.signed_in("ada").await.get("/oauth/audit").await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    assert_eq!(location(&site.browser().get("/oauth/audit").await), "/oauth/sign-in?continue=audit");
}
