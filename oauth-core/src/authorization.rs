//! What a valid access token says.

use crate::clock::Timestamp;
use crate::identifier::{Attributes, ClientId, Resource, Subject};
use crate::scope::Scope;

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
    /// The first second at which it has expired.
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
