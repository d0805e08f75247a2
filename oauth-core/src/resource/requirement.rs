use super::{Names, Refusal, ResourceAuthorization, Scopes, StepUp};
use crate::clock::Timestamp;
use http::Method;

/// Which scope a route requires (RFC 6750 §3.1), in a constant or computed from settings.
///
/// ```
/// use http::Method;
/// use oauth_core::resource::{Authorization, Refusal, Requirement};
/// const NOTES: Requirement = Requirement::by_method(&["notes:read"], &["notes:write"]);
///
/// fn may(method: &Method, authorization: &Authorization) -> Result<(), Refusal> {
///     NOTES.check(method, authorization)
/// }
/// assert!(NOTES.named(&Method::GET).eq(["notes:read"]));
/// assert!(NOTES.named(&Method::DELETE).eq(["notes:write"]));
///
/// let configured = vec!["read".to_owned(), "admin".to_owned()];
/// let computed = Requirement::AnyOf(configured.into());
/// assert_eq!(computed, Requirement::any_of(&["read", "admin"]));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Requirement {
    /// Every one of these; none at all where there are none.
    AllOf(Names),
    /// One of these, whichever; put the one that allows least first, because challenges name it. An
    /// empty list lets nothing through.
    AnyOf(Names),
    /// All of `read` for methods that only look (GET, HEAD and OPTIONS), all of `write` for every other.
    ByMethod {
        /// For GET, HEAD and OPTIONS.
        read: Names,
        /// For every other method.
        write: Names,
    },
}

impl Requirement {
    /// Makes [`Self::AllOf`] of scope tokens that stand in the program.
    pub const fn all_of(scopes: &'static [&'static str]) -> Self {
        Self::AllOf(Names::fixed(scopes))
    }

    /// Makes [`Self::AnyOf`] of scope tokens that stand in the program.
    pub const fn any_of(scopes: &'static [&'static str]) -> Self {
        Self::AnyOf(Names::fixed(scopes))
    }

    /// Makes [`Self::ByMethod`] of scope tokens that stand in the program.
    pub const fn by_method(read: &'static [&'static str], write: &'static [&'static str]) -> Self {
        Self::ByMethod { read: Names::fixed(read), write: Names::fixed(write) }
    }

    /// Requires a recent or a strong sign-in besides (RFC 9470).
    pub const fn with_step_up(self, step_up: StepUp) -> Access {
        Access { requirement: self, step_up }
    }

    /// Requires that the authorization allows this, for a request of this method.
    ///
    /// # Errors
    /// [`Refusal::InsufficientScope`] where it does not.
    pub fn check(&self, method: &Method, authorization: &impl ResourceAuthorization) -> Result<(), Refusal> {
        let allowed = match self {
            Self::AnyOf(scopes) => scopes.iter().any(|scope| authorization.allows(scope)),
            Self::AllOf(_) | Self::ByMethod { .. } => self.named(method).all(|scope| authorization.allows(scope)),
        };
        if allowed { Ok(()) } else { Err(Refusal::InsufficientScope) }
    }

    /// Names the scope tokens for a challenge: with all of them, a token would be let in (RFC 6750 §3).
    ///
    /// Of several that would do one by one, only the first is named: a client asks for all that it
    /// reads there, and would be given more than it needs.
    pub fn named(&self, method: &Method) -> impl Iterator<Item = &str> {
        let (scopes, most) = match self {
            Self::AllOf(scopes) => (scopes, usize::MAX),
            Self::AnyOf(scopes) => (scopes, 1),
            Self::ByMethod { read, .. } if only_looks(method) => (read, usize::MAX),
            Self::ByMethod { write, .. } => (write, usize::MAX),
        };
        scopes.iter().take(most)
    }
}

/// Methods that this crate does not know count as ones that write.
fn only_looks(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// What a route requires of a token: scope, and how the person signed in.
///
/// ```
/// use oauth_core::resource::{Access, Requirement, StepUp};
/// /// Only right after a sign-in.
/// const PAYMENT: Access = Requirement::all_of(&["pay"]).with_step_up(StepUp::new().max_age(300));
/// let configured = Access::from(Requirement::AllOf(vec!["read"].into()));
/// assert_ne!(PAYMENT, configured);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Access {
    /// The scope.
    pub requirement: Requirement,
    /// The sign-in.
    pub step_up: StepUp,
}

impl Access {
    /// Takes what a type requires.
    pub const fn of<S: Scopes>() -> Self {
        S::REQUIREMENT.with_step_up(S::STEP_UP)
    }

    /// Requires that an authorization is enough for a request of this method, at this moment.
    ///
    /// # Errors
    /// [`Refusal::InsufficientScope`] where it allows too little, or else
    /// [`Refusal::InsufficientUserAuthentication`] where the person must sign in again.
    pub fn check(
        &self,
        method: &Method,
        authorization: &impl ResourceAuthorization,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        self.check_at(method, authorization, || now)
    }

    /// Checks as [`Self::check`] does, and reads the clock only where a sign-in is required.
    pub(super) fn check_at(
        &self,
        method: &Method,
        authorization: &impl ResourceAuthorization,
        now: impl FnOnce() -> Timestamp,
    ) -> Result<(), Refusal> {
        self.requirement.check(method, authorization)?;
        if self.step_up.is_none() { Ok(()) } else { self.step_up.check(authorization, now()) }
    }
}

impl From<Requirement> for Access {
    fn from(requirement: Requirement) -> Self {
        requirement.with_step_up(StepUp::new())
    }
}
