//! Ends that reach what has expired. A redemption and a refresh commit by a `now` that was read before they began. It
//! may be earlier than that of an end, in one process and the more so in two. So an end asks whether a grant was
//! revoked, never whether it has expired.

use super::AnyStore;
use super::accounts::account;
use super::sample::{
    approved_by, at, changed_account, code, grant, is_alive, issue, no_retry, refresh_of, registered, save, subject,
};
use crate::client::Client;
use crate::store::{
    AccountStore as _, Code, CodeStore as _, Created, Grant, GrantFilter, Housekeeping as _, Issue, Page, PasswordHash,
    Redeemed, Rotated, Saved, Store,
};

/// The second at which an unused code and a refresh token expire, and their grants with them.
const CODE_ENDS: i64 = 60;
const REFRESH_ENDS: i64 = 501;

/// Grants at the second at which they expire: one whose code was not redeemed, and one that was redeemed.
struct Expired {
    client: Client,
    unused: (Grant, Code),
    used: (Grant, Issue),
}

impl Expired {
    async fn new<S: Store>(store: &S, who: &str) -> Self {
        let client = registered(store).await;
        let unused = Grant { expires_at: at(CODE_ENDS), ..grant(&client, who) };
        let code = code(&unused);
        assert_eq!(save(store, &unused, &code).await.expect("save_code"), Saved::Now, "a new code is saved");
        let (used, code_of_used) = approved_by(store, &client, who).await;
        let first = Issue { grant_expires_at: at(REFRESH_ENDS), ..issue(&used, 1) };
        let outcome = store.redeem(&code_of_used.digest, &first).await.expect("redeem");
        assert_eq!(outcome, Redeemed::Now, "a new code can be redeemed");
        Self { client, unused: (unused, code), used: (used, first) }
    }

    /// Asserts that a redemption which began a second before the end issues nothing.
    async fn is_not_redeemed<S: Store>(&self, store: &S, end: &str) {
        let ((unused, code), early) = (&self.unused, CODE_ENDS - 1);
        let late = issue(unused, early);
        let outcome = store.redeem(&code.digest, &late).await.expect("redeem");
        assert!(matches!(outcome, Redeemed::Gone | Redeemed::Unknown), "{end} ends a code that expires: {outcome:?}");
        self.issues_nothing(store, unused, &late, end).await;
    }

    /// Asserts that a refresh which began a second before the end issues nothing.
    async fn is_not_refreshed<S: Store>(&self, store: &S, end: &str) {
        let ((used, first), early) = (&self.used, REFRESH_ENDS - 1);
        let late = issue(used, early);
        let outcome = store.rotate(&refresh_of(first), &late, &no_retry(early)).await.expect("rotate");
        let refused = matches!(outcome, Rotated::Gone | Rotated::Unknown);
        assert!(refused, "{end} ends a refresh token that expires: {outcome:?}");
        self.issues_nothing(store, used, &late, end).await;
    }

    async fn issues_nothing<S: Store>(&self, store: &S, grant: &Grant, late: &Issue, end: &str) {
        let early = late.now.as_unix_seconds() - at(0).as_unix_seconds();
        assert!(!is_alive(store, late, early).await, "{end}: an expired grant gets no token");
        let under = Issue { refresh: None, ..issue(grant, early) };
        assert_eq!(store.issue(&under).await.expect("issue"), Saved::Gone, "{end}: nor by name");
        let (who, client) = (grant.subject.clone(), self.client.id.clone());
        let filters =
            [GrantFilter::Subject(who.clone()), GrantFilter::Client(client.clone()), GrantFilter::Both(who, client)];
        for filter in filters {
            let listed = store.grants(&filter, &Page::first(9), late.now).await.expect("grants");
            assert!(listed.iter().all(|listed| listed.id != grant.id), "{end}: {filter:?} lists it no more");
        }
    }
}

/// Revokes by one of the verbs, and says how many grants were live.
async fn ended<S: Store>(store: &S, end: &str, grant: &Grant, now: i64) -> u64 {
    let (who, client) = (grant.subject.clone(), grant.client_id.clone());
    let filter = match end {
        "revoke_grant" => return store.revoke_grant(&grant.id, at(now)).await.expect("revoke_grant").into(),
        "retire_grant" => return store.retire_grant(&grant.id, at(now)).await.expect("retire_grant").into(),
        "delete_client" => {
            // A deleted client is no count of grants; a second call finds none.
            let deleted = store.delete_client(&client, at(now)).await.expect("delete_client");
            assert!(deleted || now == REFRESH_ENDS, "the client was there");
            return 0;
        }
        "of the person" => GrantFilter::Subject(who),
        "of the client" => GrantFilter::Client(client),
        _ => GrantFilter::Both(who, client),
    };
    store.revoke_grants(&filter, at(now)).await.expect("revoke_grants")
}

/// An end revokes a grant at and after the second at which it expires, although it counts only what was live: a
/// redemption or a refresh whose `now` is earlier issues nothing behind it, nor behind a sweep.
pub async fn f_02_an_end_reaches_what_has_expired(store: &AnyStore) {
    let ends = ["revoke_grant", "retire_grant", "of the person", "of the client", "of both", "delete_client"];
    for end in ends {
        let expired = Expired::new(store, &format!("ada, {end}")).await;
        let (unused, used) = (&expired.unused.0, &expired.used.0);
        // The other one lives until its refresh token expires, and a verb for many grants ends it too.
        let others = u64::from(end.starts_with("of"));
        assert_eq!(ended(store, end, unused, CODE_ENDS).await, others, "{end} counts what was live");
        expired.is_not_redeemed(store, end).await;
        if others == 0 {
            assert_eq!(ended(store, end, used, REFRESH_ENDS).await, 0, "{end} counts what was live");
            expired.is_not_refreshed(store, end).await;
        }
        assert_eq!(ended(store, end, used, REFRESH_ENDS).await, 0, "{end} counts nothing twice");

        let expired = Expired::new(store, &format!("bob, {end}")).await;
        let (unused, used) = (&expired.unused.0, &expired.used.0);
        for grant in [unused, used] {
            assert_eq!(ended(store, end, grant, REFRESH_ENDS).await, 0, "{end} counts what was live");
        }
        expired.is_not_redeemed(store, end).await;
        expired.is_not_refreshed(store, end).await;
        while store.sweep(at(REFRESH_ENDS), 1_000).await.expect("sweep").more {}
        expired.is_not_redeemed(store, "a sweep").await;
        expired.is_not_refreshed(store, "a sweep").await;
    }
}

/// What ends an account revokes grants at and after the second at which they expire.
pub async fn f_02_an_end_of_an_account_reaches_what_has_expired(store: &AnyStore) {
    let password = PasswordHash::from_phc("$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$new");
    for end in ["a new password", "disabling", "deletion"] {
        let ada = account(&format!("ada, {end}"));
        assert_eq!(store.create_account(&ada).await.expect("create_account"), Created::Now, "a new account");
        let expired = Expired::new(store, ada.subject.as_str()).await;
        let kept = Expired::new(store, subject("somebody else").as_str()).await;
        let done = match end {
            "a new password" => changed_account(store, &ada, REFRESH_ENDS, |ada| ada.password = password.clone()).await,
            "disabling" => changed_account(store, &ada, REFRESH_ENDS, |ada| ada.enabled = false).await,
            _ => store.delete_account(&ada.subject, at(REFRESH_ENDS)).await.expect("delete_account"),
        };
        assert!(done, "the account is there");
        expired.is_not_redeemed(store, end).await;
        expired.is_not_refreshed(store, end).await;
        let ((unused, code), late) = (&kept.unused, issue(&kept.unused.0, CODE_ENDS - 1));
        let outcome = store.redeem(&code.digest, &late).await.expect("redeem");
        assert_eq!(outcome, Redeemed::Now, "{end} ends nothing of another person: {:?}", unused.id);
    }
}
