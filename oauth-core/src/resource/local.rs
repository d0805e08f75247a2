mod cache;

use self::cache::Recent;
use super::{Authorization, PresentedToken, Refusal, ResourceProvider};
use crate::clock::{Clock, SystemClock};
use crate::identifier::Resource;
use crate::store::{ActiveToken, TokenStore};
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

    /// Finds a token that is alive, meant for whichever resource.
    async fn find(&self, token: &PresentedToken<'_>) -> Result<Authorization, Refusal> {
        let (digest, now) = (token.digest(), self.clock.now());
        if let Some(authorization) = self.recent.as_ref().and_then(|recent| recent.find(&digest, now)) {
            return Ok(authorization);
        }
        let found = self.store.authorization(&digest, now).await.map_err(|error| {
            tracing::error!(%error, "answering that tokens cannot be checked");
            Refusal::Unavailable
        })?;
        let authorization = found.ok_or(Refusal::InvalidToken)?;
        if let Some(recent) = &self.recent {
            recent.keep(digest, authorization.clone(), now);
        }
        Ok(authorization)
    }
}

impl<S: TokenStore> ResourceProvider for LocalResourceProvider<S> {
    type Authorization = Authorization;

    async fn validate_access_token(&self, token: &PresentedToken<'_>) -> Result<Authorization, Refusal> {
        // Here, because clones for other audiences share the cache.
        let authorization = self.find(token).await?;
        let names_here = |resource: &Resource| authorization.audience.contains(resource);
        let meant_for_here = match self.audience.as_slice() {
            [] => authorization.audience.is_empty(),
            named => named.iter().any(names_here),
        };
        if meant_for_here { Ok(authorization) } else { Err(Refusal::InvalidToken) }
    }
}

impl From<ActiveToken> for Authorization {
    fn from(active: ActiveToken) -> Self {
        let ActiveToken { token, grant } = active;
        let (subject, auth_time, acr, mut attributes) = match grant {
            Some(grant) => (Some(grant.subject), grant.auth_time, grant.acr, grant.attributes),
            None => (None, None, None, Default::default()),
        };
        attributes.extend(token.attributes);
        Self {
            client_id: token.client_id,
            subject,
            scope: token.scope,
            audience: token.audience,
            expires_at: token.expires_at,
            auth_time,
            acr,
            attributes,
        }
    }
}
