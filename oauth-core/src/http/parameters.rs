use super::is_form;
use crate::error::Rejection;
use http::{Method, Request};
use percent_encoding::percent_decode;
use std::borrow::Cow;
use std::fmt;

const MOST: usize = 64;
const LONGEST: usize = 4_096;
/// The one parameter that may come more than once (RFC 8707 §2).
const REPEATABLE: &str = "resource";

/// The parameters of a request: decoded strictly, each at most once, empty ones left out
/// (RFC 6749 §3.1, §3.2).
///
/// `Debug` shows the names only: values may be secrets.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Parses a query or a form body.
    ///
    /// # Errors
    /// Refuses what is not form-encoded UTF-8, what is repeated, and what is too much.
    ///
    /// ```
    /// use oauth_core::http::Parameters;
    /// let parameters = Parameters::parse(b"scope=read+write&state=")?;
    /// assert_eq!(parameters.get("scope"), Some("read write"));
    /// assert_eq!(parameters.get("state"), None, "without a value it counts as not sent");
    /// assert!(Parameters::parse(b"scope=read&scope=write").is_err());
    /// # Ok::<(), oauth_core::error::Rejection>(())
    /// ```
    pub fn parse(encoded: &[u8]) -> Result<Self, Rejection> {
        Self::parse_within(encoded, MOST, LONGEST)
    }

    /// Parses as [`parse`](Self::parse), with limits of one's own: for forms whose fields hold lists.
    ///
    /// # Errors
    /// As [`parse`](Self::parse); `most` parameters are accepted, each of `longest` bytes.
    pub fn parse_within(encoded: &[u8], most: usize, longest: usize) -> Result<Self, Rejection> {
        let (parameters, repeated) = Self::parse_counting(encoded, most, longest)?;
        repeated.map_or(Ok(parameters), Err)
    }

    /// Parses, and reports a repeated parameter beside the first values of all: for the authorization
    /// endpoint, which tells the client by redirect if it can.
    fn parse_counting(encoded: &[u8], most: usize, longest: usize) -> Result<(Self, Option<Rejection>), Rejection> {
        let mut parsed: Vec<(String, String)> = Vec::new();
        let mut repeated = None;
        let pairs = encoded.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty());
        // Repeated ones count too: each is compared with all before it.
        for (position, pair) in pairs.enumerate() {
            if position == most {
                return Err(Rejection::TooManyParameters);
            }
            let mut halves = pair.splitn(2, |byte| *byte == b'=');
            let name = decode(halves.next().unwrap_or_default(), longest)?;
            let value = decode(halves.next().unwrap_or_default(), longest)?;
            if name != REPEATABLE && parsed.iter().any(|(other, _)| *other == name) {
                let rejection = Rejection::RepeatedParameter(known_name(&name));
                if matches!(name.as_str(), "client_id" | "redirect_uri" | "state") {
                    return Err(rejection);
                }
                repeated = repeated.or(Some(rejection));
                continue;
            }
            parsed.push((name, value));
        }
        parsed.retain(|(_, value)| !value.is_empty());
        Ok((Self(parsed), repeated))
    }

    /// Parses an authorization request, from the query of a GET or the form of a POST; a repeated
    /// parameter is reported beside the rest, unless it decides where the answer goes.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub(crate) fn from_authorization_request(
        request: &Request<bytes::Bytes>,
    ) -> Result<(Self, Option<Rejection>), Rejection> {
        if request.method() != Method::POST {
            return Self::parse_counting(request.uri().query().unwrap_or_default().as_bytes(), MOST, LONGEST);
        }
        if !is_form(request.headers()) {
            return Err(Rejection::NotAForm);
        }
        Self::parse_counting(request.body(), MOST, LONGEST)
    }

    /// Reads what can be read of a form post, refused or not: to learn whom an error is for.
    pub(crate) fn readable(request: &Request<bytes::Bytes>) -> Self {
        let parsed =
            if is_form(request.headers()) { Self::parse_counting(request.body(), MOST, LONGEST).ok() } else { None };
        parsed.map(|(parameters, _)| parameters).unwrap_or_default()
    }

    /// Parses the body of a form post.
    ///
    /// # Errors
    /// As [`parse`](Self::parse), and where the content type is not that of a form.
    pub(crate) fn from_form(request: &Request<bytes::Bytes>) -> Result<Self, Rejection> {
        if !is_form(request.headers()) {
            return Err(Rejection::NotAForm);
        }
        Self::parse(request.body())
    }

    /// Gives a parameter's value, if it was sent with one.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// Gives a parameter's value.
    ///
    /// # Errors
    /// It was not sent, or empty.
    pub fn require(&self, name: &'static str) -> Result<&str, Rejection> {
        self.get(name).ok_or(Rejection::MissingParameter(name))
    }

    /// Walks the names of all parameters that were sent with a value.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// Walks all values of a parameter that may be repeated.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// Writes them as a query in one canonical order.
    pub(crate) fn canonical_query(&self) -> String {
        let mut sorted: Vec<&(String, String)> = self.0.iter().collect();
        sorted.sort();
        form_urlencoded::Serializer::new(String::new()).extend_pairs(sorted).finish()
    }
}

impl fmt::Debug for Parameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

/// Decodes a name or a value; unlike a browser it refuses what is not well formed, so that nobody
/// reads it differently.
fn decode(encoded: &[u8], longest: usize) -> Result<String, Rejection> {
    let well_formed = encoded
        .split(|byte| *byte == b'%')
        .skip(1)
        .all(|after| matches!(after, [high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit()));
    if !well_formed {
        return Err(Rejection::BrokenEncoding);
    }
    let spaced: Vec<u8> = encoded.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    let decoded = percent_decode(&spaced).decode_utf8().map(Cow::into_owned).map_err(|_| Rejection::BrokenEncoding)?;
    if decoded.len() > longest {
        return Err(Rejection::ParameterTooLong);
    }
    Ok(decoded)
}

/// Names a parameter in an error without repeating what was sent; one that is not known here has no name.
fn known_name(name: &str) -> &'static str {
    const KNOWN: [&str; 26] = [
        "client_id",
        "client_secret",
        "code",
        "code_challenge",
        "code_challenge_method",
        "code_verifier",
        "grant_type",
        "login_hint",
        "max_age",
        "nonce",
        "password",
        "prompt",
        "redirect_uri",
        "refresh_token",
        "response_mode",
        "response_type",
        "scope",
        "state",
        "token",
        "token_type_hint",
        "username",
        "acr_values",
        "client_assertion",
        "client_assertion_type",
        "request",
        "request_uri",
    ];
    KNOWN.into_iter().find(|known| *known == name).unwrap_or_default()
}

#[cfg(test)]
mod tests;
