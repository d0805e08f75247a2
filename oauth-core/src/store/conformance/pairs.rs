//! One decision, a verb that commits it and a verb that ends it, for a campaign that runs both at the same
//! time.
//!
//! [`standing`](super::standing) forces each pair in one order, and that is what a store's tests run. A
//! campaign repeats each pair while both calls overlap:
//!
//! ```
//! use oauth_core::store::MemoryStore;
//! use oauth_core::store::conformance::pairs::{Pair, Trial};
//!
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
//! let store = MemoryStore::new();
//! for pair in Pair::all() {
//!     let trial = Trial::prepare(&store, pair).await; // decided
//!     let committed = trial.commit(&store).await; // a campaign makes these two calls at the same time
//!     trial.end(&store).await;
//!     let was_there = trial.is_committed(&store).await;
//!     assert_eq!(trial.survivor(&store, committed, was_there).await, None, "{}", pair.name());
//! }
//! # }); Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use super::accounts::account;
use super::sample::{
    approved_by, at, basis, changed_account, client, code, digest, grant, grantless, is_alive, issue, no_retry,
    redeemed_by, refresh_of,
};
use super::standing::End;
use crate::client::{Client, ClientType, SecretHash};
use crate::identifier::ClientId;
use crate::store::{
    Account, AccountStore, Basis, Code, Created, Grant, GrantFilter, Issue, PasswordHash, Redeemed, Replaced, Rotated,
    Saved, Store,
};

/// The verbs with which a decision is committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Commit {
    /// `save_code`: the authorization code grant.
    SaveCode,
    /// `save_code`, and `redeem` right behind it: the implicit and the password grant.
    AtOnce,
    /// `redeem`.
    Redeem,
    /// `rotate`.
    Rotate,
    /// `issue`: a client for itself.
    Issue,
}

/// What ends, suspends or withdraws a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// `revoke_grant`: of the grant that is redeemed or refreshed, or that a remembered consent was read from.
    Grant,
    /// `revoke_grants` of a person.
    GrantsOfPerson,
    /// `revoke_grants` of a client.
    GrantsOfClient,
    /// `revoke_grants` of a person and a client.
    GrantsOfBoth,
    /// `replace_client`: no longer trusted.
    Trust,
    /// `replace_client`: disabled.
    DisableClient,
    /// `replace_client`: blocked.
    BlockClient,
    /// `delete_client`.
    DeleteClient,
    /// `delete_client` and `create_client` of the same identifier.
    CreateClientAgain,
    /// `replace_client`: without the secret that authenticated it.
    Secret,
    /// `replace_account`: another password.
    Password,
    /// `replace_account`: disabled.
    DisableAccount,
    /// `replace_account`: disabled, and enabled again.
    EnableAccountAgain,
    /// `delete_account`.
    DeleteAccount,
    /// `replace_account`, and then `revoke_grants` of the person: API access off.
    ApiAccess,
    /// `replace_account`: without a role.
    Role,
}

/// What an end does to a decision that is committed meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Effect {
    /// Nothing of it works.
    Ends,
    /// Nothing of it works until the client is enabled again; then all of it works, or nothing was consumed.
    Suspends,
    /// It is committed before the end answers, or not at all.
    Withdraws,
}

/// A verb that commits and an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// How the decision is committed.
    pub commit: Commit,
    /// What ends it.
    pub ending: Ending,
}

impl Commit {
    const ALL: [Self; 5] = [Self::SaveCode, Self::AtOnce, Self::Redeem, Self::Rotate, Self::Issue];

    fn name(self) -> &'static str {
        match self {
            Self::SaveCode => "save_code",
            Self::AtOnce => "save_code and redeem",
            Self::Redeem => "redeem",
            Self::Rotate => "rotate",
            Self::Issue => "issue",
        }
    }

    fn approves(self) -> bool {
        matches!(self, Self::SaveCode | Self::AtOnce)
    }
}

impl Ending {
    const ALL: [Self; 16] = [
        Self::Grant,
        Self::GrantsOfPerson,
        Self::GrantsOfClient,
        Self::GrantsOfBoth,
        Self::Trust,
        Self::DisableClient,
        Self::BlockClient,
        Self::DeleteClient,
        Self::CreateClientAgain,
        Self::Secret,
        Self::Password,
        Self::DisableAccount,
        Self::EnableAccountAgain,
        Self::DeleteAccount,
        Self::ApiAccess,
        Self::Role,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Grant => "revoke_grant",
            Self::GrantsOfPerson => "revoke_grants of the person",
            Self::GrantsOfClient => "revoke_grants of the client",
            Self::GrantsOfBoth => "revoke_grants of both",
            Self::Trust => "trust withdrawn",
            Self::DisableClient => "client disabled",
            Self::BlockClient => "client blocked",
            Self::DeleteClient => "client deleted",
            Self::CreateClientAgain => "client deleted, and created again",
            Self::Secret => "secret deleted",
            Self::Password => "another password",
            Self::DisableAccount => "account disabled",
            Self::EnableAccountAgain => "account disabled, and enabled again",
            Self::DeleteAccount => "account deleted",
            Self::ApiAccess => "API access off",
            Self::Role => "role withdrawn",
        }
    }

    /// Gives the end that the forced pairs know too.
    fn forced(self) -> Option<End> {
        Some(match self {
            Self::Grant => End::RevokeOne,
            Self::GrantsOfPerson => End::RevokeOfSubject,
            Self::GrantsOfClient => End::RevokeOfClient,
            Self::GrantsOfBoth => End::RevokeOfBoth,
            Self::DisableClient => End::DisableClient,
            Self::DeleteClient => End::DeleteClient,
            Self::CreateClientAgain => End::CreateClientAgain,
            _ => return None,
        })
    }

    fn is_of_an_account(self) -> bool {
        use Ending::{ApiAccess, DeleteAccount, DisableAccount, EnableAccountAgain, Password, Role};
        matches!(self, Password | DisableAccount | EnableAccountAgain | DeleteAccount | ApiAccess | Role)
    }
}

impl Pair {
    /// Gives every pair in which the end concerns the decision.
    pub fn all() -> Vec<Self> {
        let of = |commit| Ending::ALL.map(|ending| Self { commit, ending });
        Commit::ALL.into_iter().flat_map(of).filter(|pair| pair.effect().is_some()).collect()
    }

    /// Names it for a table.
    pub fn name(self) -> String {
        format!("{}; {}", self.commit.name(), self.ending.name())
    }

    fn effect(self) -> Option<Effect> {
        use Ending::{BlockClient, CreateClientAgain, DeleteClient, DisableClient, Grant, Role, Secret, Trust};
        match (self.commit, self.ending) {
            (_, DisableClient | BlockClient) => Some(Effect::Suspends),
            (_, DeleteClient | CreateClientAgain) => Some(Effect::Ends),
            (_, Secret) => Some(Effect::Withdraws),
            // What a client gets for itself rests on its registration alone.
            (Commit::Issue, _) => None,
            (commit, Grant) if commit.approves() => Some(Effect::Withdraws),
            // The core asks the owner before it redeems or refreshes; an edit of the client is no end of a grant.
            (commit, Trust | Role) => commit.approves().then_some(Effect::Withdraws),
            _ => Some(Effect::Ends),
        }
    }
}

/// A decision that was made, and the two calls that follow.
pub struct Trial {
    pair: Pair,
    client: Client,
    account: Account,
    /// What is committed, or the grant of what is redeemed or refreshed.
    grant: Grant,
    code: Code,
    basis: Basis,
    /// What a remembered consent was read from, or the same as `grant`.
    earlier: Grant,
    /// The tokens that the commit issues.
    issue: Issue,
    /// The tokens that stand under the grant before.
    first: Option<Issue>,
}

impl Trial {
    /// Registers a client, makes an account if the end is one of an account, and decides.
    pub async fn prepare<S: Store + AccountStore>(store: &S, pair: Pair) -> Self {
        let mut client = client(ClientId::generate().as_str());
        client.client_type = ClientType::Confidential;
        client.trusted = true;
        client.secrets = vec![SecretHash::Sha256(digest()), SecretHash::Sha256(digest())];
        assert_eq!(store.create_client(&client).await.expect("create_client"), Created::Now, "it is new");
        let account = account(&digest().to_base64url());
        if pair.ending.is_of_an_account() {
            assert_eq!(store.create_account(&account).await.expect("create_account"), Created::Now, "it is new");
        }
        let who = account.subject.as_str();
        let (grant, code, first) = match pair.commit {
            Commit::Rotate => {
                let (grant, code, first) = redeemed_by(store, &client, who).await;
                (grant, code, Some(first))
            }
            Commit::Redeem => {
                let (grant, code) = approved_by(store, &client, who).await;
                (grant, code, None)
            }
            Commit::SaveCode | Commit::AtOnce | Commit::Issue => {
                let grant = grant(&client, who);
                let code = code(&grant);
                (grant, code, None)
            }
        };
        let is_remembered = pair.commit.approves() && pair.ending == Ending::Grant;
        let earlier = if is_remembered { redeemed_by(store, &client, who).await.0 } else { grant.clone() };
        let issue = if pair.commit == Commit::Issue { grantless(&client) } else { issue(&grant, 1) };
        let issue = Issue { authenticated_by: client.secrets.first().cloned(), ..issue };
        let basis = basis(store, &grant).await;
        Self { pair, client, account, grant, code, basis, earlier, issue, first }
    }

    /// Commits the decision; tells whether the store answered that it did.
    pub async fn commit<S: Store>(&self, store: &S) -> bool {
        match self.pair.commit {
            Commit::SaveCode => self.save(store).await,
            Commit::AtOnce => self.save(store).await && self.redeem(store).await,
            Commit::Redeem => self.redeem(store).await,
            Commit::Rotate => self.rotate(store).await,
            Commit::Issue => store.issue(&self.issue).await.expect("issue") == Saved::Now,
        }
    }

    async fn save<S: Store>(&self, store: &S) -> bool {
        store.save_code(&self.grant, &self.code, &self.basis).await.expect("save_code") == Saved::Now
    }

    async fn redeem<S: Store>(&self, store: &S) -> bool {
        store.redeem(&self.code.digest, &self.issue).await.expect("redeem") == Redeemed::Now
    }

    async fn rotate<S: Store>(&self, store: &S) -> bool {
        let presented = refresh_of(self.first.as_ref().expect("it was redeemed"));
        store.rotate(&presented, &self.issue, &no_retry(1)).await.expect("rotate") == Rotated::Now
    }

    /// Ends it.
    pub async fn end<S: Store + AccountStore>(&self, store: &S) {
        if let Some(end) = self.pair.ending.forced().filter(|end| !self.is_another(*end)) {
            return end.carry_out(store, &self.client, &self.earlier).await;
        }
        let change = async |change: fn(&mut Account)| {
            assert!(changed_account(store, &self.account, 1, change).await, "the account is there");
        };
        match self.pair.ending {
            Ending::CreateClientAgain => {
                assert!(store.delete_client(&self.client.id, at(2)).await.expect("delete_client"), "it was there");
                let another = Client { secrets: vec![SecretHash::Sha256(digest())], ..self.client.clone() };
                assert_eq!(store.create_client(&another).await.expect("create_client"), Created::Now, "it is free");
            }
            Ending::Trust => self.replace(store, &self.client, |client| client.trusted = false).await,
            Ending::BlockClient => self.replace(store, &self.client, |client| client.block("a reason")).await,
            Ending::Secret => self.replace(store, &self.client, |client| drop(client.secrets.remove(0))).await,
            Ending::Password => {
                change(|account| {
                    account.password = PasswordHash::from_phc("$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$new")
                })
                .await;
            }
            Ending::DisableAccount => change(|account| account.enabled = false).await,
            Ending::EnableAccountAgain => {
                change(|account| account.enabled = false).await;
                change(|account| account.enabled = true).await;
            }
            Ending::DeleteAccount => {
                let deleted = store.delete_account(&self.account.subject, at(1)).await.expect("delete_account");
                assert!(deleted, "the account is there");
            }
            Ending::ApiAccess => {
                change(|account| drop(account.attributes.insert("api_access".to_owned(), "off".to_owned()))).await;
                let all = GrantFilter::Subject(self.account.subject.clone());
                store.revoke_grants(&all, at(1)).await.expect("revoke_grants");
            }
            Ending::Role => {
                change(|account| drop(account.attributes.insert("roles".to_owned(), String::new()))).await;
            }
            _ => unreachable!("the other ends are forced ones"),
        }
    }

    /// Tells whether another client takes the identifier: with the same secrets, the one that is to be issued to
    /// would be it.
    fn is_another(&self, end: End) -> bool {
        end == End::CreateClientAgain && self.pair.commit == Commit::Issue
    }

    async fn replace<S: Store>(&self, store: &S, read: &Client, change: impl FnOnce(&mut Client)) {
        let mut changed = read.clone();
        change(&mut changed);
        let replaced = store.replace_client(read, &changed).await.expect("replace_client");
        assert_eq!(replaced, Replaced::Now, "the client is as it was read");
    }

    /// Tells whether the store shows the commit: asked when the end has answered, it tells which came first.
    pub async fn is_committed<S: Store>(&self, store: &S) -> bool {
        match self.pair.commit {
            Commit::AtOnce if self.pair.ending == Ending::Secret => self.is_redeemed(store).await,
            Commit::SaveCode | Commit::AtOnce => store.grant(&self.grant.id).await.expect("grant").is_some(),
            Commit::Redeem => self.is_redeemed(store).await,
            Commit::Rotate => {
                let presented = refresh_of(self.first.as_ref().expect("it was redeemed"));
                let presented = store.refresh_token(&presented).await.expect("refresh_token");
                presented.is_some_and(|presented| presented.retired_at.is_some())
            }
            // While the commit is under way the verbs need not say the same.
            Commit::Issue => {
                store.access_token(&self.issue.access.digest, at(2)).await.expect("access_token").is_some()
            }
        }
    }

    async fn is_redeemed<S: Store>(&self, store: &S) -> bool {
        let code = store.code(&self.code.digest).await.expect("code");
        code.is_some_and(|code| code.used_at.is_some())
    }

    /// Says what works although the end has answered, after both calls: whether the commit `committed`, and
    /// whether it [was there](Self::is_committed) when the end answered.
    pub async fn survivor<S: Store>(&self, store: &S, committed: bool, was_there: bool) -> Option<String> {
        match self.pair.effect()? {
            Effect::Ends => self.works(store, 2).await.map(str::to_owned),
            Effect::Withdraws if committed && !was_there => Some("committed after the end had answered".to_owned()),
            Effect::Withdraws => None,
            Effect::Suspends => {
                if let Some(works) = self.works_suspended(store).await {
                    return Some(format!("of a client that is switched off {works}"));
                }
                let off = store.client(&self.client.id).await.expect("client").expect("it is there");
                self.replace(store, &off, |client| {
                    client.blocked = None;
                    client.enabled = true;
                })
                .await;
                if !committed && self.pair.commit.approves() {
                    return None;
                }
                // What was refused is not consumed.
                let works = match (self.pair.commit, committed) {
                    (Commit::SaveCode, true) | (Commit::Redeem, false) => self.redeem(store).await,
                    (Commit::Rotate, false) => self.rotate(store).await,
                    _ => is_alive(store, &self.issue, 2).await || self.pair.commit == Commit::Issue && !committed,
                };
                (!works).then(|| "it does not work when the client is enabled again".to_owned())
            }
        }
    }

    /// Says what lives while the client is switched off, and changes nothing.
    async fn works_suspended<S: Store>(&self, store: &S) -> Option<&'static str> {
        if is_alive(store, &self.issue, 2).await {
            return Some("the access token lives");
        }
        let next = Issue { authenticated_by: None, ..issue(&self.grant, 2) };
        let refused = match self.pair.commit {
            Commit::Issue => true,
            Commit::SaveCode => store.redeem(&self.code.digest, &next).await.expect("redeem") != Redeemed::Now,
            _ => {
                let refresh = refresh_of(&self.issue);
                store.rotate(&refresh, &next, &no_retry(2)).await.expect("rotate") != Rotated::Now
            }
        };
        (!refused).then_some("the code or the refresh token works")
    }

    /// Says what works of all that the decision could have led to.
    async fn works<S: Store>(&self, store: &S, now: i64) -> Option<&'static str> {
        // Before a second use of what was used revokes it.
        let grant = store.grant(&self.grant.id).await.expect("grant");
        if grant.is_some_and(|grant| grant.is_live(at(now))) {
            return Some("the grant lives");
        }
        let issued = [Some(&self.issue), self.first.as_ref()];
        for tokens in issued.into_iter().flatten() {
            if is_alive(store, tokens, now).await {
                return Some("the access token lives");
            }
            let Some(refresh) = &tokens.refresh else { continue };
            let next = Issue { authenticated_by: None, ..issue(&self.grant, now) };
            if store.rotate(&refresh.digest, &next, &no_retry(now)).await.expect("rotate") == Rotated::Now {
                return Some("the refresh token works");
            }
        }
        if self.pair.commit == Commit::Issue {
            return None;
        }
        let next = Issue { authenticated_by: None, ..issue(&self.grant, now) };
        if store.redeem(&self.code.digest, &next).await.expect("redeem") == Redeemed::Now {
            return Some("the code works");
        }
        None
    }
}
