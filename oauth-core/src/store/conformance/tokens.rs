//! What a [`TokenStore`](crate::store::TokenStore) promises of access tokens.

use super::AnyStore;
use super::sample::{
    at, awkward_attributes, client, digest, grantless, is_alive, is_revoked, issue, redeemed, redeemed_by, refresh_of,
    registered, retry_until, scope,
};
use crate::identifier::Resource;
use crate::store::{ActiveToken, CodeStore as _, GrantStore as _, Redeemed, Rotated, Saved, TokenStore as _};

/// An access token without a grant is read as it was saved, at the limits of its lengths.
pub async fn a_token_without_a_grant_comes_back_as_it_was_saved(store: &AnyStore) {
    let client = registered(store).await;
    let mut issue = grantless(&client);
    issue.access.scope = scope("a ~ z !#[]^_{}");
    issue.access.audience = vec![Resource::new(format!("urn:x:{}", "y".repeat(2_042))).expect("a resource")];
    issue.access.attributes = awkward_attributes();
    assert_eq!(store.issue(&issue).await.expect("issue"), Saved::Now, "an enabled client gets tokens");
    assert!(is_alive(store, &issue, 1).await, "what was issued is alive");
    let stored = store.access_token(&issue.access.digest, at(1)).await.expect("access_token");
    assert_eq!(stored, Some(ActiveToken { token: issue.access, grant: None }), "a token is read as it was saved");
}

/// An access token under a grant is read as it was saved, with the grant as it is now.
pub async fn a_token_comes_back_with_its_grant(store: &AnyStore) {
    let (_, grant, code) = super::sample::approved(store).await;
    let mut issue = issue(&grant, 5);
    issue.access.attributes = awkward_attributes();
    issue.access.audience = vec![Resource::new("https://api.example/").expect("a resource")];
    assert_eq!(store.redeem(&code.digest, &issue).await.expect("redeem"), Redeemed::Now, "a new code is redeemed");
    assert!(is_alive(store, &issue, 6).await, "what was issued is alive");
    let stored = store.access_token(&issue.access.digest, at(6)).await.expect("access_token");
    let mut now = grant;
    now.last_issued_at = Some(at(5));
    assert_eq!(stored, Some(ActiveToken { token: issue.access, grant: Some(now) }), "token and grant are whole");
}

/// An access token lives until the second before its end, without a sweep.
pub async fn an_access_token_ends_to_the_second(store: &AnyStore) {
    let client = registered(store).await;
    let own = grantless(&client);
    assert_eq!(store.issue(&own).await.expect("issue"), Saved::Now, "an enabled client gets tokens");
    let (_, _, tokens) = redeemed_by(store, &client, "ada").await;
    assert!(is_alive(store, &own, 299).await && is_alive(store, &tokens, 300).await, "alive in its last second");
    assert!(!is_alive(store, &own, 300).await, "a token expires at the second of its end");
    assert!(!is_alive(store, &tokens, 301).await, "a token under a grant expires at the second of its end");
}

/// An access token does not outlive its grant.
pub async fn an_access_token_ends_with_its_grant(store: &AnyStore) {
    let (_, grant, code) = super::sample::approved(store).await;
    let mut short = issue(&grant, 1);
    short.grant_expires_at = at(100);
    assert_eq!(store.redeem(&code.digest, &short).await.expect("redeem"), Redeemed::Now, "a new code is redeemed");
    assert!(is_alive(store, &short, 99).await, "alive in the last second of the grant");
    assert!(!is_alive(store, &short, 100).await, "no token outlives its grant");
}

/// Tokens are issued to an enabled client only, and under a live grant only.
pub async fn issue_needs_a_live_client_and_grant(store: &AnyStore) {
    let nobodys = grantless(&client("nobody"));
    assert_eq!(store.issue(&nobodys).await.expect("issue"), Saved::Gone, "an unknown client gets no token");
    assert!(!is_alive(store, &nobodys, 1).await, "a refused token is not stored");

    let (client, grant, _, _) = redeemed(store).await;
    let more = issue(&grant, 2);
    assert_eq!(store.issue(&more).await.expect("issue"), Saved::Now, "a live grant gets more tokens");
    assert!(is_alive(store, &more, 2).await, "they live");
    let stranger = issue(&super::sample::grant(&client, "ada"), 2);
    assert_eq!(store.issue(&stranger).await.expect("issue"), Saved::Gone, "an unknown grant gets no token");
    let late = issue(&grant, 1_000);
    assert_eq!(store.issue(&late).await.expect("issue"), Saved::Gone, "a grant that has expired gets no token");
    store.revoke_grant(&grant.id, at(3)).await.expect("revoke_grant");
    let revoked = issue(&grant, 4);
    assert_eq!(store.issue(&revoked).await.expect("issue"), Saved::Gone, "a revoked grant gets no token");
    for refused in [stranger, late, revoked] {
        assert!(!is_alive(store, &refused, 4).await, "a refused token is not stored");
        let refresh = store.refresh_token(&refresh_of(&refused)).await.expect("refresh_token");
        assert_eq!(refresh, None, "a refused refresh token is not stored");
    }
}

/// A digest that is taken is an error, and changes nothing.
pub async fn issue_overwrites_nothing(store: &AnyStore) {
    let (client, other) = (registered(store).await, registered(store).await);
    let first = grantless(&client);
    assert_eq!(store.issue(&first).await.expect("issue"), Saved::Now, "an enabled client gets tokens");
    let mut second = grantless(&other);
    second.access.digest = first.access.digest;
    assert!(store.issue(&second).await.is_err(), "an access token's digest is taken once");
    let stored = store.access_token(&first.access.digest, at(1)).await.expect("access_token");
    assert_eq!(stored.map(|active| active.token), Some(first.access), "what was there first is unchanged");
}

/// Revoking an access token ends that token and nothing else.
pub async fn revoke_access_token_ends_that_token_only(store: &AnyStore) {
    let (client, grant, _, first) = redeemed(store).await;
    let second = issue(&grant, 2);
    store.rotate(&refresh_of(&first), &second, &retry_until(2)).await.expect("rotate");
    let (own, other) = (grantless(&client), grantless(&client));
    for issue in [&own, &other] {
        assert_eq!(store.issue(issue).await.expect("issue"), Saved::Now, "an enabled client gets tokens");
    }
    for gone in [&first, &own] {
        let revoke = async || store.revoke_access_token(&gone.access.digest, at(3)).await.expect("revoke_access_token");
        assert!(revoke().await, "the token was there");
        assert!(!is_alive(store, gone, 3).await, "a revoked token is dead");
        assert!(!revoke().await, "a revoked token is there no more");
    }
    let unknown = store.revoke_access_token(&digest(), at(3)).await.expect("revoke_access_token");
    assert!(!unknown, "an unknown token is not there");
    assert!(is_alive(store, &second, 3).await, "another token of the same grant lives");
    assert!(is_alive(store, &other, 3).await, "another token of the same client lives");
    assert!(!is_revoked(store, &grant).await, "the grant is not revoked");
    let outcome = store.rotate(&refresh_of(&second), &issue(&grant, 4), &retry_until(4)).await.expect("rotate");
    assert_eq!(outcome, Rotated::Now, "the refresh token can be used");
}
