//! The sweep: bounded, truthful, and it forgets nothing that a replay would need.
#![cfg(feature = "sqlite")]
#![allow(clippy::unwrap_used, reason = "they are tests, helpers too")]

mod fixture;

use fixture::{Database, NOW, access, at, client, code, family, grant, issue, no_retry, own, refresh, retry, save};
use oauth_core::identifier::Subject;
use oauth_core::secret::{AuthorizationCode, SessionId};
use oauth_core::store::{
    ClientStore, CodeStore, GrantStore, Housekeeping, PendingDecision, Redeemed, Rotated, Session, SessionStore, Swept,
    TokenStore,
};
use oauth_diesel::SqliteStore;

const FAMILY_END: i64 = NOW + 90 * 86_400;

/// Sweeps until nothing waits, and returns what each sweep removed.
async fn sweeps(store: &SqliteStore, now: i64, limit: u32) -> Vec<u64> {
    let mut removed = Vec::new();
    loop {
        let swept = store.sweep(at(now), limit).await.unwrap();
        removed.push(swept.removed);
        if !swept.more {
            return removed;
        }
        assert_eq!(swept.removed, u64::from(limit), "more may wait only where the limit was reached");
    }
}

#[tokio::test]
async fn what_is_over_goes_in_pieces_of_the_limit() {
    let database = Database::new();
    let store = database.open().await;
    store.create_client(&client("notes")).await.unwrap();
    for _ in 0..25 {
        store.issue(&own("notes", access(), NOW)).await.unwrap();
    }
    let kept = own("notes", access(), NOW + 1);
    store.issue(&kept).await.unwrap();
    let subject = Subject::new("ada").unwrap();
    for _ in 0..5 {
        let digest = SessionId::generate().digest();
        let (credential, created_at, expires_at) = (digest, at(NOW), at(NOW + 60));
        let session = Session { digest, subject: subject.clone(), credential, created_at, expires_at };
        store.create_session(&session).await.unwrap();
        let decision = PendingDecision { session: digest, request: digest, allowed: None, expires_at };
        store.save_decision(&decision).await.unwrap();
    }
    assert_eq!(store.sweep(at(NOW), 10).await.unwrap(), Swept { removed: 0, more: false });
    assert_eq!(store.sweep(at(NOW + 3_600), 0).await.unwrap(), Swept { removed: 0, more: true });
    assert_eq!(sweeps(&store, NOW + 3_600, 10).await, [10, 10, 10, 5]);
    assert!(store.access_token(&kept.access.digest, at(NOW)).await.unwrap().is_some());
    assert_eq!(sweeps(&store, NOW + 3_601, 1).await, [1], "no more waits, although the limit was reached");
}

#[tokio::test]
async fn a_code_that_nobody_redeemed_goes_and_a_used_one_stays_with_its_grant() {
    let database = Database::new();
    let store = database.open().await;
    let used = family(&store, "notes", "ada").await;
    let mut waiting = grant("notes", "ada");
    waiting.expires_at = at(NOW + 120);
    let digest = AuthorizationCode::generate().digest();
    save(&store, &waiting, &code(&waiting, digest)).await;
    assert_eq!(sweeps(&store, NOW + 60, 10).await, [1]);
    assert!(store.code(&digest).await.unwrap().is_none());
    assert_eq!(sweeps(&store, NOW + 120, 10).await, [1], "its grant, at its own end");

    assert_eq!(sweeps(&store, FAMILY_END - 1, 10).await, [1], "the access token");
    let again = issue(&used.grant, access(), None, FAMILY_END - 1);
    assert_eq!(store.redeem(&used.code, &again).await.unwrap(), Redeemed::Before(used.grant.id));
    assert_eq!(sweeps(&store, FAMILY_END - 1, 10).await, [0], "revoked, but not yet past its end");
    assert_eq!(sweeps(&store, FAMILY_END, 10).await, [3], "code, refresh token, grant");
    assert!(store.grant(&used.grant.id).await.unwrap().is_none());
}

#[tokio::test]
async fn a_retired_refresh_token_stays_as_long_as_its_grant() {
    let database = Database::new();
    let store = database.open().await;
    let family = family(&store, "notes", "ada").await;
    let mut current = family.refresh;
    for _ in 0..12 {
        let next = refresh();
        let issue = issue(&family.grant, access(), Some(next), NOW);
        assert_eq!(store.rotate(&current, &issue, &no_retry()).await.unwrap(), Rotated::Now);
        current = next;
    }
    sweeps(&store, FAMILY_END - 1, 100).await;
    let again = issue(&family.grant, access(), Some(refresh()), FAMILY_END - 1);
    let reused = store.rotate(&family.refresh, &again, &no_retry()).await.unwrap();
    assert_eq!(reused, Rotated::Reused(family.grant.id), "it is over itself, and still remembered");
    assert_eq!(sweeps(&store, FAMILY_END, 4).await, [4, 4, 4, 3], "a code, thirteen refresh tokens, the grant last");
}

#[tokio::test]
async fn an_answer_that_cannot_be_given_again_is_forgotten() {
    let database = Database::new();
    let store = database.open().await;
    let family = family(&store, "notes", "ada").await;
    let next = issue(&family.grant, access(), Some(refresh()), NOW);
    assert_eq!(store.rotate(&family.refresh, &next, &retry(NOW + 10)).await.unwrap(), Rotated::Now);
    let replay = Rotated::Replay(b"sealed answer".to_vec());
    assert_eq!(sweeps(&store, NOW + 9, 10).await, [0]);
    let again = issue(&family.grant, access(), Some(refresh()), NOW + 9);
    assert_eq!(store.rotate(&family.refresh, &again, &no_retry()).await.unwrap(), replay);
    assert_eq!(sweeps(&store, NOW + 10, 10).await, [0], "it is part of a record, not one");
    // Asked as if the clock stood still, to see that it is gone and not only over.
    assert_eq!(store.rotate(&family.refresh, &again, &no_retry()).await.unwrap(), Rotated::Reused(family.grant.id));
}

#[tokio::test]
async fn a_deleted_client_is_cleared_away_in_pieces() {
    let database = Database::new();
    let store = database.open().await;
    for _ in 0..3 {
        family(&store, "notes", "ada").await;
        store.issue(&own("notes", access(), NOW)).await.unwrap();
    }
    let other = family(&store, "other", "ada").await;
    assert!(store.delete_client(&client("notes").id, at(NOW)).await.unwrap());
    // Three tokens of its own, three grants with a code and a refresh token each, and its row.
    assert_eq!(sweeps(&store, NOW, 4).await, [4, 4, 4, 1]);
    assert!(store.access_token(&other.access, at(NOW)).await.unwrap().is_some());
    assert_eq!(sweeps(&store, NOW + 3_600, 10).await, [4], "the access tokens, at their end");
}

#[tokio::test]
async fn a_large_limit_is_swept_in_batches() {
    let database = Database::new();
    let store = database.open().await;
    store.create_client(&client("notes")).await.unwrap();
    let tasks: Vec<_> = (0..1_100)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { store.issue(&own("notes", access(), NOW)).await.unwrap() })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(store.sweep(at(NOW + 3_600), u32::MAX).await.unwrap(), Swept { removed: 1_100, more: false });
}
