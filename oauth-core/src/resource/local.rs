mod cache;

use self::cache::Recent;
use super::{Authorization, PresentedToken, Refusal, ResourceProvider};
use crate::clock::{Clock, SystemClock, Timestamp};
use crate::identifier::Resource;
use crate::secret::Digest;
use crate::store::{StoreError, TokenStore};
use std::sync::Arc;
use std::time::Duration;

/// Validates tokens in the store that the provider keeps them in: one lookup by digest, and no cache
/// unless [asked for](Self::with_cache), so that a revoked token is refused at once on every instance.
///
/// ```
/// use oauth_core::identifier::Resource;
/// use oauth_core::resource::LocalResourceProvider;
/// use oauth_core::store::MemoryStore;
/// let notes = Resource::new("https://notes.example/api")?;
/// let resources = LocalResourceProvider::new(MemoryStore::new()).for_audience(notes);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct LocalResourceProvider<S> {
    store: S,
    clock: Arc<dyn Clock>,
    audience: Vec<Resource>,
    recent: Option<Arc<Recent>>,
}

impl<S: TokenStore> LocalResourceProvider<S> {
    /// Takes the store; until an audience is named, only tokens without any are accepted: one that is
    /// meant for a resource server is not meant for everybody else too (RFC 8707 §3).
    pub fn new(store: S) -> Self {
        Self { store, clock: Arc::new(SystemClock), audience: Vec::new(), recent: None }
    }

    /// Takes the time from elsewhere than the operating system.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Accepts only tokens whose audience has this identifier, or one named before (RFC 8707 §3).
    #[must_use]
    pub fn for_audience(mut self, resource: Resource) -> Self {
        self.audience.push(resource);
        self
    }

    /// Remembers good tokens, so that the store is asked about each only once in `lifetime`, in whole
    /// seconds, and keeps at most `entries` of them, a few hundred bytes each.
    ///
    /// The price: for up to `lifetime` after a token is revoked, its grant or client ended, or the
    /// person's account closed, this instance still accepts it. It never accepts one beyond its expiry.
    /// Tokens that are refused are not remembered. Where a store is in the same process or on the same
    /// machine, a cache gains little; think of it for a database across a network, and of a few seconds.
    ///
    /// ```
    /// use oauth_core::resource::LocalResourceProvider;
    /// use oauth_core::store::MemoryStore;
    /// use std::time::Duration;
    /// // A revoked token may live five seconds longer here.
    /// let resources = LocalResourceProvider::new(MemoryStore::new()).with_cache(Duration::from_secs(5), 10_000);
    /// ```
    #[must_use]
    pub fn with_cache(mut self, lifetime: Duration, entries: usize) -> Self {
        let seconds = lifetime.as_secs();
        self.recent = (seconds > 0 && entries > 0).then(|| Arc::new(Recent::new(seconds, entries)));
        self
    }

    /// Gives what a check of this token said a moment ago.
    fn remembered(&self, digest: &Digest, now: Timestamp) -> Option<Authorization> {
        self.recent.as_ref()?.find(digest, now)
    }

    /// Takes what the store said of a token, remembers a good one, and lets it through if it is meant for here.
    fn learn(
        &self,
        digest: Digest,
        now: Timestamp,
        found: Result<Option<Authorization>, StoreError>,
    ) -> Result<Authorization, Refusal> {
        let found = found.map_err(|error| {
            tracing::error!(%error, "answering that tokens cannot be checked");
            Refusal::Unavailable
        })?;
        let authorization = found.ok_or(Refusal::InvalidToken)?;
        if let Some(recent) = &self.recent {
            recent.keep(digest, authorization.clone(), now);
        }
        self.meant_for_here(authorization)
    }

    /// Lets through what is meant for this resource: what is remembered too, because clones for other
    /// audiences share the cache.
    fn meant_for_here(&self, authorization: Authorization) -> Result<Authorization, Refusal> {
        let names_here = |resource: &Resource| authorization.audience.contains(resource);
        let meant_for_here = match self.audience.as_slice() {
            [] => authorization.audience.is_empty(),
            named => named.iter().any(names_here),
        };
        if meant_for_here { Ok(authorization) } else { Err(Refusal::InvalidToken) }
    }
}

impl<S: TokenStore> ResourceProvider for LocalResourceProvider<S> {
    type Authorization = Authorization;

    async fn validate_access_token(&self, token: &PresentedToken<'_>) -> Result<Authorization, Refusal> {
        let (digest, now) = (token.digest(), self.clock.now());
        match self.remembered(&digest, now) {
            Some(remembered) => self.meant_for_here(remembered),
            None => self.learn(digest, now, self.store.authorization(&digest, now).await),
        }
    }

    fn validate_at_once(&self, token: &PresentedToken<'_>) -> Option<Result<Authorization, Refusal>> {
        let (digest, now) = (token.digest(), self.clock.now());
        Some(match self.remembered(&digest, now) {
            Some(remembered) => self.meant_for_here(remembered),
            None => self.learn(digest, now, self.store.authorization_at_once(&digest, now)?),
        })
    }
}
