//! Our two cookies: which browser signed in, and which has seen a sign-in form.

use http::header::COOKIE;
use http::{HeaderMap, HeaderValue, Request};
use oauth_core::config::Config;
use oauth_core::secret::{Digest, SessionId};
use std::time::Duration;

/// How much of the issuer's digest stands in a cookie's name: enough to tell apart what one host serves.
const DIGEST: usize = 8;

/// Names and attributes of our two cookies (RFC 6265bis §4.1.3).
///
/// `__Host-` makes the browser refuse the cookie unless it came over TLS from this very host, so no
/// neighbouring host can plant one. On this machine without TLS there is no such prefix.
///
/// A cookie does not know ports or paths that it could be told apart by (RFC 6265 §8.5): the names end
/// with a digest of the issuer, so that two issuers of one host do not overwrite each other's.
#[derive(Clone, Debug)]
pub(crate) struct Cookies {
    session: String,
    visit: String,
    secure: &'static str,
}

impl Cookies {
    pub(crate) fn of(config: &Config) -> Self {
        let issuer: String = Digest::of(config.issuer.as_str()).to_base64url().chars().take(DIGEST).collect();
        let (prefix, secure) = if config.issuer.is_secure() { ("__Host-", "; Secure") } else { ("", "") };
        let name = |what| format!("{prefix}oauth-{what}-{issuer}");
        Self { session: name("session"), visit: name("visit"), secure }
    }

    /// Reads the session's identifier.
    pub(crate) fn session<B>(&self, request: &Request<B>) -> Option<SessionId> {
        read(request.headers(), &self.session)
    }

    /// Reads what stands for a browser in which nobody is signed in.
    pub(crate) fn visit<B>(&self, request: &Request<B>) -> Option<SessionId> {
        read(request.headers(), &self.visit)
    }

    /// Keeps a session in the browser as long as the server keeps it.
    pub(crate) fn set_session(&self, id: &SessionId, lifetime: Duration) -> HeaderValue {
        self.write(&self.session, id.expose(), &format!("; Max-Age={}", lifetime.as_secs()))
    }

    pub(crate) fn clear_session(&self) -> HeaderValue {
        self.write(&self.session, "", "; Max-Age=0")
    }

    pub(crate) fn set_visit(&self, id: &SessionId) -> HeaderValue {
        self.write(&self.visit, id.expose(), "")
    }

    /// Keeps the cookie of a browser in which somebody signed in. It outlives the session, so that a form whose
    /// session ended can be taken up again.
    pub(crate) fn keep_visit(&self, id: &SessionId, lifetime: Duration) -> HeaderValue {
        self.write(&self.visit, id.expose(), &format!("; Max-Age={}", lifetime.as_secs()))
    }

    /// Lax, not Strict: an authorization request is a link from another site, and must find the
    /// session.
    fn write(&self, name: &str, value: &str, age: &str) -> HeaderValue {
        let secure = self.secure;
        let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{age}");
        let mut value = HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""));
        value.set_sensitive(true);
        value
    }
}

/// Reads a cookie of ours: 43 base64url characters. One that comes twice is none, since nobody can
/// tell which of them is ours.
///
/// The header is shared with everything on this host and its parent domains, so the cookies of others
/// are bytes that mean nothing here (RFC 9110 §5.5). Our name counts byte for byte: software that trims
/// more than SP and HTAB can be made to read a name that the browser did not protect.
fn read(headers: &HeaderMap, name: &str) -> Option<SessionId> {
    let pairs = headers.get_all(COOKIE).iter().flat_map(|line| line.as_bytes().split(|byte| *byte == b';'));
    let mut values = pairs.filter_map(|pair| value_of(name, trimmed(pair)));
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let good =
        value.len() == 43 && value.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    std::str::from_utf8(value).ok().filter(|_| good).map(SessionId::new)
}

/// Gives the value of a pair with this name; a name without `=` has none.
fn value_of<'a>(name: &str, pair: &'a [u8]) -> Option<&'a [u8]> {
    pair.strip_prefix(name.as_bytes())?.strip_prefix(b"=")
}

/// Takes SP and HTAB away around a pair (RFC 6265 §5.4 puts one SP before it).
fn trimmed(pair: &[u8]) -> &[u8] {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let start = pair.iter().take_while(|byte| blank(byte)).count();
    let pair = pair.get(start..).unwrap_or_default();
    let end = pair.len() - pair.iter().rev().take_while(|byte| blank(byte)).count();
    pair.get(..end).unwrap_or_default()
}
