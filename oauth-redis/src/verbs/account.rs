use super::after;
use super::client::pairs;
use crate::error::{Failure, Outcome};
use crate::link::Access;
use crate::record::{AccountRecord, Field, seconds, text};
use crate::{RedisStore, script};
use futures_util::future::try_join_all;
use oauth_core::clock::{Clock as _, SystemClock, Timestamp};
use oauth_core::identifier::Subject;
use oauth_core::secret::random_bytes;
use oauth_core::store::{Account, AccountStore, Created, GrantFilter, Page, Renamed, Replaced, Result, fold_names};

const ACCOUNT: &str = "an account";

/// The length of what makes a note of a sign-out unique.
const NONCE: usize = 8;

/// After how many seconds the sweep takes the process for dead that began a sign-out.
const ABANDONED: i64 = 60;

/// How an account compares with what was read of it before.
enum HeldAccount {
    /// It is the same, in these fields.
    AsRead(Vec<Field>),
    Changed,
    Gone,
}

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

    async fn replace_account(&self, read: &Account, changed: &Account, now: Timestamp) -> Result<Replaced> {
        let (store, read, changed) = (self.clone(), read.clone(), changed.clone());
        let steps = Self::whole(async move { store.replace_account_read(&read, &changed, now).await });
        steps.await.map_err(|failure| failure.while_doing("replace an account"))
    }

    async fn rename_account(&self, read: &Account, renamed: &Account, now: Timestamp) -> Result<Renamed> {
        let (store, read, renamed) = (self.clone(), read.clone(), renamed.clone());
        let steps = Self::whole(async move { store.rename_account_read(&read, &renamed, now).await });
        steps.await.map_err(|failure| failure.while_doing("rename an account"))
    }

    async fn delete_account(&self, subject: &Subject, now: Timestamp) -> Result<bool> {
        let (store, subject) = (self.clone(), subject.clone());
        let steps = Self::whole(async move { store.close_account(&subject, now).await });
        steps.await.map_err(|failure| failure.while_doing("delete an account"))
    }
}

impl RedisStore {
    async fn read_account(&self, subject: &Subject) -> Outcome<Option<Account>> {
        AccountRecord::read(subject.clone(), self.account_fields(subject).await?)
    }

    async fn account_fields(&self, subject: &Subject) -> Outcome<Vec<Field>> {
        let mut command = redis::cmd("HMGET");
        command.arg(self.0.places.of_accounts().key('A', subject.as_str())).arg(&["n", "p", "e", "r"]);
        self.0.link.run(Access::Read, &command).await
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

    /// Reads the fields of an account, and compares them with what was read before.
    async fn held_account(&self, read: &Account) -> Outcome<HeldAccount> {
        let found = self.account_fields(&read.subject).await?;
        Ok(match AccountRecord::read(read.subject.clone(), found.clone())? {
            Some(present) if present == *read => HeldAccount::AsRead(found),
            Some(_) => HeldAccount::Changed,
            None => HeldAccount::Gone,
        })
    }

    /// Replaces the account that was read; then its mark moves, and if that ends it, the person is signed out.
    async fn replace_account_read(&self, read: &Account, changed: &Account, now: Timestamp) -> Outcome<Replaced> {
        if (&read.subject, &read.username) != (&changed.subject, &changed.username) {
            return Err(Failure::Contradiction("it would get another identifier or name"));
        }
        let place = self.0.places.of_accounts();
        let key = place.key('A', read.subject.as_str());
        let found = match self.held_account(read).await? {
            HeldAccount::AsRead(found) => found,
            HeldAccount::Changed => return Ok(Replaced::Changed),
            HeldAccount::Gone => return Ok(Replaced::Gone),
        };
        let note = if read.is_ended_by(changed) { note_of(&read.subject) } else { Vec::new() };
        let (moment, new) = (seconds(now), AccountRecord::write(changed)?);
        let mut arguments: Vec<&[u8]> = vec![place.as_str().as_bytes(), &note, moment.as_bytes()];
        // The very fields that were compared, and no others, are replaced.
        arguments.extend(found.iter().skip(1).map(|field| field.as_deref().unwrap_or_default()));
        arguments.extend(new.iter().skip(1).map(|(_, value)| value.as_slice()));
        match self.0.link.script::<i64>(Access::Write, &script::REPLACE_ACCOUNT, &key, &arguments).await? {
            1 => {}
            0 => return Ok(Replaced::Changed),
            _ => return Ok(Replaced::Gone),
        }
        if note.is_empty() {
            self.move_mark(&read.subject, now).await?;
        } else {
            self.sign_out(&read.subject, &note, now).await?;
        }
        Ok(Replaced::Now)
    }

    /// Renames the account that was read; then its mark moves.
    async fn rename_account_read(&self, read: &Account, renamed: &Account, now: Timestamp) -> Outcome<Renamed> {
        if !read.is_only_renamed(renamed) {
            return Err(Failure::Contradiction("something else than its name would change"));
        }
        let place = self.0.places.of_accounts();
        let key = place.key('A', read.subject.as_str());
        let found = match self.held_account(read).await? {
            HeldAccount::AsRead(found) => found,
            HeldAccount::Changed => return Ok(Renamed::Changed),
            HeldAccount::Gone => return Ok(Renamed::Gone),
        };
        let new = AccountRecord::write(renamed)?;
        let mut arguments: Vec<&[u8]> = vec![place.as_str().as_bytes(), read.subject.as_str().as_bytes()];
        arguments.extend(found.iter().map(|field| field.as_deref().unwrap_or_default()));
        let of_name = |(field, _): &&(&str, Vec<u8>)| matches!(*field, "n" | "r");
        arguments.extend(new.iter().filter(of_name).map(|(_, value)| value.as_slice()));
        match self.0.link.script::<i64>(Access::Write, &script::RENAME_ACCOUNT, &key, &arguments).await? {
            1 => {}
            0 => return Ok(Renamed::Changed),
            2 => return Ok(Renamed::Taken),
            _ => return Ok(Renamed::Gone),
        }
        self.move_mark(&read.subject, now).await?;
        Ok(Renamed::Now)
    }

    /// Folds the names of accounts from before names were folded, unless that is noted as done.
    pub(crate) async fn fold_names_once(&self) -> Outcome<()> {
        let place = self.0.places.of_accounts();
        let (note, list) = (place.key('V', ""), place.key('Z', ""));
        let is_there = async |key: &[u8]| self.0.link.run::<bool>(Access::Read, redis::cmd("EXISTS").arg(key)).await;
        // Without accounts there is nothing to note.
        if !is_there(&list).await? || is_there(&note).await? {
            return Ok(());
        }
        fold_names(self, SystemClock.now()).await.map_err(|error| Failure::Unusable(error.to_string()))?;
        let _: () = self.0.link.run(Access::Write, redis::cmd("SET").arg(note).arg("folded")).await?;
        Ok(())
    }

    async fn close_account(&self, subject: &Subject, now: Timestamp) -> Outcome<bool> {
        let place = self.0.places.of_accounts();
        let (note, moment) = (note_of(subject), seconds(now));
        let arguments: [&[u8]; 4] = [place.as_str().as_bytes(), subject.as_str().as_bytes(), &note, moment.as_bytes()];
        let key = place.key('A', subject.as_str());
        let deleted: bool = self.0.link.script(Access::Write, &script::DELETE_ACCOUNT, &key, &arguments).await?;
        if deleted {
            self.sign_out(subject, &note, now).await?;
        }
        Ok(deleted)
    }

    /// Ends every session of a person, moves the mark and revokes every grant; then the note of it goes.
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

/// What notes that a person is to be signed out.
fn note_of(subject: &Subject) -> Vec<u8> {
    [&random_bytes::<NONCE>(), subject.as_str().as_bytes()].concat()
}

fn subject_of(bytes: &[u8]) -> Outcome<Subject> {
    Subject::new(text(bytes, ACCOUNT)?).map_err(|_| Failure::Corrupt(ACCOUNT))
}
