//! The account that a server begins with.

use crate::commands::{PAGE, one_line, user};
use crate::output::Refused;
use oauth_core::secret::{Password, random_bytes};
use oauth_core::store::{AccountStore, Page};
use oauth_pages::{AccountError, StoredAccounts};
use std::env;

/// The name of the first account.
pub(crate) const ADMIN: &str = "admin";

/// Where its password is taken from, when it is created and never again.
const VARIABLE: &str = "PROVIDER_ADMIN_PASSWORD";

/// What became of the first account.
pub(crate) enum FirstAccount {
    /// There is an administrator already, or another process was faster.
    Present,
    /// It was created with the password from the environment.
    FromEnvironment,
    /// It was created with this password, to be shown this once.
    Generated(Password),
}

/// Creates the first account if nobody is administrator: on a new database, and on one that commands have put other
/// accounts into before the first start. The command is how this program is called for the same data.
///
/// The store decides between two processes that start at once: only the one whose account was
/// created has a password to show.
pub(crate) async fn create<S: AccountStore>(
    accounts: &StoredAccounts<S>,
    command: &str,
) -> Result<FirstAccount, Refused> {
    if has_administrator(accounts).await? {
        return Ok(FirstAccount::Present);
    }
    let given = env::var_os(VARIABLE).filter(|given| !given.is_empty()).map(|given| given.into_string());
    let (password, created) = match given {
        Some(Ok(given)) => (Password::new(one_line(&given, VARIABLE)?.as_str()), FirstAccount::FromEnvironment),
        Some(Err(_)) => return Err(Refused::new("invalid_configuration", format!("{VARIABLE}: give UTF-8 text"))),
        None => {
            let password = generate();
            (password.clone(), FirstAccount::Generated(password))
        }
    };
    match accounts.create(ADMIN, &password, true).await {
        Ok(_) => Ok(created),
        Err(AccountError::Taken) => {
            if !has_administrator(accounts).await? {
                tracing::warn!(
                    "nobody is an administrator, and an account that is none has the name {ADMIN}: rename it \
                     ({command} user rename {ADMIN} --to NAME), then start again"
                );
            }
            Ok(FirstAccount::Present)
        }
        Err(AccountError::Password) => {
            Err(Refused::new("invalid_configuration", format!("{VARIABLE}: {}", AccountError::Password)))
        }
        Err(error) => Err(user::refused(error, ADMIN)),
    }
}

async fn has_administrator<S: AccountStore>(accounts: &StoredAccounts<S>) -> Result<bool, Refused> {
    let mut page = Page::first(PAGE);
    loop {
        let some = accounts.list(&page).await?;
        if some.iter().any(|account| account.administrator) {
            return Ok(true);
        }
        let Some(last) = some.last() else { return Ok(false) };
        page = Page::after(last.username.clone(), PAGE);
    }
}

/// Makes a password that can be read aloud and typed: 24 letters and digits that do not look alike,
/// 120 random bits.
fn generate() -> Password {
    const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let letters =
        random_bytes::<24>().map(|byte| ALPHABET.get(usize::from(byte % 32)).copied().map_or('a', char::from));
    Password::new(letters.iter().collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::generate;
    use std::collections::BTreeSet;

    #[test]
    fn generated_passwords_are_long_and_differ() {
        let passwords: BTreeSet<String> = (0..100).map(|_| generate().expose().to_owned()).collect();
        assert_eq!(passwords.len(), 100);
        assert!(passwords.iter().all(|password| password.len() == 24));
        let letters: BTreeSet<char> = passwords.iter().flat_map(|password| password.chars()).collect();
        assert_eq!(letters.len(), 32);
    }
}
