use crate::accounts::Accounts;
use crate::membership::ORGANISATION;
use oauth_core::client::Client;
use oauth_core::grant::{PasswordVerifier, Verified};
use oauth_core::secret::Password;
use oauth_core::store;

/// Verifies the passwords of the password grant by the [`Accounts`] of the sign-in page, which for
/// [`StoredAccounts`](crate::StoredAccounts) hash on threads of their own.
///
/// ```
/// use oauth_core::grant::PasswordGrant;
/// use oauth_core::provider::{AuthorizationProvider, Provider};
/// use oauth_pages::{AccountPasswords, Accounts};
///
/// // It answers where `Config::insecure_password_grant` is set.
/// fn mount<P: AuthorizationProvider>(provider: Provider<P>, accounts: impl Accounts) -> Provider<P> {
///     provider.with_grant(PasswordGrant::new(AccountPasswords::new(accounts)))
/// }
/// ```
#[derive(Clone, Debug)]
pub struct AccountPasswords<A>(A);

impl<A: Accounts> AccountPasswords<A> {
    /// Takes the accounts.
    pub fn new(accounts: A) -> Self {
        Self(accounts)
    }
}

impl<A: Accounts> PasswordVerifier for AccountPasswords<A> {
    async fn verify(&self, username: &str, password: &Password, _: &Client) -> store::Result<Option<Verified>> {
        let Some(person) = self.0.sign_in(username.trim(), password).await? else { return Ok(None) };
        let mut verified = Verified::new(person.subject, person.credential);
        // What the consent page notes too.
        verified.attributes.insert("username".to_owned(), person.username);
        verified.attributes.extend(person.organisation.map(|organisation| (ORGANISATION.to_owned(), organisation)));
        Ok(Some(verified))
    }

    async fn still_holds(&self, verified: &Verified) -> store::Result<bool> {
        let person = self.0.person(&verified.subject).await?;
        Ok(person.is_some_and(|person| person.may_authorize && person.credential == verified.credential))
    }
}
