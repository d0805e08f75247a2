use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode};
use serde_json::Value;
use url::Url;

/// What the server answered: never followed, never interpreted before it is asked.
///
/// What does not hold panics with the whole answer, so that a red test says why.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers, repeated ones too.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl From<Response<Bytes>> for Answer {
    fn from(response: Response<Bytes>) -> Self {
        let (parts, body) = response.into_parts();
        Self { status: parts.status, headers: parts.headers, body }
    }
}

impl Answer {
    /// Requires a status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{self}");
        self
    }

    /// Requires a status and an error code in the JSON body (RFC 6749 §5.2).
    #[track_caller]
    pub fn expect_error(self, status: u16, code: &str) -> Self {
        assert_eq!((self.status.as_u16(), self.json()["error"].as_str()), (status, Some(code)), "{self}");
        self
    }

    /// Requires a redirect to the client with an error code in its query (RFC 6749 §4.1.2.1).
    #[track_caller]
    pub fn expect_redirected_error(self, code: &str) -> Self {
        assert!(self.status.is_redirection(), "{self}");
        assert_eq!(self.parameter("error").as_deref(), Some(code), "{self}");
        assert_eq!(self.parameter("code"), None, "{self}");
        self
    }

    /// Requires an error page for a person: this status, no redirect, and its stable number.
    #[track_caller]
    pub fn expect_page(self, status: u16, number: u16) -> Self {
        assert_eq!((self.status.as_u16(), self.location()), (status, None), "{self}");
        assert_eq!(self.error_number(), Some(number), "{self}");
        self
    }

    /// Gives a header's only value; panics where it comes more than once.
    #[track_caller]
    pub fn header(&self, name: &str) -> Option<&str> {
        let values = self.header_values(name);
        assert!(values.len() < 2, "{name} comes {} times: {self}", values.len());
        values.first().copied()
    }

    /// Gives all values of a header.
    pub fn header_values(&self, name: &str) -> Vec<&str> {
        self.headers.get_all(name).iter().map(|value| value.to_str().unwrap_or("(not text)")).collect()
    }

    /// Gives the body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Gives the body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("no JSON ({error}): {self}"))
    }

    /// Gives a text member of the JSON body.
    #[track_caller]
    pub fn member(&self, name: &str) -> String {
        self.json()[name].as_str().unwrap_or_else(|| panic!("no text at {name}: {self}")).to_owned()
    }

    /// Gives where it redirects to, as it was sent.
    pub fn location(&self) -> Option<&str> {
        self.header("location")
    }

    /// Gives a parameter of the query it redirects to; panics where it comes more than once.
    #[track_caller]
    pub fn parameter(&self, name: &str) -> Option<String> {
        let url = Url::parse(self.location()?).unwrap_or_else(|_| panic!("not an absolute location: {self}"));
        let values: Vec<String> =
            url.query_pairs().filter(|(key, _)| key == name).map(|(_, value)| value.into_owned()).collect();
        assert!(values.len() < 2, "{name} comes {} times: {self}", values.len());
        values.into_iter().next()
    }

    /// Gives a parameter of the fragment it redirects to; panics where it comes more than once.
    #[track_caller]
    pub fn fragment(&self, name: &str) -> Option<String> {
        let url = Url::parse(self.location()?).unwrap_or_else(|_| panic!("not an absolute location: {self}"));
        let pairs = form_urlencoded::parse(url.fragment()?.as_bytes()).into_owned();
        let values: Vec<String> = pairs.filter(|(key, _)| key == name).map(|(_, value)| value).collect();
        assert!(values.len() < 2, "{name} comes {} times: {self}", values.len());
        values.into_iter().next()
    }

    /// Gives the stable number of the error that a page, plain or HTML, shows.
    pub fn error_number(&self) -> Option<u16> {
        let text = self.text();
        let number = crate::text_of(&text, "error-number").or_else(|| text.split(':').next().map(str::to_owned))?;
        number.trim().parse().ok()
    }
}

impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "answered {}", self.status)?;
        for (name, value) in &self.headers {
            writeln!(f, "  {name}: {}", String::from_utf8_lossy(value.as_bytes()))?;
        }
        let text = self.text();
        let shown: String = text.chars().take(2_000).collect();
        write!(f, "{shown}")
    }
}
