//! What an application says before tokens are issued.

use super::NewTokens;
use crate::client::{Client, GrantType};
use crate::clock::Timestamp;
use crate::error::Rejection;
use crate::identifier::{Attributes, Resource, Subject};
use crate::scope::Scope;
use crate::store::{Grant, StoreError};
use serde_json::Value;
use std::time::Duration;

/// The longest lifetime that a hook may give: 366 days.
const LONGEST: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// The members of an answer that say what a specification says they do.
const STANDARD: [&str; 12] = [
    "access_token",
    "code",
    "error",
    "error_description",
    "error_uri",
    "expires_in",
    "id_token",
    "iss",
    "refresh_token",
    "scope",
    "state",
    "token_type",
];

/// Is asked before tokens are issued, whatever the grant: it may allow less, add attributes to the
/// token and members to the answer, or refuse.
///
/// It is called once all that the client sent was checked, and before anything is consumed or stored.
/// Perhaps nothing is issued after all, where another request is faster: what has happened is told to
/// the [event sink](crate::event::EventSink) as [`Event::Issued`](crate::event::Event::Issued).
///
/// ```
/// use oauth_core::config::Config;
/// use oauth_core::grant::{BeforeIssuing, Issuance, Refusal};
/// use std::sync::Arc;
/// use std::time::Duration;
///
/// struct House;
///
/// #[async_trait::async_trait]
/// impl BeforeIssuing for House {
///     async fn before_issuing(&self, issuance: &mut Issuance<'_>) -> Result<(), Refusal> {
///         if issuance.granted_attributes().contains_key("suspended") {
///             return Err(Refusal::AccessDenied);
///         }
///         if issuance.scope().contains("write") {
///             issuance.set_lifetime(Duration::from_secs(300));
///         }
///         issuance.attributes().insert("region".to_owned(), "eu".to_owned());
///         issuance.add_member("region", "eu")?;
///         Ok(())
///     }
/// }
///
/// let mut config = Config::new("https://id.example")?;
/// config.issuing = Some(Arc::new(House));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[async_trait::async_trait]
pub trait BeforeIssuing: Send + Sync + 'static {
    /// Looks at what is to be issued, and changes or refuses it.
    ///
    /// # Errors
    /// Says how the client is refused; nothing is issued, and nothing was consumed.
    async fn before_issuing(&self, issuance: &mut Issuance<'_>) -> Result<(), Refusal>;
}

/// How a hook refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// The client is told `access_denied`: it may not have this now.
    AccessDenied,
    /// The client is told `invalid_grant`: what it presented does not count any more.
    InvalidGrant,
    /// The client is told to try again later: what the hook needs to know does not answer.
    Unavailable,
}

impl From<Refusal> for Rejection {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::AccessDenied => Self::IssuingDenied,
            Refusal::InvalidGrant => Self::IssuingRefused,
            Refusal::Unavailable => Self::StoreUnavailable,
        }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "answering that the storage is unavailable");
        Self::Unavailable
    }
}

/// A hook may not add this member: it says what a specification says it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a hook may not set a standard member of the answer: give it another name")]
pub struct StandardMember;

impl From<StandardMember> for Refusal {
    fn from(mistake: StandardMember) -> Self {
        tracing::error!("{mistake}");
        Self::Unavailable
    }
}

/// Tokens that are about to be issued.
pub struct Issuance<'a> {
    about: About<'a>,
    tokens: &'a mut NewTokens,
}

/// Whom tokens are for.
#[derive(Clone, Copy)]
pub(crate) struct About<'a> {
    pub(crate) client: &'a Client,
    pub(crate) grant_type: GrantType,
    /// The person and what was noted at the approval; `None` where the client acts for itself.
    pub(crate) granted: Option<(&'a Subject, &'a Attributes)>,
}

impl<'a> About<'a> {
    /// What stands under a grant.
    pub(crate) fn grant(client: &'a Client, grant_type: GrantType, grant: &'a Grant) -> Self {
        Self { client, grant_type, granted: Some((&grant.subject, &grant.attributes)) }
    }
}

impl<'a> Issuance<'a> {
    /// Opens tokens that were made to who looks at them.
    pub(crate) fn new(about: About<'a>, tokens: &'a mut NewTokens) -> Self {
        Self { about, tokens }
    }

    /// Gives the client that asks.
    pub fn client(&self) -> &'a Client {
        self.about.client
    }

    /// Gives how it asks.
    pub fn grant_type(&self) -> GrantType {
        self.about.grant_type
    }

    /// Gives the person it acts for; `None` where it acts for itself.
    pub fn subject(&self) -> Option<&'a Subject> {
        self.about.granted.map(|(subject, _)| subject)
    }

    /// Gives the attributes of the approval, which the token has beside its own.
    pub fn granted_attributes(&self) -> &Attributes {
        static NONE: Attributes = Attributes::new();
        self.about.granted.map_or(&NONE, |(_, attributes)| attributes)
    }

    /// Gives what the token will allow.
    pub fn scope(&self) -> &Scope {
        &self.tokens.issue.access.scope
    }

    /// Keeps of the scope what is in `most` too. Where nothing is left, the client is told
    /// `access_denied`.
    pub fn narrow_scope(&mut self, most: &Scope) {
        let scope = self.tokens.issue.access.scope.intersection(most);
        self.tokens.response.scope = scope.to_string();
        self.tokens.issue.access.scope = scope;
    }

    /// Gives where the token may be used.
    pub fn audience(&self) -> &[Resource] {
        &self.tokens.issue.access.audience
    }

    /// Gives the first second at which the access token will have expired.
    pub fn expires_at(&self) -> Timestamp {
        self.tokens.issue.access.expires_at
    }

    /// Sets how long the access token lives: a second at least, 366 days at most, and never beyond the
    /// end of its family of refresh tokens.
    pub fn set_lifetime(&mut self, lifetime: Duration) {
        let issue = &mut self.tokens.issue;
        let asked = issue.now.after(lifetime.clamp(Duration::from_secs(1), LONGEST));
        let end = issue.refresh.as_ref().map_or(asked, |refresh| asked.min(refresh.family_expires_at));
        issue.access.expires_at = end;
        issue.grant_expires_at = issue.grant_expires_at.max(end);
        self.tokens.response.expires_at = end;
    }

    /// Gives the token's own attributes, to be added to; no control characters. What checks the token
    /// sees them, over those of the approval.
    pub fn attributes(&mut self) -> &mut Attributes {
        &mut self.tokens.issue.access.attributes
    }

    /// Adds a member to the answer, which the client gets once more where it lost the first. In the
    /// fragment of an implicit answer only texts, numbers and truth values are written.
    ///
    /// # Errors
    /// The member is a standard one.
    pub fn add_member(&mut self, name: &str, value: impl Into<Value>) -> Result<(), StandardMember> {
        if STANDARD.contains(&name) {
            return Err(StandardMember);
        }
        self.tokens.response.extra.insert(name.to_owned(), value.into());
        Ok(())
    }
}
