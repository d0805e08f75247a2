use super::record::{ACCOUNT, NAMED, each, key, move_mark, read, write};
use super::{KeyValue, KeyValueStore, Records, RecordsMut, grants, sessions};
use crate::clock::Timestamp;
use crate::identifier::Subject;
use crate::store::{Account, AccountStore, Created, GrantFilter, Page, Renamed, Replaced, Result, StoreError};

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

    async fn replace_account(&self, read: &Account, changed: &Account, now: Timestamp) -> Result<Replaced> {
        if (&read.subject, &read.username) != (&changed.subject, &changed.username) {
            return Err(StoreError::new("replace an account", "it would get another identifier or name"));
        }
        let (read, changed) = (read.clone(), changed.clone());
        self.0.write(move |records| replace(records, &read, &changed, now)).await
    }

    async fn rename_account(&self, read: &Account, renamed: &Account, now: Timestamp) -> Result<Renamed> {
        if !read.is_only_renamed(renamed) {
            return Err(StoreError::new("rename an account", "something else than its name would change"));
        }
        let (read, renamed) = (read.clone(), renamed.clone());
        self.0.write(move |records| rename(records, &read, &renamed, now)).await
    }

    async fn delete_account(&self, subject: &Subject, now: Timestamp) -> Result<bool> {
        let subject = subject.clone();
        let delete = move |records: &mut dyn RecordsMut| {
            let by_subject = key(ACCOUNT, subject.as_str());
            let Some(before) = read::<Account>(&*records, &by_subject)? else { return Ok(false) };
            records.remove(&by_subject)?;
            records.remove(&key(NAMED, &before.username))?;
            move_mark(records, &subject, now)?;
            sign_out(records, &subject, now)?;
            Ok(true)
        };
        self.0.write(delete).await
    }
}

fn named(records: &dyn Records, subject: Option<Vec<u8>>) -> Result<Option<Account>> {
    subject.map_or(Ok(None), |subject| read(records, &key(ACCOUNT, subject)))
}

fn replace(records: &mut dyn RecordsMut, before: &Account, changed: &Account, now: Timestamp) -> Result<Replaced> {
    let by_subject = key(ACCOUNT, before.subject.as_str());
    let Some(held) = read::<Account>(&*records, &by_subject)? else { return Ok(Replaced::Gone) };
    if held != *before {
        return Ok(Replaced::Changed);
    }
    write(records, &by_subject, changed)?;
    move_mark(records, &before.subject, now)?;
    if before.is_ended_by(changed) {
        sign_out(records, &before.subject, now)?;
    }
    Ok(Replaced::Now)
}

fn rename(records: &mut dyn RecordsMut, before: &Account, renamed: &Account, now: Timestamp) -> Result<Renamed> {
    let (by_subject, name) = (key(ACCOUNT, before.subject.as_str()), key(NAMED, &renamed.username));
    let Some(held) = read::<Account>(&*records, &by_subject)? else { return Ok(Renamed::Gone) };
    if held != *before {
        return Ok(Renamed::Changed);
    }
    if renamed.username != before.username && records.get(&name)?.is_some() {
        return Ok(Renamed::Taken);
    }
    records.remove(&key(NAMED, &before.username))?;
    records.put(&name, before.subject.as_str().as_bytes())?;
    write(records, &by_subject, renamed)?;
    move_mark(records, &before.subject, now)?;
    Ok(Renamed::Now)
}

/// Ends every session of a person and revokes every grant.
fn sign_out(records: &mut dyn RecordsMut, subject: &Subject, now: Timestamp) -> Result<()> {
    sessions::end_all(records, subject)?;
    grants::revoke_all(records, &GrantFilter::Subject(subject.clone()), now)?;
    Ok(())
}
