use super::{Authorization, PresentedToken, Refusal, ResourceProvider};
use crate::clock::{Clock, SystemClock};
use crate::identifier::Resource;
use crate::store::{ActiveToken, TokenStore};
use std::sync::Arc;

/// Validates tokens in the store that the provider keeps them in: one lookup by digest, no cache, so
/// that a revoked token is refused at once.
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
}

impl<S: TokenStore> LocalResourceProvider<S> {
    /// Takes the store; until an audience is named, only tokens without any are accepted: one that is
    /// meant for a resource server is not meant for everybody else too (RFC 8707 §3).
    pub fn new(store: S) -> Self {
        Self { store, clock: Arc::new(SystemClock), audience: Vec::new() }
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
}

impl<S: TokenStore> ResourceProvider for LocalResourceProvider<S> {
    type Authorization = Authorization;

    async fn validate_access_token(&self, token: &PresentedToken<'_>) -> Result<Authorization, Refusal> {
        let found = self.store.access_token(&token.digest(), self.clock.now()).await.map_err(|error| {
            tracing::error!(%error, "answering that tokens cannot be checked");
            Refusal::Unavailable
        })?;
        let authorization = Authorization::from(found.ok_or(Refusal::InvalidToken)?);
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
