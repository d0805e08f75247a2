//! What an introspection answer says of a token (RFC 7662 §2.2), decided without waiting for anything.

use crate::failure::Failure;
use crate::members::Members;
use oauth_core::clock::Timestamp;
use oauth_core::identifier::{Attributes, ClientId, Resource, Subject};
use oauth_core::resource::Authorization;
use std::time::Duration;

/// How far the clocks of two machines may be apart, in seconds, for `iat` and `nbf`.
const LEEWAY: Duration = Duration::from_secs(60);

/// How many bytes the attributes of one token may have, names included.
const ATTRIBUTES: usize = 16 * 1_024;

/// What providers write beside `token_type` to tell other tokens from access tokens: Ory Hydra the
/// first, Keycloak the others. RFC 7662 has no word for it, and an API must take neither.
const OTHER_TOKENS: [(&str, &str); 4] =
    [("token_use", "refresh_token"), ("typ", "Refresh"), ("typ", "Offline"), ("typ", "ID")];

/// What is expected of a token besides that it is active.
#[derive(Clone, Debug)]
pub(crate) struct Expected {
    /// The issuer, where the answer names one.
    pub(crate) issuer: String,
    /// The identifiers of this API; where there is none, only tokens without audience are accepted.
    pub(crate) audience: Vec<Resource>,
    /// How long an answer is good for that does not say it.
    pub(crate) reliance: Duration,
}

impl Expected {
    /// Decides: `None` for a token that is not good here.
    pub(crate) fn decide(&self, mut answer: Members, now: Timestamp) -> Result<Option<Authorization>, Failure> {
        if !answer.flag("active")? {
            return Ok(None);
        }
        if answer.text("iss")?.is_some_and(|issuer| issuer != self.issuer) {
            return Err(Failure::Malformed("iss is another issuer than the one that was asked"));
        }
        let expires_at = answer.moment("exp")?;
        let (issued_at, not_before) = (answer.moment("iat")?, answer.moment("nbf")?);
        let latest = now.after(LEEWAY);
        if issued_at.is_some_and(|issued| issued > latest) {
            return Err(Failure::Malformed("iat is in the future: see that both machines know the time"));
        }
        let is_bearer = answer.text("token_type")?.is_none_or(|kind| kind.eq_ignore_ascii_case("bearer"));
        // A token that is bound to a key (RFC 8705, RFC 9449) is no bearer token: a thief of the token has no key.
        let is_bound = answer.has("cnf");
        let client_id = answer.text("client_id")?.and_then(|id| ClientId::new(id).ok());
        let client_id = client_id.ok_or(Failure::Malformed("client_id is missing or is none"))?;
        let subject = subject(answer.text("sub")?, &client_id)?;
        let scope = answer.text("scope")?.unwrap_or_default().parse();
        let scope = scope.map_err(|_| Failure::Malformed("scope is none"))?;
        let audience = answer.texts("aud")?;
        let (auth_time, acr) = (answer.moment("auth_time")?, answer.text("acr")?);
        let attributes = attributes(answer)?;

        let over = expires_at.is_some_and(|end| end.is_over(now)) || not_before.is_some_and(|begin| begin > latest);
        let of_another_kind =
            OTHER_TOKENS.iter().any(|(name, kind)| attributes.get(*name).is_some_and(|is| is == kind));
        if over || !is_bearer || is_bound || of_another_kind || !self.is_for_here(&audience) {
            return Ok(None);
        }
        let mut authorization = Authorization::new(client_id, expires_at.unwrap_or(now.after(self.reliance)));
        authorization.subject = subject;
        authorization.scope = scope;
        authorization.audience = audience.into_iter().filter_map(|resource| Resource::new(resource).ok()).collect();
        authorization.auth_time = auth_time;
        authorization.acr = acr;
        authorization.attributes = attributes;
        Ok(Some(authorization))
    }

    /// Compares the audience byte for byte (RFC 8707 §3), as it came: what is no URI still is one.
    fn is_for_here(&self, audience: &[String]) -> bool {
        match self.audience.as_slice() {
            [] => audience.is_empty(),
            named => named.iter().any(|here| audience.iter().any(|there| there == here.as_str())),
        }
    }
}

/// A client that acts for itself is its own subject (RFC 9068 §2.2): no person, or a client could become
/// one by its name (RFC 9700 §4.15).
fn subject(text: Option<String>, client_id: &ClientId) -> Result<Option<Subject>, Failure> {
    let subject = text.map(Subject::new).transpose().map_err(|_| Failure::Malformed("sub is none"))?;
    Ok(subject.filter(|subject| subject.as_str() != client_id.as_str()))
}

fn attributes(answer: Members) -> Result<Attributes, Failure> {
    let attributes = answer.rest();
    let size: usize = attributes.iter().map(|(name, value)| name.len().saturating_add(value.len())).sum();
    if size > ATTRIBUTES {
        return Err(Failure::Malformed("its further members have more than 16 KiB"));
    }
    if attributes.iter().any(|(name, value)| name.contains('\0') || value.contains('\0')) {
        return Err(Failure::Malformed("it has a NUL character"));
    }
    Ok(attributes)
}
