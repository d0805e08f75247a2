//! The grants: one file each. None of them knows about HTTP; each takes an [`AuthenticatedClient`]
//! and gives the tokens it issued, or says why not.

mod audience;
mod authorization_code;
mod client_credentials;
mod refresh_token;
mod scope;
mod seal;
mod tokens;

pub use authorization_code::AuthorizationCodeGrant;
pub use client_credentials::ClientCredentialsGrant;
pub use refresh_token::RefreshTokenGrant;
pub use tokens::TokenResponse;

pub(crate) use audience::requested_resources;
pub(crate) use scope::requested_scope;

use crate::client::GrantType;
use crate::client_auth::AuthenticatedClient;
use crate::error::Rejection;
use crate::http::Parameters;
use crate::provider::{AuthorizationProvider, Provider};
use std::future::Future;

/// A grant, as a value that is mounted on a [`Provider`].
pub trait TokenGrant<P: AuthorizationProvider>: Send + Sync + 'static {
    /// Gives the grant it is: the token endpoint calls it for this `grant_type`, and only for clients
    /// that are registered for it.
    fn grant_type(&self) -> GrantType;

    /// Exchanges what the client presents for tokens.
    ///
    /// # Errors
    /// Says why there are none.
    fn exchange(
        &self,
        provider: &Provider<P>,
        client: &AuthenticatedClient,
        parameters: &Parameters,
    ) -> impl Future<Output = Result<TokenResponse, Rejection>> + Send;
}

/// [`TokenGrant`] as an object: what a provider keeps.
#[async_trait::async_trait]
pub(crate) trait TokenGrantObject<P: AuthorizationProvider>: Send + Sync + 'static {
    fn grant_type(&self) -> GrantType;
    async fn exchange_object(
        &self,
        provider: &Provider<P>,
        client: &AuthenticatedClient,
        parameters: &Parameters,
    ) -> Result<TokenResponse, Rejection>;
}

#[async_trait::async_trait]
impl<P: AuthorizationProvider, G: TokenGrant<P>> TokenGrantObject<P> for G {
    fn grant_type(&self) -> GrantType {
        TokenGrant::grant_type(self)
    }

    async fn exchange_object(
        &self,
        provider: &Provider<P>,
        client: &AuthenticatedClient,
        parameters: &Parameters,
    ) -> Result<TokenResponse, Rejection> {
        self.exchange(provider, client, parameters).await
    }
}
