use crate::record::key;
use oauth_core::secret::Digest;

/// Whose records a store sees: what every row of theirs carries.
///
/// Of a name its digest's first eight bytes, so that no table of names has to be read, or made, before
/// a store can be used. Whoever wanted to meet another tenant's number had to try 2^64 names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tenant(i64);

impl Tenant {
    /// The tenant of a name; an empty name is the one that a store has of itself.
    pub(crate) fn named(name: &str) -> Self {
        if name.is_empty() { Self::default() } else { Self(key(Digest::of(name).as_bytes())) }
    }

    pub(crate) fn as_i64(self) -> i64 {
        self.0
    }
}
