use super::Transports;
use crate::http::{is_this_machine, preflight};
use crate::identifier::Resource;
use bytes::Bytes;
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderValue, Method, Response, Uri};
use serde::Serialize;

const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

/// What a protected resource tells about itself (RFC 9728 §2), made of settings alone: nothing of a
/// request gets into it, so that no `Host` header can send a client to another authorization server.
///
/// ```
/// use oauth_core::identifier::Resource;
/// use oauth_core::resource::ResourceMetadata;
/// let metadata = ResourceMetadata::new(Resource::new("https://api.example/notes")?)?
///     .authorization_server("https://id.example")?
///     .scopes(["read", "write"])
///     .name("Notes");
/// assert_eq!(metadata.path(), "/.well-known/oauth-protected-resource/notes");
/// assert_eq!(metadata.url(), "https://api.example/.well-known/oauth-protected-resource/notes");
/// assert_eq!(metadata.response().status(), 200);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceMetadata {
    origin: String,
    path: String,
    document: Document,
}

/// The text cannot stand in the metadata of a protected resource.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name} must be {wanted}")]
pub struct InvalidMetadata {
    name: &'static str,
    wanted: &'static str,
}

/// The parameters of RFC 9728 §2; those without elements are left out, as §3.2 asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Document {
    resource: Resource,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    authorization_servers: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    scopes_supported: Vec<String>,
    bearer_methods_supported: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_documentation: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_policy_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_tos_uri: Option<String>,
}

impl ResourceMetadata {
    /// Takes the identifier of the resource, which is the URL that its clients use.
    ///
    /// # Errors
    /// Refuses what is no https URL (http only on loopback), and one with a query, a fragment or a
    /// user: the document is found by host and path.
    pub fn new(resource: Resource) -> Result<Self, InvalidMetadata> {
        let (origin, path) = split("resource", resource.as_str())?;
        // RFC 9728 §3.1: a slash that ends right after the host goes before the insertion.
        let path = format!("{WELL_KNOWN}{}", if path == "/" { "" } else { path });
        let origin = origin.to_owned();
        let document = Document {
            authorization_servers: Vec::new(),
            scopes_supported: Vec::new(),
            bearer_methods_supported: Transports::header().names(),
            resource_name: None,
            resource_documentation: None,
            resource_policy_uri: None,
            resource_tos_uri: None,
            resource,
        };
        Ok(Self { origin, path, document })
    }

    /// Names the issuer of an authorization server whose tokens are accepted; repeat it for others.
    ///
    /// # Errors
    /// Refuses what cannot be an issuer (RFC 8414 §2), as [`Self::new`] refuses a resource.
    pub fn authorization_server(mut self, issuer: impl Into<String>) -> Result<Self, InvalidMetadata> {
        let issuer = issuer.into();
        split("authorization_servers", &issuer)?;
        self.document.authorization_servers.push(issuer);
        Ok(self)
    }

    /// Says where tokens are taken from: the header alone unless set.
    #[must_use]
    pub fn transports(mut self, transports: Transports) -> Self {
        self.document.bearer_methods_supported = transports.names();
        self
    }

    /// Names the scopes that clients may ask for; those meant for few may be left out.
    #[must_use]
    pub fn scopes<T: Into<String>>(mut self, scopes: impl IntoIterator<Item = T>) -> Self {
        self.document.scopes_supported = scopes.into_iter().map(Into::into).collect();
        self
    }

    /// Names the resource for people.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.document.resource_name = Some(name.into());
        self
    }

    /// Says where developers read about it.
    ///
    /// # Errors
    /// Refuses what is no http or https URL, here and for the two pages below: people follow them.
    pub fn documentation(mut self, url: impl Into<String>) -> Result<Self, InvalidMetadata> {
        self.document.resource_documentation = Some(page("resource_documentation", url.into())?);
        Ok(self)
    }

    /// Says where people read how data is used.
    ///
    /// # Errors
    /// As for [`Self::documentation`].
    pub fn policy(mut self, url: impl Into<String>) -> Result<Self, InvalidMetadata> {
        self.document.resource_policy_uri = Some(page("resource_policy_uri", url.into())?);
        Ok(self)
    }

    /// Says where people read the terms of service.
    ///
    /// # Errors
    /// As for [`Self::documentation`].
    pub fn terms_of_service(mut self, url: impl Into<String>) -> Result<Self, InvalidMetadata> {
        self.document.resource_tos_uri = Some(page("resource_tos_uri", url.into())?);
        Ok(self)
    }

    /// Gives the path at which the document is served: the well-known path, then that of the resource
    /// (RFC 9728 §3.1).
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Gives the URL for `resource_metadata` in challenges (RFC 9728 §5.1).
    pub fn url(&self) -> String {
        format!("{}{}", self.origin, self.path)
    }

    /// Answers a request to [`Self::path`]: the document to GET and HEAD, and a browser's preflight, because
    /// scripts of every origin may read it. `None` to all else.
    pub fn answer(&self, method: &Method, headers: &HeaderMap) -> Option<Response<Bytes>> {
        match *method {
            Method::GET | Method::HEAD => Some(self.response()),
            _ => preflight(method, headers, &[Method::GET, Method::HEAD]),
        }
    }

    /// Makes the answer to a GET of [`Self::path`] (RFC 9728 §3.2). Scripts of every origin may read it.
    pub fn response(&self) -> Response<Bytes> {
        let body = serde_json::to_vec(&self.document).unwrap_or_default();
        let mut response = Response::new(Bytes::from(body));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        response
    }
}

/// Splits an identifier into its origin and its path.
fn split<'a>(name: &'static str, text: &'a str) -> Result<(&'a str, &'a str), InvalidMetadata> {
    let refused = InvalidMetadata { name, wanted: "an https URL (http on loopback) without query, fragment and user" };
    let (scheme, rest) = text.split_once("://").ok_or_else(|| refused.clone())?;
    let end = rest.find('/').unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(end).ok_or_else(|| refused.clone())?;
    // What is not taken apart byte by byte above is judged by the parser that the web server uses.
    let uri: Uri = text.parse().map_err(|_| refused.clone())?;
    let agreed = uri.authority().is_some_and(|parsed| parsed.as_str() == authority);
    let loopback = uri.host().is_some_and(is_this_machine);
    let good = agreed
        && !text.contains(['?', '#', '@', '"', '\\'])
        && (scheme == "https" || (scheme == "http" && loopback))
        && uri.host().is_some_and(|host| !host.is_empty());
    let origin = text.get(..text.len().saturating_sub(path.len()));
    origin.filter(|_| good).map(|origin| (origin, path)).ok_or(refused)
}

fn page(name: &'static str, url: String) -> Result<String, InvalidMetadata> {
    let parsed: Option<Uri> = url.parse().ok();
    let good = parsed.is_some_and(|uri| uri.host().is_some() && matches!(uri.scheme_str(), Some("http" | "https")));
    if good { Ok(url) } else { Err(InvalidMetadata { name, wanted: "an http or https URL" }) }
}
