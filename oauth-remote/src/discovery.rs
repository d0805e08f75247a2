//! Where the introspection endpoint is, from the provider's metadata (RFC 8414).

use crate::failure::Failure;
use crate::https::Https;
use crate::url::Issuer;
use bytes::Bytes;
use http::{Request, Uri};
use http_body_util::Full;
use oauth_core::clock::Timestamp;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::Mutex;

/// The endpoint, either given or found and kept for a while.
pub(crate) struct Discovery {
    given: Option<Uri>,
    lifetime: Duration,
    last: Mutex<Last>,
    fetches: AtomicU64,
    forgotten: AtomicBool,
}

/// What the last fetch gave, and when it was made.
type Last = Option<(Result<Uri, Failure>, Timestamp)>;

impl Discovery {
    pub(crate) fn new(given: Option<Uri>, lifetime: Duration) -> Self {
        let (fetches, forgotten) = (AtomicU64::new(0), AtomicBool::new(false));
        Self { given, lifetime, last: Mutex::new(None), fetches, forgotten }
    }

    /// Gives the endpoint. One check fetches the metadata; those that wait for it meanwhile get what it
    /// got, its failure too, so that they do not all fail one after the other.
    pub(crate) async fn endpoint(&self, https: &Https, issuer: &Issuer, now: Timestamp) -> Result<Uri, Failure> {
        if let Some(given) = &self.given {
            return Ok(given.clone());
        }
        let fetches = self.fetches.load(Ordering::Acquire);
        let mut last = self.last.lock().await;
        let is_new = self.fetches.load(Ordering::Acquire) != fetches;
        match last.as_ref() {
            Some((result, _)) if is_new => return result.clone(),
            Some((Ok(endpoint), fetched_at)) if self.counts(*fetched_at, now) => return Ok(endpoint.clone()),
            _ => {}
        }
        self.forgotten.store(false, Ordering::Release);
        let result = fetch(https, issuer).await.map_err(|failure| Failure::Metadata(Box::new(failure)));
        *last = Some((result.clone(), now));
        self.fetches.fetch_add(1, Ordering::AcqRel);
        result
    }

    /// Has the metadata fetched again before the next request.
    pub(crate) fn forget(&self) {
        self.forgotten.store(true, Ordering::Release);
    }

    fn counts(&self, fetched_at: Timestamp, now: Timestamp) -> bool {
        let is_fresh = fetched_at <= now && !fetched_at.after(self.lifetime).is_over(now);
        is_fresh && !self.forgotten.load(Ordering::Acquire)
    }
}

async fn fetch(https: &Https, issuer: &Issuer) -> Result<Uri, Failure> {
    let mut request = Request::new(Full::new(Bytes::new()));
    *request.uri_mut() = issuer.metadata().clone();
    let mut metadata = https.call(request).await?;
    // RFC 8414 §3.3: a document that speaks of another issuer would send every token to its endpoints.
    if metadata.text("issuer")?.as_deref() != Some(issuer.as_str()) {
        return Err(Failure::OtherIssuer);
    }
    let endpoint = metadata.text("introspection_endpoint")?.ok_or(Failure::NoIntrospection)?;
    issuer.endpoint(&endpoint).map_err(Failure::Endpoint)
}
