use super::record::{ACCOUNT, NAMED, each, key, read, write};
use super::{KeyValue, KeyValueStore, Records, RecordsMut, grants, sessions};
use crate::clock::Timestamp;
use crate::identifier::Subject;
use crate::store::{Account, AccountStore, AttributeChanges, Created, GrantFilter, Page, PasswordHash, Result};

impl<K: KeyValue> AccountStore for KeyValueStore<K> {
    async fn account(&self, subject: &Subject) -> Result<Option<Account>> {
        let subject = subject.clone();
        self.0.read(move |records| read(records, &key(ACCOUNT, subject.as_str()))).await
    }

    async fn account_named(&self, username: &str) -> Result<Option<Account>> {
        let name = key(NAMED, username);
        self.0.read(move |records| named(records, records.get(&name)?)).await
    }

    async fn accounts(&self, page: &Page<String>) -> Result<Vec<Account>> {
        let page = page.clone();
        let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
        let list = move |records: &dyn Records| {
            let mut found = Vec::new();
            each(records, &[NAMED], page.after.as_deref().map(str::as_bytes), |_, subject| {
                if found.len() < limit {
                    found.extend(named(records, Some(subject.to_vec()))?);
                }
                Ok(found.len() < limit)
            })?;
            Ok(found)
        };
        self.0.read(list).await
    }

    async fn create_account(&self, account: &Account) -> Result<Created> {
        let account = account.clone();
        let create = move |records: &mut dyn RecordsMut| {
            let (by_subject, by_name) = (key(ACCOUNT, account.subject.as_str()), key(NAMED, &account.username));
            if records.get(&by_subject)?.is_some() || records.get(&by_name)?.is_some() {
                return Ok(Created::Exists);
            }
            records.put(&by_name, account.subject.as_str().as_bytes())?;
            write(records, &by_subject, &account)?;
            Ok(Created::Now)
        };
        self.0.write(create).await
    }

    async fn set_password(&self, subject: &Subject, password: &PasswordHash, now: Timestamp) -> Result<bool> {
        let (subject, password) = (subject.clone(), password.clone());
        let set = move |account| (Some(Account { password: password.clone(), ..account }), Then::End(now));
        self.0.write(move |records| change(records, &subject, &set)).await
    }

    async fn set_account_enabled(&self, subject: &Subject, enabled: bool, now: Timestamp) -> Result<bool> {
        let subject = subject.clone();
        let then = if enabled { Then::GoOn } else { Then::End(now) };
        let set = move |account| (Some(Account { enabled, ..account }), then);
        self.0.write(move |records| change(records, &subject, &set)).await
    }

    async fn change_account_attributes(&self, subject: &Subject, changes: &AttributeChanges) -> Result<bool> {
        let (subject, changes) = (subject.clone(), changes.clone());
        let set = move |mut account: Account| {
            account.change_attributes(&changes);
            (Some(account), Then::GoOn)
        };
        self.0.write(move |records| change(records, &subject, &set)).await
    }

    async fn delete_account(&self, subject: &Subject, now: Timestamp) -> Result<bool> {
        let subject = subject.clone();
        self.0.write(move |records| change(records, &subject, &|_| (None, Then::End(now)))).await
    }
}

fn named(records: &dyn Records, subject: Option<Vec<u8>>) -> Result<Option<Account>> {
    subject.map_or(Ok(None), |subject| read(records, &key(ACCOUNT, subject)))
}

/// What becomes of the sessions and grants of an account that was changed.
#[derive(Clone, Copy)]
enum Then {
    GoOn,
    End(Timestamp),
}

/// Changes an account, or removes it where nothing is left of it.
fn change(
    records: &mut dyn RecordsMut,
    subject: &Subject,
    changed: &dyn Fn(Account) -> (Option<Account>, Then),
) -> Result<bool> {
    let by_subject = key(ACCOUNT, subject.as_str());
    let Some(before) = read::<Account>(&*records, &by_subject)? else { return Ok(false) };
    let by_name = key(NAMED, &before.username);
    let (after, then) = changed(before);
    match &after {
        Some(after) => write(records, &by_subject, after)?,
        None => {
            records.remove(&by_subject)?;
            records.remove(&by_name)?;
        }
    }
    if let Then::End(now) = then {
        sessions::end_all(records, subject)?;
        grants::revoke_all(records, &GrantFilter::Subject(subject.clone()), now)?;
    }
    Ok(true)
}
