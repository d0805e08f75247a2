//! What can be set, with the defaults and their bounds.

use crate::RemoteResourceProvider;
use crate::https;
use crate::url::{Issuer, UnsuitableUrl};
use http::Uri;
use oauth_core::clock::{Clock, SystemClock};
use oauth_core::identifier::{ClientId, Resource};
use oauth_core::secret::ClientSecret;
use rustls::RootCertStore;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// The settings of a [`RemoteResourceProvider`]; made by [`RemoteResourceProvider::builder`].
#[derive(Clone)]
#[must_use = "nothing is set up until build is called"]
pub struct Builder {
    pub(crate) issuer: String,
    pub(crate) client_id: ClientId,
    pub(crate) secret: ClientSecret,
    pub(crate) audience: Vec<Resource>,
    pub(crate) limits: Limits,
    pub(crate) clock: Arc<dyn Clock>,
    endpoint: Option<String>,
    roots: Option<Vec<u8>>,
}

/// The bounds of time and size.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) connect: Duration,
    pub(crate) whole: Duration,
    pub(crate) rest: Duration,
    pub(crate) active: Duration,
    pub(crate) inactive: Duration,
    pub(crate) metadata: Duration,
    pub(crate) entries: usize,
    pub(crate) concurrency: usize,
    pub(crate) answer: usize,
}

/// Why the settings cannot be used; it says how to fix them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidSetting {
    /// The issuer is none.
    #[error("issuer: {0}")]
    Issuer(UnsuitableUrl),
    /// The introspection endpoint is none.
    #[error("introspection_endpoint: {0}")]
    IntrospectionEndpoint(UnsuitableUrl),
    /// There is no certificate to trust.
    #[error("root_certificates: {0}")]
    RootCertificates(&'static str),
    /// A time-out or a bound that lets nothing through.
    #[error("{0}: give more than nothing")]
    Zero(&'static str),
}

impl Builder {
    pub(crate) fn new(issuer: String, client_id: ClientId, secret: ClientSecret) -> Self {
        let limits = Limits {
            connect: Duration::from_secs(2),
            whole: Duration::from_secs(5),
            rest: Duration::from_secs(2),
            active: Duration::from_secs(10),
            inactive: Duration::from_secs(5),
            metadata: Duration::from_secs(3_600),
            entries: 10_000,
            concurrency: 32,
            answer: 64 * 1_024,
        };
        let clock = Arc::new(SystemClock);
        Self { issuer, client_id, secret, audience: Vec::new(), limits, clock, endpoint: None, roots: None }
    }

    /// Accepts only tokens whose audience has this identifier, or one named before (RFC 8707 §3). Where
    /// none is named, only tokens without any audience are accepted.
    pub fn audience(mut self, resource: Resource) -> Self {
        self.audience.push(resource);
        self
    }

    /// Asks at this URL instead of the one in the metadata: for providers without RFC 8414. It is https,
    /// or http on this machine where the issuer is that too.
    pub fn introspection_endpoint(mut self, url: impl Into<String>) -> Self {
        self.endpoint = Some(url.into());
        self
    }

    /// Trusts these authorities, in PEM, instead of those of the operating system. A provider whose
    /// certificate is its own is trusted by giving that certificate.
    pub fn root_certificates(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.roots = Some(pem.into());
        self
    }

    /// Waits so long for a TCP connection: 2 seconds unless set.
    pub fn connect_timeout(mut self, time: Duration) -> Self {
        self.limits.connect = time;
        self
    }

    /// Waits so long for everything that one check needs, the queue included: 5 seconds unless set.
    pub fn timeout(mut self, time: Duration) -> Self {
        self.limits.whole = time;
        self
    }

    /// Leaves a provider alone for so long, in whole seconds, once three requests in a row got no answer:
    /// 2 seconds unless set, none with zero. Until then 503 is answered at once.
    pub fn rest_after_outage(mut self, time: Duration) -> Self {
        self.limits.rest = time;
        self
    }

    /// Believes for so long, in whole seconds, that a token is still active: 10 seconds unless set. A
    /// token that is revoked at the provider is accepted here for at most this time; with zero every
    /// check asks. It is never longer than the token's own `exp`.
    pub fn active_lifetime(mut self, time: Duration) -> Self {
        self.limits.active = time;
        self
    }

    /// Believes for so long, in whole seconds, that a token is not active: 5 seconds unless set, always
    /// asks with zero.
    pub fn inactive_lifetime(mut self, time: Duration) -> Self {
        self.limits.inactive = time;
        self
    }

    /// Uses the metadata for so long before it is fetched again: an hour unless set.
    pub fn metadata_lifetime(mut self, time: Duration) -> Self {
        self.limits.metadata = time;
        self
    }

    /// Remembers at most so many answers of each kind: 10,000 unless set. One of more than 1 KiB counts
    /// as several, so that this bounds the memory too.
    pub fn cache_entries(mut self, entries: usize) -> Self {
        self.limits.entries = entries;
        self
    }

    /// Asks for at most so many tokens at once, and so uses at most as many connections: 32 unless set.
    /// Up to 32 times as many wait for their turn; what comes then is answered 503 at once.
    pub fn concurrency(mut self, requests: usize) -> Self {
        self.limits.concurrency = requests;
        self
    }

    /// Reads answers of at most so many bytes: 64 KiB unless set.
    pub fn answer_size(mut self, bytes: usize) -> Self {
        self.limits.answer = bytes;
        self
    }

    /// Takes the time from elsewhere than the operating system.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Sets the provider up. Nothing is asked yet: the metadata is fetched with the first token, so that
    /// this API starts while the provider is down.
    ///
    /// # Errors
    /// Refuses URLs that would have tokens travel in clear, certificates that are none, and bounds of
    /// zero.
    pub fn build(self) -> Result<RemoteResourceProvider, InvalidSetting> {
        let issuer = Issuer::new(&self.issuer).map_err(InvalidSetting::Issuer)?;
        let endpoint = self.endpoint.as_deref().map(|url| issuer.endpoint(url)).transpose();
        let endpoint: Option<Uri> = endpoint.map_err(InvalidSetting::IntrospectionEndpoint)?;
        let limits = &self.limits;
        for (name, bounds_nothing) in [
            ("connect_timeout", limits.connect.is_zero()),
            ("timeout", limits.whole.is_zero()),
            ("concurrency", limits.concurrency == 0),
            ("answer_size", limits.answer == 0),
        ] {
            if bounds_nothing {
                return Err(InvalidSetting::Zero(name));
            }
        }
        let roots = match &self.roots {
            Some(pem) => https::roots_from_pem(pem)?,
            // On this machine there may be no TLS at all.
            None if issuer.is_plain() => https::roots_of_the_system().unwrap_or_else(|_| RootCertStore::empty()),
            None => https::roots_of_the_system()?,
        };
        RemoteResourceProvider::new(&self, issuer, endpoint, roots)
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("issuer", &self.issuer)
            .field("client_id", &self.client_id)
            .field("secret", &self.secret)
            .field("audience", &self.audience)
            .field("limits", &self.limits)
            .field("introspection_endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}
