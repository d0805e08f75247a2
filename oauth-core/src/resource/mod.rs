//! The resource server's side: how a bearer token becomes an authorization (RFC 6750).
//!
//! This module compiles alone (`default-features = false, features = ["resource"]`): an API that only
//! checks tokens pulls in neither a store nor password hashing.

mod bearer;
mod composed;
#[cfg(feature = "provider")]
mod local;
mod metadata;
mod refusal;
mod requirement;
mod scopes;
mod step_up;
#[cfg(test)]
mod tests;
mod transport;

pub use bearer::PresentedToken;
pub use composed::{Composed, Mapped};
#[cfg(feature = "provider")]
pub use local::LocalResourceProvider;
pub use metadata::{InvalidMetadata, ResourceMetadata};
pub use refusal::{Challenge, Guidance, Refusal};
pub use requirement::Requirement;
#[doc(hidden)]
pub use scopes::is_scope_token;
pub use step_up::StepUp;
pub use transport::{FoundToken, Transports};

use crate::clock::Timestamp;
use crate::identifier::{Attributes, ClientId, Resource, Subject};
use crate::scope::Scope;
use http::HeaderMap;
use std::future::Future;
use std::sync::Arc;

/// What a valid access token says: who may do what, and until when.
pub trait ResourceAuthorization: Send + Sync {
    /// Gives the client that holds the token.
    fn client_id(&self) -> &ClientId;

    /// Gives the person it acts for; `None` where it acts for itself.
    fn subject(&self) -> Option<&Subject>;

    /// Gives what it allows.
    fn scope(&self) -> &Scope;

    /// Gives where it may be used; empty where the provider has no audiences.
    fn audience(&self) -> &[Resource];

    /// Gives the first second at which it is over.
    fn expires_at(&self) -> Timestamp;

    /// Gives the free attributes of the token and its grant.
    fn attributes(&self) -> &Attributes;

    /// Gives the moment at which the person signed in; `None` where it is not known.
    fn auth_time(&self) -> Option<Timestamp> {
        None
    }

    /// Gives how strongly the person was authenticated; `None` where it is not known.
    fn acr(&self) -> Option<&str> {
        None
    }

    /// Tells whether one scope token is among those allowed.
    ///
    /// ```
    /// # use oauth_core::resource::{Authorization, ResourceAuthorization};
    /// fn may_write(authorization: &Authorization) -> bool {
    ///     authorization.allows("write")
    /// }
    /// ```
    fn allows(&self, scope: &str) -> bool {
        self.scope().contains(scope)
    }

    /// Requires that every one of these scope tokens is allowed.
    ///
    /// # Errors
    /// [`Refusal::InsufficientScope`] where one is not.
    fn require(&self, scopes: &[&str]) -> Result<(), Refusal> {
        let allowed = scopes.iter().all(|scope| self.allows(scope));
        if allowed { Ok(()) } else { Err(Refusal::InsufficientScope) }
    }
}

/// The authorization of the ready-made providers.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Authorization {
    /// The client that holds the token.
    pub client_id: ClientId,
    /// The person it acts for; `None` where it acts for itself.
    pub subject: Option<Subject>,
    /// What it allows.
    pub scope: Scope,
    /// Where it may be used.
    pub audience: Vec<Resource>,
    /// The first second at which it is over.
    pub expires_at: Timestamp,
    /// When the person signed in, where known.
    pub auth_time: Option<Timestamp>,
    /// How strongly the person was authenticated, where known.
    pub acr: Option<String>,
    /// The free attributes of the token and its grant.
    pub attributes: Attributes,
}

impl Authorization {
    /// Makes that of a client that acts for itself and is allowed nothing: what a resource provider of
    /// your own fills in, field by field, once it knows the token.
    ///
    /// ```
    /// use oauth_core::clock::Timestamp;
    /// use oauth_core::identifier::ClientId;
    /// use oauth_core::resource::{Authorization, ResourceAuthorization};
    /// let over = Timestamp::from_unix_seconds(1_900_000_000);
    /// let mut authorization = Authorization::new(ClientId::new("app")?, over);
    /// assert!(!authorization.allows("read"));
    /// authorization.scope = "read".parse()?;
    /// assert!(authorization.allows("read"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(client_id: ClientId, expires_at: Timestamp) -> Self {
        Self {
            client_id,
            subject: None,
            scope: Scope::empty(),
            audience: Vec::new(),
            expires_at,
            auth_time: None,
            acr: None,
            attributes: Attributes::new(),
        }
    }
}

impl ResourceAuthorization for Authorization {
    fn client_id(&self) -> &ClientId {
        &self.client_id
    }

    fn subject(&self) -> Option<&Subject> {
        self.subject.as_ref()
    }

    fn scope(&self) -> &Scope {
        &self.scope
    }

    fn audience(&self) -> &[Resource] {
        &self.audience
    }

    fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    fn auth_time(&self) -> Option<Timestamp> {
        self.auth_time
    }

    fn acr(&self) -> Option<&str> {
        self.acr.as_deref()
    }
}

/// Turns a presented token into an authorization, or says why not: what an API gives.
///
/// ```
/// use oauth_core::resource::{Authorization, PresentedToken, Refusal, ResourceProvider};
///
/// /// Loads the user's row with the token, and hands both to the route.
/// struct WithUser<P>(P);
///
/// impl<P: ResourceProvider<Authorization = Authorization>> ResourceProvider for WithUser<P> {
///     type Authorization = Authorization;
///
///     async fn validate_access_token(&self, token: &PresentedToken<'_>) -> Result<Authorization, Refusal> {
///         let authorization = self.0.validate_access_token(token).await?;
///         if authorization.subject.is_none() {
///             return Err(Refusal::InvalidToken);
///         }
///         Ok(authorization)
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

    /// Asks another provider about the tokens that this one does not know: for an API that takes the
    /// tokens of two.
    ///
    /// A token that one of them accepts is good. One that some refuse and another cannot check is
    /// answered 503, never 401, because it may be good.
    ///
    /// ```
    /// use oauth_core::resource::{Authorization, ResourceProvider};
    ///
    /// fn both<P, Q>(ours: P, partner: Q) -> impl ResourceProvider<Authorization = Authorization>
    /// where
    ///     P: ResourceProvider<Authorization = Authorization>,
    ///     Q: ResourceProvider<Authorization = Authorization>,
    /// {
    ///     ours.or(partner)
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
}

#[async_trait::async_trait]
impl<P: ResourceProvider> Validate<P::Authorization> for P {
    async fn validate(&self, token: &PresentedToken<'_>) -> Result<P::Authorization, Refusal> {
        self.validate_access_token(token).await
    }
}

/// The scope tokens that a route requires, as a type.
///
/// ```
/// use oauth_core::resource::Scopes;
/// struct ReadAndWrite;
/// impl Scopes for ReadAndWrite {
///     const REQUIRED: &'static [&'static str] = &["read", "write"];
/// }
/// ```
///
/// Where it is not all of them, `REQUIRED` still lists every one, for readers that know nothing else:
/// they are then too strict, never too lax.
/// ```
/// use oauth_core::resource::{Requirement, Scopes};
/// struct ReadOrAdmin;
/// impl Scopes for ReadOrAdmin {
///     const REQUIRED: &'static [&'static str] = &["read", "admin"];
///     const REQUIREMENT: Requirement<'static> = Requirement::AnyOf(Self::REQUIRED);
/// }
/// ```
pub trait Scopes: Send + Sync + 'static {
    /// All of these must be allowed, unless [`Self::REQUIREMENT`] says it otherwise.
    const REQUIRED: &'static [&'static str];

    /// What must be allowed: all of [`Self::REQUIRED`] unless set.
    const REQUIREMENT: Requirement<'static> = Requirement::AllOf(Self::REQUIRED);
}

/// Requires a valid token and nothing more.
#[derive(Clone, Copy, Debug, Default)]
pub struct AnyScope;

impl Scopes for AnyScope {
    const REQUIRED: &'static [&'static str] = &[];
}

/// Authorizes a request by its headers: finds the token, has it validated, and checks that every
/// required scope token is allowed. The whole check of a guard or a filter.
///
/// # Errors
/// Says what to answer: see [`Refusal`].
pub async fn authorize<A: ResourceAuthorization + 'static>(
    resources: &Arc<dyn Validate<A>>,
    headers: &HeaderMap,
    required: &[&str],
) -> Result<A, Refusal> {
    let token = PresentedToken::from_headers(headers)?.ok_or(Refusal::NoToken)?;
    let authorization = resources.validate(&token).await?;
    authorization.require(required)?;
    Ok(authorization)
}
