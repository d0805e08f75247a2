use super::{PresentedToken, Refusal, ResourceAuthorization, ResourceProvider};

/// Two resource providers in turn, with one type of authorization: made by [`ResourceProvider::or`].
#[derive(Clone, Copy, Debug)]
pub struct Composed<P, Q> {
    first: P,
    second: Q,
    although_unavailable: bool,
}

/// A resource provider whose authorizations become another type: made by [`ResourceProvider::map`].
#[derive(Clone, Copy, Debug)]
pub struct Mapped<P, F> {
    provider: P,
    change: F,
}

impl<P, Q> Composed<P, Q> {
    pub(super) fn new(first: P, second: Q) -> Self {
        Self { first, second, although_unavailable: false }
    }

    /// Asks the second provider about a token too while the first one cannot check it. Tokens of the first then
    /// reach the second during an outage: choose it only if the second one may see them.
    #[must_use]
    pub fn although_unavailable(mut self) -> Self {
        self.although_unavailable = true;
        self
    }
}

impl<P, F> Mapped<P, F> {
    pub(super) fn new(provider: P, change: F) -> Self {
        Self { provider, change }
    }
}

impl<P, Q> ResourceProvider for Composed<P, Q>
where
    P: ResourceProvider,
    Q: ResourceProvider<Authorization = P::Authorization>,
{
    type Authorization = P::Authorization;

    async fn validate_access_token(&self, token: &PresentedToken<'_>) -> Result<P::Authorization, Refusal> {
        let unknown = match self.first.validate_access_token(token).await {
            Err(Refusal::InvalidToken) => Refusal::InvalidToken,
            Err(Refusal::Unavailable) if self.although_unavailable => Refusal::Unavailable,
            decided => return decided,
        };
        match self.second.validate_access_token(token).await {
            // The first might have known it: a 401 would have the client throw a good token away.
            Err(Refusal::InvalidToken) => Err(unknown),
            decided => decided,
        }
    }
}

impl<P, F, B> ResourceProvider for Mapped<P, F>
where
    P: ResourceProvider,
    F: Fn(P::Authorization) -> B + Send + Sync + 'static,
    B: ResourceAuthorization + 'static,
{
    type Authorization = B;

    async fn validate_access_token(&self, token: &PresentedToken<'_>) -> Result<B, Refusal> {
        self.provider.validate_access_token(token).await.map(&self.change)
    }

    fn validate_at_once(&self, token: &PresentedToken<'_>) -> Option<Result<B, Refusal>> {
        self.provider.validate_at_once(token).map(|found| found.map(&self.change))
    }
}
