//! The grants: one file each. None of them knows about HTTP; each takes an [`AuthenticatedClient`]
//! and gives the tokens it issued, or says why not.

mod at_once;
mod audience;
mod authorization_code;
mod client_credentials;
mod password;
mod refresh_token;
mod room;
mod scope;
mod seal;
mod tokens;

pub use crate::asked::{OfferedScopes, ScopePolicy, ScopeQuestion};
pub use crate::issue::{BeforeIssuing, Issuance, Refusal, StandardMember, TokenResponse};
pub use authorization_code::AuthorizationCodeGrant;
pub use client_credentials::ClientCredentialsGrant;
pub use password::{PasswordGrant, PasswordVerifier, Verified};
pub use refresh_token::RefreshTokenGrant;

pub(crate) use at_once::{AtOnce, issue as issue_at_once};
pub(crate) use audience::requested_resources;
pub(crate) use scope::requested_scope;
pub(crate) use tokens::make as make_tokens;
pub(crate) use tokens::{Family, Purpose};

use crate::client::GrantType;
use crate::client_auth::AuthenticatedClient;
use crate::config::Config;
use crate::error::Rejection;
use crate::http::Parameters;
use crate::identifier::ClientId;
use crate::server::{AuthorizationProvider, Server};

/// A grant, as a value that is mounted on a [`Provider`](crate::provider::Provider).
#[async_trait::async_trait]
pub trait TokenGrant<P: AuthorizationProvider>: Send + Sync + 'static {
    /// Gives the grant it is: the token endpoint calls it for this `grant_type`, and only for clients
    /// that are registered for it.
    fn grant_type(&self) -> GrantType;

    /// Tells whether the settings offer it: what they do not is neither answered nor announced.
    fn is_offered(&self, _config: &Config) -> bool {
        true
    }

    /// Gives the client that a request stands for which names none; such requests are refused unless
    /// it is written.
    fn anonymous_client<'c>(&self, _config: &'c Config) -> Option<&'c ClientId> {
        None
    }

    /// Exchanges what the client presents for tokens.
    ///
    /// # Errors
    /// Says why there are none.
    async fn exchange(
        &self,
        server: &Server<P>,
        client: &AuthenticatedClient,
        parameters: &Parameters,
    ) -> Result<TokenResponse, Rejection>;
}
