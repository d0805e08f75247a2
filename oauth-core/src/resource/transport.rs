use super::{PresentedToken, Refusal};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Method};
use std::fmt;
use zeroize::Zeroizing;

/// Where an API takes tokens from: the `Authorization` header, and what is switched on besides.
///
/// What is off is as if it were not there: a token in the query neither lets in nor stands in the way
/// of the one in the header (OAuth 2.1 §5.1). Of those that are on, a request uses one (RFC 6750 §2).
///
/// ```
/// use http::{HeaderMap, Method};
/// use oauth_core::resource::{Refusal, Transports};
/// let mut headers = HeaderMap::new();
/// headers.insert("content-type", "application/x-www-form-urlencoded".parse()?);
/// let body = b"access_token=mF_9.B5f&text=hello";
///
/// let found = Transports::header().find(&Method::POST, &headers, None, body)?;
/// assert!(found.is_none());
/// let found = Transports::header().with_form_body().find(&Method::POST, &headers, None, body)?;
/// assert_eq!(found.ok_or(Refusal::NoToken)?.presented()?.expose(), "mF_9.B5f");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Transports {
    form_body: bool,
    insecure_query: bool,
}

/// A token that was found in a request; `Debug` does not show it.
#[derive(Clone)]
pub struct FoundToken(Zeroizing<String>);

impl Transports {
    /// Takes tokens from the `Authorization` header alone (RFC 6750 §2.1).
    pub const fn header() -> Self {
        Self { form_body: false, insecure_query: false }
    }

    /// Takes `access_token` of a form too (RFC 6750 §2.2), for clients that cannot set the header.
    #[must_use]
    pub const fn with_form_body(mut self) -> Self {
        self.form_body = true;
        self
    }

    /// Takes `access_token` of the query too (RFC 6750 §2.3, forbidden by OAuth 2.1 §5.1): addresses get
    /// into logs, histories and `Referer` headers, and tokens with them. An API that switches this on
    /// answers with `Cache-Control: no-store`.
    #[must_use]
    pub const fn with_insecure_query(mut self) -> Self {
        self.insecure_query = true;
        self
    }

    /// Tells whether the body has to be read before the token can be found.
    pub const fn reads_body(self) -> bool {
        self.form_body
    }

    /// Names them for the metadata of the resource (RFC 9728 §2).
    pub fn names(self) -> Vec<&'static str> {
        let mut names = vec!["header"];
        names.extend(self.form_body.then_some("body"));
        names.extend(self.insecure_query.then_some("query"));
        names
    }

    /// Finds the token of a request; `None` where it has none in a place that is switched on.
    ///
    /// # Errors
    /// [`Refusal::InvalidRequest`] where there are two, in one place or in several, or where one is no
    /// token at all.
    pub fn find(
        self,
        method: &Method,
        headers: &HeaderMap,
        query: Option<&str>,
        body: &[u8],
    ) -> Result<Option<FoundToken>, Refusal> {
        let mut found = Vec::new();
        if let Some(token) = PresentedToken::from_headers(headers)? {
            found.push(Zeroizing::new(token.expose().to_owned()));
        }
        if let Some(form) = Some(body).filter(|_| self.form_body && has_form(method, headers)) {
            // RFC 6750 §2.2: a body that is not all ASCII is no form of this kind.
            found.extend(std::str::from_utf8(form).ok().filter(|form| form.is_ascii()).into_iter().flat_map(tokens));
        }
        if self.insecure_query {
            found.extend(query.into_iter().flat_map(tokens));
        }
        if found.len() > 1 {
            return Err(Refusal::InvalidRequest);
        }
        let Some(token) = found.pop() else { return Ok(None) };
        PresentedToken::new(&token)?;
        Ok(Some(FoundToken(token)))
    }
}

impl FoundToken {
    /// Gives it for validation.
    ///
    /// # Errors
    /// None that [`Transports::find`] has not found before.
    pub fn presented(&self) -> Result<PresentedToken<'_>, Refusal> {
        PresentedToken::new(&self.0)
    }
}

impl fmt::Debug for FoundToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FoundToken(redacted)")
    }
}

/// Tells whether the body is a form, with a method that gives bodies a meaning (RFC 6750 §2.2).
fn has_form(method: &Method, headers: &HeaderMap) -> bool {
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    let (Some(kind), None) = (types.next(), types.next()) else { return false };
    let kind = kind.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
    matches!(*method, Method::POST | Method::PUT | Method::PATCH)
        && kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// Walks the values of `access_token` in a form or a query.
fn tokens(form: &str) -> impl Iterator<Item = Zeroizing<String>> {
    form.split('&').filter_map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (*decoded(name) == "access_token").then(|| decoded(value))
    })
}

/// Undoes the encoding of forms. What stands for no character of a token comes out as one that is none.
fn decoded(text: &str) -> Zeroizing<String> {
    let mut plain = Zeroizing::new(String::with_capacity(text.len()));
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        rest = rest.get(character.len_utf8()..).unwrap_or_default();
        match character {
            '+' => plain.push(' '),
            '%' => {
                let digits = rest.get(..2).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
                let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
                if byte.is_some() {
                    rest = rest.get(2..).unwrap_or_default();
                }
                plain.push(byte.filter(u8::is_ascii).map_or(char::REPLACEMENT_CHARACTER, char::from));
            }
            other => plain.push(other),
        }
    }
    plain
}
