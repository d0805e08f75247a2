use super::Refusal;
use crate::authorization::Authorization;
use crate::clock::Timestamp;
use crate::identifier::{Attributes, ClientId, Resource, Subject};
use crate::scope::Scope;

/// What a valid access token says: who may do what, and until when.
///
/// In pyoauth2 it could be invalid, with an `error`, until somebody called `raise_error_if_invalid`. Here
/// there is no invalid one: what would be is a [`Refusal`], which guards and filters answer before the
/// route is reached, and [`allows`](Self::allows) says the rest.
pub trait ResourceAuthorization: Send + Sync {
    /// Gives the client that holds the token.
    fn client_id(&self) -> &ClientId;

    /// Gives the person it acts for; `None` where it acts for itself.
    fn subject(&self) -> Option<&Subject>;

    /// Gives what it allows.
    fn scope(&self) -> &Scope;

    /// Gives where it may be used; empty where the provider has no audiences.
    fn audience(&self) -> &[Resource];

    /// Gives the first second at which it has expired.
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
