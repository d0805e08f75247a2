use crate::pages::Route;
use http::Request;
use oauth_core::config::Paths;

/// Where a browser goes once somebody signed in.
///
/// It travels through the form as the path of a page with its query, or as the query of an authorization
/// request, never as an address: whatever a form carries instead, the browser stays here (RFC 9700 §4.11.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Destination {
    Home,
    /// One of our own pages: its path under the base path, with its query.
    Page(String),
    /// Back to an authorization request, which is checked anew.
    Authorization(String),
}

impl Destination {
    /// Takes the page that a request asks for.
    pub(crate) fn of<B>(request: &Request<B>, paths: &Paths) -> Self {
        let path = request.uri().path().strip_prefix(paths.base.as_str()).unwrap_or_default();
        Self::page(path.trim_start_matches('/'), request.uri().query().unwrap_or_default()).unwrap_or(Self::Home)
    }

    /// Reads what a form or a query carried; what is unknown leads to the home page.
    pub(crate) fn parse(text: Option<&str>) -> Self {
        let text = text.unwrap_or_default();
        let (path, query) = text.split_once('?').unwrap_or((text, ""));
        match Self::page(path, query) {
            Some(page) => page,
            None if text.split('&').any(|pair| pair.starts_with("client_id=")) => Self::authorization(text),
            None => Self::Home,
        }
    }

    /// Takes a page that there is, and its query encoded anew.
    pub(crate) fn page(path: &str, query: &str) -> Option<Self> {
        if !Route::is_destination(path) {
            return None;
        }
        let query = encoded(query);
        Some(Self::Page(if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }))
    }

    /// Takes the query of an authorization request, encoded anew.
    pub(crate) fn authorization(query: &str) -> Self {
        Self::Authorization(encoded(query))
    }

    /// Gives what a form carries.
    pub(crate) fn field(&self) -> &str {
        match self {
            Self::Home => "home",
            Self::Page(page) => page,
            Self::Authorization(query) => query,
        }
    }

    /// Gives the address on this server.
    pub(crate) fn location(&self, paths: &Paths) -> String {
        match self {
            Self::Home => paths.link(""),
            Self::Page(page) => paths.link(page),
            Self::Authorization(query) => format!("{}?{query}", paths.link(&paths.authorization)),
        }
    }
}

/// Encodes a query anew: whatever it held, it is a query of names and values now.
fn encoded(query: &str) -> String {
    let pairs = form_urlencoded::parse(query.as_bytes());
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}
