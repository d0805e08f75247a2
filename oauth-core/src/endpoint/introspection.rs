use super::token::CLIENT_AUTHENTICATION;
use super::{Endpoint, MetadataDocument};
use crate::client::Client;
use crate::clock::Timestamp;
use crate::config::Config;
use crate::error::Rejection;
use crate::event::Event;
use crate::http::{self as wire, Parameters};
use crate::installed::Installed;
use crate::resource::Authorization;
use crate::secret::Digest;
use crate::server::{AuthorizationProvider, Server};
use crate::store::{self, IssuedAccess, TokenStore};
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use serde_json::{Value, json};

/// The introspection endpoint (RFC 7662). A token is active to the client that holds it and to a
/// resource server that it is meant for; to everybody else it is as if it did not exist.
#[derive(Clone, Copy, Debug, Default)]
pub struct Introspection;

#[async_trait::async_trait]
impl<P: AuthorizationProvider> Endpoint<P> for Introspection {
    fn path(&self, config: &Config) -> String {
        config.paths.introspection_path()
    }

    fn methods(&self) -> &'static [Method] {
        &[Method::POST]
    }

    fn describe(&self, config: &Config, document: &mut MetadataDocument) {
        document.set("introspection_endpoint", config.url(&config.paths.introspection_path()));
        document.add("introspection_endpoint_auth_methods_supported", CLIENT_AUTHENTICATION);
    }

    async fn call(&self, installed: &Installed<P>, request: &Request<Bytes>) -> Response<Bytes> {
        let server = installed.server();
        match introspect(server, request).await {
            Ok(answer) => wire::json(StatusCode::OK, &answer),
            Err(rejection) => server.error(rejection),
        }
    }
}

async fn introspect<P: AuthorizationProvider>(
    server: &Server<P>,
    request: &Request<Bytes>,
) -> Result<Value, Rejection> {
    let parameters = Parameters::from_form(request)?;
    let client = server.authenticate(request, &parameters).await?;
    let client = client.client();
    let (config, address) = (server.config(), server.address(request));
    if !client.is_confidential() {
        let client_id = Some(client.id.to_string());
        config.events.record(&Event::ClientAuthenticationFailed { client_id, address });
        return Err(Rejection::ClientAuthenticationFailed);
    }
    let digest = Digest::of(parameters.require("token")?);
    let active = server.store().access_token(&digest, config.clock.now()).await?;
    let visible = match active {
        Some(active) if may_see(server, client, &active.token).await? => Some(active),
        _ => None,
    };
    match visible {
        Some(active) => {
            let issued_at = active.token.issued_at.as_unix_seconds();
            Ok(describe(config, &Authorization::from(active), issued_at))
        }
        // Only what is not alive is counted and refused: whoever sends junk to an API must not keep it
        // from asking about the tokens of others (RFC 7662 §4, RFC 6819 §5.1.4.2.3).
        _ if server.scans.admits(client.id.as_str(), address) => {
            server.scans.failed(client.id.as_str(), address);
            Ok(json!({ "active": false }))
        }
        _ => {
            config.events.record(&Event::Throttled { address });
            Err(Rejection::Throttled)
        }
    }
}

/// Shows a token to the client that holds it, and to the resource server that it was issued for: the one
/// client that is registered for a resource of its audience, and was when the token was issued.
async fn may_see<P: AuthorizationProvider>(
    server: &Server<P>,
    client: &Client,
    token: &IssuedAccess,
) -> store::Result<bool> {
    if token.client_id == client.id {
        return Ok(true);
    }
    for resource in &token.audience {
        let is_its_server = client.server_since(resource).is_some_and(|since| since <= token.issued_at);
        if is_its_server && !server.is_contested(resource).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn describe(config: &Config, authorization: &Authorization, issued_at: i64) -> Value {
    let mut answer = json!({
        "active": true,
        "iss": config.issuer.as_str(),
        "client_id": authorization.client_id.as_str(),
        "scope": authorization.scope.to_string(),
        "token_type": config.token_type,
        "iat": issued_at,
        // A client that acts for itself is its own subject (RFC 9068 §2.2).
        "sub": authorization.subject.as_ref().map_or(authorization.client_id.as_str(), |subject| subject.as_str()),
    });
    let mut set = |name: &str, value: Value| {
        if let Some(members) = answer.as_object_mut() {
            members.insert(name.to_owned(), value);
        }
    };
    if authorization.expires_at != Timestamp::NEVER {
        set("exp", Value::from(authorization.expires_at.as_unix_seconds()));
    }
    match authorization.audience.as_slice() {
        [] => {}
        [only] => set("aud", Value::from(only.as_str())),
        several => set("aud", several.iter().map(|resource| resource.as_str()).collect()),
    }
    if let Some(username) = authorization.attributes.get("username") {
        set("username", Value::from(username.as_str()));
    }
    for name in &config.introspected_attributes {
        if let Some(value) = authorization.attributes.get(name) {
            set(name, Value::from(value.as_str()));
        }
    }
    if let Some(auth_time) = authorization.auth_time {
        set("auth_time", Value::from(auth_time.as_unix_seconds()));
    }
    if let Some(acr) = &authorization.acr {
        set("acr", Value::from(acr.as_str()));
    }
    answer
}
