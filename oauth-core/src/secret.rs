//! Secrets that cannot leak by accident, and the digests that stand for them in a store.
//!
//! A secret has no `Display`, no `Serialize` and a redacted `Debug`; it is wiped from memory when
//! dropped and compared in constant time. What a store sees is a [`Digest`]: the types do not let
//! a raw token reach it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::fmt;
use std::hash::{Hash, Hasher};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

/// The SHA-256 digest of a secret: the only form in which a store ever meets one.
///
/// A digest is not usable as the secret it came from, so it may appear in a database, but it is
/// still kept out of `Debug` output beyond its first bytes.
///
/// ```
/// use oauth_core::secret::{AccessToken, Digest};
/// let token = AccessToken::generate();
/// assert_eq!(token.digest(), Digest::of(token.expose()));
/// ```
#[derive(Clone, Copy, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Digest([u8; 32]);

impl Digest {
    /// Computes the digest of a secret's text.
    pub fn of(secret: &str) -> Self {
        Self::of_bytes(secret.as_bytes())
    }

    /// Computes the digest of any bytes.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Takes the 32 bytes that a store kept.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Gives the 32 bytes for a store to keep.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    fn words(&self) -> impl Iterator<Item = u64> {
        self.0.as_chunks().0.iter().map(|bytes| u64::from_ne_bytes(*bytes))
    }

    /// Writes the digest in base64url without padding: 43 characters.
    pub fn to_base64url(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// Reads what [`to_base64url`](Self::to_base64url) wrote.
    #[cfg(feature = "provider")]
    pub(crate) fn from_base64url(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }
}

impl PartialEq for Digest {
    /// Compares in constant time, eight bytes at once: every look-up of a token comes through here.
    fn eq(&self, other: &Self) -> bool {
        let differences = self.words().zip(other.words()).fold(0, |found, (one, two)| found | (one ^ two));
        differences.ct_eq(&0).into()
    }
}

impl Hash for Digest {
    /// A digest is as good as random, so its first eight bytes tell digests apart as all of them do.
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.words().next().unwrap_or_default());
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, ..] = self.0;
        write!(f, "Digest({a:02x}{b:02x}{c:02x}…)")
    }
}

/// Fills a fresh array from the operating system's random source.
///
/// # Panics
/// Ends the process where the operating system has no randomness to give: going on would mean
/// guessable tokens, and there is no answer to give instead (RFC 6749 §10.10).
#[allow(clippy::panic, reason = "without randomness every answer would be a guessable secret")]
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    match getrandom::fill(&mut bytes) {
        Ok(()) => bytes,
        Err(error) => panic!("the operating system gives no random bytes: {error}"),
    }
}

/// Makes a random text of 256 bits in base64url, 43 characters, from the operating system.
pub(crate) fn random_text() -> Zeroizing<String> {
    let bytes = Zeroizing::new(random_bytes::<32>());
    Zeroizing::new(URL_SAFE_NO_PAD.encode(bytes.as_slice()))
}

/// Adds random characters of an ASCII alphabet to a text, each as likely as the others.
#[cfg(feature = "provider")]
pub(crate) fn random_characters(text: &mut String, alphabet: &[u8], length: u16) {
    let size = alphabet.len().clamp(1, 256);
    // What is left over at the top would make the first characters likelier.
    let fair = 256 / size * size;
    let mut missing = length;
    while missing > 0 && !alphabet.is_empty() {
        let bytes = Zeroizing::new(random_bytes::<64>());
        for byte in bytes.iter().map(|byte| usize::from(*byte)).filter(|byte| *byte < fair) {
            if let (Some(character), 1..) = (alphabet.get(byte % size), missing) {
                text.push(char::from(*character));
                missing -= 1;
            }
        }
    }
}

/// Compares two texts in a time that depends on their lengths only.
pub fn equal_in_constant_time(left: &str, right: &str) -> bool {
    left.as_bytes().ct_eq(right.as_bytes()).into()
}

macro_rules! secret {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Clone)]
        pub struct $name(Zeroizing<String>);

        impl $name {
            /// Takes a secret that came from outside.
            pub fn new(text: impl Into<String>) -> Self {
                Self(Zeroizing::new(text.into()))
            }

            /// Makes a new one: 256 random bits, 43 base64url characters.
            pub fn generate() -> Self {
                Self(random_text())
            }

            /// Shows the secret itself, to send it to the one it belongs to.
            pub fn expose(&self) -> &str {
                &self.0
            }

            /// Computes the digest under which a store knows it.
            pub fn digest(&self) -> Digest {
                Digest::of(&self.0)
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                equal_in_constant_time(&self.0, &other.0)
            }
        }

        impl Eq for $name {}

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(redacted)"))
            }
        }

        impl Zeroize for $name {
            fn zeroize(&mut self) {
                self.0.zeroize();
            }
        }
    };
}

secret!(
    /// An authorization code (RFC 6749 §1.3.1).
    AuthorizationCode
);
secret!(
    /// An access token (RFC 6749 §1.4).
    AccessToken
);
secret!(
    /// A refresh token (RFC 6749 §1.5).
    RefreshToken
);
#[cfg(feature = "provider")]
macro_rules! formatted {
    ($($name:ident)*) => {
        $(impl $name {
            /// Takes a text that was made for it.
            pub(crate) fn made(text: Zeroizing<String>) -> Self {
                Self(text)
            }
        })*
    };
}

#[cfg(feature = "provider")]
formatted!(AuthorizationCode AccessToken RefreshToken);

secret!(
    /// The secret of a confidential client (RFC 6749 §2.3.1).
    ClientSecret
);

#[cfg(feature = "provider")]
impl ClientSecret {
    /// Tells whether it looks like one that was generated: the base64url of exactly 32 bytes. What people make
    /// up does not.
    pub(crate) fn has_generated_form(&self) -> bool {
        Digest::from_base64url(self.expose()).is_some()
    }
}

secret!(
    /// A password chosen by a person.
    Password
);
secret!(
    /// The identifier of a browser session, kept in a cookie.
    SessionId
);
secret!(
    /// What stands for an authorization request that waits for a decision, in the form that decides it.
    PendingTicket
);
