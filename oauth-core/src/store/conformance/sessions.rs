//! What a [`SessionStore`] promises.

use super::AnyStore;
use super::sample::{at, digest, scope, session, subject};
use crate::secret::Digest;
use crate::store::{Housekeeping as _, PendingDecision, Session, SessionStore};

/// A decision that expires at second 100.
pub(super) fn decision(session: &Session, request: Digest) -> PendingDecision {
    let allowed = Some(scope("read write"));
    PendingDecision { session: session.digest, request, allowed, expires_at: at(100) }
}

async fn take<S: SessionStore>(store: &S, decision: &PendingDecision, now: i64) -> Option<PendingDecision> {
    store.take_decision(&decision.session, &decision.request, at(now)).await.expect("take_decision")
}

async fn is_open<S: SessionStore>(store: &S, session: &Session) -> bool {
    store.session(&session.digest, at(1)).await.expect("session").is_some()
}

/// A session is read as it was saved, until the second before its end.
pub async fn a_session_ends_to_the_second(store: &AnyStore) {
    let session = session(store, &format!("{}x", "é".repeat(127))).await;
    let stored = store.session(&session.digest, at(599)).await.expect("session");
    assert_eq!(stored.as_ref(), Some(&session), "a session is read as it was saved");
    let over = store.session(&session.digest, at(600)).await.expect("session");
    assert_eq!(over, None, "a session expires at the second of its end");
    assert_eq!(store.session(&digest(), at(1)).await.expect("session"), None, "an unknown session is not there");
}

/// Ending a session ends it alone, once, with the decisions that wait in it.
pub async fn end_session_ends_that_session_only(store: &AnyStore) {
    let (ended, other) = (session(store, "ada").await, session(store, "ada").await);
    let request = digest();
    let (lost, kept) = (decision(&ended, request), decision(&other, request));
    store.save_decision(&lost).await.expect("save_decision");
    store.save_decision(&kept).await.expect("save_decision");
    assert!(store.end_session(&ended.digest).await.expect("end_session"), "the session was there");
    assert!(!store.end_session(&ended.digest).await.expect("end_session"), "an ended session is there no more");
    assert!(!is_open(store, &ended).await, "an ended session is not open");
    assert_eq!(take(store, &lost, 1).await, None, "decisions end with their session");
    assert!(is_open(store, &other).await, "another session of the same person goes on");
    assert_eq!(take(store, &kept, 1).await, Some(kept), "with its decisions");
}

/// Ending all sessions of a person ends those and counts them; persons compare byte for byte.
pub async fn end_sessions_ends_those_of_the_person(store: &AnyStore) {
    let sessions = [session(store, "josé").await, session(store, "josé").await];
    let others = [session(store, "José").await, session(store, "jose\u{301}").await, session(store, "josé ").await];
    let lost = decision(&sessions[0], digest());
    store.save_decision(&lost).await.expect("save_decision");
    assert_eq!(store.end_sessions(&subject("nobody")).await.expect("end_sessions"), 0, "who has none ends none");
    assert_eq!(store.end_sessions(&subject("josé")).await.expect("end_sessions"), 2, "sessions are counted");
    assert_eq!(store.end_sessions(&subject("josé")).await.expect("end_sessions"), 0, "none is left");
    for session in &sessions {
        assert!(!is_open(store, session).await, "all sessions of the person have ended");
    }
    assert_eq!(take(store, &lost, 1).await, None, "decisions end with their session");
    for session in &others {
        assert!(is_open(store, session).await, "{:?} is another person", session.subject);
    }
}

/// A decision is given out once, to its session and request only.
pub async fn a_decision_is_taken_once(store: &AnyStore) {
    let (mine, other) = (session(store, "ada").await, session(store, "ada").await);
    let decided = decision(&mine, digest());
    store.save_decision(&decided).await.expect("save_decision");
    for foreign in [decision(&other, decided.request), decision(&mine, digest())] {
        assert_eq!(take(store, &foreign, 1).await, None, "a decision is bound to its session and request");
    }
    assert_eq!(take(store, &decided, 1).await, Some(decided.clone()), "a decision is taken as it was saved");
    assert_eq!(take(store, &decided, 1).await, None, "a decision is taken once");
}

/// A decision counts until the second before its end.
pub async fn a_decision_ends_to_the_second(store: &AnyStore) {
    let session = session(store, "ada").await;
    let decided = decision(&session, digest());
    store.save_decision(&decided).await.expect("save_decision");
    assert_eq!(take(store, &decided, 100).await, None, "a decision expires at the second of its end");
    store.save_decision(&decided).await.expect("save_decision");
    assert_eq!(take(store, &decided, 99).await, Some(decided), "a decision counts in its last second");
}

/// A later decision stands in the place of an earlier one; a denial is a decision too.
pub async fn a_later_decision_replaces_an_earlier_one(store: &AnyStore) {
    let session = session(store, "ada").await;
    let allowed = decision(&session, digest());
    let denied = PendingDecision { allowed: None, expires_at: at(90), ..allowed.clone() };
    store.save_decision(&allowed).await.expect("save_decision");
    store.save_decision(&denied).await.expect("save_decision");
    assert_eq!(take(store, &denied, 1).await, Some(denied.clone()), "the later decision counts");
    assert_eq!(take(store, &denied, 1).await, None, "and the earlier is gone");
}

/// Sessions and decisions that have expired are swept away; others stay.
pub async fn sweep_removes_sessions_and_decisions(store: &AnyStore) {
    let session = session(store, "ada").await;
    let (early, late) = (decision(&session, digest()), decision(&session, digest()));
    let late = PendingDecision { expires_at: at(200), ..late };
    for decision in [&early, &late] {
        store.save_decision(decision).await.expect("save_decision");
    }
    let swept = store.sweep(at(99), 10).await.expect("sweep");
    assert_eq!((swept.removed, swept.more), (0, false), "nothing has expired yet");
    let swept = store.sweep(at(100), 10).await.expect("sweep");
    assert_eq!((swept.removed, swept.more), (1, false), "one decision has expired");
    assert_eq!(take(store, &early, 1).await, None, "a decision goes at its end");
    assert_eq!(take(store, &late, 1).await, Some(late.clone()), "another stays");
    store.save_decision(&late).await.expect("save_decision");
    while store.sweep(at(600), 1).await.expect("sweep").more {}
    assert!(!is_open(store, &session).await, "a session goes at its end");
    assert_eq!(take(store, &late, 1).await, None, "with its decisions");
}
