use super::StepUp;
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, Response, StatusCode};

/// Why a request to a protected resource is refused (RFC 6750 §3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// There is no token: 401, and a challenge without error code.
    #[error("this needs an access token: send Authorization: Bearer and the token")]
    NoToken,
    /// The token is not sent as it must be: 400.
    #[error("send one access token in one Authorization: Bearer header")]
    InvalidRequest,
    /// The token is unknown, over, revoked, or meant for another resource: 401.
    #[error(
        "the access token has expired, was revoked or is not meant for this resource: refresh it, or ask for a new one"
    )]
    InvalidToken,
    /// The token is good, but allows too little: 403.
    #[error("the access token does not allow this: ask for the scope named here")]
    InsufficientScope,
    /// The token is good, but the person must sign in again, or in a stronger way: 401 (RFC 9470 §3).
    #[error("this needs a more recent or stronger sign-in: send the person to the authorization server again")]
    InsufficientUserAuthentication,
    /// It cannot be told whether the token is good: 503.
    #[error("tokens cannot be checked right now: try again a little later")]
    Unavailable,
}

/// What a refusal tells the client about the resource (RFC 6750 §3).
///
/// ```
/// use oauth_core::resource::{Challenge, Refusal};
/// let challenge = Challenge { realm: "notes", scope: &["read"], ..Challenge::default() };
/// let answer = Refusal::NoToken.answer(&challenge);
/// assert_eq!(answer.status(), 401);
/// assert_eq!(answer.headers()["www-authenticate"], r#"Bearer realm="notes", scope="read""#);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Challenge<'a> {
    /// The protection space; left out where empty.
    pub realm: &'a str,
    /// The scope tokens that a token would need.
    pub scope: &'a [&'a str],
    /// What the person's sign-in must be like, told where it is not (RFC 9470 §3).
    pub step_up: Option<&'a StepUp>,
    /// The URL of the protected resource's metadata (RFC 9728 §5.1), in every challenge where set.
    pub resource_metadata: Option<&'a str>,
}

impl Refusal {
    /// Gives the status of the answer.
    pub const fn status(self) -> StatusCode {
        match self {
            Self::NoToken | Self::InvalidToken | Self::InsufficientUserAuthentication => StatusCode::UNAUTHORIZED,
            Self::InvalidRequest => StatusCode::BAD_REQUEST,
            Self::InsufficientScope => StatusCode::FORBIDDEN,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// Gives the error code of RFC 6750 §3.1; none where no token was sent.
    pub const fn code(self) -> Option<&'static str> {
        match self {
            Self::NoToken | Self::Unavailable => None,
            Self::InvalidRequest => Some("invalid_request"),
            Self::InvalidToken => Some("invalid_token"),
            Self::InsufficientScope => Some("insufficient_scope"),
            Self::InsufficientUserAuthentication => Some("insufficient_user_authentication"),
        }
    }

    /// Makes the whole answer: status, challenge and a JSON body that says the same.
    pub fn answer(self, challenge: &Challenge<'_>) -> Response<Bytes> {
        let body = serde_json::json!({
            "error": self.code().unwrap_or(if self == Self::Unavailable { "temporarily_unavailable" } else { "unauthorized" }),
            "error_description": self.to_string(),
        });
        let mut response = Response::new(Bytes::from(body.to_string()));
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if self == Self::Unavailable {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("5"));
        } else if let Ok(value) = HeaderValue::from_str(&self.challenge(challenge)) {
            headers.insert(WWW_AUTHENTICATE, value);
        }
        response
    }

    fn challenge(self, challenge: &Challenge<'_>) -> String {
        let mut attributes = Vec::new();
        if !challenge.realm.is_empty() {
            attributes.push(("realm", challenge.realm.to_owned()));
        }
        if let Some(code) = self.code() {
            attributes.push(("error", code.to_owned()));
            attributes.push(("error_description", self.to_string()));
        }
        if !challenge.scope.is_empty() && matches!(self, Self::NoToken | Self::InsufficientScope) {
            attributes.push(("scope", challenge.scope.join(" ")));
        }
        if self == Self::InsufficientUserAuthentication {
            attributes.extend(challenge.step_up.iter().flat_map(|step_up| step_up.attributes()));
        }
        if let Some(url) = challenge.resource_metadata {
            attributes.push(("resource_metadata", url.to_owned()));
        }
        let attributes: Vec<_> =
            attributes.iter().map(|(name, value)| format!("{name}=\"{}\"", quoted(value))).collect();
        format!("Bearer {}", attributes.join(", ")).trim_end().to_owned()
    }
}

/// Keeps what may stand between quotes in a header.
fn quoted(text: &str) -> String {
    text.chars().filter(|c| matches!(c, ' '..='~') && !matches!(c, '"' | '\\')).collect()
}

#[cfg(test)]
mod tests;
