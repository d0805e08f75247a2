use super::{Access, Requirement, StepUp};

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
///     const REQUIREMENT: Requirement = Requirement::any_of(Self::REQUIRED);
/// }
/// ```
pub trait Scopes: Send + Sync + Sized + 'static {
    /// All of these must be allowed, unless [`Self::REQUIREMENT`] says it otherwise.
    const REQUIRED: &'static [&'static str];

    /// What must be allowed: all of [`Self::REQUIRED`] unless set.
    const REQUIREMENT: Requirement = Requirement::all_of(Self::REQUIRED);

    /// How the person must have signed in (RFC 9470): in any way, at any time, unless set.
    const STEP_UP: StepUp = StepUp::new();

    /// All of it.
    const ACCESS: Access = Access::of::<Self>();
}

/// Requires a valid token and nothing more.
#[derive(Clone, Copy, Debug, Default)]
pub struct AnyScope;

impl Scopes for AnyScope {
    const REQUIRED: &'static [&'static str] = &[];
}

/// Names the scopes that routes require, as types: each implements
/// [`Scopes`](crate::resource::Scopes), for the guards and filters of the adapters.
///
/// A text that is not one scope token (RFC 6749 §3.3) does not compile, because no token could ever
/// allow it.
///
/// ```
/// oauth_core::scopes! {
///     /// Sees notes.
///     pub Read = "read";
///     pub ReadWrite = "read", "write";
/// }
/// # use oauth_core::resource::Scopes;
/// assert_eq!(ReadWrite::REQUIRED, ["read", "write"]);
/// ```
///
/// ```compile_fail
/// oauth_core::scopes! { pub ReadWrite = "read write"; }
/// ```
#[macro_export]
macro_rules! scopes {
    ($($(#[$meta:meta])* $visibility:vis $name:ident = $($scope:literal),+;)*) => {
        $(
            #[doc = concat!("Requires the scope", $(" `", $scope, "`",)+ ".")]
            $(#[$meta])*
            #[derive(Clone, Copy, Debug)]
            $visibility struct $name;

            impl $crate::resource::Scopes for $name {
                const REQUIRED: &'static [&'static str] = &[$($scope),+];
            }

            $(const _: () = assert!($crate::resource::is_scope_token($scope), "each text is one scope token");)+
        )*
    };
}

/// Tells whether a text is one scope token, at compile time.
#[doc(hidden)]
pub const fn is_scope_token(text: &str) -> bool {
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        if !matches!(byte, 0x21 | 0x23..=0x5B | 0x5D..=0x7E) {
            return false;
        }
        rest = after;
    }
    !text.is_empty()
}
