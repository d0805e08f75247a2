//! Redirect URIs: exact matching, and the only way in which anything can be sent to one.
//!
//! A [`RedirectTarget`] has no public constructor. It comes from comparing what was asked with what
//! a client registered, so an open redirect does not compile (RFC 9700 §2.1, §4.1.3).

use crate::client_type::ClientType;
use crate::error::Rejection;
use crate::http::is_this_machine;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;
use url::Url;

const LONGEST: usize = 2_048;
const NEVER: [&str; 18] = [
    "javascript",
    "data",
    "vbscript",
    "file",
    "blob",
    "about",
    "filesystem",
    "view-source",
    "jar",
    "mhtml",
    "resource",
    "chrome",
    "intent",
    "content",
    "ws",
    "wss",
    "ftp",
    "mailto",
];

/// Why a redirect URI cannot be registered; the text says how to fix it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidRedirectUri {
    /// It does not parse as an absolute URI.
    #[error("give an absolute URI such as https://app.example/callback, in printable ASCII of at most 2048 characters")]
    NotAbsolute,
    /// It has a fragment (RFC 6749 §3.1.2).
    #[error("a redirect URI has no fragment: remove the # and what follows it")]
    Fragment,
    /// It has a user name or password in it.
    #[error("a redirect URI has no user name and no password before its host: remove what stands before the @")]
    UserInfo,
    /// It is plain http, not to this machine (RFC 9700 §2.6).
    #[error(
        "http is allowed for this machine only, such as http://127.0.0.1, http://[::1] and http://localhost: use https, \
         or start the server with insecure_http_redirects while you test"
    )]
    PlainHttp,
    /// It is an application's scheme without a dot (RFC 8252 §7.1).
    #[error("a scheme of your own is a domain of yours in reverse, with a dot: com.example.app:/callback")]
    SchemeWithoutDot,
    /// It is a scheme that this server's settings leave out (`redirect_uri_schemes`).
    #[error("this server takes no redirect URIs of this scheme: ask its operator which ones it takes")]
    SchemeNotTaken,
    /// It has a wildcard: a `*` in its host, or at the end of its path.
    #[error("a redirect URI matches exactly: register each address, without *")]
    Wildcard,
    /// A `%` is not followed by two hexadecimal digits (RFC 3986 §2.1).
    #[error("a % in a redirect URI is followed by two hexadecimal digits: write %25 for a percent sign")]
    BrokenEncoding,
    /// It is a scheme without a dot that the settings name, and the client is confidential.
    #[error("a scheme of an application's own is for public clients: use https")]
    SchemeForPublicClients,
    /// It is a scheme that runs or reads something in the browser.
    #[error("this scheme is never allowed: use https, or a scheme of your own such as com.example.app")]
    DangerousScheme,
}

/// Tells whether redirect URIs of a scheme can be registered at all.
pub(crate) fn may_be_registered(scheme: &str) -> bool {
    let is_one = scheme.starts_with(|first: char| first.is_ascii_lowercase())
        && scheme.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'+' | b'-' | b'.'));
    is_one && !is_dangerous(scheme)
}

/// Tells whether a scheme runs or reads something in the browser.
pub(crate) fn is_dangerous(scheme: &str) -> bool {
    NEVER.contains(&scheme)
}

/// A redirect URI as it was registered.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RedirectUri(String);

impl RedirectUri {
    /// Takes a redirect URI for registration.
    ///
    /// # Errors
    /// Refuses what RFC 6749 §3.1.2, RFC 8252 §7 and RFC 9700 §2.6 refuse; plain http to another
    /// machine only unless `insecure_http` says otherwise.
    ///
    /// ```
    /// use oauth_core::redirect::RedirectUri;
    /// assert!(RedirectUri::register("https://app.example/callback?tenant=1", false).is_ok());
    /// assert!(RedirectUri::register("com.example.app:/callback", false).is_ok());
    /// assert!(RedirectUri::register("http://app.example/callback", false).is_err());
    /// assert!(RedirectUri::register("javascript:alert(1)", true).is_err());
    /// ```
    pub fn register(text: &str, insecure_http: bool) -> Result<Self, InvalidRedirectUri> {
        Self::register_for(ClientType::Confidential, text, insecure_http, None)
    }

    /// Takes a redirect URI for the registration of a client, where the settings may name the schemes that are
    /// taken. Such a scheme needs no dot (RFC 8252 §8.4) if the client is public.
    pub(crate) fn register_for(
        client_type: ClientType,
        text: &str,
        insecure_http: bool,
        schemes: Option<&BTreeSet<String>>,
    ) -> Result<Self, InvalidRedirectUri> {
        use InvalidRedirectUri as No;
        if text.contains('#') {
            return Err(No::Fragment);
        }
        let printable = text.bytes().all(|byte| {
            matches!(byte, 0x21..=0x7E)
                && !matches!(byte, b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}')
        });
        if !printable || text.len() > LONGEST {
            return Err(No::NotAbsolute);
        }
        let url = Url::parse(text).map_err(|_| No::NotAbsolute)?;
        if NEVER.contains(&url.scheme()) {
            return Err(No::DangerousScheme);
        }
        if !url.username().is_empty() || url.password().is_some() || authority(text).is_some_and(|it| it.contains('@'))
        {
            return Err(No::UserInfo);
        }
        if has_wildcard(text) {
            return Err(No::Wildcard);
        }
        let mut escapes = text.split('%').skip(1);
        if !escapes.all(|rest| rest.len() >= 2 && rest.bytes().take(2).all(|byte| byte.is_ascii_hexdigit())) {
            return Err(No::BrokenEncoding);
        }
        let is_named = |scheme: &str| schemes.is_some_and(|schemes| schemes.contains(scheme));
        match url.scheme() {
            "https" | "http" if !has_authority(text) => Err(No::NotAbsolute),
            "https" => Ok(()),
            "http" if insecure_http || host(text).is_some_and(is_this_machine) => Ok(()),
            "http" => Err(No::PlainHttp),
            scheme if scheme.contains('.') => Ok(()),
            scheme if !is_named(scheme) => Err(No::SchemeWithoutDot),
            _ if client_type == ClientType::Confidential => Err(No::SchemeForPublicClients),
            _ => Ok(()),
        }?;
        if schemes.is_some() && !is_named(url.scheme()) {
            return Err(No::SchemeNotTaken);
        }
        Ok(Self(text.to_owned()))
    }

    /// Gives the scheme, in the letters that it was registered in.
    pub fn scheme(&self) -> &str {
        self.0.split_once(':').map_or("", |(scheme, _)| scheme)
    }

    /// Gives the text as it was registered.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Gives what to show a person: the host of a web address, the scheme of any other.
    pub fn host(&self) -> &str {
        shown(&self.0)
    }

    /// Tells whether `asked` is this URI: byte for byte, but for the port of a loopback IP address, and of
    /// `localhost` if the client is public (RFC 8252 §7.3, RFC 9700 §4.1.3).
    pub fn matches(&self, asked: &str, client_type: ClientType) -> bool {
        if asked == self.0 {
            return true;
        }
        match (Loopback::split(&self.0), Loopback::split(asked)) {
            (Some(registered), Some(asked)) => {
                registered == asked && (registered.host != LOCALHOST || client_type == ClientType::Public)
            }
            _ => false,
        }
    }
}

impl fmt::Display for RedirectUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for RedirectUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// The name among the hosts whose port may be free.
const LOCALHOST: &str = "localhost";

/// A loopback URI without its port: what must be equal.
#[derive(PartialEq, Eq)]
struct Loopback<'a> {
    host: &'a str,
    path_and_query: &'a str,
}

impl<'a> Loopback<'a> {
    fn split(text: &'a str) -> Option<Self> {
        let rest = text.strip_prefix("http://")?;
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path_and_query) = rest.split_at_checked(end)?;
        let host = ["127.0.0.1", "[::1]", LOCALHOST].into_iter().find(|host| authority.starts_with(host))?;
        let port = authority.strip_prefix(host)?;
        let port_is_good = port.is_empty()
            || port.strip_prefix(':').is_some_and(|digits| {
                digits.bytes().all(|byte| byte.is_ascii_digit()) && digits.parse::<u16>().is_ok_and(|port| port > 0)
            });
        port_is_good.then_some(Self { host, path_and_query })
    }
}

fn has_authority(text: &str) -> bool {
    authority(text).is_some_and(|authority| !authority.is_empty() && !authority.starts_with(':'))
}

fn authority(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("://")?;
    rest.split(['/', '?', '#']).next()
}

/// Finds what says who is answered. After a scheme of one's own that is the scheme: what stands in the
/// place of a host there belongs to nobody, and could be the name of somebody else.
fn shown(text: &str) -> &str {
    let scheme = text.split(':').next().unwrap_or_default();
    let is_web = ["https", "http"].iter().any(|web| scheme.eq_ignore_ascii_case(web));
    authority(text).filter(|_| is_web).unwrap_or(scheme)
}

/// Finds the host, as it is written.
fn host(text: &str) -> Option<&str> {
    let authority = authority(text)?;
    let end = if authority.starts_with('[') {
        authority.find(']')? + 1
    } else {
        authority.find(':').unwrap_or(authority.len())
    };
    authority.get(..end)
}

/// Tells whether somebody means more than one address: nothing but the very same text ever matches.
fn has_wildcard(text: &str) -> bool {
    let path = text.split('?').next().unwrap_or_default();
    host(text).is_some_and(|host| host.contains('*')) || path.ends_with('*')
}

/// A redirect URI that was compared with its client's registration: the only thing that can carry a
/// code or an error back to a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedirectTarget {
    uri: String,
    sent: bool,
}

impl RedirectTarget {
    /// Finds where a client may be answered (RFC 6749 §3.1.2.3): the URI it asked for if it is among its
    /// registered ones, or the only one that is registered if it asked for none.
    pub(crate) fn resolve(
        registered: &[RedirectUri],
        client_type: ClientType,
        asked: Option<&str>,
    ) -> Result<Self, Rejection> {
        match (asked, registered) {
            (_, []) => Err(Rejection::NoRedirectUriRegistered),
            (Some(asked), registered) if registered.iter().any(|uri| uri.matches(asked, client_type)) => {
                Ok(Self { uri: asked.to_owned(), sent: true })
            }
            (Some(_), _) => Err(Rejection::RedirectUriNotRegistered),
            (None, [only]) => Ok(Self { uri: only.0.clone(), sent: false }),
            (None, _) => Err(Rejection::RedirectUriMissing),
        }
    }

    /// Gives the URI without any answer in it.
    pub fn as_str(&self) -> &str {
        &self.uri
    }

    /// Tells whether the request named it, rather than leaving it to the registration.
    pub fn was_sent(&self) -> bool {
        self.sent
    }

    /// Gives what to show a person: the host of a web address, the scheme of any other.
    pub fn host(&self) -> &str {
        shown(&self.uri)
    }

    /// Tells whether it is an https address, which only one site can answer at.
    pub fn is_https(&self) -> bool {
        self.uri.split_once("://").is_some_and(|(scheme, _)| scheme.eq_ignore_ascii_case("https"))
    }

    /// Writes the URI with an answer in its fragment, which a registered one never has (RFC 6749 §4.2.2).
    pub(crate) fn with_fragment(&self, answer: &[(&str, &str)]) -> String {
        let answer = form_urlencoded::Serializer::new(String::new()).extend_pairs(answer).finish();
        format!("{}#{answer}", self.uri)
    }

    /// Writes the URI with an answer added to its own query (RFC 6749 §3.1.2, §4.1.2).
    pub(crate) fn with_query(&self, answer: &[(&str, &str)]) -> String {
        let answer = form_urlencoded::Serializer::new(String::new()).extend_pairs(answer).finish();
        let separator = match self.uri.split_once('?') {
            None => "?",
            Some((_, query)) if query.is_empty() || query.ends_with('&') => "",
            Some(_) => "&",
        };
        format!("{}{separator}{answer}", self.uri)
    }
}

#[cfg(test)]
mod tests;
