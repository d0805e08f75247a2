use crate::identifier::has_control;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A web origin whose scripts may read what this server answers (RFC 6454 §4): scheme, host and port,
/// as a browser writes it.
///
/// ```
/// use oauth_core::client::Origin;
/// let origin = Origin::register("https://app.example:8443")?;
/// assert!(origin.matches("https://app.example:8443"));
/// assert!(!origin.matches("https://app.example"));
/// assert!(Origin::register("https://*.example").is_err());
/// assert!(Origin::register("http://app.example").is_err(), "plain http is for this machine only");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Origin(String);

/// The text is no origin that can be registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "give scheme, host and port only, as https://app.example or http://127.0.0.1:3000: no path, no wildcard, and plain http for this machine only"
)]
pub struct InvalidOrigin;

impl Origin {
    /// Takes an origin as a browser sends it: lower case, without path, without the scheme's own port.
    ///
    /// # Errors
    /// It is not an origin in that form, or it is plain http to another machine.
    pub fn register(text: &str) -> Result<Self, InvalidOrigin> {
        let url = url::Url::parse(text).map_err(|_| InvalidOrigin)?;
        let this_machine = match url.host() {
            Some(url::Host::Domain(name)) => name == "localhost",
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        let usable = url.scheme() == "https" || (url.scheme() == "http" && this_machine);
        // What a browser would write for it is the only text that can ever match.
        let canonical = url.origin().ascii_serialization() == text;
        let plain = !has_control(text) && !text.contains('*') && text.len() <= 255;
        if usable && canonical && plain { Ok(Self(text.to_owned())) } else { Err(InvalidOrigin) }
    }

    /// Gives the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Tells whether an `Origin` header names this one, byte for byte.
    pub fn matches(&self, header: &str) -> bool {
        self.0 == header
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Origin;

    #[test]
    fn an_origin_is_what_a_browser_sends() {
        for good in [
            "https://app.example",
            "https://app.example:8443",
            "http://127.0.0.1:3000",
            "http://[::1]:3000",
            "http://localhost:5173",
        ] {
            assert_eq!(Origin::register(good).map(|origin| origin.to_string()).as_deref(), Ok(good));
        }
        for wrong in [
            "",
            "*",
            "null",
            "https://",
            "https://*.example",
            "https://App.example",
            "https://app.example/",
            "https://app.example:443",
            "https://app.example/path",
            "https://u@app.example",
            "http://app.example",
            "http://127.0.0.1.evil.example",
            "http://localhost.evil.example",
            "javascript:alert(1)",
            "file:///etc",
            "https://app.example\n",
            " https://app.example",
            "myapp://x",
        ] {
            assert!(Origin::register(wrong).is_err(), "{wrong:?}");
        }
    }
}
