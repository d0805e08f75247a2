use super::{PresentedToken, Refusal, ResourceRequest};
use std::fmt;
use zeroize::Zeroizing;

/// The parameter that carries a token in a form or a query (RFC 6750 §2.2).
pub(super) const PARAMETER: &str = "access_token";

/// Where an API takes tokens from: the `Authorization` header, and what is switched on besides.
///
/// What is off is as if it were not there: a token in the query neither lets in nor stands in the way
/// of the one in the header (OAuth 2.1 §5.1). Of those that are on, a request uses one (RFC 6750 §2).
///
/// ```
/// use oauth_core::resource::{Refusal, ResourceRequest, Transports};
/// let form = "application/x-www-form-urlencoded";
/// let request = http::Request::post("/notes").header("content-type", form).body(())?;
/// let request = ResourceRequest::of(&request).body(b"access_token=mF_9.B5f&text=hello");
///
/// assert!(Transports::header().find(&request)?.is_none());
/// let found = Transports::header().with_form_body().find(&request)?;
/// assert_eq!(found.ok_or(Refusal::NoToken)?.presented().expose(), "mF_9.B5f");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Transports {
    form_body: bool,
    insecure_query: bool,
}

/// A well-formed token that was found in a request; `Debug` does not show it.
#[derive(Clone)]
pub struct FoundToken<'a>(Found<'a>);

#[derive(Clone)]
enum Found<'a> {
    InHeader(PresentedToken<'a>),
    Decoded(Zeroizing<String>),
}

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

    /// Tells whether a token in the query counts.
    pub const fn reads_query(self) -> bool {
        self.insecure_query
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
    pub fn find<'a>(self, request: &ResourceRequest<'a>) -> Result<Option<FoundToken<'a>>, Refusal> {
        let in_header = PresentedToken::in_header(request.authorization)?.map(Found::InHeader);
        // Most APIs: there is no other place to look at.
        if self == Self::header() {
            return Ok(in_header.map(FoundToken));
        }
        let form = request.form().filter(|_| self.form_body);
        let query = request.query.filter(|_| self.insecure_query).map(str::as_bytes);
        let elsewhere = form.into_iter().chain(query).flat_map(decoded).map(Found::Decoded);
        let mut all = in_header.into_iter().chain(elsewhere);
        let Some(found) = all.next() else { return Ok(None) };
        if all.next().is_some() {
            return Err(Refusal::InvalidRequest);
        }
        if let Found::Decoded(token) = &found {
            PresentedToken::new(token)?;
        }
        Ok(Some(FoundToken(found)))
    }
}

/// Walks the tokens in a form or a query. What is not encoded as it should be comes out as a text that
/// is no token.
fn decoded(encoded: &[u8]) -> impl Iterator<Item = Zeroizing<String>> {
    let pairs = form_urlencoded::parse(encoded);
    pairs.filter(|(name, _)| name == PARAMETER).map(|(_, value)| Zeroizing::new(value.into_owned()))
}

impl FoundToken<'_> {
    /// Gives it for validation.
    pub fn presented(&self) -> PresentedToken<'_> {
        match &self.0 {
            Found::InHeader(token) => *token,
            Found::Decoded(token) => PresentedToken::well_formed(token),
        }
    }
}

impl fmt::Debug for FoundToken<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FoundToken(redacted)")
    }
}
