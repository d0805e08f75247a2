use crate::secret::Digest;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A password as it is stored: an argon2id hash in PHC format. `Debug` does not show it.
///
/// Behind a space it may carry the digest of an earlier hash of the same password, whose
/// [place it takes](Self::in_place_of).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Takes a hash in PHC format.
    pub fn from_phc(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Gives the text for a store to keep.
    pub fn as_phc(&self) -> &str {
        &self.0
    }

    /// Computes what a session remembers of the password it was opened with, so that it ends with it.
    pub fn digest(&self) -> Digest {
        let earlier = self.0.split_once(' ').and_then(|(_, digest)| Digest::from_base64url(digest));
        earlier.unwrap_or_else(|| Digest::of(&self.0))
    }

    /// Puts a new hash of the same password in the place of an earlier one: [`digest`](Self::digest) stays, so
    /// that no session and no grant ends.
    pub fn in_place_of(self, earlier: &Self) -> Self {
        Self(format!("{} {}", self.phc(), earlier.digest().to_base64url()))
    }

    /// Gives the hash alone, for a hasher to compare with.
    pub(crate) fn phc(&self) -> &str {
        self.0.split_once(' ').map_or(&self.0, |(phc, _)| phc)
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(redacted)")
    }
}
