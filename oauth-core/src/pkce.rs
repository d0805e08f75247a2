//! Proof key for code exchange (RFC 7636), S256 only: `plain` has no type here.

use crate::secret::{Digest, equal_in_constant_time};
use serde::{Deserialize, Serialize};

/// The only method there is (RFC 7636 §4.2, OAuth 2.1 §4.1.1).
pub const S256: &str = "S256";

/// A code challenge made with S256: 43 base64url characters.
///
/// ```
/// use oauth_core::pkce::CodeChallenge;
/// // RFC 7636 appendix B
/// let challenge = CodeChallenge::parse("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM").unwrap();
/// assert!(challenge.matches("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"));
/// assert!(!challenge.matches("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXK"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CodeChallenge(String);

impl CodeChallenge {
    /// Takes a challenge; nothing else than 43 base64url characters can come from S256.
    pub fn parse(text: &str) -> Option<Self> {
        (text.len() == 43 && text.bytes().all(is_base64url)).then(|| Self(text.to_owned()))
    }

    /// Gives the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Tells whether the verifier is well formed (RFC 7636 §4.1) and gave this challenge.
    pub fn matches(&self, verifier: &str) -> bool {
        is_well_formed(verifier) && equal_in_constant_time(&Digest::of(verifier).to_base64url(), &self.0)
    }
}

/// Tells whether a verifier has 43 to 128 unreserved characters (RFC 7636 §4.1).
pub fn is_well_formed(verifier: &str) -> bool {
    matches!(verifier.len(), 43..=128) && verifier.bytes().all(|byte| is_base64url(byte) || matches!(byte, b'.' | b'~'))
}

fn is_base64url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}
