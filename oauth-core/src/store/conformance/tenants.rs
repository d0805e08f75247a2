//! What two tenants of one database are to each other: nothing.
//!
//! Each promise gets the stores of both; run the other promises for one of them as well, while the other is
//! full of records of the same names.

use super::AnyStore;
use super::accounts::account;
use super::sample::{
    approved_by, at, changed_account, client, digest, grantless, is_alive, is_revoked, issue, no_retry, redeemed_by,
    refresh_of, session, subject,
};
use super::sessions::decision;
use crate::client::Client;
use crate::store::{
    AccountStore as _, ClientFilter, ClientStore as _, CodeStore as _, Created, GrantFilter, GrantStore as _,
    Housekeeping as _, Page, PasswordHash, Redeemed, Rotated, Saved, SessionStore as _, Store, TokenStore as _,
};

async fn named<S: Store>(store: &S, id: &str) -> Client {
    let client = client(id);
    let outcome = store.create_client(&client).await.expect("create_client");
    assert_eq!(outcome, Created::Now, "another tenant's client takes no name away");
    client
}

/// What one tenant has, the other can neither read nor list.
pub async fn a_tenant_sees_nothing_of_another((theirs, ours): &(AnyStore, AnyStore)) {
    let client = named(theirs, "notes").await;
    let (grant, code, tokens) = redeemed_by(theirs, &client, "ada").await;
    let own = grantless(&client);
    assert_eq!(theirs.issue(&own).await.expect("issue"), Saved::Now, "an enabled client gets tokens");
    assert_eq!(ours.client(&client.id).await.expect("client"), None, "clients are not read");
    let listed = ours.clients(&ClientFilter::default(), &Page::first(9)).await.expect("clients");
    assert_eq!(listed, [], "nor listed");
    assert_eq!(ours.grant(&grant.id).await.expect("grant"), None, "grants are not read");
    for filter in [GrantFilter::Subject(subject("ada")), GrantFilter::Client(client.id.clone())] {
        let listed = ours.grants(&filter, &Page::first(9), at(2)).await.expect("grants");
        assert_eq!(listed, [], "nor listed");
    }
    assert_eq!(ours.code(&code.digest).await.expect("code"), None, "codes are not read");
    let refresh = ours.refresh_token(&refresh_of(&tokens)).await.expect("refresh_token");
    assert_eq!(refresh, None, "refresh tokens are not read");
    for tokens in [&tokens, &own] {
        assert!(!is_alive(ours, tokens, 2).await, "an access token of another tenant is none");
        assert!(is_alive(theirs, tokens, 2).await, "and it lives where it was issued");
    }
}

/// What one tenant has, the other can neither use, change nor end, although it has the same names.
pub async fn a_tenant_ends_nothing_of_another((theirs, ours): &(AnyStore, AnyStore)) {
    let client = named(theirs, "notes").await;
    let (grant, _, tokens) = redeemed_by(theirs, &client, "ada").await;
    let (waiting, unused) = approved_by(theirs, &client, "ada").await;
    let own = grantless(&client);
    assert_eq!(theirs.issue(&own).await.expect("issue"), Saved::Now, "an enabled client gets tokens");
    for has_the_same_name in [false, true] {
        if has_the_same_name {
            named(ours, "notes").await;
        }
        let outcome = ours.redeem(&unused.digest, &issue(&waiting, 2)).await.expect("redeem");
        assert_eq!(outcome, Redeemed::Unknown, "a code is unknown to another tenant");
        let outcome = ours.rotate(&refresh_of(&tokens), &issue(&grant, 2), &no_retry(2)).await.expect("rotate");
        assert_eq!(outcome, Rotated::Unknown, "so is a refresh token");
        assert_eq!(ours.issue(&issue(&grant, 2)).await.expect("issue"), Saved::Gone, "nothing is issued under a grant");
        let digest = &tokens.access.digest;
        assert!(!ours.revoke_access_token(digest, at(2)).await.expect("revoke_access_token"), "there is no such token");
        assert!(!ours.revoke_grant(&grant.id, at(2)).await.expect("revoke_grant"), "there is no such grant");
        for filter in [
            GrantFilter::Subject(subject("ada")),
            GrantFilter::Client(client.id.clone()),
            GrantFilter::Both(subject("ada"), client.id.clone()),
        ] {
            assert_eq!(ours.revoke_grants(&filter, at(2)).await.expect("revoke_grants"), 0, "there are none");
        }
        let mut disabled = client.clone();
        disabled.enabled = false;
        let updated = ours.update_client(&disabled).await.expect("update_client");
        assert_eq!(updated, has_the_same_name, "a client is replaced where it is");
        let deleted = ours.delete_client(&client.id, at(2)).await.expect("delete_client");
        assert_eq!(deleted, has_the_same_name, "and deleted");
        assert_eq!(theirs.client(&client.id).await.expect("client").as_ref(), Some(&client), "theirs is as it was");
        assert!(!is_revoked(theirs, &grant).await, "their grants stand");
        assert!(is_alive(theirs, &tokens, 2).await && is_alive(theirs, &own, 2).await, "their tokens live");
    }
    let outcome = theirs.redeem(&unused.digest, &issue(&waiting, 2)).await.expect("redeem");
    assert_eq!(outcome, Redeemed::Now, "their code is unused");
}

/// Who sweeps removes what has expired of the own tenant only.
pub async fn a_tenant_sweeps_its_own((theirs, ours): &(AnyStore, AnyStore)) {
    for store in [theirs, ours] {
        let client = named(store, "notes").await;
        redeemed_by(store, &client, "ada").await;
        approved_by(store, &client, "ada").await;
    }
    let mut removed = Vec::new();
    for store in [theirs, ours] {
        let mut of_one = 0;
        loop {
            let swept = store.sweep(at(2_000), 2).await.expect("sweep");
            of_one += swept.removed;
            if !swept.more {
                break;
            }
        }
        removed.push(of_one);
    }
    assert!(removed[0] >= 3, "two grants and a token have expired");
    assert_eq!(removed[0], removed[1], "each tenant finds all of its own");
}

/// Accounts and sessions are each tenant's own; ending one ends nothing elsewhere.
pub async fn people_belong_to_one_tenant((theirs, ours): &(AnyStore, AnyStore)) {
    let ada = account("ada");
    for store in [theirs, ours] {
        let outcome = store.create_account(&ada).await.expect("create_account");
        assert_eq!(outcome, Created::Now, "another tenant's account takes no name away");
        let listed = store.accounts(&Page::first(9)).await.expect("accounts");
        assert_eq!(listed, std::slice::from_ref(&ada), "each tenant lists its own");
    }
    let client = named(theirs, "notes").await;
    let (grant, _, tokens) = redeemed_by(theirs, &client, ada.subject.as_str()).await;
    let open = session(theirs, ada.subject.as_str()).await;
    let decided = decision(&open, digest());
    theirs.save_decision(&decided).await.expect("save_decision");

    assert_eq!(ours.session(&open.digest, at(1)).await.expect("session"), None, "sessions are not read");
    let taken = ours.take_decision(&decided.session, &decided.request, at(1)).await.expect("take_decision");
    assert_eq!(taken, None, "nor are decisions");
    assert!(!ours.end_session(&open.digest).await.expect("end_session"), "nor ended");
    assert_eq!(ours.end_sessions(&ada.subject).await.expect("end_sessions"), 0, "nor ended by person");
    let password = PasswordHash::from_phc("$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$new");
    assert!(changed_account(ours, &ada, 1, |ada| ada.password = password.clone()).await, "ours is there");
    let changes = [("role".to_owned(), Some("head".to_owned()))].into();
    assert!(changed_account(ours, &ada, 1, |ada| ada.change_attributes(&changes)).await, "ours is there");
    assert!(changed_account(ours, &ada, 1, |ada| ada.enabled = false).await, "ours is there");
    assert!(ours.delete_account(&ada.subject, at(1)).await.expect("delete_account"), "ours is there");

    assert_eq!(theirs.account_named("ada").await.expect("account_named").as_ref(), Some(&ada), "theirs is as it was");
    assert!(theirs.session(&open.digest, at(1)).await.expect("session").is_some(), "and signed in");
    assert!(!is_revoked(theirs, &grant).await && is_alive(theirs, &tokens, 2).await, "with grants and tokens");
    let taken = theirs.take_decision(&decided.session, &decided.request, at(1)).await.expect("take_decision");
    assert_eq!(taken, Some(decided), "and decisions");
}
