use super::InvalidSetting;
use crate::http::is_this_machine;
use std::fmt;
use url::Url;

/// The issuer identifier of RFC 8414 §2: an https URL without query and fragment.
///
/// ```
/// use oauth_core::config::Issuer;
/// assert!(Issuer::new("https://id.example/tenant").is_ok());
/// assert!(Issuer::new("http://127.0.0.1:8000").is_ok(), "this machine may do without TLS");
/// assert!(Issuer::new("http://id.example").is_err());
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Issuer {
    text: String,
    origin: String,
    path: String,
}

/// Why a text cannot be an issuer, and how to fix it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidIssuer {
    /// It is no absolute http(s) URL.
    #[error("issuer: give an absolute URL such as https://id.example, without user name")]
    NotAbsolute,
    /// It has a query or a fragment.
    #[error("issuer: remove the query and the fragment (RFC 8414 section 2)")]
    QueryOrFragment,
    /// It ends with a slash.
    #[error("issuer: remove the slash at its end; it is compared byte for byte")]
    TrailingSlash,
    /// It is not written as URLs are normally written.
    #[error("issuer: write scheme and host in lower case, without default port and dot segments")]
    NotNormal,
    /// It is plain http to another machine.
    #[error(
        "issuer: use https; http is for this machine only, such as 127.0.0.1, [::1] and localhost, unless insecure_http_issuer is set"
    )]
    PlainHttp,
}

impl From<InvalidIssuer> for InvalidSetting {
    fn from(wrong: InvalidIssuer) -> Self {
        let text = wrong.to_string();
        Self::new("issuer", text.strip_prefix("issuer: ").unwrap_or(&text))
    }
}

impl Issuer {
    /// Takes an issuer: https, or http to this machine.
    ///
    /// # Errors
    /// Refuses what RFC 8414 §2 refuses and what would not compare equal to itself.
    pub fn new(text: &str) -> Result<Self, InvalidIssuer> {
        let issuer = Self::insecure_http(text)?;
        if issuer.is_secure() || issuer.is_loopback() { Ok(issuer) } else { Err(InvalidIssuer::PlainHttp) }
    }

    /// Takes an issuer, plain http to another machine too: tokens travel in clear.
    ///
    /// # Errors
    /// As [`Issuer::new`], but for the scheme.
    pub fn insecure_http(text: &str) -> Result<Self, InvalidIssuer> {
        let url = Url::parse(text).map_err(|_| InvalidIssuer::NotAbsolute)?;
        if !matches!(url.scheme(), "https" | "http") || !url.username().is_empty() || url.password().is_some() {
            return Err(InvalidIssuer::NotAbsolute);
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(InvalidIssuer::QueryOrFragment);
        }
        if text.ends_with('/') {
            return Err(InvalidIssuer::TrailingSlash);
        }
        if url.as_str().trim_end_matches('/') != text {
            return Err(InvalidIssuer::NotNormal);
        }
        let origin = url.origin().ascii_serialization();
        let path = url.path().trim_end_matches('/').to_owned();
        Ok(Self { text: text.to_owned(), origin, path })
    }

    /// An issuer on this machine, for what has to show settings without one.
    pub(super) fn local() -> Self {
        let text = "http://127.0.0.1:8000".to_owned();
        Self { origin: text.clone(), path: String::new(), text }
    }

    /// Gives the identifier, byte for byte as it was given.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Gives scheme, host and port.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Gives the path, empty or starting with a slash, never ending with one.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Tells whether it is https.
    pub fn is_secure(&self) -> bool {
        self.text.starts_with("https:")
    }

    /// Tells whether its host is this machine.
    pub fn is_loopback(&self) -> bool {
        Url::parse(&self.text).is_ok_and(|url| url.host_str().is_some_and(is_this_machine))
    }
}

impl fmt::Display for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}
