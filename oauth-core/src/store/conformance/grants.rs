//! What a [`GrantStore`](crate::store::GrantStore) promises.

use super::AnyStore;
use super::sample::{
    approved, approved_by, at, awkward_attributes, client_id, code, grant, grantless, is_alive, is_revoked, issue,
    redeemed, redeemed_by, refresh_of, registered, retry_until, save, subject,
};
use crate::identifier::GrantId;
use crate::store::{
    CodeStore as _, GrantFilter, GrantStore as _, Page, Redeemed, Rotated, Saved, Store, TokenStore as _, grants_having,
};

async fn listed<S: Store>(store: &S, filter: &GrantFilter, now: i64) -> Vec<GrantId> {
    let found = store.grants(filter, &Page::first(100), at(now)).await.expect("grants");
    found.iter().map(|grant| grant.id).collect()
}

/// Revoking a grant ends everything under it, durably, and leaves it readable.
pub async fn revoke_grant_ends_everything_under_it(store: &AnyStore) {
    let (client, mut family, used, tokens) = redeemed(store).await;
    let next = issue(&family, 2);
    store.rotate(&refresh_of(&tokens), &next, &retry_until(100)).await.expect("rotate");
    let (_, _, others) = redeemed_by(store, &client, "ada").await;
    assert!(store.revoke_grant(&family.id, at(3)).await.expect("revoke_grant"), "the grant was live");
    assert!(!store.revoke_grant(&family.id, at(4)).await.expect("revoke_grant"), "the grant was live no more");

    for dead in [&tokens, &next] {
        assert!(!is_alive(store, dead, 3).await, "a revoked grant's access tokens are dead");
        let again = issue(&family, 3);
        let outcome = store.rotate(&refresh_of(dead), &again, &retry_until(100)).await.expect("rotate");
        assert_eq!(outcome, Rotated::Gone, "a revoked grant's refresh tokens are gone, retired or not");
        assert!(!is_alive(store, &again, 3).await, "nothing is issued under a revoked grant");
    }
    let outcome = store.redeem(&used.digest, &issue(&family, 3)).await.expect("redeem");
    assert_eq!(outcome, Redeemed::Gone, "a revoked grant's code is gone");
    assert_eq!(store.issue(&issue(&family, 3)).await.expect("issue"), Saved::Gone, "nor are tokens issued under it");
    family.revoked_at = Some(at(3));
    family.last_issued_at = Some(at(2));
    let stored = store.grant(&family.id).await.expect("grant");
    assert_eq!(stored, Some(family.clone()), "a revoked grant says when it was revoked first");
    let refresh = store.refresh_token(&refresh_of(&next)).await.expect("refresh_token");
    assert_eq!(refresh.map(|refresh| refresh.grant), Some(family.clone()), "its tokens know that it is revoked");
    let code = store.code(&used.digest).await.expect("code");
    assert_eq!(code.map(|code| code.grant), Some(family), "its code knows that it is revoked");
    assert!(is_alive(store, &others, 3).await, "another grant of the same person to the same client lives");
}

/// A code that nobody redeemed dies with its grant.
pub async fn an_unused_code_dies_with_its_grant(store: &AnyStore) {
    let (_, grant, code) = approved(store).await;
    assert!(store.revoke_grant(&grant.id, at(1)).await.expect("revoke_grant"), "the grant was live");
    let late = issue(&grant, 2);
    let outcome = store.redeem(&code.digest, &late).await.expect("redeem");
    assert_eq!(outcome, Redeemed::Gone, "a code is not redeemed under a revoked grant");
    assert!(!is_alive(store, &late, 2).await, "a revoked grant gets no token");
    let stored = store.code(&code.digest).await.expect("code").expect("the code is still known");
    assert_eq!(stored.used_at, None, "a refused redemption does not use the code");
}

/// A grant that is unknown, has expired or was revoked is not live.
pub async fn revoke_grant_says_whether_it_was_live(store: &AnyStore) {
    let (_, grant, _) = approved(store).await;
    let nobodys = GrantId::generate();
    assert!(!store.revoke_grant(&nobodys, at(0)).await.expect("revoke_grant"), "an unknown grant is not live");
    assert!(
        !store.revoke_grant(&grant.id, at(1_000)).await.expect("revoke_grant"),
        "a grant that has expired is not live"
    );
    assert!(!store.revoke_grant(&grant.id, at(999)).await.expect("revoke_grant"), "and is revoked all the same");
    let (_, grant, _) = approved(store).await;
    assert_eq!(store.grant(&grant.id).await.expect("grant"), Some(grant.clone()), "another one was not changed");
    assert!(store.revoke_grant(&grant.id, at(999)).await.expect("revoke_grant"), "a grant is live until its end");
}

/// Revoking by person, by client or by both ends exactly what is meant, and counts it.
pub async fn revoke_grants_ends_what_is_meant(store: &AnyStore) {
    let (notes, mail) = (registered(store).await, registered(store).await);
    let mut families = Vec::new();
    for (client, who) in [(&notes, "ada"), (&notes, "Ada"), (&mail, "ada"), (&mail, "grace"), (&notes, "ada")] {
        let (grant, _, tokens) = redeemed_by(store, client, who).await;
        families.push((grant, tokens));
    }
    let both = GrantFilter::Both(subject("ada"), notes.id.clone());
    let steps = [
        (GrantFilter::Subject(subject("nobody")), 0, [true, true, true, true, true]),
        (GrantFilter::Both(subject("nobody"), notes.id.clone()), 0, [true, true, true, true, true]),
        (GrantFilter::Client(client_id("nobody")), 0, [true, true, true, true, true]),
        (both.clone(), 2, [false, true, true, true, false]),
        (both, 0, [false, true, true, true, false]),
        (GrantFilter::Subject(subject("ada")), 1, [false, true, false, true, false]),
        (GrantFilter::Client(mail.id.clone()), 1, [false, true, false, false, false]),
    ];
    for (filter, count, expected) in steps {
        let revoked = store.revoke_grants(&filter, at(2)).await.expect("revoke_grants");
        assert_eq!(revoked, count, "{filter:?}: grants that were live are counted");
        for ((grant, tokens), live) in families.iter().zip(expected) {
            assert_eq!(is_alive(store, tokens, 2).await, live, "{filter:?}: tokens end with what is meant");
            assert_eq!(is_revoked(store, grant).await, !live, "{filter:?}: grants end with what is meant");
            let listed = listed(store, &GrantFilter::Client(grant.client_id.clone()), 2).await;
            assert_eq!(listed.contains(&grant.id), live, "{filter:?}: only live grants are listed");
        }
    }
}

/// Revoking all of a client ends its tokens without a grant too; it may get new ones.
pub async fn revoke_grants_of_a_client_ends_its_own_tokens(store: &AnyStore) {
    let (client, neighbour) = (registered(store).await, registered(store).await);
    let (own, others) = (grantless(&client), grantless(&neighbour));
    for issue in [&own, &others] {
        assert_eq!(store.issue(issue).await.expect("issue"), Saved::Now, "an enabled client gets tokens");
    }
    for filter in [GrantFilter::Subject(subject("ada")), GrantFilter::Both(subject("ada"), client.id.clone())] {
        store.revoke_grants(&filter, at(1)).await.expect("revoke_grants");
        assert!(is_alive(store, &own, 1).await, "a client's own tokens are nobody's");
    }
    let counted = store.revoke_grants(&GrantFilter::Client(client.id.clone()), at(1)).await.expect("revoke_grants");
    assert_eq!(counted, 0, "grants are counted, and there was none");
    assert!(!is_alive(store, &own, 1).await, "a client's own tokens end with all of it");
    assert!(is_alive(store, &others, 1).await, "another client's tokens live");
    let new = grantless(&client);
    assert_eq!(store.issue(&new).await.expect("issue"), Saved::Now, "the client itself is not revoked");
    assert!(is_alive(store, &new, 1).await, "a token issued after the revocation lives");
}

/// Only live grants are listed, until the second before their end.
pub async fn grants_lists_only_what_is_live(store: &AnyStore) {
    let client = registered(store).await;
    let (first, _) = approved_by(store, &client, "ada").await;
    let (revoked, _) = approved_by(store, &client, "ada").await;
    store.revoke_grant(&revoked.id, at(1)).await.expect("revoke_grant");
    for filter in [
        GrantFilter::Subject(subject("ada")),
        GrantFilter::Client(client.id.clone()),
        GrantFilter::Both(subject("ada"), client.id.clone()),
    ] {
        let found = store.grants(&filter, &Page::first(10), at(999)).await.expect("grants");
        assert_eq!(found, std::slice::from_ref(&first), "{filter:?}: a live grant is listed whole, a revoked one not");
        assert_eq!(listed(store, &filter, 1_000).await, [], "{filter:?}: a grant expires at the second of its end");
    }
    let foreign = GrantFilter::Both(subject("ada"), client_id("nobody"));
    assert_eq!(listed(store, &foreign, 1).await, [], "both must be right");
}

/// Grants are listed in the order of their identifiers' bytes, each once, although others come
/// meanwhile.
pub async fn grants_are_listed_page_by_page(store: &AnyStore) {
    let client = registered(store).await;
    let mut ids = Vec::new();
    for _ in 0..7 {
        ids.push(approved_by(store, &client, "ada").await.0.id);
    }
    ids.sort();
    for filter in [GrantFilter::Subject(subject("ada")), GrantFilter::Client(client.id.clone())] {
        let (mut seen, mut earlier) = (Vec::new(), Vec::new());
        let mut page = Page::first(3);
        loop {
            let found = store.grants(&filter, &page, at(1)).await.expect("grants");
            assert!(found.len() <= 3, "a page holds no more than was asked for");
            let Some(last) = found.last() else { break };
            page = Page::after(last.id, 3);
            seen.extend(found.iter().map(|grant| grant.id));
            // Before everything that was listed, so that it must not shift what follows; random still.
            let mut early = grant(&client, "ada");
            let mut bytes = *early.id.as_bytes();
            bytes[..6].fill(0);
            early.id = GrantId::from_bytes(bytes);
            save(store, &early, &code(&early)).await.expect("save_code");
            earlier.push(early.id);
        }
        for id in earlier {
            store.revoke_grant(&id, at(1)).await.expect("revoke_grant");
        }
        assert_eq!(seen, ids, "{filter:?}: byte order, each once");
    }
}

/// A grant that makes room for another ends with everything under it, and alone.
pub async fn f_09_a_retired_grant_ends_alone(store: &AnyStore) {
    let client = registered(store).await;
    let (kept, _, kept_tokens) = redeemed_by(store, &client, "ada").await;
    let (grant, _, tokens) = redeemed_by(store, &client, "ada").await;
    assert!(store.retire_grant(&grant.id, at(2)).await.expect("retire_grant"), "the grant was live");
    assert!(!is_alive(store, &tokens, 2).await, "its tokens end with it");
    assert!(is_alive(store, &kept_tokens, 2).await, "those of another grant do not");
    assert!(!store.retire_grant(&grant.id, at(2)).await.expect("retire_grant"), "it has ended");
    let both = GrantFilter::Both(subject("ada"), client.id);
    assert_eq!(listed(store, &both, 2).await, [kept.id], "one is listed");
}

/// Each client of a person's live grants is listed once, page by page; those of others and of what ended are not.
pub async fn f_09_the_clients_of_a_person_are_listed_page_by_page(store: &AnyStore) {
    let mut expected = Vec::new();
    for _ in 0..5 {
        let client = registered(store).await;
        for _ in 0..3 {
            approved_by(store, &client, "ada").await;
        }
        approved_by(store, &client, "grace").await;
        expected.push(client.id);
    }
    let (over, others) = (registered(store).await, registered(store).await);
    let (grant, _) = approved_by(store, &over, "ada").await;
    assert!(store.revoke_grant(&grant.id, at(1)).await.expect("revoke_grant"), "the grant was live");
    approved_by(store, &others, "grace").await;
    let (mut page, mut found) = (Page::first(2), Vec::new());
    for length in [2, 2, 1, 0] {
        let clients = store.clients_of(&subject("ada"), &page, at(1)).await.expect("clients_of");
        assert_eq!(clients.len(), length, "a page is as long as asked, while there are so many");
        page.after = clients.last().cloned().or(page.after);
        found.extend(clients);
    }
    found.sort();
    expected.sort();
    assert_eq!(found, expected, "each once");
    let nobody = store.clients_of(&subject("nobody"), &Page::first(9), at(1)).await.expect("clients_of");
    assert!(nobody.is_empty(), "somebody who allowed nothing");
    // What ends for one of them leaves the others as they are.
    let one = expected.remove(2);
    let both = GrantFilter::Both(subject("ada"), one);
    let mut ids = listed(store, &both, 1).await;
    assert_eq!(ids.len(), 3, "each grant for one client");
    assert!(store.revoke_grant(&ids.remove(1), at(1)).await.expect("revoke_grant"), "the grant was live");
    assert_eq!(listed(store, &both, 1).await, ids, "without the one that was revoked");
    let after = Page::after(ids[0], 9);
    let rest = store.grants(&both, &after, at(1)).await.expect("grants");
    assert_eq!(rest.iter().map(|grant| grant.id).collect::<Vec<_>>(), ids[1..], "behind the first");
    assert_eq!(store.revoke_grants(&both, at(1)).await.expect("revoke_grants"), 2, "what was live");
    let mut left = store.clients_of(&subject("ada"), &Page::first(9), at(1)).await.expect("clients_of");
    left.sort();
    assert_eq!(left, expected, "without the one whose grants were revoked");
}

/// Grants are found by the attributes that they hold, all of them and byte for byte, however little is
/// looked at in one go.
pub async fn grants_are_found_by_their_attributes(store: &AnyStore) {
    let awkward = awkward_attributes();
    let (one, other) = (registered(store).await, registered(store).await);
    registered(store).await;
    let mut expected = Vec::new();
    for (client, number) in [(&one, 0), (&one, 1), (&other, 2), (&other, 3), (&other, 4)] {
        let mut grant = grant(client, "ada");
        grant.attributes = awkward.clone();
        match number {
            1 => drop(grant.attributes.insert("schule".to_owned(), "gymnasium köln-süd 🏫".to_owned())),
            3 => drop(grant.attributes.remove("empty")),
            _ => {}
        }
        save(store, &grant, &code(&grant)).await.expect("save_code");
        if number == 4 {
            store.revoke_grant(&grant.id, at(1)).await.expect("revoke_grant");
        } else if number % 2 == 0 {
            expected.push(grant.id);
        }
    }
    expected.sort();
    let asked: Vec<_> = awkward.into_iter().filter(|(name, _)| name != "long").collect();
    for look_at in [1, 2, 1_000] {
        let (mut after, mut seen) = (None, Vec::new());
        for _ in 0..20 {
            let found = grants_having(store, &asked, after, look_at, at(1)).await.expect("grants_having");
            seen.extend(found.grants.into_iter().map(|grant| grant.id));
            after = found.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(after, None, "a search comes to its end");
        seen.sort();
        assert_eq!(seen, expected, "each that holds all of them once, and no other");
    }
}

/// Persons whose identifiers differ in case, accents or a space at the end are different persons.
pub async fn subjects_compare_byte_for_byte(store: &AnyStore) {
    let client = registered(store).await;
    let names = ["josé", "jose", "José", "jose\u{301}", "josé ", "jos_", "%"];
    let mut grants = Vec::new();
    for name in names {
        grants.push(approved_by(store, &client, name).await.0.id);
    }
    for (name, id) in names.iter().zip(grants) {
        let filter = GrantFilter::Subject(subject(name));
        assert_eq!(listed(store, &filter, 1).await, [id], "{name:?} is another person");
        assert_eq!(store.revoke_grants(&filter, at(1)).await.expect("revoke_grants"), 1, "{name:?} is another person");
    }
}
