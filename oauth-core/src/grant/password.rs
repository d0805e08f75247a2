use super::at_once::{self, AtOnce};
use super::tokens::{self, Family, Purpose};
use super::{TokenGrant, TokenResponse, requested_resources, requested_scope};
use crate::asked::ScopeQuestion;
use crate::client::{Client, GrantType};
use crate::client_auth::AuthenticatedClient;
use crate::config::Config;
use crate::error::Rejection;
use crate::event::Event;
use crate::http::Parameters;
use crate::identifier::{Attributes, ClientId, GrantId, Subject, any_control};
use crate::issue::About;
use crate::owner::ResourceOwner;
use crate::secret::{Digest, Password};
use crate::server::{AuthorizationProvider, Server};
use crate::store::{self, Basis, DECISION_LIFETIME, Grant, GrantStore};
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
///
///     async fn still_holds(&self, verified: &Verified) -> Result<bool> {
///         # let _ = verified;
///         Ok(true) // ask the directory whether the credential is the same
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

    /// Tells whether what was verified still holds: the person may still be acted for, and the password is the
    /// one that was compared. Asked after the marks of the decision were read
    /// ([`Basis`](crate::store::Basis)), right before tokens are issued, since hashing takes its time.
    ///
    /// # Errors
    /// The accounts cannot be reached; the client is told to try again.
    fn still_holds(&self, verified: &Verified) -> impl Future<Output = store::Result<bool>> + Send;
}

/// A person whose password was right.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verified {
    /// Who it is.
    pub subject: Subject,
    /// Stands for the password that was compared: it changes with the password.
    pub credential: Digest,
    /// Free attributes for the grant and its tokens; no control characters.
    pub attributes: Attributes,
}

impl Verified {
    /// Names the person, and what stands for the password that was compared.
    pub fn new(subject: Subject, credential: Digest) -> Self {
        Self { subject, credential, attributes: Attributes::new() }
    }
}

#[async_trait::async_trait]
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
        server: &Server<P>,
        authenticated: &AuthenticatedClient,
        parameters: &Parameters,
    ) -> Result<TokenResponse, Rejection> {
        let (config, store, client) = (server.config(), server.store(), authenticated.client());
        if !client.is_confidential() && !config.insecure_password_without_client_secret {
            return Err(Rejection::PasswordNeedsClientSecret);
        }
        let username = parameters.require("username")?;
        let password = Password::new(parameters.require("password")?);
        let question = ScopeQuestion { grant_type: GrantType::Password, parameters };
        let scope = requested_scope(config, client, question).await?.scope;
        let resources = requested_resources(store, config, parameters).await?;
        let address = authenticated.address();
        let attempt = server.attempt(&Throttle::account(username), address).await?;
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
            subject: verified.subject.clone(),
            scope: scope.clone(),
            audience: resources.named,
            auth_time: Some(now),
            acr: None,
            attributes: verified.attributes.clone(),
            shown: None,
            created_at: now,
            last_issued_at: None,
            expires_at: now,
            revoked_at: None,
        };
        let audience = resources.audience;
        let (authenticated_by, family) = (authenticated.secret(), Family::of(client));
        let purpose = Purpose { client, authenticated_by, grant: Some(grant.id), scope, audience, family };
        let about = About::grant(client, GrantType::Password, &grant);
        let tokens = tokens::make(config, purpose, now).reviewed(config, about).await?;
        // The marks first: what ended before them is seen by this last look, and what ends later moves them.
        let basis = Basis { client: client.clone(), marks: store.marks(&grant.subject, &client.id).await? };
        if !self.0.still_holds(&verified).await? || !server.owner().is_active(&grant.subject).await? {
            return Err(Rejection::SubjectInactive);
        }
        if now.after(DECISION_LIFETIME).is_over(config.clock.now()) {
            return Err(Rejection::Busy);
        }
        match at_once::issue(server, &grant, &basis, tokens, GrantType::Password).await? {
            AtOnce::Issued(response) => Ok(response),
            AtOnce::Changed => Err(Rejection::SubjectInactive),
        }
    }
}
