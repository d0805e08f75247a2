use super::at_once;
use super::issuing::About;
use super::scope::ScopeQuestion;
use super::tokens::{self, Family, Purpose};
use super::{TokenGrant, TokenResponse, requested_resources, requested_scope};
use crate::client::{Client, GrantType};
use crate::client_auth::AuthenticatedClient;
use crate::config::Config;
use crate::error::Rejection;
use crate::event::Event;
use crate::http::Parameters;
use crate::identifier::{Attributes, ClientId, GrantId, Subject, any_control};
use crate::owner::ResourceOwner;
use crate::provider::{AuthorizationProvider, Provider};
use crate::secret::Password;
use crate::store::{self, Grant};
use crate::throttle::Throttle;
use std::future::Future;

/// The password grant (RFC 6749 §4.3), which OAuth 2.1 has removed: people type their password into the
/// client, which learns it, and nothing but the password can be asked for.
///
/// It answers only where [`Config::insecure_password_grant`] is set and the client is registered for it.
/// Mounted without that it is as if it were not there.
///
/// ```
/// use oauth_core::client::Client;
/// use oauth_core::grant::{PasswordGrant, PasswordVerifier, Verified};
/// use oauth_core::provider::{AuthorizationProvider, Provider};
/// use oauth_core::secret::Password;
/// use oauth_core::store::Result;
///
/// struct Directory;
///
/// impl PasswordVerifier for Directory {
///     async fn verify(&self, username: &str, password: &Password, _: &Client) -> Result<Option<Verified>> {
///         # let _ = (username, password);
///         Ok(None) // ask the directory; hash and compare on a thread that may take its time
///     }
/// }
///
/// fn mount<P: AuthorizationProvider>(provider: Provider<P>) -> Provider<P> {
///     provider.with_grant(PasswordGrant::new(Directory))
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct PasswordGrant<V>(V);

impl<V: PasswordVerifier> PasswordGrant<V> {
    /// Takes what knows the passwords.
    pub fn new(verifier: V) -> Self {
        Self(verifier)
    }
}

/// Knows people's passwords, for [`PasswordGrant`]. Failures are counted around it, by account and by
/// address. What hashes a password must not do so on the runtime's threads: await
/// [`PasswordHasher::verify`](crate::password::PasswordHasher::verify).
pub trait PasswordVerifier: Send + Sync + 'static {
    /// Finds the person with this name and password; `None` where either is wrong or the account is
    /// disabled. An unknown name should cost as much time as a wrong password (RFC 6819 §5.1.4.2.3).
    ///
    /// # Errors
    /// The accounts cannot be reached; the client is told to try again.
    fn verify(
        &self,
        username: &str,
        password: &Password,
        client: &Client,
    ) -> impl Future<Output = store::Result<Option<Verified>>> + Send;
}

/// A person whose password was right.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verified {
    /// Who it is.
    pub subject: Subject,
    /// Free attributes for the grant and its tokens; no control characters.
    pub attributes: Attributes,
}

impl Verified {
    /// Names the person.
    pub fn new(subject: Subject) -> Self {
        Self { subject, attributes: Attributes::new() }
    }
}

impl<P: AuthorizationProvider, V: PasswordVerifier> TokenGrant<P> for PasswordGrant<V> {
    fn grant_type(&self) -> GrantType {
        GrantType::Password
    }

    fn is_offered(&self, config: &Config) -> bool {
        config.insecure_password_grant
    }

    fn anonymous_client<'c>(&self, config: &'c Config) -> Option<&'c ClientId> {
        config.insecure_password_client.as_ref()
    }

    async fn exchange(
        &self,
        provider: &Provider<P>,
        authenticated: &AuthenticatedClient,
        parameters: &Parameters,
    ) -> Result<TokenResponse, Rejection> {
        let (config, store, client) = (provider.app().config(), provider.app().store(), authenticated.client());
        if !client.is_confidential() && !config.insecure_password_without_client_secret {
            return Err(Rejection::PasswordNeedsClientSecret);
        }
        let username = parameters.require("username")?;
        let password = Password::new(parameters.require("password")?);
        let question = ScopeQuestion { grant_type: GrantType::Password, parameters };
        let scope = requested_scope(config, client, question).await?.scope;
        let audience = requested_resources(store, config, parameters).await?;
        let address = authenticated.address();
        let attempt = provider.attempt(&Throttle::account(username), address).await?;
        let verified = attempt.run(self.0.verify(username, &password, client)).await;
        match &verified {
            Ok(Some(_)) => attempt.succeeded(),
            Ok(None) => attempt.failed().await,
            Err(_) => attempt.abandoned(),
        }
        let Some(verified) = verified? else {
            config.events.record(&Event::SignInFailed { address });
            return Err(Rejection::PasswordWrong);
        };
        if any_control(&verified.attributes) {
            tracing::error!(client_id = %client.id, "the password verifier gave attributes with control characters");
            return Err(Rejection::ApprovalMalformed);
        }
        let now = config.clock.now();
        let grant = Grant {
            id: GrantId::generate(),
            client_id: client.id.clone(),
            subject: verified.subject,
            scope: scope.clone(),
            audience: audience.clone(),
            auth_time: Some(now),
            acr: None,
            attributes: verified.attributes,
            created_at: now,
            last_issued_at: None,
            expires_at: now,
            revoked_at: None,
        };
        let purpose = Purpose { client, grant: Some(grant.id), scope, audience, family: Family::of(client) };
        let about = About::grant(client, GrantType::Password, &grant);
        let tokens = tokens::make(config, purpose, now).reviewed(config, about).await?;
        // An account that was closed meanwhile has no other grant to end than this one.
        let still = provider.app().owner().is_active(&grant.subject);
        at_once::issue(provider, &grant, tokens, GrantType::Password, still, Rejection::SubjectInactive).await
    }
}
