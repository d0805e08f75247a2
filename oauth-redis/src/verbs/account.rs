use super::after;
use super::client::pairs;
use crate::error::Outcome;
use crate::link::Access;
use crate::record::{AccountRecord, Field, enabled, seconds, text};
use crate::{RedisStore, script};
use futures_util::future::try_join_all;
use oauth_core::clock::Timestamp;
use oauth_core::identifier::Subject;
use oauth_core::secret::random_bytes;
use oauth_core::store::{Account, AccountStore, AttributeChanges, Created, GrantFilter, Page, PasswordHash, Result};

const ACCOUNT: &str = "an account";

/// The length of what makes a note of a sign-out unique.
const NONCE: usize = 8;

/// After how many seconds the sweep takes the process for dead that began a sign-out.
const ABANDONED: i64 = 60;

impl AccountStore for RedisStore {
    async fn account(&self, subject: &Subject) -> Result<Option<Account>> {
        self.read_account(subject).await.map_err(|failure| failure.while_doing("read an account"))
    }

    async fn account_named(&self, username: &str) -> Result<Option<Account>> {
        self.read_named(username).await.map_err(|failure| failure.while_doing("read an account by its name"))
    }

    async fn accounts(&self, page: &Page<String>) -> Result<Vec<Account>> {
        self.list_accounts(page).await.map_err(|failure| failure.while_doing("list accounts"))
    }

    async fn create_account(&self, account: &Account) -> Result<Created> {
        self.open_account(account).await.map_err(|failure| failure.while_doing("create an account"))
    }

    async fn set_password(&self, subject: &Subject, password: &PasswordHash, now: Timestamp) -> Result<bool> {
        let change = Change { field: "p", value: password.as_phc().as_bytes().to_vec(), signs_out: true };
        let changed = self.change_account(subject, change, now).await;
        changed.map_err(|failure| failure.while_doing("set a password"))
    }

    async fn set_account_enabled(&self, subject: &Subject, is_enabled: bool, now: Timestamp) -> Result<bool> {
        let change = Change { field: "e", value: enabled(is_enabled).to_vec(), signs_out: !is_enabled };
        let changed = self.change_account(subject, change, now).await;
        changed.map_err(|failure| failure.while_doing("enable or disable an account"))
    }

    async fn change_account_attributes(&self, subject: &Subject, changes: &AttributeChanges) -> Result<bool> {
        let changed = self.change_attributes(subject, changes).await;
        changed.map_err(|failure| failure.while_doing("change an account's attributes"))
    }

    async fn delete_account(&self, subject: &Subject, now: Timestamp) -> Result<bool> {
        let change = Change { field: "", value: Vec::new(), signs_out: true };
        let changed = self.change_account(subject, change, now).await;
        changed.map_err(|failure| failure.while_doing("delete an account"))
    }
}

/// What is changed about an account: a field, or all of it where none is named.
struct Change {
    field: &'static str,
    value: Vec<u8>,
    signs_out: bool,
}

impl RedisStore {
    async fn read_account(&self, subject: &Subject) -> Outcome<Option<Account>> {
        let mut command = redis::cmd("HMGET");
        command.arg(self.0.places.of_accounts().key('A', subject.as_str())).arg(&["n", "p", "e", "r"]);
        AccountRecord::read(subject.clone(), self.0.link.run(Access::Read, &command).await?)
    }

    async fn read_named(&self, username: &str) -> Outcome<Option<Account>> {
        let key = self.0.places.of_accounts().key('N', username);
        let subject: Field = self.0.link.run(Access::Read, redis::cmd("GET").arg(key)).await?;
        let Some(subject) = subject else { return Ok(None) };
        let account = self.read_account(&subject_of(&subject)?).await?;
        Ok(account.filter(|account| account.username == username))
    }

    async fn list_accounts(&self, page: &Page<String>) -> Outcome<Vec<Account>> {
        let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
        let list = self.0.places.of_accounts().key('Z', "");
        let mut from = page.after.as_ref().map_or(b"-".to_vec(), |name| after(name.as_bytes()));
        let mut found = Vec::new();
        while found.len() < limit {
            let names = self.listed(&list, &from, super::BATCH.min(limit - found.len())).await?;
            let Some(last) = names.last() else { break };
            from = after(last);
            let read = names.iter().map(async |name| self.read_named(text(name, ACCOUNT)?).await);
            found.extend(try_join_all(read).await?.into_iter().flatten());
        }
        Ok(found)
    }

    async fn open_account(&self, account: &Account) -> Outcome<Created> {
        let place = self.0.places.of_accounts();
        let fields = AccountRecord::write(account)?;
        let mut arguments = vec![place.as_str().as_bytes(), account.subject.as_str().as_bytes()];
        arguments.push(account.username.as_bytes());
        arguments.extend(pairs(&fields));
        let key = place.key('A', account.subject.as_str());
        let created: bool = self.0.link.script(Access::Write, &script::CREATE_ACCOUNT, &key, &arguments).await?;
        Ok(if created { Created::Now } else { Created::Exists })
    }

    /// Changes the attributes that were read, and reads them again where somebody else was faster.
    async fn change_attributes(&self, subject: &Subject, changes: &AttributeChanges) -> Outcome<bool> {
        let key = self.0.places.of_accounts().key('A', subject.as_str());
        let mut command = redis::cmd("HMGET");
        command.arg(&key).arg(&["n", "p", "e", "r"]);
        loop {
            let found: Vec<Field> = self.0.link.run(Access::Read, &command).await?;
            let record = found.last().cloned().flatten().unwrap_or_default();
            let Some(account) = AccountRecord::read(subject.clone(), found)? else { return Ok(false) };
            let changed = AccountRecord::changed(account, changes)?;
            let arguments = [record.as_slice(), changed.as_slice()];
            match self.0.link.script::<i64>(Access::Write, &script::REPLACE_ACCOUNT, &key, &arguments).await? {
                1 => return Ok(true),
                0 => {}
                _ => return Ok(false),
            }
        }
    }

    /// Changes an account and, if that signs the person out, does so before it returns.
    async fn change_account(&self, subject: &Subject, change: Change, now: Timestamp) -> Outcome<bool> {
        let (store, subject) = (self.clone(), subject.clone());
        Self::whole(async move {
            let note = match change.signs_out {
                true => [&random_bytes::<NONCE>(), subject.as_str().as_bytes()].concat(),
                false => Vec::new(),
            };
            let changed = store.change(&subject, &change, &note, now).await?;
            if changed && change.signs_out {
                store.sign_out(&subject, &note, now).await?;
            }
            Ok(changed)
        })
        .await
    }

    async fn change(&self, subject: &Subject, change: &Change, note: &[u8], now: Timestamp) -> Outcome<bool> {
        let place = self.0.places.of_accounts();
        let now = seconds(now);
        let arguments: [&[u8]; 6] = [
            place.as_str().as_bytes(),
            subject.as_str().as_bytes(),
            note,
            now.as_bytes(),
            change.field.as_bytes(),
            &change.value,
        ];
        let key = place.key('A', subject.as_str());
        self.0.link.script(Access::Write, &script::CHANGE_ACCOUNT, &key, &arguments).await
    }

    /// Ends every session of a person and revokes every grant; then the note of it goes.
    async fn sign_out(&self, subject: &Subject, note: &[u8], now: Timestamp) -> Outcome<()> {
        self.end_all(subject).await?;
        self.revoke_all(&GrantFilter::Subject(subject.clone()), now).await?;
        self.take_from(&self.0.places.of_accounts().key('W', ""), note).await
    }

    /// Finishes what a process that died had begun.
    pub(super) async fn finish_sign_outs(&self, now: Timestamp) -> Outcome<()> {
        let mut command = redis::cmd("ZRANGEBYSCORE");
        let last = now.as_unix_seconds().saturating_sub(ABANDONED);
        command.arg(self.0.places.of_accounts().key('W', "")).arg("-inf").arg(last).arg("LIMIT").arg(0).arg(100);
        let notes: Vec<Vec<u8>> = self.0.link.run(Access::Read, &command).await?;
        for note in &notes {
            let (_, subject) = note.split_at_checked(NONCE).unwrap_or_default();
            self.sign_out(&subject_of(subject)?, note, now).await?;
        }
        Ok(())
    }
}

fn subject_of(bytes: &[u8]) -> Outcome<Subject> {
    Subject::new(text(bytes, ACCOUNT)?).map_err(|_| crate::error::Failure::Corrupt(ACCOUNT))
}
