use crate::answer::Expected;
use crate::cache::{Answers, Outcome};
use crate::circuit::Circuit;
use crate::discovery::Discovery;
use crate::failure::{Blame, Failure};
use crate::flights::{Flights, Joined};
use crate::https::Https;
use crate::settings::{Builder, InvalidSetting};
use crate::url::Issuer;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Uri};
use http_body_util::Full;
use oauth_core::clock::Clock;
use oauth_core::identifier::ClientId;
use oauth_core::resource::{Authorization, PresentedToken, Refusal, ResourceProvider};
use oauth_core::secret::{ClientSecret, Digest};
use rustls::RootCertStore;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tracing::Instrument as _;
use zeroize::Zeroizing;

/// How many tokens may wait for each one that is asked for.
const WAITING: usize = 32;

/// Validates tokens at another provider, by introspection (RFC 7662). Clones share everything: cache,
/// connections and bounds.
///
/// It runs on tokio, and the first check fetches the provider's metadata (RFC 8414).
#[derive(Clone)]
pub struct RemoteResourceProvider(Arc<Remote>);

struct Remote {
    issuer: Issuer,
    credentials: HeaderValue,
    discovery: Discovery,
    expected: Expected,
    https: Https,
    answers: Answers,
    flights: Flights,
    circuit: Circuit,
    requests: Semaphore,
    timeout: Duration,
    clock: Arc<dyn Clock>,
}

impl RemoteResourceProvider {
    /// Begins the settings with what has no default: the issuer, byte for byte as in its metadata, and
    /// the credentials with which this API is registered there as a confidential client.
    pub fn builder(issuer: impl Into<String>, client_id: ClientId, secret: ClientSecret) -> Builder {
        Builder::new(issuer.into(), client_id, secret)
    }

    pub(crate) fn new(
        settings: &Builder,
        issuer: Issuer,
        endpoint: Option<Uri>,
        roots: RootCertStore,
    ) -> Result<Self, InvalidSetting> {
        let limits = &settings.limits;
        let expected = Expected {
            issuer: issuer.as_str().to_owned(),
            audience: settings.audience.clone(),
            reliance: limits.active.max(Duration::from_secs(1)),
        };
        Ok(Self(Arc::new(Remote {
            credentials: credentials(&settings.client_id, &settings.secret)?,
            discovery: Discovery::new(endpoint, limits.metadata),
            expected,
            https: Https::new(roots, issuer.is_plain(), limits)?,
            answers: Answers::new(limits.entries, limits.active, limits.inactive),
            flights: Flights::new(limits.concurrency.saturating_mul(WAITING)),
            circuit: Circuit::new(limits.rest),
            requests: Semaphore::new(limits.concurrency.min(Semaphore::MAX_PERMITS)),
            timeout: limits.whole,
            clock: Arc::clone(&settings.clock),
            issuer,
        })))
    }
}

impl ResourceProvider for RemoteResourceProvider {
    type Authorization = Authorization;

    async fn validate_access_token(&self, token: &PresentedToken<'_>) -> Result<Authorization, Refusal> {
        let (remote, digest) = (&self.0, token.digest());
        if let Some(outcome) = remote.answers.find(&digest, remote.clock.now()) {
            return owned(outcome);
        }
        if remote.circuit.rests(remote.clock.now()) {
            return Err(remote.failed(&Failure::Resting));
        }
        let (flight, follower) = match remote.flights.join(digest) {
            Joined::Follows(follower) => return owned(follower.outcome().await),
            Joined::Leads(flight, follower) => (flight, follower),
            Joined::Crowded => return Err(remote.failed(&Failure::Crowded)),
        };
        // The answer may have come between the look and the start.
        if let Some(outcome) = remote.answers.find(&digest, remote.clock.now()) {
            flight.land(outcome.clone());
            return owned(outcome);
        }
        // A separate task: a caller that hangs up takes nothing from those who wait for the same answer.
        let (remote, token) = (Arc::clone(remote), Zeroizing::new(token.expose().to_owned()));
        tokio::spawn(async move { flight.land(remote.check(&token, digest).await) }.in_current_span());
        owned(follower.outcome().await)
    }
}

fn owned(outcome: Outcome) -> Result<Authorization, Refusal> {
    outcome.map(Arc::unwrap_or_clone)
}

impl Remote {
    /// Asks, and remembers what was answered.
    async fn check(&self, token: &str, digest: Digest) -> Outcome {
        let asked_at = self.clock.now();
        match self.ask(token).await {
            Ok(found) => {
                self.circuit.succeeded();
                let outcome = found.map(Arc::new).ok_or(Refusal::InvalidToken);
                self.answers.keep(digest, &outcome, asked_at);
                outcome
            }
            Err(failure) => Err(self.failed(&failure)),
        }
    }

    async fn ask(&self, token: &str) -> Result<Option<Authorization>, Failure> {
        let mut has_begun = false;
        let answer = timeout(self.timeout, async {
            // The semaphore is never closed: waiting for it ends with a turn, or by time.
            let _turn = self.requests.acquire().await;
            if !self.circuit.admits(self.clock.now()) {
                return Err(Failure::Resting);
            }
            has_begun = true;
            self.introspect(token).await
        });
        let answer = answer.await;
        answer.unwrap_or(Err(if has_begun { Failure::TimedOut(self.timeout) } else { Failure::Crowded }))
    }

    async fn introspect(&self, token: &str) -> Result<Option<Authorization>, Failure> {
        let endpoint = self.discovery.endpoint(&self.https, &self.issuer, self.clock.now()).await?;
        let answer = self.https.call(self.request(&endpoint, token)).await?;
        self.expected.decide(answer, self.clock.now())
    }

    /// Makes the request of RFC 7662 §2.1.
    fn request(&self, endpoint: &Uri, token: &str) -> Request<Full<Bytes>> {
        let encoded: String = form_urlencoded::byte_serialize(token.as_bytes()).collect();
        let encoded = Zeroizing::new(encoded);
        let body = format!("token={}&token_type_hint=access_token", encoded.as_str()).into_bytes();
        let mut request = Request::new(Full::new(Bytes::from_owner(Zeroizing::new(body))));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = endpoint.clone();
        let headers = request.headers_mut();
        headers.insert(AUTHORIZATION, self.credentials.clone());
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        request
    }

    /// Draws the consequences of a failure. A client never hears more than that it cannot be told.
    fn failed(&self, failure: &Failure) -> Refusal {
        let (now, issuer) = (self.clock.now(), self.issuer.as_str());
        match failure.blame() {
            Blame::Check => {}
            Blame::Endpoint => self.discovery.forget(),
            Blame::Outage => {
                self.discovery.forget();
                self.circuit.failed(now);
            }
            Blame::Setup => {
                self.discovery.forget();
                self.circuit.open(now);
            }
        }
        match failure {
            Failure::Resting => tracing::debug!(issuer, %failure, "answering that tokens cannot be checked"),
            Failure::Crowded => tracing::warn!(issuer, %failure, "answering that tokens cannot be checked"),
            _ => tracing::error!(issuer, %failure, "answering that tokens cannot be checked"),
        }
        Refusal::Unavailable
    }
}

/// Writes HTTP Basic (RFC 6749 §2.3.1): each half form-encoded. The text is wiped when it goes.
fn credentials(client_id: &ClientId, secret: &ClientSecret) -> Result<HeaderValue, InvalidSetting> {
    let encode = |text: &str| Zeroizing::new(form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>());
    let (id, secret) = (encode(client_id.as_str()), encode(secret.expose()));
    let pair = Zeroizing::new(format!("{}:{}", id.as_str(), secret.as_str()));
    let header = Zeroizing::new(format!("Basic {}", STANDARD.encode(pair.as_bytes())).into_bytes());
    let header = HeaderValue::from_maybe_shared(Bytes::from_owner(header));
    let mut header = header.map_err(|_| InvalidSetting::Zero("client_secret"))?;
    header.set_sensitive(true);
    Ok(header)
}

impl fmt::Debug for RemoteResourceProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (issuer, audience) = (self.0.issuer.as_str(), &self.0.expected.audience);
        f.debug_struct("RemoteResourceProvider")
            .field("issuer", &issuer)
            .field("audience", audience)
            .finish_non_exhaustive()
    }
}
