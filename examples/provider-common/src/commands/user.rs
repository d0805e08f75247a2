//! `provider user ...`: accounts for those who have no users of their own.

use super::{PAGE, secret_from_stdin};
use crate::output::{Answer, Refused, warn};
use clap::{Args, Subcommand};
use oauth_core::secret::Password;
use oauth_core::store::{Account, AccountStore, Page};
use oauth_pages::{AccountError, StoredAccounts};
use serde_json::{Value, json};

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Creates an account that may sign in at once.
    Create {
        #[command(flatten)]
        name: Name,
        #[command(flatten)]
        password: NewPassword,
        /// May manage the applications of others.
        #[arg(long)]
        administrator: bool,
    },
    /// Lists the accounts.
    List,
    /// Sets a password; ends the account's sessions, and every token issued for it.
    Password {
        #[command(flatten)]
        name: Name,
        #[command(flatten)]
        password: NewPassword,
    },
    /// Disables an account; ends its sessions, and every token issued for it.
    Disable(Name),
    /// Enables an account again.
    Enable(Name),
    /// Deletes an account; ends its sessions, and every token issued for it.
    Delete(Name),
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
                Ok(Password::new(password))
            }
            None => Ok(Password::new(secret_from_stdin("password")?.as_str())),
        }
    }
}

pub(crate) async fn run<S: AccountStore>(command: Command, accounts: &StoredAccounts<S>) -> Result<Answer, Refused> {
    match command {
        Command::Create { name, password, administrator } => {
            let account = accounts.create(name.as_str(), &password.read()?, administrator).await;
            let account = account.map_err(|error| refused(error, name.as_str()))?;
            Ok(Answer { json: describe(&account), text: format!("Created {}.", account.username) })
        }
        Command::List => list(accounts).await,
        Command::Password { name, password } => {
            let set = accounts.set_password(name.as_str(), &password.read()?).await;
            done(set, name.as_str(), json!({ "password_changed": true }), "Changed the password of")
        }
        Command::Disable(name) => done(
            accounts.set_enabled(name.as_str(), false).await,
            name.as_str(),
            json!({ "enabled": false }),
            "Disabled",
        ),
        Command::Enable(name) => {
            done(accounts.set_enabled(name.as_str(), true).await, name.as_str(), json!({ "enabled": true }), "Enabled")
        }
        Command::Delete(name) => {
            done(accounts.delete(name.as_str()).await, name.as_str(), json!({ "deleted": true }), "Deleted")
        }
    }
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
        format!("{}{administrator}{disabled}", account.username)
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
    json!({
        "username": account.username,
        "subject": account.subject,
        "administrator": account.administrator,
        "enabled": account.enabled,
        "created_at": account.created_at,
    })
}

fn done(result: Result<(), AccountError>, username: &str, mut json: Value, text: &str) -> Result<Answer, Refused> {
    result.map_err(|error| refused(error, username))?;
    if let Some(members) = json.as_object_mut() {
        members.insert("username".to_owned(), username.into());
    }
    Ok(Answer { json, text: format!("{text} {username}.") })
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
