//! Which URLs are called: https, and plain http on this machine only.

use http::Uri;
use std::net::IpAddr;

const WELL_KNOWN: &str = "/.well-known/oauth-authorization-server";

/// Why a URL is not called; it says how to fix it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnsuitableUrl {
    /// It is no absolute http(s) URL, or has a user or a port that is none.
    #[error("give an absolute URL such as https://id.example, in lower case and without user name")]
    NotAbsolute,
    /// It has a fragment, or an issuer has a query (RFC 8414 §2).
    #[error("remove the fragment, and from an issuer the query (RFC 8414 section 2)")]
    QueryOrFragment,
    /// It is plain http: tokens and the secret of this API would travel in clear.
    #[error("use https; http is for 127.0.0.1, [::1] and localhost, if the issuer is there too")]
    PlainHttp,
}

/// The issuer identifier of the provider (RFC 8414 §2), kept byte for byte.
#[derive(Clone, Debug)]
pub(crate) struct Issuer {
    text: String,
    metadata: Uri,
    plain: bool,
}

impl Issuer {
    pub(crate) fn new(text: &str) -> Result<Self, UnsuitableUrl> {
        let (uri, plain) = (callable(text, true)?, text.starts_with("http:"));
        if text.contains('?') {
            return Err(UnsuitableUrl::QueryOrFragment);
        }
        let origin = text.strip_suffix(uri.path()).unwrap_or(text);
        // RFC 8414 §3.1: the well-known path stands between host and path, and a slash that ends it goes.
        let path = uri.path().strip_suffix('/').unwrap_or(uri.path());
        let metadata = format!("{origin}{WELL_KNOWN}{path}").parse().map_err(|_| UnsuitableUrl::NotAbsolute)?;
        Ok(Self { text: text.to_owned(), metadata, plain })
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// Gives where its metadata is (RFC 8414 §3.1).
    pub(crate) fn metadata(&self) -> &Uri {
        &self.metadata
    }

    /// Tells whether it is plain http, which it is on this machine only.
    pub(crate) fn is_plain(&self) -> bool {
        self.plain
    }

    /// Takes the URL of an endpoint: never plain http where the issuer is https.
    pub(crate) fn endpoint(&self, text: &str) -> Result<Uri, UnsuitableUrl> {
        callable(text, self.plain)
    }
}

fn callable(text: &str, plain_on_loopback: bool) -> Result<Uri, UnsuitableUrl> {
    // The parser drops a fragment without a word, and knows more characters than URLs have.
    if text.contains('#') {
        return Err(UnsuitableUrl::QueryOrFragment);
    }
    let uri: Uri = text.parse().map_err(|_| UnsuitableUrl::NotAbsolute)?;
    let authority = uri.authority().ok_or(UnsuitableUrl::NotAbsolute)?;
    let (host, odd) = (authority.host(), |byte: u8| !byte.is_ascii_graphic() || byte == b'\\' || byte == b'@');
    // A port that is none would silently become the usual one.
    let has_port = authority.port_u16().is_some_and(|port| port > 0) || authority.as_str() == host;
    if host.is_empty()
        || !has_port
        || authority.as_str().bytes().any(odd)
        || !text.bytes().all(|b| b.is_ascii_graphic())
    {
        return Err(UnsuitableUrl::NotAbsolute);
    }
    // From the text, because the parser takes a scheme in capitals for the same.
    match text.split_once("://") {
        Some(("https", _)) => Ok(uri),
        Some(("http", _)) if plain_on_loopback && is_loopback(host) => Ok(uri),
        Some(("http", _)) => Err(UnsuitableUrl::PlainHttp),
        _ => Err(UnsuitableUrl::NotAbsolute),
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_096_the_well_known_path_stands_between_host_and_path() {
        for (issuer, metadata) in [
            ("https://id.example", "https://id.example/.well-known/oauth-authorization-server"),
            ("https://id.example/", "https://id.example/.well-known/oauth-authorization-server"),
            ("https://id.example/t1", "https://id.example/.well-known/oauth-authorization-server/t1"),
            ("https://id.example/t1/", "https://id.example/.well-known/oauth-authorization-server/t1"),
            ("https://id.example:8443/a/b", "https://id.example:8443/.well-known/oauth-authorization-server/a/b"),
            ("http://[::1]:80/t", "http://[::1]:80/.well-known/oauth-authorization-server/t"),
        ] {
            assert_eq!(Issuer::new(issuer).unwrap().metadata().to_string(), metadata);
        }
    }

    #[test]
    fn an_issuer_is_https_or_on_this_machine() {
        for good in ["http://127.0.0.1:8000", "http://127.8.8.8", "http://localhost:1", "http://[::1]/x"] {
            assert!(Issuer::new(good).unwrap().is_plain(), "{good}");
        }
        for plain in [
            "http://id.example",
            "http://10.0.0.1",
            "http://127.0.0.1.evil.example",
            "http://localhost.evil.example",
            "http://2130706433",
            "http://0.0.0.0",
        ] {
            assert_eq!(Issuer::new(plain).unwrap_err(), UnsuitableUrl::PlainHttp, "{plain}");
        }
    }

    #[test]
    fn what_is_no_url_of_an_issuer_is_refused() {
        for wrong in [
            "",
            "id.example",
            "/path",
            "https://",
            "ftp://id.example",
            "HTTPS://id.example",
            "HTTP://127.0.0.1",
            "https:id.example",
        ] {
            assert_eq!(Issuer::new(wrong).unwrap_err(), UnsuitableUrl::NotAbsolute, "{wrong}");
        }
        for wrong in
            ["https://user@id.example", "https://id.example:99999", "https://id.example:", "https://id.example:0"]
        {
            assert_eq!(Issuer::new(wrong).unwrap_err(), UnsuitableUrl::NotAbsolute, "{wrong}");
        }
        for wrong in ["https://id.example\\@evil.example", "https://id.example/ü", "https://id.example/a b"] {
            assert_eq!(Issuer::new(wrong).unwrap_err(), UnsuitableUrl::NotAbsolute, "{wrong}");
        }
        for wrong in ["https://id.example?x=1", "https://id.example/t?", "https://id.example#x"] {
            assert_eq!(Issuer::new(wrong).unwrap_err(), UnsuitableUrl::QueryOrFragment, "{wrong}");
        }
    }

    #[test]
    fn an_endpoint_is_plain_only_beside_a_plain_issuer() {
        let (secure, plain) = (Issuer::new("https://127.0.0.1").unwrap(), Issuer::new("http://127.0.0.1").unwrap());
        assert!(secure.endpoint("https://other.example/introspect?tenant=1").is_ok());
        assert_eq!(secure.endpoint("http://127.0.0.1/introspect").unwrap_err(), UnsuitableUrl::PlainHttp);
        assert!(plain.endpoint("http://127.0.0.1:9/introspect").is_ok());
        assert_eq!(plain.endpoint("http://other.example/introspect").unwrap_err(), UnsuitableUrl::PlainHttp);
        assert_eq!(plain.endpoint("/introspect").unwrap_err(), UnsuitableUrl::NotAbsolute);
    }
}
