use super::grants::BUSY;
use super::{MemoryStore, Shared, recovered};
use crate::clock::Timestamp;
use crate::identifier::Subject;
use crate::store::{Account, AccountStore, Created, GrantFilter, Page, Renamed, Replaced, Result, StoreError};
use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;

/// The accounts by identifier, and their identifiers by name.
#[derive(Default)]
pub(super) struct Accounts {
    by_subject: HashMap<Subject, Account>,
    by_name: BTreeMap<String, Subject>,
}

impl AccountStore for MemoryStore {
    async fn account(&self, subject: &Subject) -> Result<Option<Account>> {
        Ok(recovered(self.0.accounts.read()).by_subject.get(subject).cloned())
    }

    async fn account_named(&self, username: &str) -> Result<Option<Account>> {
        let accounts = recovered(self.0.accounts.read());
        Ok(accounts.by_name.get(username).and_then(|subject| accounts.by_subject.get(subject)).cloned())
    }

    async fn accounts(&self, page: &Page<String>) -> Result<Vec<Account>> {
        let accounts = recovered(self.0.accounts.read());
        let start = page.after.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        let named = accounts.by_name.range::<str, _>((start, Bound::Unbounded));
        let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
        Ok(named.filter_map(|(_, subject)| accounts.by_subject.get(subject)).take(limit).cloned().collect())
    }

    async fn create_account(&self, account: &Account) -> Result<Created> {
        let mut accounts = recovered(self.0.accounts.write());
        if accounts.by_name.contains_key(&account.username) || accounts.by_subject.contains_key(&account.subject) {
            return Ok(Created::Exists);
        }
        accounts.by_name.insert(account.username.clone(), account.subject.clone());
        accounts.by_subject.insert(account.subject.clone(), account.clone());
        Ok(Created::Now)
    }

    // The lock on the accounts is kept until sessions and grants have ended as well: whoever reads
    // the account meanwhile waits, and sees one step.

    async fn replace_account(&self, read: &Account, changed: &Account, now: Timestamp) -> Result<Replaced> {
        if (&read.subject, &read.username) != (&changed.subject, &changed.username) {
            return Err(StoreError::new("replace an account", "it would get another identifier or name"));
        }
        let mut accounts = recovered(self.0.accounts.write());
        let Some(account) = accounts.by_subject.get_mut(&read.subject) else { return Ok(Replaced::Gone) };
        if account != read {
            return Ok(Replaced::Changed);
        }
        *account = changed.clone();
        if read.is_ended_by(changed) {
            self.0.sign_out(&read.subject, now)?;
        } else {
            self.0.marks.move_on(&read.subject, now);
        }
        Ok(Replaced::Now)
    }

    async fn rename_account(&self, read: &Account, renamed: &Account, now: Timestamp) -> Result<Renamed> {
        if !read.is_only_renamed(renamed) {
            return Err(StoreError::new("rename an account", "something else than its name would change"));
        }
        let mut accounts = recovered(self.0.accounts.write());
        let taken = accounts.by_name.get(&renamed.username).is_some_and(|subject| *subject != read.subject);
        let Some(account) = accounts.by_subject.get_mut(&read.subject) else { return Ok(Renamed::Gone) };
        if account != read {
            return Ok(Renamed::Changed);
        }
        if taken {
            return Ok(Renamed::Taken);
        }
        *account = renamed.clone();
        accounts.by_name.remove(&read.username);
        accounts.by_name.insert(renamed.username.clone(), read.subject.clone());
        self.0.marks.move_on(&read.subject, now);
        Ok(Renamed::Now)
    }

    async fn delete_account(&self, subject: &Subject, now: Timestamp) -> Result<bool> {
        let mut accounts = recovered(self.0.accounts.write());
        let Some(account) = accounts.by_subject.remove(subject) else { return Ok(false) };
        accounts.by_name.remove(&account.username);
        self.0.sign_out(subject, now)?;
        Ok(true)
    }
}

impl Shared {
    /// Ends every session of a person, moves the mark and revokes every grant.
    fn sign_out(&self, subject: &Subject, now: Timestamp) -> Result<()> {
        self.sessions.end_all(subject);
        let ended = self.revoke_all(&GrantFilter::Subject(subject.clone()), now);
        ended.map(drop).ok_or_else(|| StoreError::new("sign a person out", BUSY))
    }
}
