//! Resource identifiers, over the time that a grant lives.

use super::{Server, parameter};
use oauth_core::client::{Client, ClientType, GrantType, Registration};
use oauth_core::config::Config;
use oauth_core::identifier::{Resource, Subject};
use oauth_core::provider::{AuthorizationProvider as _, Service as _};
use oauth_core::store::ClientStore as _;
use serde_json::{Value, json};
use std::time::Duration;

const OLD: &str = "http://127.0.0.1:8000/api";
const NEW: &str = "http://localhost:8000/api";
const NOTES: &str = "https://notes.example";
const MAIL: &str = "https://mail.example";

fn at(api: &'static str) -> impl FnOnce(&mut Config) {
    move |config| config.default_audience = vec![Resource::new(api).unwrap()]
}

async fn tokens(server: &Server, more: &[(&str, &str)]) -> Value {
    let (status, tokens) = server.redeem(&server.code(more).await, &[]).await;
    assert_eq!(status, 200, "{tokens}");
    tokens
}

async fn audience(server: &Server, tokens: &Value) -> Value {
    server.introspect("app", tokens).await["aud"].clone()
}

#[tokio::test]
async fn f_21_a_token_without_resources_takes_the_default_audience_of_today() {
    let mut server = Server::new(at(OLD));
    server.register("app", |_| ()).await;
    let (first, code) = (tokens(&server, &[]).await, server.code(&[]).await);
    assert_eq!(audience(&server, &first).await, json!(OLD));
    server.restart(at(NEW));
    let (status, second) = server.refresh(&first, &[]).await;
    assert_eq!((status.as_u16(), audience(&server, &second).await), (200, json!(NEW)));
    let (_, redeemed) = server.redeem(&code, &[]).await;
    assert_eq!(audience(&server, &redeemed).await, json!(NEW));
    // It named none, so that none can be named now but the default.
    assert_eq!(server.refresh(&second, &[("resource", OLD)]).await.1["error"], "invalid_target");
    let (status, third) = server.refresh(&second, &[("resource", NEW)]).await;
    assert_eq!((status.as_u16(), audience(&server, &third).await), (200, json!(NEW)));
    server.restart(|_| ());
    let (_, fourth) = server.refresh(&third, &[]).await;
    assert_eq!(audience(&server, &fourth).await, Value::Null);
}

#[tokio::test]
async fn f_21_no_token_is_issued_for_a_resource_that_left_the_settings() {
    let mut server = Server::new(at(OLD));
    server.register("app", |_| ()).await;
    let named = [("resource", OLD)];
    let (first, code) = (tokens(&server, &named).await, server.code(&named).await);
    server.restart(at(NEW));
    let (status, refused) = server.refresh(&first, &[]).await;
    assert_eq!((status.as_u16(), &refused["error"]), (400, &json!("invalid_grant")), "{refused}");
    assert_eq!(server.refresh(&first, &named).await.1["error"], "invalid_target");
    assert_eq!(server.redeem(&code, &[]).await.1["error"], "invalid_grant");
    // Nothing was consumed: the server moves back.
    server.restart(at(OLD));
    assert_eq!(server.refresh(&first, &[]).await.0, 200);
    assert_eq!(server.redeem(&code, &[]).await.0, 200);
}

#[tokio::test]
async fn f_21_a_resource_server_that_ends_is_no_audience_any_more() {
    let server = Server::new(|_| ());
    server.register("app", |_| ()).await;
    let mut notes = server.resource_server("notes", NOTES).await;
    server.resource_server("mail", MAIL).await;
    let both = [("resource", NOTES), ("resource", MAIL)];
    let (first, alone) = (tokens(&server, &both).await, tokens(&server, &both[..1]).await);
    notes.enabled = false;
    server.store.update_client(&notes).await.unwrap();
    let (_, second) = server.refresh(&first, &[]).await;
    assert_eq!(audience(&server, &second).await, json!(MAIL), "the part that is known");
    assert_eq!(server.refresh(&second, &both).await.1["error"], "invalid_target");
    // A client keeps its refresh token over `invalid_target`: the resource server may be enabled again.
    assert_eq!(server.refresh(&alone, &[]).await.1["error"], "invalid_target");
    notes.enabled = true;
    server.store.update_client(&notes).await.unwrap();
    let (_, alone) = server.refresh(&alone, &[]).await;
    assert_eq!(audience(&server, &alone).await, json!(NOTES));
    server.store.delete_client(&notes.id, notes.created_at).await.unwrap();
    assert_eq!(server.refresh(&alone, &[]).await.1["error"], "invalid_grant");
}

#[tokio::test]
async fn f_21_a_retired_token_is_known_for_one_although_its_audience_is_gone() {
    let mut server = Server::new(at(OLD));
    server.register("app", |_| ()).await;
    let first = tokens(&server, &[("resource", OLD)]).await;
    let (_, second) = server.refresh(&first, &[]).await;
    server.clock.advance(Duration::from_secs(60));
    server.restart(at(NEW));
    assert_eq!(server.refresh(&first, &[]).await.1["error"], "invalid_grant");
    server.restart(at(OLD));
    assert_eq!(server.refresh(&second, &[]).await.0, 400, "the reuse has revoked the grant");
}

#[tokio::test]
async fn f_25_a_resource_is_found_by_its_normal_form_and_issued_as_it_is_registered() {
    for registered in [NOTES, "https://notes.example/", "https://Notes.example:443"] {
        let server = Server::new(|_| ());
        server.register("app", |_| ()).await;
        server.resource_server("notes", registered).await;
        for asked in [NOTES, "https://notes.example/", "HTTPS://NOTES.example:443/"] {
            let first = tokens(&server, &[("resource", asked)]).await;
            assert_eq!(server.introspect("notes", &first).await["aud"], json!(registered), "{asked}");
            let (_, second) = server.refresh(&first, &[("resource", asked)]).await;
            assert_eq!(server.introspect("notes", &second).await["aud"], json!(registered), "{asked}");
            let alone = [("grant_type", "client_credentials"), ("resource", asked), ("scope", "read")];
            assert_eq!(server.introspect("notes", &server.token(&alone).await.1).await["aud"], json!(registered));
        }
        let other = server.authorize(&[("resource", "https://notes.example/x")]).await;
        assert_eq!(parameter(&other, "error").as_deref(), Some("invalid_target"));
    }
}

#[tokio::test]
async fn f_25_a_resource_of_the_settings_is_issued_as_it_is_set() {
    let server = Server::new(|config| {
        config.resources = vec![Resource::new("https://notes.example/").unwrap()];
    });
    server.register("app", |_| ()).await;
    let first = tokens(&server, &[("resource", NOTES)]).await;
    assert_eq!(audience(&server, &first).await, json!("https://notes.example/"));
}

#[tokio::test]
async fn f_25_registrations_that_meet_introspect_nothing_until_one_is_kept() {
    let server = Server::new(|_| ());
    server.register("app", |_| ()).await;
    let owned = |owner: &'static str, resource: &'static str| {
        move |client: &mut Client| {
            client.owner = Subject::new(owner).ok();
            client.resources = vec![Resource::new(resource).unwrap()];
        }
    };
    server.register("notes", owned("ada", NOTES)).await;
    let eve = server.register("copy", owned("eve", "https://NOTES.example/")).await;
    server.register("mail", owned("ada", MAIL)).await;
    server.register("second", owned("ada", "https://mail.example/")).await;
    let first = tokens(&server, &[("resource", NOTES), ("resource", MAIL)]).await;
    // Before the sweep has read the clients, and after.
    for _ in 0..2 {
        for api in ["notes", "copy"] {
            let mut alone = first.clone();
            alone["access_token"] =
                server.refresh(&tokens(&server, &[("resource", NOTES)]).await, &[]).await.1["access_token"].clone();
            assert_eq!(server.introspect(api, &alone).await, json!({"active": false}), "{api}");
        }
        for api in ["mail", "second"] {
            assert_eq!(server.introspect(api, &first).await["active"], true, "one owner: {api}");
        }
        server.provider.sweep().await;
    }
    let mut changed = eve.clone();
    changed.resources.clear();
    server.store.replace_client(&eve, &changed).await.unwrap();
    assert_eq!(server.introspect("notes", &first).await["active"], true, "one is kept");
    assert_eq!(server.introspect("copy", &first).await["active"], false);
}

#[tokio::test]
async fn f_81_tokens_and_grants_stay_closed_to_the_next_owner_of_a_resource() {
    let server = Server::new(|_| ());
    server.register("app", |_| ()).await;
    let notes = server.resource_server("notes", NOTES).await;
    let before = tokens(&server, &[("resource", NOTES)]).await;
    assert_eq!(server.introspect("notes", &before).await["active"], true);
    server.store.delete_client(&notes.id, notes.created_at).await.unwrap();
    server.clock.advance(Duration::from_secs(1));
    server.resource_server("next", NOTES).await;
    assert_eq!(server.introspect("next", &before).await, json!({"active": false}));
    assert_eq!(server.refresh(&before, &[]).await.1["error"], "invalid_grant");
    assert_eq!(server.refresh(&before, &[("resource", NOTES)]).await.1["error"], "invalid_target");
    let after = tokens(&server, &[("resource", NOTES)]).await;
    assert_eq!(server.introspect("next", &after).await["active"], true);
    assert_eq!(server.refresh(&after, &[]).await.0, 200);
}

#[tokio::test]
async fn f_81_a_client_that_takes_a_resource_over_sees_no_older_token() {
    let server = Server::new(|_| ());
    server.register("app", |_| ()).await;
    let notes = server.resource_server("notes", NOTES).await;
    let config = server.provider.app().config();
    let mut asked = Registration::new("Eve's", ClientType::Confidential);
    asked.grant_types = vec![GrantType::ClientCredentials];
    let mut eve = server.register("eve", |_| ()).await;
    let before = tokens(&server, &[("resource", NOTES)]).await;
    server.clock.advance(Duration::from_secs(1));
    let mut given_up = notes.clone();
    given_up.resources.clear();
    server.store.replace_client(&notes, &given_up).await.unwrap();
    asked.resources = vec![Resource::new("https://notes.example/").unwrap()];
    asked.apply(&mut eve, config).unwrap();
    server.store.update_client(&eve).await.unwrap();
    assert_eq!(server.introspect("eve", &before).await, json!({"active": false}));
    assert_eq!(server.refresh(&before, &[]).await.1["error"], "invalid_grant");
    let after = tokens(&server, &[("resource", NOTES)]).await;
    assert_eq!(server.introspect("eve", &after).await["active"], true);
    // An edit that leaves the resource keeps its time, and one that takes it away forgets it.
    server.clock.advance(Duration::from_secs(1));
    asked.name = "Another".to_owned();
    asked.apply(&mut eve, config).unwrap();
    assert!(eve.server_since(&asked.resources[0]).unwrap() < oauth_core::clock::Clock::now(&*server.clock));
    asked.resources.clear();
    asked.apply(&mut eve, config).unwrap();
    assert!(eve.resources_since.is_empty());
}
