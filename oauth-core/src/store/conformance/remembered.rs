//! A consent that is remembered, and the end of the grant that it is remembered from.

use super::AnyStore;
use super::race::Race;
use super::sample::{at, basis, code, grant, redeemed_by, registered};
use super::standing::End;
use crate::store::{CodeStore as _, GrantStore as _, Saved};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Tells those who wait that an end has answered, or failed.
struct Answered(Arc<AtomicBool>);

impl Drop for Answered {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// A consent that is remembered from a grant ends with it: who finds the grant while it ends gets nothing.
pub async fn f_02_nothing_rests_on_a_consent_that_ends(store: &AnyStore) {
    let mut race = Race::new("save_code on a remembered consent, and what revokes that", 8).await;
    while let Some(round) = race.next_round() {
        let ends = [End::RevokeOne, End::RevokeOfSubject, End::RevokeOfClient, End::RevokeOfBoth];
        let end = ends[round.number % ends.len()];
        let client = registered(store).await;
        let (earlier, _, _) = redeemed_by(store, &client, &format!("ada {}", round.number)).await;
        let asked: Vec<_> = (1..round.calls).map(|_| grant(&client, earlier.subject.as_str())).collect();
        let (asked, answered) = (Arc::new(asked), Arc::new(AtomicBool::new(false)));
        let shared = Arc::clone(&asked);
        let late = race
            .run(store, round, |store, number| {
                let (asked, answered) = (Arc::clone(&shared), Arc::clone(&answered));
                let (client, earlier) = (client.clone(), earlier.clone());
                // Some save when the end has answered, others as soon as they can.
                let waits = (round.number / ends.len() + number).is_multiple_of(2);
                // In every other full round somebody else ends the grant at the same time, which moves no mark.
                let retires = number == 2 && round.number / ends.len() % 2 == 1 && end != End::RevokeOne;
                async move {
                    let Some(new) = number.checked_sub(1).and_then(|number| asked.get(number)) else {
                        let _answered = Answered(answered);
                        end.carry_out(&store, &client, &earlier).await;
                        return false;
                    };
                    if retires {
                        store.retire_grant(&earlier.id, at(1)).await.expect("retire_grant");
                        return false;
                    }
                    let lives = async || {
                        let remembered = store.grant(&earlier.id).await.expect("grant");
                        remembered.is_some_and(|earlier| earlier.is_live(at(1)))
                    };
                    let mut decided = basis(&store, new).await;
                    if !lives().await {
                        return false;
                    }
                    // The last moment at which the consent could be read is the one to decide at.
                    while waits && !answered.load(Ordering::SeqCst) {
                        let again = basis(&store, new).await;
                        if lives().await {
                            decided = again;
                        }
                    }
                    let is_late = answered.load(Ordering::SeqCst);
                    store.save_code(new, &code(new), &decided).await.expect("save_code") == Saved::Now && is_late
                }
            })
            .await;
        assert!(!late.contains(&true), "{end:?}: no code is saved on a consent that has ended");
        for new in asked.iter().filter(|_| end != End::RevokeOne) {
            let live = store.grant(&new.id).await.expect("grant").is_some_and(|grant| grant.is_live(at(2)));
            assert!(!live, "{end:?}: no grant lives that rests on a consent that has ended");
        }
    }
    race.finish();
}
