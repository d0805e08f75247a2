//! What a [`TokenStore`](crate::store::TokenStore) promises of refresh tokens and their families.

use super::AnyStore;
use super::sample::{
    approved, approved_by, at, digest, is_alive, is_revoked, issue, no_retry, redeemed, redeemed_by, refresh_of,
    retry_until,
};
use crate::store::{
    ClientStore as _, CodeStore as _, Grant, Issue, Redeemed, Retry, Rotated, Store, StoredRefresh, TokenStore as _,
};

async fn rotate<S: Store>(store: &S, presented: &Issue, next: &Issue, retry: &Retry) -> Rotated {
    store.rotate(&refresh_of(presented), next, retry).await.expect("rotate")
}

async fn read<S: Store>(store: &S, issue: &Issue) -> Option<StoredRefresh> {
    store.refresh_token(&refresh_of(issue)).await.expect("refresh_token")
}

/// Asserts that of these nothing lives, and that the grant is revoked.
async fn assert_family_ended<S: Store>(store: &S, grant: &Grant, family: &[&Issue], now: i64) {
    assert!(is_revoked(store, grant).await, "reuse revokes the grant, durably");
    for tokens in family {
        assert!(!is_alive(store, tokens, now).await, "reuse ends every access token of the family");
        let outcome = rotate(store, tokens, &issue(grant, now), &no_retry(now)).await;
        assert!(matches!(outcome, Rotated::Gone | Rotated::Unknown), "reuse ends every refresh token of the family");
    }
}

/// A refresh token is read as it was saved; rotation retires it, saves its successors, sets the
/// times of the grant, and lets earlier access tokens live.
pub async fn rotate_retires_and_issues(store: &AnyStore) {
    let (_, mut grant, _, first) = redeemed(store).await;
    grant.last_issued_at = Some(at(1));
    let token = first.refresh.clone().expect("a refresh token");
    let fresh = StoredRefresh { token: token.clone(), grant: grant.clone(), retired_at: None };
    assert_eq!(read(store, &first).await, Some(fresh), "a refresh token is read as it was saved");

    let mut second = issue(&grant, 10);
    second.grant_expires_at = at(2_000);
    let outcome = rotate(store, &first, &second, &retry_until(20)).await;
    assert_eq!(outcome, Rotated::Now, "a new refresh token can be rotated");
    grant.last_issued_at = Some(at(10));
    grant.expires_at = at(2_000);
    let retired = StoredRefresh { token, grant: grant.clone(), retired_at: Some(at(10)) };
    assert_eq!(read(store, &first).await, Some(retired), "a retired refresh token is remembered with its time");
    let token = second.refresh.clone().expect("a refresh token");
    let fresh = StoredRefresh { token, grant, retired_at: None };
    assert_eq!(read(store, &second).await, Some(fresh), "the successor is stored");
    assert!(is_alive(store, &second, 10).await, "the new access token lives");
    assert!(is_alive(store, &first, 10).await, "a rotation ends no access token");
}

/// A refresh token that was never saved is unknown.
pub async fn an_unknown_refresh_token_is_unknown(store: &AnyStore) {
    let (_, grant, _, _) = redeemed(store).await;
    let stranger = issue(&grant, 1);
    assert_eq!(read(store, &stranger).await, None, "an unknown refresh token is not there");
    let next = issue(&grant, 2);
    assert_eq!(rotate(store, &stranger, &next, &no_retry(2)).await, Rotated::Unknown, "nor can it be rotated");
    assert!(!is_alive(store, &next, 2).await, "and it gives no tokens");
}

/// A refresh token is good until the second before its end, without a sweep; later nothing changes.
pub async fn a_refresh_token_ends_to_the_second(store: &AnyStore) {
    let (_, grant, _, first) = redeemed(store).await;
    let late = issue(&grant, 501);
    assert_eq!(
        rotate(store, &first, &late, &no_retry(501)).await,
        Rotated::Gone,
        "it expires at the second of its end"
    );
    assert!(!is_alive(store, &late, 501).await, "a refresh token that has expired gives no tokens");
    assert_eq!(read(store, &first).await.map(|held| held.retired_at), Some(None), "and is not retired");
    assert!(!is_revoked(store, &grant).await, "and its grant is not revoked");
    let last = issue(&grant, 500);
    assert_eq!(rotate(store, &first, &last, &no_retry(500)).await, Rotated::Now, "good in its last second");
}

/// Within its window a retired token gets the same sealed answer again, byte for byte, and nothing
/// changes.
pub async fn rotate_gives_a_lost_answer_again(store: &AnyStore) {
    let (_, grant, _, first) = redeemed(store).await;
    let second = issue(&grant, 10);
    let sealed: Vec<u8> = (0..=u8::MAX).cycle().take(64 * 1024).collect();
    let retry = Retry { sealed: sealed.clone(), until: at(20) };
    assert_eq!(rotate(store, &first, &second, &retry).await, Rotated::Now, "a new refresh token can be rotated");
    for now in [10, 15, 19] {
        let unwanted = issue(&grant, now);
        let outcome = rotate(store, &first, &unwanted, &retry_until(now + 10)).await;
        assert!(outcome == Rotated::Replay(sealed.clone()), "within the window the same answer is given again");
        assert!(!is_alive(store, &unwanted, now).await, "a repeated answer issues nothing");
        assert_eq!(read(store, &unwanted).await, None, "a repeated answer stores no refresh token");
    }
    let held = read(store, &first).await.expect("a retired token is remembered");
    assert_eq!(held.retired_at, Some(at(10)), "a repeated answer does not move the retirement");
    assert_eq!(held.grant.last_issued_at, Some(at(10)), "nor the last issue of the grant");
    assert!(is_alive(store, &first, 19).await && is_alive(store, &second, 19).await, "all tokens live");
}

/// The window ends at its very second; then a retired token is reused.
pub async fn the_window_ends_to_the_second(store: &AnyStore) {
    let (_, grant, _, first) = redeemed(store).await;
    let second = issue(&grant, 10);
    rotate(store, &first, &second, &retry_until(20)).await;
    let third = issue(&grant, 20);
    let outcome = rotate(store, &first, &third, &retry_until(30)).await;
    assert_eq!(outcome, Rotated::Reused(grant.id), "after the window a retired token is reused");
    assert_family_ended(store, &grant, &[&first, &second, &third], 20).await;
}

/// Without a window a retired token is reused at once.
pub async fn without_a_window_reuse_is_known_at_once(store: &AnyStore) {
    let (client, grant, code, first) = redeemed(store).await;
    let (_, _, neighbour) = redeemed_by(store, &client, "ada").await;
    let second = issue(&grant, 10);
    rotate(store, &first, &second, &no_retry(10)).await;
    let third = issue(&grant, 10);
    let outcome = rotate(store, &first, &third, &no_retry(10)).await;
    assert_eq!(outcome, Rotated::Reused(grant.id), "in the very second of the rotation");
    assert_family_ended(store, &grant, &[&first, &second, &third], 10).await;
    let outcome = store.redeem(&code.digest, &issue(&grant, 10)).await.expect("redeem");
    assert_eq!(outcome, Redeemed::Gone, "its code is gone too");
    assert!(is_alive(store, &neighbour, 10).await, "another family of the same person and client lives");
}

/// Once the successor has been used, the client has had the answer: the window is closed.
pub async fn the_window_ends_with_the_use_of_the_successor(store: &AnyStore) {
    let (_, grant, _, first) = redeemed(store).await;
    let (second, third) = (issue(&grant, 10), issue(&grant, 11));
    rotate(store, &first, &second, &retry_until(100)).await;
    let answer = retry_until(100);
    assert_eq!(rotate(store, &second, &third, &answer).await, Rotated::Now, "the successor can be used at once");
    let outcome = rotate(store, &second, &issue(&grant, 12), &retry_until(100)).await;
    assert_eq!(outcome, Rotated::Replay(answer.sealed), "the newest retired token has its own window");
    let outcome = rotate(store, &first, &issue(&grant, 12), &retry_until(100)).await;
    assert_eq!(outcome, Rotated::Reused(grant.id), "the one before has none any more");
    assert_family_ended(store, &grant, &[&first, &second, &third], 12).await;
}

/// The checks come in the promised order: grant and client, then retirement, then the token's end.
pub async fn rotate_checks_in_order(store: &AnyStore) {
    let (mut client, grant, _, first) = redeemed(store).await;
    let second = issue(&grant, 10);
    rotate(store, &first, &second, &retry_until(20)).await;

    client.enabled = false;
    assert!(store.update_client(&client).await.expect("update_client"), "the client is there");
    for (now, what) in [(15, "within the window"), (30, "after it")] {
        let outcome = rotate(store, &first, &issue(&grant, now), &no_retry(now)).await;
        assert_eq!(outcome, Rotated::Gone, "a disabled client comes before a retired token, {what}");
    }
    assert!(!is_revoked(store, &grant).await, "a disabled client's reuse changes nothing");
    client.enabled = true;
    assert!(store.update_client(&client).await.expect("update_client"), "the client is there");

    let outcome = rotate(store, &first, &issue(&grant, 1_000), &no_retry(1_000)).await;
    assert_eq!(outcome, Rotated::Gone, "a grant that has expired comes before a retired token");
    assert!(!is_revoked(store, &grant).await, "and nothing is changed");
    let outcome = rotate(store, &first, &issue(&grant, 501), &no_retry(501)).await;
    assert_eq!(outcome, Rotated::Reused(grant.id), "a retired token comes before its own end");
}

/// A rotation that cannot store its tokens leaves the presented one as it was.
pub async fn rotate_is_all_or_nothing(store: &AnyStore) {
    let (client, grant, _, first) = redeemed(store).await;
    let (_, _, taken) = redeemed_by(store, &client, "grace").await;
    let mut clash = issue(&grant, 10);
    clash.refresh.as_mut().expect("a refresh token").digest = refresh_of(&taken);
    let outcome = store.rotate(&refresh_of(&first), &clash, &retry_until(20)).await;
    assert!(outcome.is_err(), "a refresh token's digest is taken once");
    assert!(!is_alive(store, &clash, 10).await, "a failed rotation leaves no access token");
    assert_eq!(read(store, &first).await.map(|held| held.retired_at), Some(None), "and retires nothing");
    let second = issue(&grant, 11);
    assert_eq!(rotate(store, &first, &second, &retry_until(20)).await, Rotated::Now, "the token can be used again");
    assert!(is_alive(store, &second, 11).await && is_alive(store, &taken, 11).await, "both families live");
}

/// A long family ends as one, and its retired tokens are all remembered.
pub async fn a_retired_token_is_remembered_however_old(store: &AnyStore) {
    let (client, grant, code) = approved(store).await;
    approved_by(store, &client, "ada").await;
    let mut family = vec![issue(&grant, 1)];
    store.redeem(&code.digest, &family[0]).await.expect("redeem");
    for now in 2..=20 {
        let next = issue(&grant, now);
        let outcome = rotate(store, &family[family.len() - 1], &next, &retry_until(now + 10)).await;
        assert_eq!(outcome, Rotated::Now, "the newest token can be rotated");
        family.push(next);
    }
    let unknown = store.refresh_token(&digest()).await.expect("refresh_token");
    assert_eq!(unknown, None, "an unknown token is not there");
    let outcome = rotate(store, &family[0], &issue(&grant, 21), &retry_until(31)).await;
    assert_eq!(outcome, Rotated::Reused(grant.id), "the oldest token is still known");
    assert_family_ended(store, &grant, &family.iter().collect::<Vec<_>>(), 21).await;
}
