use super::{Composed, Mapped, PresentedToken, Refusal, ResourceAuthorization};
use std::future::Future;

/// Turns a presented token into an authorization, or says why not: what an API gives.
///
/// Ready-made is `LocalResourceProvider`, over the store of a provider in the same process or on the same
/// database. One of your own may load what the routes need with the token, such as the person's row: the
/// guards and filters hand out the type that it names.
///
/// Signed tokens (RFC 9068) will be another ready-made one beside these: it validates signature, issuer and
/// audience with the authorization server's keys, and guards, filters and [`Self::or`] take it as they take
/// these.
///
/// Of pyoauth2's hooks, `get_authorization_header` is [`ProtectedResource`](super::ProtectedResource)'s part,
/// `validate_access_token` is [`validate_access_token`](Self::validate_access_token), and the overridable
/// `authorization_class` is [`Authorization`](Self::Authorization).
///
/// ```
/// use oauth_core::clock::Timestamp;
/// use oauth_core::identifier::{Attributes, ClientId, Resource, Subject};
/// use oauth_core::resource::{Authorization, PresentedToken, Refusal, ResourceAuthorization, ResourceProvider};
/// use oauth_core::scope::Scope;
///
/// /// What the token says, and whose it is.
/// struct Member {
///     token: Authorization,
///     name: String,
/// }
///
/// impl ResourceAuthorization for Member {
///     fn client_id(&self) -> &ClientId { &self.token.client_id }
///     fn subject(&self) -> Option<&Subject> { self.token.subject.as_ref() }
///     fn scope(&self) -> &Scope { &self.token.scope }
///     fn audience(&self) -> &[Resource] { &self.token.audience }
///     fn expires_at(&self) -> Timestamp { self.token.expires_at }
///     fn attributes(&self) -> &Attributes { &self.token.attributes }
/// }
///
/// /// Loads the member's row with the token.
/// struct WithMember<P>(P);
///
/// impl<P: ResourceProvider<Authorization = Authorization>> ResourceProvider for WithMember<P> {
///     type Authorization = Member;
///
///     async fn validate_access_token(&self, token: &PresentedToken<'_>) -> Result<Member, Refusal> {
///         let token = self.0.validate_access_token(token).await?;
///         let name = match token.subject.as_ref().map(Subject::as_str) {
///             Some("1") => "Ada".to_owned(), // a query of your own
///             _ => return Err(Refusal::InvalidToken),
///         };
///         Ok(Member { token, name })
///     }
/// }
/// ```
pub trait ResourceProvider: Send + Sync + 'static {
    /// What it knows of a valid token.
    type Authorization: ResourceAuthorization + 'static;

    /// Validates a token: known, alive, and meant for this resource.
    ///
    /// # Errors
    /// [`Refusal::InvalidToken`] for a bad token, [`Refusal::Unavailable`] where it cannot be told.
    fn validate_access_token(
        &self,
        token: &PresentedToken<'_>,
    ) -> impl Future<Output = Result<Self::Authorization, Refusal>> + Send;

    /// Validates a token as [`Self::validate_access_token`] does, where nothing has to be waited for; `None` where
    /// something has to, and then that is asked.
    ///
    /// The provided one never answers. One that finds its tokens in memory spares each request a future and its
    /// place on the heap. It must not block.
    fn validate_at_once(&self, _token: &PresentedToken<'_>) -> Option<Result<Self::Authorization, Refusal>> {
        None
    }

    /// Asks another provider about the tokens that this one does not know: for an API that takes the
    /// tokens of two.
    ///
    /// A token that one of them accepts is good. One that some refuse and another cannot check is
    /// answered 503, never 401, because it may be good. While this one cannot check any, the other is not asked,
    /// unless [that is chosen](Composed::although_unavailable).
    ///
    /// Two providers may give one `sub`, or one `client_id`, to two owners: keep them apart with
    /// [`Self::map`], or who is "1" at the partner is your own "1" too. The second one sees every token
    /// that the first does not know: let it be one that may.
    ///
    /// ```
    /// use oauth_core::identifier::Subject;
    /// use oauth_core::resource::{Authorization, ResourceProvider};
    ///
    /// fn both<P, Q>(ours: P, partner: Q) -> impl ResourceProvider<Authorization = Authorization>
    /// where
    ///     P: ResourceProvider<Authorization = Authorization>,
    ///     Q: ResourceProvider<Authorization = Authorization>,
    /// {
    ///     ours.or(partner.map(|mut token| {
    ///         let theirs = token.subject.take();
    ///         token.subject = theirs.and_then(|subject| Subject::new(format!("partner {}", subject.as_str())).ok());
    ///         token
    ///     }))
    /// }
    /// ```
    fn or<Q>(self, second: Q) -> Composed<Self, Q>
    where
        Self: Sized,
        Q: ResourceProvider<Authorization = Self::Authorization>,
    {
        Composed::new(self, second)
    }

    /// Turns the authorization into one of another type: what [`Self::or`] needs where the types differ.
    ///
    /// ```
    /// use oauth_core::resource::{Authorization, ResourceProvider};
    ///
    /// fn marked<P>(partner: P) -> impl ResourceProvider<Authorization = Authorization>
    /// where
    ///     P: ResourceProvider<Authorization = Authorization>,
    /// {
    ///     partner.map(|mut authorization| {
    ///         authorization.attributes.insert("from".to_owned(), "partner".to_owned());
    ///         authorization
    ///     })
    /// }
    /// ```
    fn map<F, B>(self, change: F) -> Mapped<Self, F>
    where
        Self: Sized,
        F: Fn(Self::Authorization) -> B + Send + Sync + 'static,
        B: ResourceAuthorization + 'static,
    {
        Mapped::new(self, change)
    }
}

/// [`ResourceProvider`] as an object: what a web framework keeps in its state. Implemented for every
/// resource provider.
#[async_trait::async_trait]
pub trait Validate<A>: Send + Sync + 'static {
    /// Validates a token; see [`ResourceProvider::validate_access_token`].
    ///
    /// # Errors
    /// As there.
    async fn validate(&self, token: &PresentedToken<'_>) -> Result<A, Refusal>;

    /// Validates a token where nothing has to be waited for; see [`ResourceProvider::validate_at_once`].
    fn validate_at_once(&self, token: &PresentedToken<'_>) -> Option<Result<A, Refusal>>;
}

#[async_trait::async_trait]
impl<P: ResourceProvider> Validate<P::Authorization> for P {
    async fn validate(&self, token: &PresentedToken<'_>) -> Result<P::Authorization, Refusal> {
        self.validate_access_token(token).await
    }

    fn validate_at_once(&self, token: &PresentedToken<'_>) -> Option<Result<P::Authorization, Refusal>> {
        ResourceProvider::validate_at_once(self, token)
    }
}
