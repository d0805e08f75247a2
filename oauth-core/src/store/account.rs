use super::{Created, Page, Renamed, Replaced, Result};
use crate::clock::Timestamp;
use crate::identifier::{Attributes, Subject};
use crate::password::PasswordHash;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::future::Future;

/// A person's account, for applications that have no users of their own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The identifier that grants carry; never given to another account.
    pub subject: Subject,
    /// The name that is compared, [folded](crate::name::folded); unique, and to a store just bytes.
    pub username: String,
    /// The name as it was given, if that differs: it is [shown](Self::shown_name) to people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spelling: Option<String>,
    /// The password's hash.
    pub password: PasswordHash,
    /// Whether the account may manage the applications of others.
    pub administrator: bool,
    /// Whether the account may sign in and its grants may be used.
    pub enabled: bool,
    /// Free attributes.
    pub attributes: Attributes,
    /// When it was created.
    pub created_at: Timestamp,
}

/// Changes to the free attributes of something: by name, the new value, or `None` to remove it.
pub type AttributeChanges = BTreeMap<String, Option<String>>;

impl Account {
    /// Tells whether a change from this account to another ends its sessions and grants: another password, or
    /// an account that is disabled from now on.
    pub fn is_ended_by(&self, changed: &Self) -> bool {
        self.password.digest() != changed.password.digest() || self.enabled && !changed.enabled
    }

    /// Tells whether another account is this one under another name, and the same otherwise: the only change that
    /// [`rename_account`](AccountStore::rename_account) makes.
    pub fn is_only_renamed(&self, renamed: &Self) -> bool {
        let same = Self { username: renamed.username.clone(), spelling: renamed.spelling.clone(), ..self.clone() };
        same == *renamed
    }

    /// Changes some attributes, and leaves the others as they are.
    pub fn change_attributes(&mut self, changes: &AttributeChanges) {
        for (name, value) in changes {
            match value {
                Some(value) => drop(self.attributes.insert(name.clone(), value.clone())),
                None => drop(self.attributes.remove(name)),
            }
        }
    }
}

/// Where accounts are kept (optional: an application with its own users does without).
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// use oauth_core::store::{AccountStore, MemoryStore};
/// assert!(MemoryStore::new().account_named("nobody").await?.is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(()) })?; Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait AccountStore: Send + Sync + 'static {
    /// Reads an account by its identifier, disabled ones too.
    fn account(&self, subject: &Subject) -> impl Future<Output = Result<Option<Account>>> + Send;

    /// Reads an account by the bytes of its name, disabled ones too. For a name that somebody typed:
    /// [`account_called`](super::account_called).
    fn account_named(&self, username: &str) -> impl Future<Output = Result<Option<Account>>> + Send;

    /// Lists accounts in the order of their names' bytes.
    fn accounts(&self, page: &Page<String>) -> impl Future<Output = Result<Vec<Account>>> + Send;

    /// Saves a new account, unless its name or identifier is taken.
    fn create_account(&self, account: &Account) -> impl Future<Output = Result<Created>> + Send;

    /// Replaces an account, if it still is what was read: of two who change it at the same time one is told
    /// [`Replaced::Changed`], and nothing of its change is stored. Identifier and name stay as they are.
    ///
    /// In the same step, the mark of the person moves ([`Basis`](super::Basis)) whatever was changed; if the
    /// password is another one, or the account is disabled now, every session of it ends and every grant is
    /// revoked, also one that has expired ([`GrantStore`](super::GrantStore)).
    fn replace_account(
        &self,
        read: &Account,
        changed: &Account,
        now: Timestamp,
    ) -> impl Future<Output = Result<Replaced>> + Send;

    /// Gives an account another name and spelling, if it still is what was read and nobody else has the name;
    /// all else stays as it is. The mark of the person moves in the same step; nothing ends.
    fn rename_account(
        &self,
        read: &Account,
        renamed: &Account,
        now: Timestamp,
    ) -> impl Future<Output = Result<Renamed>> + Send;

    /// Deletes an account and, in the same step, moves the mark of the person, ends every session and revokes
    /// every grant of it, also one that has expired ([`GrantStore`](super::GrantStore)); `false` if there is none.
    fn delete_account(&self, subject: &Subject, now: Timestamp) -> impl Future<Output = Result<bool>> + Send;
}
