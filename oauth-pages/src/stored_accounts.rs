use crate::accounts::{Accounts, PasswordChange, Person};
use crate::membership::{ORGANISATION, belongs, stored_name};
use oauth_core::clock::Clock;
use oauth_core::config::Config;
use oauth_core::event::{Event, EventSink};
use oauth_core::identifier::{Attributes, Subject};
use oauth_core::name::{composed, folded, is_organisation, is_username};
use oauth_core::password::{Compared, PasswordHasher, PasswordHasherBusy, prepared};
use oauth_core::secret::Password;
use oauth_core::store::{
    self, Account, AccountStore, AttributeChanges, Created, GrantFilter, GrantStore, Page, PasswordHash, Renamed,
    Replaced, StoreError, account_called,
};
use std::sync::Arc;

/// The attribute of an account that says `off` where no client may act for the person.
pub const API_ACCESS: &str = "api_access";
pub(crate) const OFF: &str = "off";

/// Accounts that are kept in a store, their passwords as argon2id hashes: for applications that
/// have no users of their own.
///
/// A name is the same from every keyboard ([`folded`]), and shown as it was given; so is a password
/// ([`prepared`]). Every method takes a name in any spelling.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use oauth_core::{config::Config, secret::Password, store::MemoryStore};
/// use oauth_pages::{PagesProvider, StoredAccounts};
///
/// let config = Config::new("https://id.example")?;
/// let store = MemoryStore::new();
/// let accounts = StoredAccounts::new(store.clone(), &config);
/// accounts.create("ada", &Password::new("not her real one"), true).await?;
/// let provider = PagesProvider::new(config, store, accounts);
/// # drop(provider); Ok(()) }
/// ```
#[derive(Clone)]
pub struct StoredAccounts<S> {
    store: S,
    passwords: PasswordHasher,
    clock: Arc<dyn Clock>,
    events: Arc<dyn EventSink>,
}

/// Why an account cannot be created or changed; the text says how to fix it.
#[derive(Debug)]
#[non_exhaustive]
pub enum AccountError {
    /// The name is too long, padded, shows nothing or has hidden characters ([`is_username`]).
    Username,
    /// The organisation's name is too long, padded, shows nothing, or has hidden characters or a slash
    /// ([`is_organisation`]).
    Organisation,
    /// The password is too short or too long.
    Password,
    /// Somebody has this name.
    Taken,
    /// Nobody has this name.
    Unknown,
    /// An attribute's name or value has control characters, or is not changed like this.
    Attribute,
    /// Too many passwords are waiting to be hashed.
    Busy,
    /// The store does not answer.
    Store(StoreError),
}

impl std::fmt::Display for AccountError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Username => {
                "username: give 1 to 100 characters that can be seen, without control or invisible characters and without spaces around them"
            }
            Self::Organisation => {
                "organisation: give 1 to 100 characters that can be seen, without slash, control or invisible characters and without spaces around them"
            }
            Self::Password => "password: give 8 to 1024 characters",
            Self::Taken => "username: it is taken; choose another",
            Self::Unknown => "username: there is no such account",
            Self::Attribute => {
                "attributes: give names and values without control characters, and neither api_access nor organisation"
            }
            Self::Busy => "password: the server is busy hashing passwords; try again in a few seconds",
            Self::Store(error) => return std::fmt::Display::fmt(error, f),
        })
    }
}

impl std::error::Error for AccountError {}

impl From<StoreError> for AccountError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<PasswordHasherBusy> for AccountError {
    fn from(_: PasswordHasherBusy) -> Self {
        Self::Busy
    }
}

impl<S: AccountStore> StoredAccounts<S> {
    /// Keeps accounts in `store`; hasher, clock and event sink are those of the settings.
    pub fn new(store: S, config: &Config) -> Self {
        Self {
            store,
            passwords: config.passwords.clone(),
            clock: Arc::clone(&config.clock),
            events: Arc::clone(&config.events),
        }
    }

    /// Creates an account that may sign in at once.
    ///
    /// # Errors
    /// The name is unfit or taken, the password is unfit, or the store does not answer.
    pub async fn create(
        &self,
        username: &str,
        password: &Password,
        administrator: bool,
    ) -> Result<Account, AccountError> {
        self.create_with(None, username, password, administrator).await
    }

    /// Creates an account of an organisation, which it belongs to for good: it signs in where
    /// [organisations are asked for](oauth_core::config::Config::organisations) and this one is named. Another
    /// organisation may have somebody of the same name.
    ///
    /// # Errors
    /// As [`create`](Self::create); the organisation cannot be called so.
    pub async fn create_at(
        &self,
        organisation: &str,
        username: &str,
        password: &Password,
    ) -> Result<Account, AccountError> {
        if !is_organisation(organisation) {
            return Err(AccountError::Organisation);
        }
        self.create_with(Some(organisation), username, password, false).await
    }

    async fn create_with(
        &self,
        organisation: Option<&str>,
        username: &str,
        password: &Password,
        administrator: bool,
    ) -> Result<Account, AccountError> {
        if !is_username(username) {
            return Err(AccountError::Username);
        }
        let name = stored_name(organisation, username);
        // A name from before names were folded may be taken by exactly its bytes.
        if account_called(&self.store, &name).await?.is_some() {
            return Err(AccountError::Taken);
        }
        let attribute = |name: &str| (ORGANISATION.to_owned(), composed(name));
        let mut account = Account {
            subject: Subject::generate(),
            username: String::new(),
            spelling: None,
            password: self.hash(password).await?,
            administrator,
            enabled: true,
            attributes: organisation.into_iter().map(attribute).collect::<Attributes>(),
            created_at: self.clock.now(),
        };
        account.take_name(&name);
        match self.store.create_account(&account).await? {
            Created::Now => Ok(account),
            Created::Exists => Err(AccountError::Taken),
        }
    }

    /// Gives an account another name; nothing ends. An account of an organisation stays in it: the name is the
    /// one behind the slash. Returns the account with its new name.
    ///
    /// # Errors
    /// There is no such account, the name is unfit or taken, or the store does not answer.
    pub async fn rename(&self, username: &str, name: &str) -> Result<Account, AccountError> {
        if !is_username(name) {
            return Err(AccountError::Username);
        }
        let mut read = self.named(username).await?;
        let name = stored_name(read.attributes.get(ORGANISATION).map(String::as_str), name);
        loop {
            if account_called(&self.store, &name).await?.is_some_and(|other| other.subject != read.subject) {
                return Err(AccountError::Taken);
            }
            let mut renamed = read.clone();
            renamed.take_name(&name);
            match self.store.rename_account(&read, &renamed, self.clock.now()).await? {
                Renamed::Now => return Ok(renamed),
                Renamed::Taken => return Err(AccountError::Taken),
                Renamed::Gone => return Err(AccountError::Unknown),
                Renamed::Changed => {
                    read = self.store.account(&read.subject).await?.ok_or(AccountError::Unknown)?;
                }
            }
        }
    }

    /// Sets a password without asking for the old one, and ends every session and grant of the
    /// account. A change by the person that is under way is rejected then.
    ///
    /// # Errors
    /// There is no such account, the password is unfit, or the store does not answer.
    pub async fn set_password(&self, username: &str, password: &Password) -> Result<(), AccountError> {
        let subject = self.named(username).await?.subject;
        let hash = self.hash(password).await?;
        found(self.change(&subject, |account| account.password = hash.clone()).await?)?;
        self.events.record(&Event::PasswordChanged { subject });
        Ok(())
    }

    /// Enables or disables an account; disabling ends every session and grant of it.
    ///
    /// # Errors
    /// There is no such account, or the store does not answer.
    pub async fn set_enabled(&self, username: &str, enabled: bool) -> Result<(), AccountError> {
        let subject = self.named(username).await?.subject;
        found(self.change(&subject, |account| account.enabled = enabled).await?)?;
        self.events.record(&if enabled {
            Event::AccountEnabled { subject }
        } else {
            Event::AccountDisabled { subject }
        });
        Ok(())
    }

    /// Changes attributes of an account: those with a value are set, those without removed.
    ///
    /// # Errors
    /// There is no such account, a name or value has control characters, or the name is [`API_ACCESS`],
    /// which has [a way of its own](Self::set_api_access), or [`ORGANISATION`], which an account has for
    /// good; or the store does not answer.
    pub async fn change_attributes(&self, username: &str, changes: &AttributeChanges) -> Result<(), AccountError> {
        let control = |text: &str| text.chars().any(char::is_control);
        let refused = |(name, value): (&String, &Option<String>)| {
            [API_ACCESS, ORGANISATION].contains(&name.as_str())
                || control(name)
                || value.as_deref().is_some_and(control)
        };
        if changes.iter().any(refused) {
            return Err(AccountError::Attribute);
        }
        let subject = self.named(username).await?.subject;
        found(self.change(&subject, |account| account.change_attributes(changes)).await?)
    }

    /// Deletes an account with every session and grant of it.
    ///
    /// # Errors
    /// There is no such account, or the store does not answer.
    pub async fn delete(&self, username: &str) -> Result<(), AccountError> {
        let subject = self.named(username).await?.subject;
        found(self.store.delete_account(&subject, self.clock.now()).await?)?;
        self.events.record(&Event::AccountDeleted { subject });
        Ok(())
    }

    /// Lists accounts in the order of the bytes of their folded names ([`Account::username`]).
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn list(&self, page: &Page<String>) -> store::Result<Vec<Account>> {
        self.store.accounts(page).await
    }

    /// Changes an account as it is just now, and reads it again if somebody else was faster: what does not rest
    /// on what was read undoes nothing of theirs. `false` if there is no such account.
    async fn change(&self, subject: &Subject, change: impl Fn(&mut Account)) -> store::Result<bool> {
        while let Some(read) = self.store.account(subject).await? {
            let mut changed = read.clone();
            change(&mut changed);
            match self.store.replace_account(&read, &changed, self.clock.now()).await? {
                Replaced::Now => return Ok(true),
                Replaced::Changed => {}
                Replaced::Gone => break,
            }
        }
        Ok(false)
    }

    /// Finds the account of a name, in an organisation or in none, if the password is right.
    async fn verified(
        &self,
        organisation: Option<&str>,
        username: &str,
        password: &Password,
    ) -> store::Result<Option<Person>> {
        let account = account_called(&self.store, &stored_name(organisation, username)).await?;
        let account = account.filter(|account| belongs(account, organisation));
        // A disabled account is verified too, and then refused: it answers in the same time.
        let compared = self.compared(password, account.as_ref().map(|account| &account.password)).await?;
        let account = account.filter(|account| compared != Compared::Differs && account.enabled);
        if let Some(account) = account.as_ref().filter(|_| compared == Compared::SameUnprepared) {
            self.hash_anew(account, password).await;
        }
        Ok(account.map(Person::from))
    }

    /// Hashes a password anew that was hashed before passwords were prepared: from now on it is the same from
    /// every keyboard. Nothing ends, and what does not work out is left to the next time.
    async fn hash_anew(&self, account: &Account, password: &Password) {
        let Ok(hash) = self.passwords.hash(password.expose()).await else { return };
        let changed = Account { password: hash.in_place_of(&account.password), ..account.clone() };
        if let Err(error) = self.store.replace_account(account, &changed, self.clock.now()).await {
            tracing::warn!(%error, "a password was not hashed anew");
        }
    }

    /// Reads an account by its [full name](Person::full_name), disabled ones too.
    ///
    /// # Errors
    /// There is no such account, or the store does not answer.
    pub async fn named(&self, username: &str) -> Result<Account, AccountError> {
        account_called(&self.store, username).await?.ok_or(AccountError::Unknown)
    }

    async fn hash(&self, password: &Password) -> Result<PasswordHash, AccountError> {
        if !is_password(password) {
            return Err(AccountError::Password);
        }
        Ok(self.passwords.hash(password.expose()).await?)
    }

    /// Compares a password, or spends the same time where there is no hash to compare with.
    async fn compared(&self, password: &Password, hash: Option<&PasswordHash>) -> store::Result<Compared> {
        let compared = self.passwords.compare(password.expose(), hash).await;
        compared.map_err(|busy| StoreError::new("verify a password", busy))
    }
}

impl<S: AccountStore> StoredAccounts<S> {
    /// Sets another password, if the one that was compared is still there.
    pub(crate) async fn replace_password(
        &self,
        compared: Account,
        hash: PasswordHash,
    ) -> store::Result<PasswordChange> {
        let mut read = compared.clone();
        loop {
            let changed = Account { password: hash.clone(), ..read.clone() };
            if self.store.replace_account(&read, &changed, self.clock.now()).await? == Replaced::Now {
                return Ok(PasswordChange::Changed(Box::new(Person::from(changed))));
            }
            // Something else about the account may have changed; that goes on.
            match self.store.account(&compared.subject).await? {
                Some(now) if now.enabled && now.password.digest() == compared.password.digest() => read = now,
                _ => return Ok(PasswordChange::Overtaken),
            }
        }
    }
}

impl<S: AccountStore + GrantStore> StoredAccounts<S> {
    /// Says whether clients may act for a person. Switched off, every grant is revoked, and pages, tokens
    /// and API refuse at once; the person can still sign in here. Switched on again, they have to allow
    /// their clients anew.
    ///
    /// # Errors
    /// There is no such account, or the store does not answer: then call it again.
    pub async fn set_api_access(&self, username: &str, allowed: bool) -> Result<(), AccountError> {
        let subject = self.named(username).await?.subject;
        found(self.switch_api_access(&subject, allowed).await?)?;
        if !allowed {
            // After the switch: whoever is about to save a code looks at it once more when it is saved.
            self.store.revoke_grants(&GrantFilter::Subject(subject.clone()), self.clock.now()).await?;
        }
        self.events.record(&if allowed {
            Event::ApiAccessEnabled { subject }
        } else {
            Event::ApiAccessDisabled { subject }
        });
        Ok(())
    }
}

impl<S: AccountStore> Accounts for StoredAccounts<S> {
    async fn sign_in(&self, username: &str, password: &Password) -> store::Result<Option<Person>> {
        self.verified(None, username, password).await
    }

    async fn sign_in_at(
        &self,
        organisation: &str,
        username: &str,
        password: &Password,
    ) -> store::Result<Option<Person>> {
        self.verified(Some(organisation), username, password).await
    }

    async fn person_named(&self, username: &str) -> store::Result<Option<Person>> {
        Ok(account_called(&self.store, username).await?.map(Person::from))
    }

    async fn person(&self, subject: &Subject) -> store::Result<Option<Person>> {
        Ok(self.store.account(subject).await?.filter(|account| account.enabled).map(Person::from))
    }

    fn offers_people(&self) -> bool {
        true
    }

    async fn people(&self, page: &Page<String>) -> store::Result<Vec<Person>> {
        let mut page = page.clone();
        // What is shown is the spelling; the store goes on behind the name that it compares.
        if let Some(after) = &page.after {
            let last = account_called(&self.store, after).await?;
            page.after = Some(last.map_or_else(|| folded(after), |last| last.username));
        }
        Ok(self.store.accounts(&page).await?.into_iter().map(Person::from).collect())
    }

    async fn switch_api_access(&self, subject: &Subject, allowed: bool) -> store::Result<bool> {
        let value = (!allowed).then(|| OFF.to_owned());
        let changes = AttributeChanges::from([(API_ACCESS.to_owned(), value)]);
        self.change(subject, |account| account.change_attributes(&changes)).await
    }

    fn offers_password_change(&self) -> bool {
        true
    }

    async fn change_password(&self, person: &Person, old: &Password, new: &Password) -> store::Result<PasswordChange> {
        let Some(account) = self.store.account(&person.subject).await?.filter(|account| account.enabled) else {
            return Ok(PasswordChange::WrongPassword);
        };
        // The hash that is compared here is the one that must still be there in the end.
        if self.compared(old, Some(&account.password)).await? == Compared::Differs {
            return Ok(PasswordChange::WrongPassword);
        }
        let hash = match self.hash(new).await {
            Ok(hash) => hash,
            Err(AccountError::Store(error)) => return Err(error),
            Err(AccountError::Busy) => return Err(StoreError::new("hash a password", PasswordHasherBusy)),
            Err(refused) => return Ok(PasswordChange::Refused(refused.to_string())),
        };
        self.replace_password(account, hash).await
    }
}

fn found(there: bool) -> Result<(), AccountError> {
    if there { Ok(()) } else { Err(AccountError::Unknown) }
}

fn is_password(password: &Password) -> bool {
    (8..=1_024).contains(&prepared(password.expose()).chars().count())
}
