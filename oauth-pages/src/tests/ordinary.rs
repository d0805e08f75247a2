//! What people who are no administrators may register, and what they may not take back.

use super::applications::{REGISTER, filled, register, stored};
use super::*;
use oauth_core::identifier::{ClientId, Resource};

const DELETE: &str = "/oauth/applications/delete";
const EDIT: &str = "/oauth/applications/edit";

async fn delete(browser: &mut Browser<'_>, id: &str) -> Response<Bytes> {
    let page = browser.get(&format!("{DELETE}?client_id={id}")).await;
    if page.status() != StatusCode::OK {
        return page;
    }
    browser.submit(&page, DELETE, &[]).await
}

#[tokio::test]
async fn f_04_an_owner_cannot_delete_a_blocked_application() {
    let site = Site::new().await;
    let owner = site.ada.subject.clone();
    let client = site
        .client("notes", |client| {
            client.owner = Some(owner);
            client.block("spam");
        })
        .await;
    let mut ada = site.signed_in("ada").await;
    assert!(element(&ada.get("/oauth/applications/show?client_id=notes").await, "delete").is_none());
    assert_eq!(delete(&mut ada, "notes").await.status(), StatusCode::FORBIDDEN);
    // Nor with the confirmation of another form, or one that was shown before the block.
    let edit = ada.get(&format!("{EDIT}?client_id=notes")).await;
    let mut fields = hidden(&edit, EDIT);
    let forged = ada.post(DELETE, &fields).await;
    assert_eq!(forged.status(), StatusCode::FORBIDDEN);
    assert_eq!(site.store.client(&client.id).await.unwrap(), Some(client.clone()));

    let mut unblocked = client.clone();
    unblocked.unblock();
    site.store.update_client(&unblocked).await.unwrap();
    let confirm = ada.get(&format!("{DELETE}?client_id=notes")).await;
    fields = hidden(&ada.get(&format!("{EDIT}?client_id=notes")).await, EDIT);
    assert_eq!(ada.post(DELETE, &fields).await.status(), StatusCode::CONFLICT, "a proof is good for one purpose");
    site.store.update_client(&client).await.unwrap();
    assert_eq!(ada.submit(&confirm, DELETE, &[]).await.status(), StatusCode::FORBIDDEN);
    assert_eq!(site.store.client(&client.id).await.unwrap(), Some(client));
}

#[tokio::test]
async fn f_04_pages_never_register_an_identifier_that_was_deleted() {
    for by in ["ada", "root"] {
        let site = Site::new().await;
        let mut ada = site.signed_in("ada").await;
        let form = ada.get(REGISTER).await;
        let client = stored(&site, &ada.submit(&form, REGISTER, &filled(&[])).await).await;
        let mut deleter = site.signed_in(by).await;
        assert_eq!(delete(&mut deleter, client.id.as_str()).await.status(), StatusCode::SEE_OTHER);
        let again = ada.submit(&form, REGISTER, &filled(&[])).await;
        assert_eq!(again.status(), StatusCode::BAD_REQUEST);
        assert!(element(&again, "form-error").unwrap().contains("deleted"));
        assert!(site.store.client(&client.id).await.unwrap().is_none(), "it stays deleted");
        // What was typed can be registered as another application.
        let other = stored(&site, &ada.submit(&again, REGISTER, &filled(&[])).await).await;
        assert_ne!(other.id, client.id);
    }
}

#[tokio::test]
async fn f_04_the_proof_of_another_form_registers_nothing() {
    let site = Site::new().await;
    let owner = site.ada.subject.clone();
    site.client("notes", |client| {
        client.owner = Some(owner);
        client.client_type = ClientType::Confidential;
        client.renew_secret().unwrap();
    })
    .await;
    let mut ada = site.signed_in("ada").await;
    let register = ada.get(REGISTER).await;
    let edit = ada.get(&format!("{EDIT}?client_id=notes")).await;
    let show = ada.get("/oauth/applications/show?client_id=notes").await;
    let confirm = ada.get(&format!("{DELETE}?client_id=notes")).await;
    let taken = ClientId::new("notes").unwrap();
    site.store.delete_client(&taken, site.ada.created_at).await.unwrap();
    for (page, target) in [(&edit, EDIT), (&show, "/oauth/applications/secret"), (&confirm, DELETE)] {
        let given = hidden(page, target);
        let value = given.iter().find(|(name, _)| ["proof", "version"].contains(&name.as_str()));
        let (_, proof) = value.unwrap();
        let mut fields = filled(&[]);
        fields.push(("client_id", "notes"));
        let fields = [pairs(&fields), vec![("proof".to_owned(), proof.clone())]].concat();
        let csrf = hidden(&register, REGISTER).into_iter().filter(|(name, _)| name == "csrf");
        let answer = ada.post(REGISTER, &fields.into_iter().chain(csrf).collect::<Vec<_>>()).await;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{target}");
    }
    assert!(site.store.client(&taken).await.unwrap().is_none());
}

#[tokio::test]
async fn f_81_a_resource_identifier_that_was_given_up_is_nobodys_to_take() {
    let resource = "https://api.example/";
    for by_edit in [false, true] {
        let site = Site::new().await;
        let (mut ada, mut eve) = (site.signed_in("ada").await, site.signed_in("eve").await);
        let client = stored(&site, &register(&mut ada, &[("resources", resource)]).await).await;
        if by_edit {
            let page = ada.get(&format!("{EDIT}?client_id={}", client.id)).await;
            assert_eq!(ada.submit(&page, EDIT, &filled(&[])).await.status(), StatusCode::SEE_OTHER);
        } else {
            delete(&mut ada, client.id.as_str()).await;
        }
        let answer = register(&mut eve, &[("resources", resource)]).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{by_edit}");
        let mut root = site.signed_in("root").await;
        assert_eq!(register(&mut root, &[("resources", resource)]).await.status(), StatusCode::OK);
    }
}

#[tokio::test]
async fn f_11_each_grant_and_scope_beyond_the_default_is_an_administrators_to_give() {
    let refused: [(&[(&'static str, &'static str)], &str); 2] =
        [(&[("grant:client_credentials", "on")], "client_credentials"), (&[("scope", "read write")], "write")];
    let site = Site::new().await;
    for (more, reason) in refused {
        let answer = register(&mut site.signed_in("ada").await, more).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{reason}");
        assert!(element(&answer, "form-error").unwrap().contains(reason));
        assert_eq!(register(&mut site.signed_in("root").await, more).await.status(), StatusCode::OK);
    }
    let mut ada = site.signed_in("ada").await;
    assert!(!text(&ada.get(REGISTER).await).contains("grant-client_credentials"), "it is not offered");
    let client = stored(&site, &register(&mut ada, &[]).await).await;
    assert_eq!(client.scope.map(|scope| scope.to_string()).as_deref(), Some("read"), "no limit is the default");
    // Nor by an edit.
    for (more, reason) in refused {
        let page = ada.get(&format!("{EDIT}?client_id={}", client.id)).await;
        let answer = ada.submit(&page, EDIT, &filled(more)).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{reason}");
    }
}

#[tokio::test]
async fn f_11_settings_say_what_ordinary_people_may_register() {
    let site = Site::with(|config| {
        config.registrable_grants = Some([GrantType::AuthorizationCode, GrantType::ClientCredentials].into());
        config.registrable_scope = "read write".parse().ok();
    })
    .await;
    let mut ada = site.signed_in("ada").await;
    let refused = register(&mut ada, &[]).await;
    assert!(element(&refused, "form-error").unwrap().contains("refresh_token"));
    let page = ada.get(REGISTER).await;
    let mut fields = filled(&[("grant:client_credentials", "on"), ("scope", "read write")]);
    fields.retain(|(name, _)| *name != "grant:refresh_token");
    assert_eq!(ada.submit(&page, REGISTER, &fields).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn f_11_what_an_administrator_gave_stays_when_the_owner_edits() {
    let site = Site::new().await;
    let owner = site.ada.subject.clone();
    let resource = Resource::new("https://api.example/").unwrap();
    site.client("notes", |client| {
        client.owner = Some(owner);
        client.client_type = ClientType::Confidential;
        client.grant_types.push(GrantType::ClientCredentials);
        client.scope = "read write".parse().ok();
        client.resources = vec![resource];
    })
    .await;
    let mut ada = site.signed_in("ada").await;
    let page = ada.get(&format!("{EDIT}?client_id=notes")).await;
    let fields = filled(&[
        ("name", "Other"),
        ("grant:client_credentials", "on"),
        ("scope", "read write"),
        ("resources", "https://api.example/"),
    ]);
    let answer = ada.submit(&page, EDIT, &fields).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{:?}", element(&answer, "form-error"));
}
