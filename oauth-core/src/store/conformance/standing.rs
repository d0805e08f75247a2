//! Decisions that hold: what a decision rests on is compared in the step that commits it.
//!
//! Each pair of a verb that commits and an end is forced once, without chance: decide, end, commit. The races
//! of [`races`](super::races) run the same pairs at the same time.

use super::AnyStore;
use super::accounts::account;
use super::sample::{
    approved_by, at, basis, changed_account, client, code, grant, grantless, is_alive, is_revoked, issue, no_retry,
    redeemed_by, refresh_of, registered, save,
};
use crate::client::{Client, ClientType, SecretHash};
use crate::identifier::ClientId;
use crate::store::{
    AccountStore as _, ClientStore as _, CodeStore as _, Created, Grant, GrantFilter, GrantStore as _,
    Housekeeping as _, Issue, MARK_LIFETIME, PasswordHash, Redeemed, Replaced, Rotated, Saved, Store, TokenStore as _,
};

/// What ends, suspends or withdraws something between a decision and its commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    RevokeOne,
    RevokeOfSubject,
    RevokeOfClient,
    RevokeOfBoth,
    EditClient,
    DisableClient,
    DeleteClient,
    CreateClientAgain,
}

impl End {
    pub(super) const ALL: [Self; 8] = [
        Self::RevokeOne,
        Self::RevokeOfSubject,
        Self::RevokeOfClient,
        Self::RevokeOfBoth,
        Self::EditClient,
        Self::DisableClient,
        Self::DeleteClient,
        Self::CreateClientAgain,
    ];

    /// Carries it out: `earlier` is a grant that the person gave the client before.
    pub(super) async fn carry_out<S: Store>(self, store: &S, client: &Client, earlier: &Grant) {
        let (who, id) = (earlier.subject.clone(), client.id.clone());
        let revoke = async |filter| {
            store.revoke_grants(&filter, at(2)).await.expect("revoke_grants");
        };
        let replace = async |changed: Client| {
            let replaced = store.replace_client(client, &changed).await.expect("replace_client");
            assert_eq!(replaced, Replaced::Now, "the client is as it was read");
        };
        match self {
            Self::RevokeOne => {
                assert!(store.revoke_grant(&earlier.id, at(2)).await.expect("revoke_grant"), "it was live");
            }
            Self::RevokeOfSubject => revoke(GrantFilter::Subject(who)).await,
            Self::RevokeOfClient => revoke(GrantFilter::Client(id)).await,
            Self::RevokeOfBoth => revoke(GrantFilter::Both(who, id)).await,
            Self::EditClient => replace(Client { name: "Another name".to_owned(), ..client.clone() }).await,
            Self::DisableClient => replace(Client { enabled: false, ..client.clone() }).await,
            Self::DeleteClient | Self::CreateClientAgain => {
                assert!(store.delete_client(&id, at(2)).await.expect("delete_client"), "the client was there");
                if self == Self::CreateClientAgain {
                    let created = store.create_client(client).await.expect("create_client");
                    assert_eq!(created, Created::Now, "its identifier is free for whoever may take it again");
                }
            }
        }
    }
}

/// A code is saved only if its client and the marks are as they were when it was decided; nothing is left of
/// one that is not.
pub async fn a_decision_that_was_overtaken_is_not_saved(store: &AnyStore) {
    for end in End::ALL {
        let client = registered(store).await;
        let (earlier, _, _) = redeemed_by(store, &client, &format!("ada {end:?}")).await;
        let new = grant(&client, earlier.subject.as_str());
        let code = code(&new);
        let decided = basis(store, &new).await;
        end.carry_out(store, &client, &earlier).await;

        let expected = match end {
            End::DisableClient | End::DeleteClient => Saved::Gone,
            _ => Saved::Changed,
        };
        let outcome = store.save_code(&new, &code, &decided).await.expect("save_code");
        assert_eq!(outcome, expected, "{end:?} overtakes a decision");
        assert_eq!(store.grant(&new.id).await.expect("grant"), None, "{end:?}: no grant is left");
        assert_eq!(store.code(&code.digest).await.expect("code"), None, "{end:?}: no code is left");
        let late = store.redeem(&code.digest, &issue(&new, 2)).await.expect("redeem");
        assert_eq!(late, Redeemed::Unknown, "{end:?}: nothing can be redeemed");
        if expected == Saved::Changed {
            let outcome = save(store, &new, &code).await.expect("save_code");
            assert_eq!(outcome, Saved::Now, "{end:?}: what is decided again is saved");
        }
    }
}

/// An end overtakes the decisions of whom it concerns, and of nobody else.
pub async fn an_end_overtakes_nobody_else(store: &AnyStore) {
    for end in End::ALL {
        let (client, other) = (registered(store).await, registered(store).await);
        let (earlier, _, _) = redeemed_by(store, &client, &format!("ada {end:?}")).await;
        let (kept, _, kept_tokens) = redeemed_by(store, &other, &format!("bob {end:?}")).await;
        let new = grant(&other, kept.subject.as_str());
        let decided = basis(store, &new).await;
        end.carry_out(store, &client, &earlier).await;
        let outcome = store.save_code(&new, &code(&new), &decided).await.expect("save_code");
        assert_eq!(outcome, Saved::Now, "{end:?} overtakes no decision of another person about another client");
        assert!(!is_revoked(store, &kept).await && is_alive(store, &kept_tokens, 2).await, "{end:?} ends nothing else");
    }
}

/// A client that is disabled and enabled again is as it was: what was decided before can be saved then.
pub async fn a_suspension_is_no_end(store: &AnyStore) {
    let client = registered(store).await;
    let (earlier, code_of_earlier) = approved_by(store, &client, "ada").await;
    let new = grant(&client, "ada");
    let decided = basis(store, &new).await;
    let disabled = Client { enabled: false, ..client.clone() };
    assert_eq!(store.replace_client(&client, &disabled).await.expect("replace_client"), Replaced::Now, "it is there");
    let outcome = store.save_code(&new, &code(&new), &decided).await.expect("save_code");
    assert_eq!(outcome, Saved::Gone, "nothing is saved for a client that is disabled");
    let tokens = issue(&earlier, 1);
    let outcome = store.redeem(&code_of_earlier.digest, &tokens).await.expect("redeem");
    assert_eq!(outcome, Redeemed::Gone, "nothing is redeemed by a client that is disabled");

    assert_eq!(store.replace_client(&disabled, &client).await.expect("replace_client"), Replaced::Now, "it is there");
    let outcome = store.save_code(&new, &code(&new), &decided).await.expect("save_code");
    assert_eq!(outcome, Saved::Now, "what was decided holds when the client is enabled again");
    let outcome = store.redeem(&code_of_earlier.digest, &tokens).await.expect("redeem");
    assert_eq!(outcome, Redeemed::Now, "so does its code");
}

/// A confidential client with one secret, or with two.
fn confidential(secrets: &[SecretHash]) -> Client {
    let mut client = client(ClientId::generate().as_str());
    client.client_type = ClientType::Confidential;
    client.secrets = secrets.to_vec();
    client
}

fn secrets() -> [SecretHash; 2] {
    let phc = "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$c2FsdHNhbHRzYWx0c2FsdHNhbHRzYWx0c2FsdHNhbHQ";
    [SecretHash::Sha256(super::sample::digest()), SecretHash::Argon2(PasswordHash::from_phc(phc))]
}

/// A secret that was taken away between authentication and commit issues nothing and consumes nothing,
/// although the client has another one; any other edit makes no request fail.
pub async fn a_secret_that_is_gone_issues_nothing(store: &AnyStore) {
    for (number, secret) in secrets().into_iter().enumerate() {
        let client = confidential(&secrets());
        let client = Client { secrets: vec![secret.clone(), secrets()[1 - number].clone()], ..client };
        assert_eq!(store.create_client(&client).await.expect("create_client"), Created::Now, "it is new");
        let by = |secret: &SecretHash, issue: Issue| Issue { authenticated_by: Some(secret.clone()), ..issue };
        let (fresh, code) = approved_by(store, &client, "ada").await;
        let (family, _, first) = redeemed_by(store, &client, "ada").await;
        let (own, redeemed, rotated) = (grantless(&client), issue(&fresh, 2), issue(&family, 2));
        let under = Issue { refresh: None, ..issue(&family, 2) };

        let edited = Client { name: "Edited".to_owned(), ..client.clone() };
        assert_eq!(store.replace_client(&client, &edited).await.expect("replace_client"), Replaced::Now, "edited");
        let early = by(&secret, grantless(&client));
        assert_eq!(store.issue(&early).await.expect("issue"), Saved::Now, "an edit of the name ends no request");

        let other = edited.secrets.iter().filter(|other| **other != secret).cloned().collect();
        let without = Client { secrets: other, ..edited.clone() };
        assert_eq!(store.replace_client(&edited, &without).await.expect("replace_client"), Replaced::Now, "taken away");
        for own in [&own, &under] {
            let outcome = store.issue(&by(&secret, own.clone())).await.expect("issue");
            assert_eq!(outcome, Saved::Gone, "a secret that is gone issues nothing");
            assert!(!is_alive(store, own, 2).await, "and leaves nothing");
        }
        let outcome = store.redeem(&code.digest, &by(&secret, redeemed.clone())).await.expect("redeem");
        assert_eq!(outcome, Redeemed::Unauthenticated, "a secret that is gone redeems nothing");
        let refresh = refresh_of(&first);
        let outcome = store.rotate(&refresh, &by(&secret, rotated.clone()), &no_retry(2)).await.expect("rotate");
        assert_eq!(outcome, Rotated::Unauthenticated, "a secret that is gone refreshes nothing");
        assert!(!is_alive(store, &redeemed, 2).await && !is_alive(store, &rotated, 2).await, "nothing is left of it");

        let still = without.secrets[0].clone();
        let outcome = store.redeem(&code.digest, &by(&still, redeemed)).await.expect("redeem");
        assert_eq!(outcome, Redeemed::Now, "the code was not consumed");
        let outcome = store.rotate(&refresh, &by(&still, rotated), &no_retry(2)).await.expect("rotate");
        assert_eq!(outcome, Rotated::Now, "the refresh token was not consumed");

        // A replay by a secret that is gone is nobody's: it revokes nothing.
        let outcome = store.redeem(&code.digest, &by(&secret, issue(&fresh, 3))).await.expect("redeem");
        assert_eq!(outcome, Redeemed::Unauthenticated, "who is not authenticated learns nothing of a used code");
        let outcome = store.rotate(&refresh, &by(&secret, issue(&family, 3)), &no_retry(3)).await.expect("rotate");
        assert_eq!(outcome, Rotated::Unauthenticated, "nor of a retired refresh token");
        assert!(!is_revoked(store, &fresh).await && !is_revoked(store, &family).await, "and revokes nothing");

        assert!(store.delete_client(&client.id, at(3)).await.expect("delete_client"), "it is there");
        let another = Client { id: client.id.clone(), ..confidential(&secrets()[..1]) };
        assert_eq!(store.create_client(&another).await.expect("create_client"), Created::Now, "it is free again");
        let outcome = store.issue(&by(&still, grantless(&client))).await.expect("issue");
        assert_eq!(outcome, Saved::Gone, "who authenticated as a client that was deleted is not its successor");
    }
}

/// A mark is kept for as long as a decision may take: no sweep brings an earlier decision back.
pub async fn a_mark_outlives_every_decision(store: &AnyStore) {
    let client = registered(store).await;
    let new = grant(&client, "ada");
    let decided = basis(store, &new).await;
    store.revoke_grants(&GrantFilter::Subject(new.subject.clone()), at(2)).await.expect("revoke_grants");
    let last = at(1).after(MARK_LIFETIME);
    while store.sweep(last, 1_000).await.expect("sweep").more {}
    let outcome = store.save_code(&new, &code(&new), &decided).await.expect("save_code");
    assert_eq!(outcome, Saved::Changed, "the mark is there until a decision cannot wait any more");
    let (first, again) = (store.marks(&new.subject, &client.id).await, basis(store, &new).await);
    assert_eq!(first.expect("marks"), again.marks, "marks do not move by themselves");
}

/// Whatever changes an account, a new password, disabling and enabling again, an attribute or deletion,
/// overtakes the decisions of that person.
pub async fn a_changed_account_overtakes_decisions(store: &AnyStore) {
    let password = PasswordHash::from_phc("$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$new");
    for step in ["a new password", "disabling and enabling", "an attribute", "deletion"] {
        let ada = account(&format!("ada, {step}"));
        assert_eq!(store.create_account(&ada).await.expect("create_account"), Created::Now, "a new account");
        let client = registered(store).await;
        let (new, other) = (grant(&client, ada.subject.as_str()), grant(&client, "somebody else"));
        let (decided, of_other) = (basis(store, &new).await, basis(store, &other).await);
        let changed = match step {
            "a new password" => changed_account(store, &ada, 2, |ada| ada.password = password.clone()).await,
            "disabling and enabling" => {
                let disabled = changed_account(store, &ada, 2, |ada| ada.enabled = false).await;
                changed_account(store, &ada, 2, |ada| ada.enabled = true).await && disabled
            }
            "an attribute" => {
                changed_account(store, &ada, 2, |ada| drop(ada.attributes.insert("roles".to_owned(), String::new())))
                    .await
            }
            _ => store.delete_account(&ada.subject, at(2)).await.expect("delete_account"),
        };
        assert!(changed, "the account is there");
        let outcome = store.save_code(&new, &code(&new), &decided).await.expect("save_code");
        assert_eq!(outcome, Saved::Changed, "{step} overtakes a decision");
        assert_eq!(store.grant(&new.id).await.expect("grant"), None, "{step}: nothing is left");
        let outcome = store.save_code(&other, &code(&other), &of_other).await.expect("save_code");
        assert_eq!(outcome, Saved::Now, "{step} overtakes nobody else's decision");
    }
}
