//! What a [`CodeStore`](crate::store::CodeStore) promises.

use super::AnyStore;
use super::sample::{
    approved, approved_by, at, awkward_attributes, code, digest, grant, is_alive, is_revoked, issue, redeemed,
    refresh_of, registered, save, subject,
};
use crate::identifier::Resource;
use crate::store::{ClientStore as _, CodeStore as _, GrantStore as _, Redeemed, Saved, StoredCode, TokenStore as _};

/// A code and its grant are read as they were saved, at the limits of their lengths.
pub async fn a_code_comes_back_as_it_was_saved(store: &AnyStore) {
    let client = registered(store).await;
    let mut grant = grant(&client, "ada");
    grant.subject = subject(&format!("{}x", "é".repeat(127)));
    grant.audience = vec![
        Resource::new(format!("https://api.example/{}", "a".repeat(2_028))).expect("a long resource"),
        Resource::new("urn:example:Notes").expect("a resource"),
    ];
    grant.auth_time = Some(at(-100));
    grant.acr = Some("urn:mace:incommon:iap:silver".to_owned());
    grant.attributes = awkward_attributes();
    grant.shown = Some(digest());
    let mut code = code(&grant);
    code.redirect_uri = format!("https://client.example/{}?a=%20&b='\"", "p".repeat(2_000));
    code.redirect_uri_sent = false;
    code.code_challenge = None;
    code.nonce = Some("n-0S6_WzA2Mj ✓ ".repeat(100));
    assert_eq!(save(store, &grant, &code).await.expect("save_code"), Saved::Now, "a new code is saved");
    let stored = store.code(&code.digest).await.expect("code");
    assert_eq!(stored, Some(StoredCode { code, grant, used_at: None }), "a code is read as it was saved");
}

/// A code that was never saved is unknown.
pub async fn an_unknown_code_is_unknown(store: &AnyStore) {
    let (_, grant, _) = approved(store).await;
    let nobodys = digest();
    assert_eq!(store.code(&nobodys).await.expect("code"), None, "an unknown code is not there");
    let outcome = store.redeem(&nobodys, &issue(&grant, 1)).await.expect("redeem");
    assert_eq!(outcome, Redeemed::Unknown, "an unknown code cannot be redeemed");
}

/// [`save_code`](crate::store::CodeStore::save_code) stores nothing under a client that does not
/// exist or is disabled.
pub async fn save_code_needs_an_enabled_client(store: &AnyStore) {
    let mut client = registered(store).await;
    client.enabled = false;
    assert!(store.update_client(&client).await.expect("update_client"), "the client is there");
    for client in [client, super::sample::client("nobody")] {
        let grant = grant(&client, "ada");
        let code = code(&grant);
        assert_eq!(save(store, &grant, &code).await.expect("save_code"), Saved::Gone, "no client, no code");
        assert_eq!(store.code(&code.digest).await.expect("code"), None, "a refused code is not stored");
        assert_eq!(store.grant(&grant.id).await.expect("grant"), None, "the grant of a refused code is not stored");
    }
}

/// A digest or grant identifier that is taken is an error, and changes nothing.
pub async fn save_code_overwrites_nothing(store: &AnyStore) {
    let (client, first_grant, first_code) = approved(store).await;
    let mut second_grant = grant(&client, "eve");
    let mut second_code = code(&second_grant);
    second_code.digest = first_code.digest;
    assert!(save(store, &second_grant, &second_code).await.is_err(), "a code's digest is taken once");
    let stored = store.grant(&second_grant.id).await.expect("grant");
    assert_eq!(stored, None, "a grant is not stored without its code");

    second_grant.id = first_grant.id;
    second_code = code(&second_grant);
    assert!(save(store, &second_grant, &second_code).await.is_err(), "a grant's identifier is taken once");
    assert_eq!(store.code(&second_code.digest).await.expect("code"), None, "a code is not stored without its grant");

    let stored = store.code(&first_code.digest).await.expect("code");
    let first = StoredCode { code: first_code, grant: first_grant, used_at: None };
    assert_eq!(stored, Some(first), "what was there first is unchanged");
}

/// A code can be used once; the second use revokes its grant with everything under it, durably.
pub async fn redeem_is_single_use(store: &AnyStore) {
    let (client, grant, code, first) = redeemed(store).await;
    let (other, _) = approved_by(store, &client, "ada").await;
    assert!(is_alive(store, &first, 2).await, "a redeemed code gave a live token");
    let stored = store.code(&code.digest).await.expect("code").expect("a used code is remembered");
    assert_eq!(stored.used_at, Some(at(1)), "a used code says when it was used");

    let second = issue(&grant, 2);
    let outcome = store.redeem(&code.digest, &second).await.expect("redeem");
    assert_eq!(outcome, Redeemed::Before(grant.id), "a used code is known to be used");
    assert!(is_revoked(store, &grant).await, "the second use of a code revokes its grant");
    assert!(!is_alive(store, &first, 2).await, "the second use of a code ends the tokens of the first");
    assert!(!is_alive(store, &second, 2).await, "the second use of a code issues nothing");
    let refresh = store.refresh_token(&refresh_of(&second)).await.expect("refresh_token");
    assert_eq!(refresh, None, "the second use of a code issues no refresh token");
    assert!(!is_revoked(store, &other).await, "the second use of a code leaves other grants alone");

    let outcome = store.redeem(&code.digest, &issue(&grant, 3)).await.expect("redeem");
    assert_eq!(outcome, Redeemed::Gone, "a code whose grant was revoked is gone");
}

/// A code can be redeemed until the second before its end, without a sweep; later nothing changes.
pub async fn redeem_minds_the_end_of_the_code(store: &AnyStore) {
    let (_, grant, code) = approved(store).await;
    let late = issue(&grant, 60);
    let outcome = store.redeem(&code.digest, &late).await.expect("redeem");
    assert_eq!(outcome, Redeemed::Gone, "a code expires at the second of its end");
    assert!(!is_alive(store, &late, 60).await, "a code that has expired gives no token");
    let stored = store.code(&code.digest).await.expect("code").expect("nothing was swept");
    assert_eq!(stored, StoredCode { code: code.clone(), grant: grant.clone(), used_at: None }, "nothing was changed");

    let outcome = store.redeem(&code.digest, &issue(&grant, 59)).await.expect("redeem");
    assert_eq!(outcome, Redeemed::Now, "a code is good until the second before its end");
}

/// A redemption says on the grant when tokens were issued and when it ends.
pub async fn redeem_sets_the_times_of_the_grant(store: &AnyStore) {
    let (_, mut grant, code) = approved(store).await;
    let mut issue = issue(&grant, 7);
    issue.grant_expires_at = at(5_000);
    store.redeem(&code.digest, &issue).await.expect("redeem");
    grant.last_issued_at = Some(at(7));
    grant.expires_at = at(5_000);
    let stored = store.grant(&grant.id).await.expect("grant");
    assert_eq!(stored, Some(grant), "a redemption sets last_issued_at and expires_at, and nothing else");
}

/// The checks come in the promised order: grant and client, then use, then end.
pub async fn redeem_checks_in_order(store: &AnyStore) {
    let (mut client, grant, code, _) = redeemed(store).await;
    client.enabled = false;
    assert!(store.update_client(&client).await.expect("update_client"), "the client is there");
    let outcome = store.redeem(&code.digest, &issue(&grant, 2)).await.expect("redeem");
    assert_eq!(outcome, Redeemed::Gone, "a disabled client comes before a used code");
    assert!(!is_revoked(store, &grant).await, "a disabled client's replay changes nothing");

    client.enabled = true;
    assert!(store.update_client(&client).await.expect("update_client"), "the client is there");
    let outcome = store.redeem(&code.digest, &issue(&grant, 1_000)).await.expect("redeem");
    assert_eq!(outcome, Redeemed::Gone, "a grant that has expired comes before a used code");
    let outcome = store.redeem(&code.digest, &issue(&grant, 100)).await.expect("redeem");
    assert_eq!(outcome, Redeemed::Before(grant.id), "a used code comes before its own end");
}

/// A redemption that cannot store its tokens leaves the code unused.
pub async fn redeem_is_all_or_nothing(store: &AnyStore) {
    let (client, _, _, taken) = redeemed(store).await;
    let (grant, code) = approved_by(store, &client, "grace").await;
    let mut clash = issue(&grant, 2);
    clash.refresh.as_mut().expect("a refresh token").digest = refresh_of(&taken);
    assert!(store.redeem(&code.digest, &clash).await.is_err(), "a refresh token's digest is taken once");
    assert!(!is_alive(store, &clash, 2).await, "a failed redemption leaves no access token");
    let stored = store.code(&code.digest).await.expect("code").expect("the code is still there");
    assert_eq!(stored, StoredCode { code: code.clone(), grant: grant.clone(), used_at: None }, "nothing was changed");
    let again = issue(&grant, 3);
    let outcome = store.redeem(&code.digest, &again).await.expect("redeem");
    assert_eq!(outcome, Redeemed::Now, "a code survives a redemption that failed");
    assert!(is_alive(store, &again, 3).await && is_alive(store, &taken, 3).await, "both families live");
}
