use crate::error::Rejection;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Request};
use percent_encoding::percent_decode;
use std::borrow::Cow;

const MOST: usize = 64;
const LONGEST: usize = 4_096;
/// The one parameter that may come more than once (RFC 8707 §2).
const REPEATABLE: &str = "resource";

/// The parameters of a request: decoded strictly, each at most once, empty ones left out
/// (RFC 6749 §3.1, §3.2).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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
        let mut parsed: Vec<(String, String)> = Vec::new();
        for pair in encoded.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            if parsed.len() == MOST {
                return Err(Rejection::TooManyParameters);
            }
            let mut halves = pair.splitn(2, |byte| *byte == b'=');
            let name = decode(halves.next().unwrap_or_default())?;
            let value = decode(halves.next().unwrap_or_default())?;
            if name != REPEATABLE && parsed.iter().any(|(other, _)| *other == name) {
                return Err(Rejection::RepeatedParameter(known_name(&name)));
            }
            parsed.push((name, value));
        }
        parsed.retain(|(_, value)| !value.is_empty());
        Ok(Self(parsed))
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

    /// Parses the query of the request's URI.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub(crate) fn from_query<B>(request: &Request<B>) -> Result<Self, Rejection> {
        Self::parse(request.uri().query().unwrap_or_default().as_bytes())
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

    /// Walks all values of a parameter that may be repeated.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// Writes them as a query in one canonical order, leaving out the named ones.
    pub(crate) fn canonical_query(&self) -> String {
        let mut sorted: Vec<&(String, String)> = self.0.iter().collect();
        sorted.sort();
        form_urlencoded::Serializer::new(String::new()).extend_pairs(sorted).finish()
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return false };
    let media_type = value.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
    media_type.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// Decodes a name or a value; unlike a browser it refuses what is not well formed, so that nobody
/// reads it differently.
fn decode(encoded: &[u8]) -> Result<String, Rejection> {
    let well_formed = encoded
        .split(|byte| *byte == b'%')
        .skip(1)
        .all(|after| matches!(after, [high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit()));
    if !well_formed {
        return Err(Rejection::BrokenEncoding);
    }
    let spaced: Vec<u8> = encoded.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    let decoded = percent_decode(&spaced).decode_utf8().map(Cow::into_owned).map_err(|_| Rejection::BrokenEncoding)?;
    if decoded.len() > LONGEST {
        return Err(Rejection::ParameterTooLong);
    }
    Ok(decoded)
}

/// Names a parameter in an error without repeating what was sent.
fn known_name(name: &str) -> &'static str {
    const KNOWN: [&str; 22] = [
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
    ];
    KNOWN.into_iter().find(|known| *known == name).unwrap_or("request")
}
