//! What [`Housekeeping`](crate::store::Housekeeping) promises.

use super::AnyStore;
use super::sample::{
    approved, approved_by, at, grantless, is_alive, issue, no_retry, redeemed, redeemed_by, refresh_of, registered,
    retry_until,
};
use crate::store::{
    ClientStore as _, CodeStore as _, Grant, GrantStore as _, Housekeeping as _, Issue, Redeemed, Rotated, Saved,
    Store, Swept, TokenStore as _,
};

async fn sweep<S: Store>(store: &S, now: i64, limit: u32) -> Swept {
    let swept = store.sweep(at(now), limit).await.expect("sweep");
    assert!(swept.removed <= u64::from(limit), "a sweep removes no more than its limit");
    swept
}

/// Sweeps until nothing is left to do.
async fn sweep_all<S: Store>(store: &S, now: i64) -> u64 {
    let mut removed = 0;
    for _ in 0..1_000 {
        let swept = sweep(store, now, 7).await;
        assert!(swept.removed > 0 || !swept.more, "where more waits, a sweep removes some of it");
        removed += swept.removed;
        if !swept.more {
            return removed;
        }
    }
    panic!("sweeping comes to an end");
}

async fn own_tokens<S: Store>(store: &S, count: usize) -> Vec<Issue> {
    let client = registered(store).await;
    let tokens: Vec<_> = (0..count).map(|_| grantless(&client)).collect();
    for issue in &tokens {
        assert_eq!(store.issue(issue).await.expect("issue"), Saved::Now, "an enabled client gets tokens");
    }
    tokens
}

/// What has not expired stays, to the second.
pub async fn sweep_keeps_what_is_not_over(store: &AnyStore) {
    let (client, grant, code, tokens) = redeemed(store).await;
    let (waiting, unused) = approved_by(store, &client, "grace").await;
    let own = own_tokens(store, 1).await;
    assert_eq!(sweep(store, 59, 100).await, Swept { removed: 0, more: false }, "nothing has expired yet");
    assert!(is_alive(store, &tokens, 59).await && is_alive(store, &own[0], 59).await, "tokens are kept");
    assert!(store.grant(&grant.id).await.expect("grant").is_some(), "grants are kept");
    assert!(store.code(&code.digest).await.expect("code").is_some(), "used codes are kept");
    let outcome = store.redeem(&unused.digest, &issue(&waiting, 59)).await.expect("redeem");
    assert_eq!(outcome, Redeemed::Now, "codes are kept");
}

/// A sweep stops at its limit and says truthfully whether more waits.
pub async fn sweep_is_bounded_and_truthful(store: &AnyStore) {
    let tokens = own_tokens(store, 22).await;
    for (limit, removed, more) in [(5, 5, true), (1, 1, true), (8, 8, true), (8, 8, false), (8, 0, false)] {
        let swept = sweep(store, 300, limit).await;
        assert_eq!(swept, Swept { removed, more }, "22 tokens go in batches of {limit}, and more tells the truth");
    }
    for token in tokens {
        // At an earlier moment, at which it would be alive if it were there.
        assert!(!is_alive(store, &token, 1).await, "what was swept is gone");
    }
}

/// A used code is remembered past its own end, through every sweep, as long as its grant.
pub async fn sweep_keeps_the_memory_of_used_codes(store: &AnyStore) {
    let (_, grant, code, _) = redeemed(store).await;
    let (_, unused_grant, unused) = approved(store).await;
    sweep_all(store, 999).await;
    let gone = store.code(&unused.digest).await.expect("code");
    assert_eq!(gone, None, "a code that nobody redeemed is swept when it has expired");
    let outcome = store.redeem(&unused.digest, &issue(&unused_grant, 2)).await.expect("redeem");
    assert_eq!(outcome, Redeemed::Unknown, "and is unknown then");
    let used = store.code(&code.digest).await.expect("code").expect("a used code is remembered");
    assert_eq!((used.code, used.used_at), (code.clone(), Some(at(1))), "as it was");
    let outcome = store.redeem(&code.digest, &issue(&grant, 999)).await.expect("redeem");
    assert_eq!(outcome, Redeemed::Before(grant.id), "so that a replay is known for one in the grant's last second");
}

/// A retired refresh token is remembered past its own end, through every sweep, as long as its grant.
pub async fn sweep_keeps_the_memory_of_retired_refresh_tokens(store: &AnyStore) {
    let (_, grant, _, first) = redeemed(store).await;
    let second = issue(&grant, 400);
    store.rotate(&refresh_of(&first), &second, &retry_until(410)).await.expect("rotate");
    let (kept, unwindowed) = redeemed_with_window(store, 990).await;
    sweep_all(store, 899).await;
    let outcome = store.rotate(&refresh_of(&unwindowed), &issue(&kept, 900), &no_retry(900)).await.expect("rotate");
    assert!(matches!(outcome, Rotated::Replay(_)), "a window that is open survives the sweep");
    let outcome = store.rotate(&refresh_of(&second), &issue(&grant, 899), &no_retry(899)).await.expect("rotate");
    assert_eq!(outcome, Rotated::Now, "a refresh token is kept while it is good");
    sweep_all(store, 999).await;
    let outcome = store.rotate(&refresh_of(&first), &issue(&grant, 999), &no_retry(999)).await.expect("rotate");
    assert_eq!(outcome, Rotated::Reused(grant.id), "reuse is known for what it is in the grant's last second");
}

async fn redeemed_with_window<S: Store>(store: &S, until: i64) -> (Grant, Issue) {
    let (_, grant, _, first) = redeemed(store).await;
    let outcome = store.rotate(&refresh_of(&first), &issue(&grant, 450), &retry_until(until)).await.expect("rotate");
    assert_eq!(outcome, Rotated::Now, "a new refresh token can be rotated");
    (grant, first)
}

/// A revoked grant stays until its end, so that its tokens are known to be revoked, not unknown.
pub async fn sweep_keeps_revoked_grants_until_their_end(store: &AnyStore) {
    let (_, grant, code, tokens) = redeemed(store).await;
    store.revoke_grant(&grant.id, at(2)).await.expect("revoke_grant");
    sweep_all(store, 999).await;
    assert!(store.grant(&grant.id).await.expect("grant").is_some(), "a revoked grant is kept until its end");
    let outcome = store.redeem(&code.digest, &issue(&grant, 3)).await.expect("redeem");
    assert_eq!(outcome, Redeemed::Gone, "its code is known");
    let outcome = store.rotate(&refresh_of(&tokens), &issue(&grant, 3), &no_retry(3)).await.expect("rotate");
    assert_eq!(outcome, Rotated::Gone, "its refresh token is known");
}

/// In the end everything goes, with all that hangs on it.
pub async fn sweep_removes_everything_in_the_end(store: &AnyStore) {
    let (client, grant, code, first) = redeemed(store).await;
    let second = issue(&grant, 10);
    store.rotate(&refresh_of(&first), &second, &retry_until(20)).await.expect("rotate");
    let (revoked, revoked_code, revoked_tokens) = redeemed_by(store, &client, "grace").await;
    store.revoke_grant(&revoked.id, at(20)).await.expect("revoke_grant");
    let own = own_tokens(store, 3).await;
    assert!(sweep_all(store, 1_000).await >= 5, "two grants and three tokens have expired");

    for (grant, code) in [(&grant, &code), (&revoked, &revoked_code)] {
        assert_eq!(store.grant(&grant.id).await.expect("grant"), None, "a grant goes at its end");
        assert_eq!(store.code(&code.digest).await.expect("code"), None, "its code goes with it");
        let outcome = store.redeem(&code.digest, &issue(grant, 30)).await.expect("redeem");
        assert_eq!(outcome, Redeemed::Unknown, "and is unknown then");
    }
    for tokens in [&first, &second, &revoked_tokens] {
        let refresh = store.refresh_token(&refresh_of(tokens)).await.expect("refresh_token");
        assert_eq!(refresh, None, "its refresh tokens go with it, the retired too");
        assert!(!is_alive(store, tokens, 15).await, "its access tokens go");
    }
    assert!(!is_alive(store, &own[0], 15).await, "tokens without a grant go");
    assert_eq!(sweep(store, 1_000, 10).await, Swept::default(), "and nothing is left to sweep");
    assert_eq!(store.client(&client.id).await.expect("client"), Some(client), "clients do not go");
}

/// A grant whose end was moved is swept at its new end.
pub async fn sweep_minds_the_newest_end(store: &AnyStore) {
    let (_, grant, _, first) = redeemed(store).await;
    let mut next = issue(&grant, 400);
    next.grant_expires_at = at(1_500);
    store.rotate(&refresh_of(&first), &next, &no_retry(400)).await.expect("rotate");
    sweep_all(store, 1_499).await;
    assert!(store.grant(&grant.id).await.expect("grant").is_some(), "a grant is kept until its newest end");
    sweep_all(store, 1_500).await;
    assert_eq!(store.grant(&grant.id).await.expect("grant"), None, "and goes at that");
}

/// Any number of sweeps may run at the same time: each record is removed, and counted, once.
pub async fn sweeps_may_run_at_the_same_time(store: &AnyStore) {
    own_tokens(store, 60).await;
    let sweeps: Vec<_> = (0..4)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move {
                let mut removed = 0;
                for _ in 0..10 {
                    removed += store.sweep(at(300), 10).await.expect("sweep").removed;
                }
                removed
            })
        })
        .collect();
    let mut removed = 0;
    for sweep in sweeps {
        removed += sweep.await.expect("a sweep ends");
    }
    assert_eq!(removed + sweep_all(store, 300).await, 60, "each record is counted once");
}

/// The backlog begins when the oldest record expired, and is gone when nothing waits.
pub async fn the_backlog_is_as_old_as_its_oldest_record(store: &AnyStore) {
    let since = async |now: i64| store.overdue_since(at(now)).await.expect("overdue_since");
    let (client, ..) = redeemed(store).await;
    own_tokens(store, 2).await;
    assert_eq!(since(59).await, None, "nothing has expired yet");
    sweep_all(store, 299).await;
    assert_eq!(since(299).await, None, "what a sweep keeps does not wait: a used code");
    assert_eq!(since(300).await, Some(at(300)), "tokens expire to the second");
    assert_eq!(since(900).await, Some(at(300)), "however long ago that was");
    sweep_all(store, 900).await;
    assert_eq!(since(900).await, None, "what was swept does not wait");
    assert_eq!(since(1_000).await, Some(at(1_000)), "then the grant is the oldest");
    approved_by(store, &client, "grace").await;
    assert_eq!(since(1_000).await, Some(at(60)), "a code that nobody redeemed counts");
    sweep_all(store, 1_000).await;
    assert_eq!(since(2_000).await, None, "nothing is left");
}
