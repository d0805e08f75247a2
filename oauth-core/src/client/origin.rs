use crate::http::is_this_machine;
use crate::redirect::is_dangerous;
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
    "give scheme, host and port only, as https://app.example, http://127.0.0.1:3000 or capacitor://localhost: no path, no wildcard, and plain http for this machine only"
)]
pub struct InvalidOrigin;

impl Origin {
    /// Takes an origin as a browser sends it: lower case, without path, without the scheme's own port.
    ///
    /// # Errors
    /// It is not an origin in that form, or it is plain http to another machine.
    pub fn register(text: &str) -> Result<Self, InvalidOrigin> {
        let url = url::Url::parse(text).map_err(|_| InvalidOrigin)?;
        // What a browser would write for it is the only text that can ever match.
        let good = match url.scheme() {
            "https" => url.origin().ascii_serialization() == text,
            "http" => url.host_str().is_some_and(is_this_machine) && url.origin().ascii_serialization() == text,
            scheme => !is_dangerous(scheme) && is_of_a_web_view(scheme, text),
        };
        if good && !text.contains('*') && text.len() <= 255 { Ok(Self(text.to_owned())) } else { Err(InvalidOrigin) }
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

/// Tells whether a text is scheme, host and perhaps port of an application's web view, such as
/// `capacitor://localhost`: engines write such an origin as it is, so nothing else can stand in it.
fn is_of_a_web_view(scheme: &str, text: &str) -> bool {
    let Some(place) = text.strip_prefix(scheme).and_then(|rest| rest.strip_prefix("://")) else { return false };
    let (host, port) = place.split_once(':').map_or((place, None), |(host, port)| (host, Some(port)));
    let host_is_good = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'));
    let port_is_good = |port: &str| !port.starts_with(['0', '+']) && port.parse::<u16>().is_ok();
    !host.is_empty() && host_is_good && port.is_none_or(port_is_good)
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
    fn f_30_the_origin_of_a_web_view_can_be_registered() {
        for good in
            ["capacitor://localhost", "tauri://localhost", "ionic://localhost", "myapp://x:8080", "app.one://x_y"]
        {
            let origin = Origin::register(good).unwrap();
            assert!(origin.matches(good) && !origin.matches("null") && !origin.matches("https://localhost"));
        }
    }

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
            "myapp://",
            "myapp:x",
            "MyApp://x",
            "myapp://x/",
            "myapp://x?",
            "myapp://x#",
            "myapp://u@x",
            "myapp://x:",
            "myapp://x:0",
            "myapp://x:65536",
            "myapp://*",
            "myapp://x y",
            "javascript://x",
            "data://x",
            "file://",
            "file://x",
            "blob://x",
            "ws://x",
        ] {
            assert!(Origin::register(wrong).is_err(), "{wrong:?}");
        }
    }
}
