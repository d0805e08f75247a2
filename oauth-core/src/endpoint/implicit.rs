//! The implicit grant at the authorization endpoint (RFC 6749 §4.2), which OAuth 2.1 has removed.

use super::MetadataDocument;
use super::authorization::Issued;
use crate::client::GrantType;
use crate::config::Config;
use crate::error::Rejection;
use crate::grant::{AtOnce, Family, Purpose, issue_at_once, make_tokens};
use crate::http::Parameters;
use crate::issue::About;
use crate::owner::AuthorizationRequest;
use crate::server::{AuthorizationProvider, Server};
use crate::store::{Basis, Grant};
use serde_json::Value;

/// Tells whether a request asks for it where it is on: its answers go into the fragment then.
pub(super) fn is_asked(config: &Config, parameters: &Parameters) -> bool {
    config.insecure_implicit_grant && parameters.get("response_type") == Some("token")
}

pub(super) fn describe(document: &mut MetadataDocument) {
    document.add("grant_types_supported", [GrantType::Implicit.as_str()]);
    document.add("response_types_supported", ["token"]);
    document.add("response_modes_supported", ["fragment"]);
}

/// Issues an access token for what was approved, and never a refresh token (RFC 6749 §4.2.2).
pub(super) async fn issue<P: AuthorizationProvider>(
    server: &Server<P>,
    ask: &AuthorizationRequest,
    grant: &Grant,
    basis: &Basis,
) -> Result<Issued, Rejection> {
    let config = server.config();
    let now = config.clock.now();
    let (scope, audience) = (grant.scope.clone(), ask.resources.clone());
    let (client, grant_id) = (&ask.client, Some(grant.id));
    let purpose = Purpose { client, authenticated_by: None, grant: grant_id, scope, audience, family: Family::None };
    let about = About::grant(&ask.client, GrantType::Implicit, grant);
    let tokens = make_tokens(config, purpose, now).reviewed(config, about).await?;
    let response = match issue_at_once(server, grant, basis, tokens, GrantType::Implicit).await? {
        AtOnce::Issued(response) => response,
        AtOnce::Changed => return Ok(Issued::Changed),
    };
    let written = |(name, value)| match value {
        Value::String(text) => Some((name, text)),
        Value::Number(_) | Value::Bool(_) => Some((name, value.to_string())),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    };
    Ok(Issued::Answer(response.members(config, now).into_iter().filter_map(written).collect()))
}
