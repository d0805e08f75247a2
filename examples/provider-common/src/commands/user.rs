//! `provider user ...`: accounts for those who have no users yet.

use super::{PAGE, one_line, secret_from_stdin};
use crate::output::{Answer, Refused, warn};
use clap::{Args, Subcommand, ValueEnum};
use oauth_core::administration::{Act, Actor, Administration};
use oauth_core::config::Config;
use oauth_core::identifier::Subject;
use oauth_core::name::folded;
use oauth_core::secret::Password;
use oauth_core::store::{
    Account, AccountStore, AttributeChanges, AuditStore, ClientStore, GrantStore, Page, account_called,
};
use oauth_pages::{AccountError, GROUPS, Person, ROLES, StoredAccounts};
use serde_json::{Value, json};

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Creates an account that may sign in at once.
    Create {
        #[command(flatten)]
        who: Who,
        #[command(flatten)]
        password: NewPassword,
        /// May manage the applications of others.
        #[arg(long, conflicts_with = "organisation")]
        administrator: bool,
        #[command(flatten)]
        properties: Properties,
    },
    /// Lists the accounts.
    List,
    /// Sets a password; ends the account's sessions, and every token issued for it.
    Password {
        #[command(flatten)]
        who: Who,
        #[command(flatten)]
        password: NewPassword,
    },
    /// Changes groups, roles and attributes; what is not given stays.
    Update {
        #[command(flatten)]
        who: Who,
        #[command(flatten)]
        properties: Properties,
        /// Takes away all of these before any are given; may be repeated.
        #[arg(long, value_enum, value_name = "WHAT", value_delimiter = ',')]
        clear: Vec<Part>,
        /// Takes a free attribute away; may be repeated.
        #[arg(long = "remove-attribute", value_name = "NAME")]
        removed: Vec<String>,
    },
    /// Gives an account another name to sign in with; nothing ends.
    Rename {
        #[command(flatten)]
        who: Who,
        /// The new name; an account of an organisation stays in it.
        #[arg(long, value_name = "USERNAME", allow_hyphen_values = true)]
        to: String,
    },
    /// Lets no application act for an account; it can still sign in, and what it allowed ends.
    DisableApiAccess(Who),
    /// Lets applications act for an account again, once it has allowed them anew.
    EnableApiAccess(Who),
    /// Disables an account; ends its sessions, and every token issued for it. Its applications are switched off.
    Disable(End),
    /// Enables an account again.
    Enable(Who),
    /// Deletes an account; ends its sessions, and every token issued for it. Its applications are switched off.
    Delete(End),
}

/// Whose account ends, and what becomes of its applications.
#[derive(Args)]
pub(crate) struct End {
    #[command(flatten)]
    who: Who,
    /// Gives its applications to this account, instead of switching them off.
    #[arg(long, value_name = "USERNAME")]
    hand_over_to: Option<String>,
}

/// What an account may do, as options: the same for creating and for changing one.
#[derive(Args)]
pub(crate) struct Properties {
    /// A group it is in, in the place of those before; may be repeated.
    #[arg(long = "group", value_name = "NAME", value_parser = listed)]
    groups: Vec<String>,
    /// A role it has, in the place of those before; may be repeated.
    #[arg(long = "role", value_name = "NAME", value_parser = listed)]
    roles: Vec<String>,
    /// A free attribute; may be repeated.
    #[arg(long = "attribute", value_name = "NAME=VALUE", value_parser = super::attribute)]
    attributes: Vec<(String, String)>,
}

/// What can be taken away from an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    Groups,
    Roles,
}

impl Properties {
    fn changes(self, clear: &[Part], removed: Vec<String>) -> AttributeChanges {
        let cleared = clear.iter().map(|part| match part {
            Part::Groups => GROUPS,
            Part::Roles => ROLES,
        });
        let mut changes: AttributeChanges =
            cleared.map(str::to_owned).chain(removed).map(|name| (name, None)).collect();
        changes.extend(self.attributes.into_iter().map(|(name, value)| (name, Some(value))));
        for (name, list) in [(GROUPS, self.groups), (ROLES, self.roles)] {
            if !list.is_empty() {
                changes.insert(name.to_owned(), Some(list.join(",")));
            }
        }
        changes
    }
}

/// Takes a name that can stand in a list.
fn listed(text: &str) -> Result<String, String> {
    if text.trim() != text || text.is_empty() || text.contains(',') {
        return Err("give a name without commas and without spaces around it".to_owned());
    }
    Ok(text.to_owned())
}

/// Whose account, in which organisation.
#[derive(Args)]
pub(crate) struct Who {
    #[command(flatten)]
    name: Name,
    /// The organisation it belongs to; none unless given.
    #[arg(long, id = "organisation", value_name = "NAME")]
    organisation: Option<String>,
}

impl Who {
    /// Gives the name that is this account's alone.
    fn full_name(&self) -> String {
        let organisation = self.organisation.iter().map(|organisation| format!("{organisation}/"));
        organisation.chain([self.name.as_str().to_owned()]).collect()
    }
}

/// Whose account; with or without `--username` before it.
#[derive(Args)]
#[group(id = "who", required = true, multiple = false)]
pub(crate) struct Name {
    /// The name typed at sign-in.
    #[arg(value_name = "USERNAME")]
    positional: Option<String>,
    /// The name typed at sign-in.
    #[arg(long, allow_hyphen_values = true)]
    username: Option<String>,
}

impl Name {
    fn as_str(&self) -> &str {
        self.username.as_deref().or(self.positional.as_deref()).unwrap_or_default()
    }
}

#[derive(Args)]
#[group(id = "new password", required = true, multiple = false)]
pub(crate) struct NewPassword {
    /// The password; seen by everybody who may list the processes of this machine.
    #[arg(long, allow_hyphen_values = true)]
    password: Option<String>,
    /// Reads the password from standard input: one line.
    #[arg(long)]
    password_stdin: bool,
}

impl NewPassword {
    fn read(self) -> Result<Password, Refused> {
        match self.password {
            Some(password) => {
                warn(
                    "warning: --password shows in the process list and the shell's history; --password-stdin does not",
                );
                Ok(Password::new(one_line(&password, "password")?.as_str()))
            }
            None => Ok(Password::new(secret_from_stdin("password")?.as_str())),
        }
    }
}

pub(crate) async fn run<S: AccountStore + GrantStore + ClientStore + AuditStore>(
    command: Command,
    accounts: &StoredAccounts<S>,
    store: &S,
    config: &Config,
) -> Result<Answer, Refused> {
    let action = match &command {
        Command::Create { .. } => "account_created",
        Command::Delete(_) => "account_deleted",
        _ => "account_changed",
    };
    let before = match command.who() {
        Some(who) => account_called(store, &who.full_name()).await?,
        None => None,
    };
    let name = command.who().map(Who::full_name);
    let answer = perform(command, accounts, store, config).await?;
    if let Some(name) = name {
        let after = match &before {
            Some(before) => store.account(&before.subject).await?,
            None => account_called(store, &name).await?,
        };
        let acting = Administration::new(store, config, Actor::CommandLine);
        acting.tell(Act::on_account(&Actor::CommandLine, action, before.as_ref(), after.as_ref())).await;
    }
    Ok(answer)
}

impl Command {
    /// Says whose account it changes.
    fn who(&self) -> Option<&Who> {
        match self {
            Self::List => None,
            Self::Create { who, .. } | Self::Password { who, .. } | Self::Update { who, .. } => Some(who),
            Self::Rename { who, .. } => Some(who),
            Self::DisableApiAccess(who) | Self::EnableApiAccess(who) | Self::Enable(who) => Some(who),
            Self::Disable(End { who, .. }) | Self::Delete(End { who, .. }) => Some(who),
        }
    }
}

async fn perform<S: AccountStore + GrantStore + ClientStore + AuditStore>(
    command: Command,
    accounts: &StoredAccounts<S>,
    store: &S,
    config: &Config,
) -> Result<Answer, Refused> {
    match command {
        Command::Create { who, password, administrator, properties } => {
            let changes = properties.changes(&[], Vec::new());
            create(&who, &password.read()?, administrator, &changes, accounts).await
        }
        Command::List => list(accounts).await,
        Command::Password { who, password } => {
            let set = accounts.set_password(&who.full_name(), &password.read()?).await;
            done(set, &who, json!({ "password_changed": true }), "Changed the password of")
        }
        Command::Update { who, properties, clear, removed } => {
            let (name, changes) = (who.full_name(), properties.changes(&clear, removed));
            let refused = |error| refused(error, &name);
            accounts.change_attributes(&name, &changes).await.map_err(refused)?;
            let account = accounts.named(&name).await.map_err(refused)?;
            Ok(Answer { json: describe(&account), text: format!("Changed {name}.") })
        }
        Command::Rename { who, to } => {
            let name = who.full_name();
            let account = accounts.rename(&name, &to).await.map_err(|error| match error {
                AccountError::Taken => refused(error, &to),
                error => refused(error, &name),
            })?;
            Ok(Answer { json: describe(&account), text: format!("Renamed {name} to {}.", account.shown_name()) })
        }
        Command::DisableApiAccess(who) => {
            let set = accounts.set_api_access(&who.full_name(), false).await;
            done(set, &who, json!({ "api_access": false }), "Switched off the API access of")
        }
        Command::EnableApiAccess(who) => {
            let set = accounts.set_api_access(&who.full_name(), true).await;
            done(set, &who, json!({ "api_access": true }), "Switched on the API access of")
        }
        Command::Disable(end) => {
            let subject = end.subject(store).await?;
            let set = accounts.set_enabled(&end.who.full_name(), false).await;
            let answer = done(set, &end.who, json!({ "enabled": false }), "Disabled")?;
            end.end_applications(&subject, answer, store, config).await
        }
        Command::Enable(who) => {
            let set = accounts.set_enabled(&who.full_name(), true).await;
            done(set, &who, json!({ "enabled": true }), "Enabled")
        }
        Command::Delete(end) => {
            let subject = end.subject(store).await?;
            let deleted = accounts.delete(&end.who.full_name()).await;
            let answer = done(deleted, &end.who, json!({ "deleted": true }), "Deleted")?;
            end.end_applications(&subject, answer, store, config).await
        }
    }
}

impl End {
    /// Finds whose account ends, and that the one is there who gets its applications.
    async fn subject(&self, store: &impl AccountStore) -> Result<(Subject, Option<Subject>), Refused> {
        let find = async |name: &str| {
            let account = account_called(store, name).await?;
            Ok::<_, Refused>(account.ok_or_else(|| Refused::not_found("user", name))?.subject)
        };
        let heir = match &self.hand_over_to {
            Some(name) => Some(find(name).await?),
            None => None,
        };
        let subject = find(&self.who.full_name()).await?;
        if heir.as_ref() == Some(&subject) {
            return Err(Refused::new("invalid_input", "--hand-over-to: give another account than the one that ends"));
        }
        Ok((subject, heir))
    }

    /// Stops its applications once the account is ended, or hands them over, and says which.
    async fn end_applications<S: ClientStore + AuditStore>(
        &self,
        (subject, heir): &(Subject, Option<Subject>),
        mut answer: Answer,
        store: &S,
        config: &Config,
    ) -> Result<Answer, Refused> {
        let acting = Administration::new(store, config, Actor::CommandLine);
        let (ids, member, words) = match heir {
            Some(heir) => (acting.hand_over(subject, heir).await?, "applications_handed_over", "Handed over"),
            None => (acting.stop_all_of(subject).await?, "applications_switched_off", "Switched off"),
        };
        if !ids.is_empty() {
            let list = ids.iter().map(|id| id.as_str()).collect::<Vec<_>>().join(", ");
            let number = ids.len();
            let noun = if number == 1 { "application" } else { "applications" };
            answer.text.push_str(&format!("\n{words} {number} {noun}: {list}."));
        }
        if let Some(members) = answer.json.as_object_mut() {
            members.insert(member.to_owned(), json!(ids));
        }
        Ok(answer)
    }
}

async fn create<S: AccountStore>(
    who: &Who,
    password: &Password,
    administrator: bool,
    changes: &AttributeChanges,
    accounts: &StoredAccounts<S>,
) -> Result<Answer, Refused> {
    let name = who.full_name();
    let refused = |error| refused(error, &name);
    let created = match &who.organisation {
        Some(organisation) => accounts.create_at(organisation, who.name.as_str(), password).await,
        None => accounts.create(who.name.as_str(), password, administrator).await,
    };
    created.map_err(refused)?;
    // It is there without groups and roles first, and with them then: never the other way.
    if !changes.is_empty() {
        accounts.change_attributes(&name, changes).await.map_err(refused)?;
    }
    let account = accounts.named(&name).await.map_err(refused)?;
    Ok(Answer { json: describe(&account), text: format!("Created {name}.") })
}

async fn list<S: AccountStore>(accounts: &StoredAccounts<S>) -> Result<Answer, Refused> {
    let mut all: Vec<Account> = Vec::new();
    let mut page = Page::first(PAGE);
    loop {
        let some = accounts.list(&page).await?;
        let Some(last) = some.last() else { break };
        page = Page::after(last.username.clone(), PAGE);
        all.extend(some);
    }
    let line = |account: &Account| {
        let administrator = if account.administrator { "  administrator" } else { "" };
        let disabled = if account.enabled { "" } else { "  disabled" };
        let api_access = if Person::from(account.clone()).may_authorize { "" } else { "  no API access" };
        let meets = if folded(&account.username) == account.username { "" } else { "  meets another name: rename it" };
        format!("{}{administrator}{disabled}{api_access}{meets}", account.shown_name())
    };
    let text = if all.is_empty() {
        "There are no accounts yet.".to_owned()
    } else {
        all.iter().map(line).collect::<Vec<_>>().join("\n")
    };
    Ok(Answer { json: Value::Array(all.iter().map(describe).collect()), text })
}

/// Describes an account; its password's hash stays where it is.
fn describe(account: &Account) -> Value {
    let person = Person::from(account.clone());
    let mut described = json!({
        "username": person.username,
        "subject": account.subject,
        "administrator": account.administrator,
        "api_access": person.may_authorize,
        "attributes": account.attributes,
        "enabled": account.enabled,
        "groups": person.groups,
        "roles": person.roles,
        "created_at": account.created_at,
    });
    if let (Some(organisation), Some(members)) = (person.organisation, described.as_object_mut()) {
        members.insert("organisation".to_owned(), organisation.into());
    }
    described
}

fn done(result: Result<(), AccountError>, who: &Who, mut json: Value, text: &str) -> Result<Answer, Refused> {
    let name = who.full_name();
    result.map_err(|error| refused(error, &name))?;
    if let Some(members) = json.as_object_mut() {
        members.insert("username".to_owned(), who.name.as_str().into());
        members.extend(who.organisation.iter().map(|at| ("organisation".to_owned(), at.as_str().into())));
    }
    Ok(Answer { json, text: format!("{text} {name}.") })
}

/// Says why an account was not created or changed.
pub(crate) fn refused(error: AccountError, username: &str) -> Refused {
    match error {
        AccountError::Unknown => Refused::not_found("user", username),
        AccountError::Taken => Refused::new("exists", format!("username: {username:?} is taken; choose another")),
        AccountError::Store(error) => error.into(),
        other => Refused::new("invalid_input", other.to_string()),
    }
}
