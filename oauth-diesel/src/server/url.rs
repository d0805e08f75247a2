//! Where a database server is: the parts of a URL, each of them understood or refused.

use crate::error::{Failure, Outcome};
use std::net::IpAddr;
use url::{Host, Url};

/// How a connection is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protection {
    /// Plain text.
    None,
    /// Encrypted, to whoever answers.
    Encrypted,
    /// Encrypted, to the host of that name and nobody else.
    Verified,
}

/// What a URL says. There is no `Debug`, because the password is in it.
pub(crate) struct Location {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) user: String,
    pub(crate) password: Option<String>,
    pub(crate) database: String,
    pub(crate) protection: Protection,
    /// Whether the URL says so, or it is what holds for such a host.
    pub(crate) protection_is_given: bool,
    /// A file with certificates that are trusted in place of the system's.
    pub(crate) authorities: Option<String>,
    pub(crate) connections: usize,
}

/// How a kind of server writes its URLs.
pub(crate) struct Dialect {
    pub(crate) schemes: &'static [&'static str],
    pub(crate) port: u16,
    pub(crate) example: &'static str,
    pub(crate) protection: &'static str,
    /// The values of that parameter: not protected, encrypted, verified.
    pub(crate) protections: [&'static str; 3],
    pub(crate) authorities: &'static str,
}

/// How many verbs work at the same time where the URL does not say.
const CONNECTIONS: usize = 16;

/// The most that a URL may ask for: each works on a thread.
const MOST_CONNECTIONS: usize = 256;

impl Location {
    /// Reads a URL. No text of an error quotes it: a password is in it.
    pub(crate) fn parse(text: &str, dialect: &Dialect) -> Outcome<Self> {
        let unusable = |what: String| Failure::Unusable(format!("the database URL cannot be used: {what}"));
        let malformed = || unusable(format!("write {}", dialect.example));
        let url = Url::parse(text).map_err(|_| malformed())?;
        if !dialect.schemes.contains(&url.scheme()) {
            return Err(malformed());
        }
        if url.fragment().is_some() {
            return Err(unusable("a `#` in the password is written %23".to_owned()));
        }
        let decode = |part: &str| {
            let decoded = percent_decode(part).ok_or_else(|| unusable("a part of it is not UTF-8".to_owned()))?;
            if decoded.contains('\0') { Err(unusable("a part of it has a NUL".to_owned())) } else { Ok(decoded) }
        };
        let host = url.host_str().map(decode).transpose()?.filter(|host| !host.is_empty()).ok_or_else(malformed)?;
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let database = decode(url.path().trim_start_matches('/'))?;
        if database.is_empty() || database.contains('/') || url.username().is_empty() {
            return Err(malformed());
        }
        let mut location = Self {
            port: url.port().unwrap_or(dialect.port),
            user: decode(url.username())?,
            password: url.password().map(decode).transpose()?,
            protection: if is_loopback(&host) { Protection::None } else { Protection::Verified },
            protection_is_given: false,
            authorities: None,
            connections: CONNECTIONS,
            host,
            database,
        };
        let mut seen = Vec::new();
        for (name, value) in url.query_pairs() {
            if seen.contains(&name) {
                return Err(unusable(format!("the parameter {name:?} stands there twice")));
            }
            if name == dialect.protection {
                location.protection = protection(&value, dialect).ok_or_else(|| {
                    let [none, encrypted, verified] = dialect.protections;
                    unusable(format!(
                        "{name}={value} is none of {none}, {encrypted} and {verified} (what may fall back to plain \
                         text protects from nothing)"
                    ))
                })?;
                location.protection_is_given = true;
            } else if name == dialect.authorities {
                location.authorities = Some(value.clone().into_owned());
            } else if name == "connections" {
                let most = value.parse().ok().filter(|most| (1..=MOST_CONNECTIONS).contains(most));
                let refusal = || unusable(format!("connections={value} is not a number from 1 to {MOST_CONNECTIONS}"));
                location.connections = most.ok_or_else(refusal)?;
            } else {
                return Err(unusable(format!(
                    "the parameter {name:?} is not known; known are {}, {} and connections",
                    dialect.protection, dialect.authorities
                )));
            }
            seen.push(name);
        }
        if location.authorities.is_some() && location.protection != Protection::Verified {
            let [_, _, verified] = dialect.protections;
            return Err(unusable(format!("{} needs {}={verified}", dialect.authorities, dialect.protection)));
        }
        Ok(location)
    }

    /// Writes where it is, without the password.
    pub(crate) fn display(&self) -> String {
        let Self { user, host, port, database, .. } = self;
        format!("{user}@{host}:{port}/{database}")
    }
}

fn protection(value: &str, dialect: &Dialect) -> Option<Protection> {
    let known = [Protection::None, Protection::Encrypted, Protection::Verified];
    let position = dialect.protections.iter().position(|known| known.eq_ignore_ascii_case(value))?;
    known.get(position).copied()
}

fn is_loopback(host: &str) -> bool {
    match host.parse::<IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => matches!(Host::parse(host), Ok(Host::Domain(name)) if name == "localhost"),
    }
}

fn percent_decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}
