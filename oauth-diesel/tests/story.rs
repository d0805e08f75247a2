//! The verbs in the order in which a provider calls them, on a file.
#![cfg(feature = "sqlite")]
#![allow(clippy::unwrap_used, reason = "they are tests, helpers too")]

mod fixture;

use fixture::{Database, NOW, access, at, client, family, grant, issue, no_retry, own, refresh, retry, save};
use oauth_core::identifier::{ClientId, Subject};
use oauth_core::secret::AuthorizationCode;
use oauth_core::store::{
    AccountStore, ClientFilter, ClientStore, CodeStore, Created, GrantFilter, GrantStore, Housekeeping, Page, Redeemed,
    Rotated, Saved, TokenStore,
};

#[tokio::test]
async fn what_was_stored_comes_back_whole() {
    let database = Database::new();
    let store = database.open().await;
    let family = family(&store, "notes", "ada").await;

    let client_read = store.client(&family.grant.client_id).await.unwrap().unwrap();
    assert_eq!(client_read.attributes, client("notes").attributes);
    let active = store.access_token(&family.access, at(NOW)).await.unwrap().unwrap();
    let issued = issue(&family.grant, family.access, Some(family.refresh), NOW);
    assert_eq!(active.token, issued.access);
    let mut expected = family.grant.clone();
    expected.last_issued_at = Some(at(NOW));
    expected.expires_at = issued.grant_expires_at;
    assert_eq!(active.grant, Some(expected.clone()));
    assert_eq!(store.grant(&expected.id).await.unwrap(), Some(expected.clone()));
    let stored = store.refresh_token(&family.refresh).await.unwrap().unwrap();
    assert_eq!(stored.token, issued.refresh.unwrap());
    assert_eq!((stored.grant, stored.retired_at), (expected.clone(), None));
    let stored = store.code(&family.code).await.unwrap().unwrap();
    assert_eq!(stored.code, fixture::code(&family.grant, family.code));
    assert_eq!((stored.grant, stored.used_at), (expected, Some(at(NOW))));
    assert!(store.access_token(&family.access, at(NOW + 3_600)).await.unwrap().is_none(), "its end is over");
}

#[tokio::test]
async fn a_token_that_differs_from_its_grant_keeps_its_own() {
    let database = Database::new();
    let store = database.open().await;
    let family = family(&store, "notes", "ada").await;
    let mut narrower = issue(&family.grant, access(), None, NOW);
    narrower.access.scope = "read".parse().unwrap();
    narrower.access.audience = Vec::new();
    narrower.access.attributes = [("device".to_owned(), "7".to_owned())].into();
    assert_eq!(store.issue(&narrower).await.unwrap(), Saved::Now);
    let active = store.access_token(&narrower.access.digest, at(NOW)).await.unwrap().unwrap();
    assert_eq!(active.token, narrower.access);
    narrower.access.scope = "".parse().unwrap();
    narrower.access.digest = access();
    assert_eq!(store.issue(&narrower).await.unwrap(), Saved::Now);
    let active = store.access_token(&narrower.access.digest, at(NOW)).await.unwrap().unwrap();
    assert!(active.token.scope.is_empty());
}

#[tokio::test]
async fn r_026_a_code_used_twice_ends_what_came_of_it() {
    let database = Database::new();
    let store = database.open().await;
    let family = family(&store, "notes", "ada").await;
    let again = issue(&family.grant, access(), Some(refresh()), NOW);
    assert_eq!(store.redeem(&family.code, &again).await.unwrap(), Redeemed::Before(family.grant.id));
    assert!(store.access_token(&family.access, at(NOW)).await.unwrap().is_none());
    assert!(store.access_token(&again.access.digest, at(NOW)).await.unwrap().is_none());
    assert_eq!(store.redeem(&family.code, &again).await.unwrap(), Redeemed::Gone);
    assert_eq!(store.redeem(&AuthorizationCode::generate().digest(), &again).await.unwrap(), Redeemed::Unknown);
}

#[tokio::test]
async fn vuln_07_rotations_in_one_second_keep_their_order() {
    let database = Database::new();
    let store = database.open().await;
    for replayed in 0..3 {
        let family = family(&store, "notes", "ada").await;
        let chain = [family.refresh, refresh(), refresh(), refresh()];
        for pair in chain.windows(2) {
            let next = issue(&family.grant, access(), Some(pair[1]), NOW);
            assert_eq!(store.rotate(&pair[0], &next, &no_retry()).await.unwrap(), Rotated::Now);
        }
        let next = issue(&family.grant, access(), Some(refresh()), NOW);
        let outcome = store.rotate(&chain[replayed], &next, &no_retry()).await.unwrap();
        assert_eq!(outcome, Rotated::Reused(family.grant.id), "the token {replayed} of the chain");
        assert_eq!(store.rotate(&chain[3], &next, &no_retry()).await.unwrap(), Rotated::Gone);
    }
}

#[tokio::test]
async fn a_lost_answer_is_given_again_until_its_successor_is_rotated() {
    let database = Database::new();
    let store = database.open().await;
    let family = family(&store, "notes", "ada").await;
    let (second, third) = (refresh(), refresh());
    let first = issue(&family.grant, access(), Some(second), NOW);
    assert_eq!(store.rotate(&family.refresh, &first, &retry(NOW + 10)).await.unwrap(), Rotated::Now);
    let again = issue(&family.grant, access(), Some(refresh()), NOW + 9);
    let replay = Rotated::Replay(b"sealed answer".to_vec());
    assert_eq!(store.rotate(&family.refresh, &again, &retry(NOW + 19)).await.unwrap(), replay);
    let next = issue(&family.grant, access(), Some(third), NOW + 9);
    assert_eq!(store.rotate(&second, &next, &retry(NOW + 19)).await.unwrap(), Rotated::Now);
    let reused = store.rotate(&family.refresh, &again, &retry(NOW + 19)).await.unwrap();
    assert_eq!(reused, Rotated::Reused(family.grant.id), "its successor was presented");
}

#[tokio::test]
async fn a_client_created_again_inherits_nothing() {
    let database = Database::new();
    let store = database.open().await;
    let family = family(&store, "notes", "ada").await;
    let own = own("notes", access(), NOW);
    assert_eq!(store.issue(&own).await.unwrap(), Saved::Now);
    let id = ClientId::new("notes").unwrap();
    assert!(store.delete_client(&id, at(NOW)).await.unwrap());
    assert!(!store.delete_client(&id, at(NOW)).await.unwrap());
    assert_eq!(store.create_client(&client("notes")).await.unwrap(), Created::Now);
    for digest in [family.access, own.access.digest] {
        assert!(store.access_token(&digest, at(NOW)).await.unwrap().is_none());
    }
    assert!(store.refresh_token(&family.refresh).await.unwrap().is_none());
    assert!(store.code(&family.code).await.unwrap().is_none());
    assert!(store.grant(&family.grant.id).await.unwrap().is_none());
    let theirs = GrantFilter::Subject(Subject::new("ada").unwrap());
    assert!(store.grants(&theirs, &Page::first(9), at(NOW)).await.unwrap().is_empty());
    assert_eq!(store.revoke_grants(&theirs, at(NOW)).await.unwrap(), 0);
    let swept = store.sweep(at(NOW), 100).await.unwrap();
    assert!(!swept.more);
    assert_eq!(swept.removed, 5, "a token, a code, a refresh token, a grant and the client");
    assert!(store.client(&id).await.unwrap().is_some());
}

#[tokio::test]
async fn a_disabled_client_has_nothing_that_lives_until_it_is_enabled() {
    let database = Database::new();
    let store = database.open().await;
    let family = family(&store, "notes", "ada").await;
    let mut disabled = client("notes");
    disabled.enabled = false;
    assert!(store.update_client(&disabled).await.unwrap());
    let next = issue(&family.grant, access(), Some(refresh()), NOW);
    assert!(store.access_token(&family.access, at(NOW)).await.unwrap().is_none());
    assert_eq!(store.rotate(&family.refresh, &next, &no_retry()).await.unwrap(), Rotated::Gone);
    assert_eq!(store.issue(&next).await.unwrap(), Saved::Gone);
    let another = grant("notes", "ada");
    let code = fixture::code(&another, AuthorizationCode::generate().digest());
    assert_eq!(save(&store, &another, &code).await, Saved::Gone);
    disabled.enabled = true;
    assert!(store.update_client(&disabled).await.unwrap());
    assert!(store.access_token(&family.access, at(NOW)).await.unwrap().is_some());
}

#[tokio::test]
async fn clients_are_found_by_owner_resource_and_every_attribute() {
    let database = Database::new();
    let store = database.open().await;
    for id in ["b", "a", "C"] {
        store.create_client(&client(id)).await.unwrap();
    }
    let mut other = client("d");
    other.owner = None;
    other.resources.clear();
    other.attributes = [("school".to_owned(), "13".to_owned()), ("class".to_owned(), "1".to_owned())].into();
    store.create_client(&other).await.unwrap();
    let ids = async |filter: &ClientFilter, page: &Page<ClientId>| -> String {
        store.clients(filter, page).await.unwrap().iter().map(|client| client.id.as_str()).collect()
    };
    let all = ClientFilter::default();
    assert_eq!(ids(&all, &Page::first(9)).await, "Cabd");
    assert_eq!(ids(&all, &Page::first(2)).await, "Ca");
    assert_eq!(ids(&all, &Page::after(ClientId::new("a").unwrap(), 2)).await, "bd");
    let of_ada = ClientFilter { owner: Some(Subject::new("ada").unwrap()), ..all.clone() };
    assert_eq!(ids(&of_ada, &Page::first(9)).await, "Cab");
    let servers = ClientFilter { resources: client("a").resources, ..all.clone() };
    assert_eq!(ids(&servers, &Page::first(9)).await, "Cab");
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let both = ClientFilter { attributes: vec![pair("school", "13"), pair("class", "1")], ..all.clone() };
    assert_eq!(ids(&both, &Page::first(9)).await, "d");
    let neither = ClientFilter { attributes: vec![pair("school", "12"), pair("class", "1")], ..all };
    assert_eq!(ids(&neither, &Page::first(9)).await, "");
}

#[tokio::test]
async fn vuln_52_keys_and_filters_are_data() {
    let database = Database::new();
    let store = database.open().await;
    family(&store, "notes", "ada").await;
    for text in ["' OR '1'='1", "\" OR 1=1 --", "%", "_", "a'; DROP TABLE clients; --"] {
        let owner = Some(Subject::new(text).unwrap());
        let attributes = vec![("school".to_owned(), text.to_owned())];
        for filter in [ClientFilter { owner, ..Default::default() }, ClientFilter { attributes, ..Default::default() }]
        {
            assert!(store.clients(&filter, &Page::first(9)).await.unwrap().is_empty(), "{text}");
        }
        let after = Page::after(ClientId::new(format!("z{text}")).unwrap(), 9);
        assert!(store.clients(&ClientFilter::default(), &after).await.unwrap().is_empty(), "{text}");
        let theirs = GrantFilter::Subject(Subject::new(text).unwrap());
        assert_eq!(store.revoke_grants(&theirs, at(NOW)).await.unwrap(), 0, "{text}");
        assert!(store.account_named(text).await.unwrap().is_none(), "{text}");
        assert!(store.accounts(&Page::after(text.to_owned(), 9)).await.unwrap().is_empty(), "{text}");
    }
    assert_eq!(store.clients(&ClientFilter::default(), &Page::first(9)).await.unwrap().len(), 1);
}
