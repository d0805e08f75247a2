//! Promises that are broken only when two calls meet: many tasks on several threads, released at
//! once, again and again.

use super::AnyStore;
use super::accounts::account;
use super::pending::pending;
use super::race::Race;
use super::sample::{
    approved, at, basis, changed_account, client, code, digest, grant, grantless, is_alive, is_revoked, issue,
    no_retry, redeemed, redeemed_by, refresh_of, registered, retry_until, session,
};
use super::sessions::decision;
use super::standing::End;
use crate::store::{
    AccountStore as _, ClientStore as _, CodeStore as _, Created, GrantFilter, GrantStore as _, PasswordHash,
    PendingRequestStore as _, Redeemed, Replaced, Retry, Rotated, Saved, SessionStore as _, TokenStore as _,
};
use std::sync::Arc;

fn count<T: PartialEq>(outcomes: &[T], wanted: &T) -> usize {
    outcomes.iter().filter(|outcome| *outcome == wanted).count()
}

/// Of many redemptions of one code one succeeds; the others are replays, and end what came of it.
pub async fn one_code_is_redeemed_once(store: &AnyStore) {
    let mut race = Race::new("redeem", 50).await;
    while let Some(round) = race.next_round() {
        let (_, grant, code) = approved(store).await;
        let issues: Arc<Vec<_>> = Arc::new((0..round.calls).map(|_| issue(&grant, 1)).collect());
        let outcomes = race
            .run(store, round, |store, number| {
                let issues = Arc::clone(&issues);
                async move { store.redeem(&code.digest, &issues[number]).await.expect("redeem") }
            })
            .await;
        assert_eq!(count(&outcomes, &Redeemed::Now), 1, "of any number of redemptions exactly one succeeds");
        assert_eq!(count(&outcomes, &Redeemed::Before(grant.id)), 1, "the first loser is a replay");
        assert_eq!(count(&outcomes, &Redeemed::Gone), round.calls - 2, "the other losers find the grant revoked");
        assert!(is_revoked(store, &grant).await, "a valid replay revokes the grant");
        for issue in issues.iter() {
            assert!(!is_alive(store, issue, 2).await, "nothing that came of the code lives");
        }
    }
    race.finish();
}

/// Of many rotations of one refresh token one succeeds; within the window the others get its answer.
pub async fn one_refresh_token_is_rotated_once(store: &AnyStore) {
    let mut race = Race::new("rotate, with a window", 50).await;
    while let Some(round) = race.next_round() {
        let (_, grant, _, first) = redeemed(store).await;
        let nexts: Arc<Vec<(_, Retry)>> =
            Arc::new((0..round.calls).map(|_| (issue(&grant, 10), retry_until(20))).collect());
        let outcomes = race
            .run(store, round, |store, number| {
                let (nexts, presented) = (Arc::clone(&nexts), refresh_of(&first));
                async move { store.rotate(&presented, &nexts[number].0, &nexts[number].1).await.expect("rotate") }
            })
            .await;
        assert_eq!(count(&outcomes, &Rotated::Now), 1, "of any number of rotations exactly one succeeds");
        let winner = outcomes.iter().position(|outcome| *outcome == Rotated::Now).expect("a winner");
        let answer = Rotated::Replay(nexts[winner].1.sealed.clone());
        assert_eq!(count(&outcomes, &answer), round.calls - 1, "within the window the losers get the winner's answer");
        assert!(!is_revoked(store, &grant).await, "a repeated answer revokes nothing");
        for (number, (next, _)) in nexts.iter().enumerate() {
            assert_eq!(is_alive(store, next, 11).await, number == winner, "exactly one successor lives");
        }
    }
    race.finish();
}

/// Without a window the losers of a rotation are reuses, and end the family: if there are many, and if there is one, which
/// may have read the token while it was current.
pub async fn one_refresh_token_is_rotated_once_without_a_window(store: &AnyStore) {
    for (name, calls) in [("rotate, without a window", 50), ("rotate twice, without a window", 2)] {
        let mut race = Race::new(name, calls).await;
        while let Some(round) = race.next_round() {
            let (_, grant, _, first) = redeemed(store).await;
            let nexts: Arc<Vec<_>> = Arc::new((0..round.calls).map(|_| issue(&grant, 10)).collect());
            let outcomes = race
                .run(store, round, |store, number| {
                    let (nexts, presented) = (Arc::clone(&nexts), refresh_of(&first));
                    async move { store.rotate(&presented, &nexts[number], &no_retry(10)).await.expect("rotate") }
                })
                .await;
            assert_eq!(count(&outcomes, &Rotated::Now), 1, "of any number of rotations exactly one succeeds");
            assert_eq!(count(&outcomes, &Rotated::Reused(grant.id)), 1, "the first loser is a reuse");
            assert_eq!(count(&outcomes, &Rotated::Gone), round.calls - 2, "the other losers find the grant revoked");
            assert!(is_revoked(store, &grant).await, "reuse revokes the grant");
            for next in nexts.iter() {
                assert!(!is_alive(store, next, 11).await, "no successor lives");
            }
        }
        race.finish();
    }
}

/// Once a revocation has returned nothing under the grant lives, although a redemption was under way.
pub async fn nothing_lives_when_revoke_meets_redeem(store: &AnyStore) {
    let mut race = Race::new("revoke_grant and redeem", 8).await;
    while let Some(round) = race.next_round() {
        let (_, grant, code) = approved(store).await;
        let issues: Arc<Vec<_>> = Arc::new((0..round.calls).map(|_| issue(&grant, 1)).collect());
        let (id, shared) = (grant.id, Arc::clone(&issues));
        race.run(store, round, |store, number| {
            let issues = Arc::clone(&shared);
            async move {
                // One redeems and the others revoke, so that no replay revokes in their place.
                if number == 0 {
                    store.redeem(&code.digest, &issues[0]).await.expect("redeem");
                } else {
                    store.revoke_grant(&id, at(1)).await.expect("revoke_grant");
                    assert!(!is_alive(&store, &issues[0], 1).await, "nothing lives when a revocation has returned");
                }
            }
        })
        .await;
        assert!(is_revoked(store, &grant).await, "a revocation stays");
        assert!(!is_alive(store, &issues[0], 1).await, "nothing was issued after the revocation");
    }
    race.finish();
}

/// Once a revocation has returned nothing under the grant lives, although a rotation was under way.
pub async fn nothing_lives_when_revoke_meets_rotate(store: &AnyStore) {
    let mut race = Race::new("revoke_grant, revoke_grants and rotate", 8).await;
    while let Some(round) = race.next_round() {
        let client = registered(store).await;
        let (grant, _, first) = redeemed_by(store, &client, "ada").await;
        let next = Arc::new(issue(&grant, 10));
        let (id, subject, shared) = (grant.id, grant.subject.clone(), Arc::clone(&next));
        race.run(store, round, |store, number| {
            let (next, presented, subject) = (Arc::clone(&shared), refresh_of(&first), subject.clone());
            async move {
                if number == 0 {
                    store.rotate(&presented, &next, &retry_until(20)).await.expect("rotate");
                    return;
                }
                if round.number.is_multiple_of(2) {
                    store.revoke_grant(&id, at(10)).await.expect("revoke_grant");
                } else {
                    store.revoke_grants(&GrantFilter::Subject(subject), at(10)).await.expect("revoke_grants");
                }
                assert!(!is_alive(&store, &next, 10).await, "nothing lives when a revocation has returned");
            }
        })
        .await;
        assert!(is_revoked(store, &grant).await, "a revocation stays");
        for tokens in [&first, &*next] {
            assert!(!is_alive(store, tokens, 10).await, "nothing was issued after the revocation");
            let late = issue(&grant, 11);
            let outcome = store.rotate(&refresh_of(tokens), &late, &no_retry(11)).await.expect("rotate");
            assert!(matches!(outcome, Rotated::Gone | Rotated::Unknown), "no refresh token survives the revocation");
        }
    }
    race.finish();
}

/// Once a client is deleted nothing that was issued to it lives, although an issue was under way;
/// nor when it is created again.
pub async fn nothing_lives_when_delete_meets_issue(store: &AnyStore) {
    let mut race = Race::new("delete_client and issue", 50).await;
    while let Some(round) = race.next_round() {
        let (client, grant, _, _) = redeemed(store).await;
        let under_grant = |number: usize| {
            if (number + round.number).is_multiple_of(2) { issue(&grant, 1) } else { grantless(&client) }
        };
        let issues: Arc<Vec<_>> = Arc::new((0..round.calls).map(under_grant).collect());
        let outcomes = race
            .run(store, round, |store, number| {
                let (issues, id) = (Arc::clone(&issues), client.id.clone());
                async move {
                    if number == round.calls / 2 {
                        assert!(store.delete_client(&id, at(1)).await.expect("delete_client"), "the client was there");
                        return Saved::Gone;
                    }
                    store.issue(&issues[number]).await.expect("issue")
                }
            })
            .await;
        assert_eq!(outcomes.len(), round.calls, "every call ends");
        for created_again in [false, true] {
            if created_again {
                store.create_client(&client).await.expect("create_client");
            }
            for issue in issues.iter() {
                assert!(!is_alive(store, issue, 1).await, "nothing of a deleted client lives");
            }
        }
    }
    race.finish();
}

/// Of many that create a client under one identifier one succeeds, and its client is the one stored.
pub async fn one_client_is_created(store: &AnyStore) {
    let mut race = Race::new("create_client", 50).await;
    while let Some(round) = race.next_round() {
        let named = move |number: usize| {
            let mut client = client(&format!("client {}", round.number));
            client.name = format!("number {number}");
            client
        };
        let outcomes = race
            .run(store, round, |store, number| async move {
                store.create_client(&named(number)).await.expect("create_client")
            })
            .await;
        assert_eq!(count(&outcomes, &Created::Now), 1, "of any number of creations exactly one succeeds");
        let winner = outcomes.iter().position(|outcome| *outcome == Created::Now).expect("a winner");
        let stored = store.client(&named(winner).id).await.expect("client");
        assert_eq!(stored, Some(named(winner)), "the one that succeeded is stored");
    }
    race.finish();
}

/// Of many that change what they read of a client one succeeds, and its change is the one stored: no
/// secret that was renewed comes back.
pub async fn one_change_of_a_client_wins(store: &AnyStore) {
    let mut race = Race::new("replace_client", 50).await;
    while let Some(round) = race.next_round() {
        let read = registered(store).await;
        let changed = {
            let read = read.clone();
            move |number: usize| crate::client::Client { name: format!("number {number}"), ..read.clone() }
        };
        let outcomes = race
            .run(store, round, |store, number| {
                let (read, changed) = (read.clone(), changed(number));
                async move { store.replace_client(&read, &changed).await.expect("replace_client") }
            })
            .await;
        assert_eq!(count(&outcomes, &Replaced::Now), 1, "of any number of changes exactly one succeeds");
        assert_eq!(count(&outcomes, &Replaced::Changed), round.calls - 1, "the others are told that it changed");
        let winner = outcomes.iter().position(|outcome| *outcome == Replaced::Now).expect("a winner");
        let stored = store.client(&read.id).await.expect("client");
        assert_eq!(stored, Some(changed(winner)), "the one that succeeded is stored");
    }
    race.finish();
}

/// Of many that take one decision one gets it.
pub async fn one_decision_is_taken_once(store: &AnyStore) {
    let mut race = Race::new("take_decision", 50).await;
    while let Some(round) = race.next_round() {
        let decided = decision(&session(store, "ada").await, digest());
        store.save_decision(&decided).await.expect("save_decision");
        let (in_session, request) = (decided.session, decided.request);
        let outcomes = race
            .run(store, round, |store, _| async move {
                store.take_decision(&in_session, &request, at(1)).await.expect("take_decision")
            })
            .await;
        assert_eq!(count(&outcomes, &Some(decided)), 1, "of any number that take a decision exactly one gets it");
        assert_eq!(count(&outcomes, &None), round.calls - 1, "the others get none");
    }
    race.finish();
}

/// Of many that take one pending request, among them others than it waits for, one gets it.
pub async fn one_pending_request_is_taken_once(store: &AnyStore) {
    let mut race = Race::new("take_pending", 50).await;
    while let Some(round) = race.next_round() {
        let held = pending("ada");
        store.save_pending(&held).await.expect("save_pending");
        let digest = held.digest;
        let outcomes = race
            .run(store, round, |store, number| async move {
                let who = super::sample::subject(if number % 5 == 4 { "eve" } else { "ada" });
                store.take_pending(&digest, &who, at(1)).await.expect("take_pending")
            })
            .await;
        assert_eq!(count(&outcomes, &Some(held)), 1, "of any number that take a request exactly one gets it");
        assert_eq!(count(&outcomes, &None), round.calls - 1, "the others get none");
        assert!(outcomes.iter().skip(4).step_by(5).all(Option::is_none), "nobody else gets it");
    }
    race.finish();
}

/// Of many that create an account under one name one succeeds, and its account is the one stored.
pub async fn one_account_is_created(store: &AnyStore) {
    let mut race = Race::new("create_account", 50).await;
    while let Some(round) = race.next_round() {
        let named = move |number: usize| {
            let mut account = account(&format!("ada {}", round.number));
            account.subject = super::sample::subject(&format!("{} {number}", round.number));
            account
        };
        let outcomes = race
            .run(store, round, |store, number| async move {
                store.create_account(&named(number)).await.expect("create_account")
            })
            .await;
        assert_eq!(count(&outcomes, &Created::Now), 1, "of any number of creations exactly one succeeds");
        let winner = outcomes.iter().position(|outcome| *outcome == Created::Now).expect("a winner");
        let stored = store.account_named(&named(winner).username).await.expect("account_named");
        assert_eq!(stored, Some(named(winner)), "the one that succeeded is stored");
    }
    race.finish();
}

/// Of many that change an account's attributes at the same time none undoes what another did.
pub async fn no_change_of_an_attribute_is_lost(store: &AnyStore) {
    let mut race = Race::new("replace_account", 12).await;
    while let Some(round) = race.next_round() {
        let account = account(&format!("ada {}", round.number));
        store.create_account(&account).await.expect("create_account");
        let own = |number: usize| format!("of {number}");
        race.run(store, round, |store, number| {
            let account = account.clone();
            async move {
                let changes = [(own(number), Some("set".to_owned())), ("last".to_owned(), Some(own(number)))].into();
                let changed = changed_account(&store, &account, 1, |account| account.change_attributes(&changes));
                assert!(changed.await, "the account is there");
            }
        })
        .await;
        let stored = store.account(&account.subject).await.expect("account").expect("the account is there");
        for number in 0..round.calls {
            let set = stored.attributes.get(&own(number)).map(String::as_str);
            assert_eq!(set, Some("set"), "what one set is there, whatever others did");
        }
        let last = stored.attributes.get("last").cloned().unwrap_or_default();
        assert!((0..round.calls).any(|number| own(number) == last), "one of them was the last");
    }
    race.finish();
}

/// Once a new password, disabling or deletion has returned nothing of the account's grants lives,
/// although a rotation was under way.
pub async fn nothing_lives_when_an_account_ends_and_rotate_meets_it(store: &AnyStore) {
    let mut race = Race::new("replace_account, delete_account and rotate", 8).await;
    let password = PasswordHash::from_phc("$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$new");
    while let Some(round) = race.next_round() {
        let client = registered(store).await;
        let mut people = Vec::new();
        for person in 0..round.calls / 2 {
            let account = account(&format!("ada {} {person}", round.number));
            store.create_account(&account).await.expect("create_account");
            let (grant, _, first) = redeemed_by(store, &client, account.subject.as_str()).await;
            people.push((account, issue(&grant, 10), grant, first));
        }
        let people = Arc::new(people);
        race.run(store, round, |store, number| {
            let (people, password) = (Arc::clone(&people), password.clone());
            async move {
                let (account, next, _, first) = &people[number / 2];
                if number % 2 == 0 {
                    store.rotate(&refresh_of(first), next, &retry_until(20)).await.expect("rotate");
                    return;
                }
                let done = match round.number % 3 {
                    0 => changed_account(&store, account, 10, |account| account.password = password.clone()).await,
                    1 => changed_account(&store, account, 10, |account| account.enabled = false).await,
                    _ => store.delete_account(&account.subject, at(10)).await.expect("delete_account"),
                };
                assert!(done, "the account was there");
                assert!(!is_alive(&store, next, 10).await, "nothing lives when the verb has returned");
            }
        })
        .await;
        for (_, next, grant, _) in people.iter() {
            assert!(is_revoked(store, grant).await, "the grant is revoked");
            assert!(!is_alive(store, next, 10).await, "nothing was issued after the verb");
        }
    }
    race.finish();
}

/// Once an end has returned no grant lives that was decided before it, although its code was being saved.
pub async fn f_02_nothing_lives_when_an_end_meets_save_code(store: &AnyStore) {
    let mut race = Race::new("save_code and revoke_grants, delete_client", 8).await;
    while let Some(round) = race.next_round() {
        // The ends that have to find what was saved before them; all pairs are forced in `standing`.
        let ends = [End::RevokeOfSubject, End::RevokeOfClient, End::RevokeOfBoth, End::DeleteClient];
        let end = ends[round.number % ends.len()];
        let client = registered(store).await;
        let mut decided = Vec::new();
        let (earlier, _, _) = redeemed_by(store, &client, &format!("ada {}", round.number)).await;
        for _ in 1..round.calls {
            let new = grant(&client, earlier.subject.as_str());
            decided.push((code(&new), basis(store, &new).await, new));
        }
        let decided = Arc::new(decided);
        let shared = Arc::clone(&decided);
        race.run(store, round, |store, number| {
            let (decided, client, earlier) = (Arc::clone(&shared), client.clone(), earlier.clone());
            async move {
                match number.checked_sub(1).and_then(|number| decided.get(number)) {
                    Some((code, basis, new)) => {
                        store.save_code(new, code, basis).await.expect("save_code");
                    }
                    None => end.carry_out(&store, &client, &earlier).await,
                }
            }
        })
        .await;
        for (code, _, new) in decided.iter() {
            let live = store.grant(&new.id).await.expect("grant").is_some_and(|grant| grant.is_live(at(2)));
            assert!(!live, "{end:?}: no grant lives that was decided before");
            let outcome = store.redeem(&code.digest, &issue(new, 3)).await.expect("redeem");
            assert!(matches!(outcome, Redeemed::Gone | Redeemed::Unknown), "{end:?}: nor can its code be redeemed");
        }
    }
    race.finish();
}

/// Once a new password, disabling or deletion has returned no grant lives that was decided before it, although
/// its code was being saved; nor when the account is enabled again.
pub async fn f_02_nothing_lives_when_an_account_ends_and_save_code_meets_it(store: &AnyStore) {
    let mut race = Race::new("save_code and replace_account, delete_account", 8).await;
    let password = PasswordHash::from_phc("$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$new");
    while let Some(round) = race.next_round() {
        let client = registered(store).await;
        let account = account(&format!("ada {}", round.number));
        store.create_account(&account).await.expect("create_account");
        let mut decided = Vec::new();
        for _ in 1..round.calls {
            let new = grant(&client, account.subject.as_str());
            decided.push((code(&new), basis(store, &new).await, new));
        }
        let decided = Arc::new(decided);
        let shared = Arc::clone(&decided);
        race.run(store, round, |store, number| {
            let (decided, account, password) = (Arc::clone(&shared), account.clone(), password.clone());
            async move {
                if let Some((code, basis, new)) = number.checked_sub(1).and_then(|number| decided.get(number)) {
                    store.save_code(new, code, basis).await.expect("save_code");
                    return;
                }
                match round.number % 3 {
                    0 => changed_account(&store, &account, 2, |ada| ada.password = password.clone()).await,
                    1 => {
                        changed_account(&store, &account, 2, |ada| ada.enabled = false).await;
                        changed_account(&store, &account, 2, |ada| ada.enabled = true).await
                    }
                    _ => store.delete_account(&account.subject, at(2)).await.expect("delete_account"),
                };
            }
        })
        .await;
        for (_, _, new) in decided.iter() {
            let live = store.grant(&new.id).await.expect("grant").is_some_and(|grant| grant.is_live(at(2)));
            assert!(!live, "no grant lives that was decided before the account's end");
        }
    }
    race.finish();
}
