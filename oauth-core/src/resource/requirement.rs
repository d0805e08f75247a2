use super::{Refusal, ResourceAuthorization};
use http::Method;

/// Which scope a route requires (RFC 6750 §3.1), where "all of these" is not the whole answer.
///
/// ```
/// use http::Method;
/// use oauth_core::resource::{Authorization, Refusal, Requirement};
/// const NOTES: Requirement<'_> = Requirement::ByMethod { read: &["notes:read"], write: &["notes:write"] };
///
/// fn may(method: &Method, authorization: &Authorization) -> Result<(), Refusal> {
///     NOTES.check(method, authorization)
/// }
/// assert_eq!(NOTES.named(&Method::GET), ["notes:read"]);
/// assert_eq!(NOTES.named(&Method::DELETE), ["notes:write"]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Requirement<'a> {
    /// Every one of these; none at all where there are none.
    AllOf(&'a [&'a str]),
    /// One of these, whichever; put the one that allows least first, because challenges name it. An
    /// empty list lets nothing through.
    AnyOf(&'a [&'a str]),
    /// All of `read` for methods that only look (GET, HEAD and OPTIONS), all of `write` for every other.
    ByMethod {
        /// For GET, HEAD and OPTIONS.
        read: &'a [&'a str],
        /// For every other method.
        write: &'a [&'a str],
    },
}

impl<'a> Requirement<'a> {
    /// Requires that the authorization allows this, for a request of this method.
    ///
    /// # Errors
    /// [`Refusal::InsufficientScope`] where it does not.
    pub fn check(&self, method: &Method, authorization: &impl ResourceAuthorization) -> Result<(), Refusal> {
        match *self {
            Self::AllOf(scopes) => authorization.require(scopes),
            Self::AnyOf(scopes) if scopes.iter().any(|scope| authorization.allows(scope)) => Ok(()),
            Self::AnyOf(_) => Err(Refusal::InsufficientScope),
            Self::ByMethod { read, write } => authorization.require(if only_looks(method) { read } else { write }),
        }
    }

    /// Names the scope tokens for a challenge: with all of them, a token would be let in (RFC 6750 §3).
    ///
    /// Of several that would do one by one, only the first is named: a client asks for all that it
    /// reads there, and would be given more than it needs.
    pub fn named(&self, method: &Method) -> &'a [&'a str] {
        match *self {
            Self::AllOf(scopes) => scopes,
            Self::AnyOf(scopes) => scopes.get(..1).unwrap_or_default(),
            Self::ByMethod { read, write } => {
                if only_looks(method) {
                    read
                } else {
                    write
                }
            }
        }
    }
}

/// Methods that this crate does not know count as ones that write.
fn only_looks(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}
