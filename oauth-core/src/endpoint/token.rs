use super::{Endpoint, MetadataDocument};
use crate::client_auth::AuthenticatedClient;
use crate::config::Config;
use crate::error::Rejection;
use crate::event::Event;
use crate::grant::TokenResponse;
use crate::http::{self as wire, Cors, Parameters};
use crate::identifier::ClientId;
use crate::installed::Installed;
use crate::server::AuthorizationProvider;
use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{Method, Request, Response, StatusCode};

/// How clients may authenticate at the token, revocation and introspection endpoints.
pub(super) const CLIENT_AUTHENTICATION: [&str; 2] = ["client_secret_basic", "client_secret_post"];

/// The token endpoint (RFC 6749 §3.2): authenticates the client and calls the grant it names.
#[derive(Clone, Copy, Debug, Default)]
pub struct Token;

#[async_trait::async_trait]
impl<P: AuthorizationProvider> Endpoint<P> for Token {
    fn path(&self, config: &Config) -> String {
        config.paths.token_path()
    }

    fn methods(&self) -> &'static [Method] {
        &[Method::POST]
    }

    fn cors(&self) -> Cors {
        Cors::RegisteredOrigins
    }

    fn describe(&self, config: &Config, document: &mut MetadataDocument) {
        document.set("token_endpoint", config.url(&config.paths.token_path()));
        document.add("token_endpoint_auth_methods_supported", CLIENT_AUTHENTICATION);
        document.add("token_endpoint_auth_methods_supported", ["none"]);
    }

    async fn call(&self, installed: &Installed<P>, request: &Request<Bytes>) -> Response<Bytes> {
        let server = installed.server();
        let config = server.config();
        match exchange(installed, request).await {
            Ok(response) => wire::json(StatusCode::OK, &response.members(config, config.clock.now())),
            Err(rejection) => server.error(rejection),
        }
    }
}

async fn exchange<P: AuthorizationProvider>(
    installed: &Installed<P>,
    request: &Request<Bytes>,
) -> Result<TokenResponse, Rejection> {
    let (server, parameters) = (installed.server(), Parameters::from_form(request)?);
    let client = match anonymous_client(installed, request, &parameters) {
        Some(id) => server.stand_in(id, request).await?,
        None => server.authenticate(request, &parameters).await?,
    };
    let answer = granted(installed, &client, &parameters).await;
    if let Err(rejection) = &answer {
        let (client_id, number) = (client.client().id.clone(), rejection.entry().number);
        server.config().events.record(&Event::TokenRefused { client_id, number });
    }
    answer
}

/// Finds the client that a request stands for which names none, where the grant it names has one.
fn anonymous_client<'i, P: AuthorizationProvider>(
    installed: &'i Installed<P>,
    request: &Request<Bytes>,
    parameters: &Parameters,
) -> Option<&'i ClientId> {
    let named = ["client_id", "client_secret", "client_assertion", "client_assertion_type"];
    let names_one = named.iter().any(|name| parameters.get(name).is_some())
        || request.headers().contains_key(AUTHORIZATION)
        || request.uri().query().is_some_and(|query| query.contains("client_secret="));
    if names_one {
        return None;
    }
    installed.grant(parameters.get("grant_type")?)?.anonymous_client(installed.server().config())
}

async fn granted<P: AuthorizationProvider>(
    installed: &Installed<P>,
    client: &AuthenticatedClient,
    parameters: &Parameters,
) -> Result<TokenResponse, Rejection> {
    let name = parameters.require("grant_type")?;
    let grant = installed.grant(name).ok_or(Rejection::GrantTypeUnsupported)?;
    if !client.client().may_use(grant.grant_type()) {
        return Err(Rejection::GrantNotAllowed);
    }
    grant.exchange(installed.server(), client, parameters).await
}
