use super::tokens::{self, Family, Purpose};
use super::{TokenGrant, TokenResponse, requested_resources, requested_scope};
use crate::asked::ScopeQuestion;
use crate::client::GrantType;
use crate::client_auth::AuthenticatedClient;
use crate::error::Rejection;
use crate::event::Event;
use crate::http::Parameters;
use crate::issue::About;
use crate::server::{AuthorizationProvider, Server};
use crate::store::{Saved, TokenStore};

/// The client credentials grant (RFC 6749 §4.4): a client acts for itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct ClientCredentialsGrant;

#[async_trait::async_trait]
impl<P: AuthorizationProvider> TokenGrant<P> for ClientCredentialsGrant {
    fn grant_type(&self) -> GrantType {
        GrantType::ClientCredentials
    }

    async fn exchange(
        &self,
        server: &Server<P>,
        authenticated: &AuthenticatedClient,
        parameters: &Parameters,
    ) -> Result<TokenResponse, Rejection> {
        let (config, store, client) = (server.config(), server.store(), authenticated.client());
        if !client.is_confidential() {
            return Err(Rejection::PublicClientCredentials);
        }
        let question = ScopeQuestion { grant_type: GrantType::ClientCredentials, parameters };
        let scope = requested_scope(config, client, question).await?.scope;
        let audience = requested_resources(store, config, parameters).await?.audience;
        // No refresh token: the client can always ask again (RFC 6749 §4.4.3).
        let authenticated_by = authenticated.secret();
        let purpose = Purpose { client, authenticated_by, grant: None, scope, audience, family: Family::None };
        let about = About { client, grant_type: GrantType::ClientCredentials, granted: None };
        let tokens = tokens::make(config, purpose, config.clock.now()).reviewed(config, about).await?;
        match store.issue(&tokens.issue).await? {
            Saved::Now => {
                let grant_type = GrantType::ClientCredentials;
                config.events.record(&Event::Issued { client_id: client.id.clone(), grant: None, grant_type });
                Ok(tokens.response)
            }
            Saved::Gone | Saved::Changed => Err(Rejection::ClientAuthenticationFailed),
        }
    }
}
