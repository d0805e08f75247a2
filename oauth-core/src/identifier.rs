//! The names by which clients, people, grants and resources are known. All compare byte for byte, but for
//! [`Resource`].

mod resource;

pub use resource::Resource;

use crate::secret;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// Free attributes of a client, a grant or a token: text to text, without control characters, never
/// interpreted by the core.
pub type Attributes = BTreeMap<String, String>;

/// Tells whether a text has control characters. Nothing that is stored may: a NUL is what some databases
/// refuse and others cut a text off at, and the rest is what logs and terminals obey.
pub(crate) fn has_control(text: &str) -> bool {
    text.chars().any(char::is_control)
}

/// Tells whether a name or a value of attributes has control characters.
#[cfg(feature = "provider")]
pub(crate) fn any_control(attributes: &Attributes) -> bool {
    attributes.iter().any(|(name, value)| has_control(name) || has_control(value))
}

/// The longest identifier in bytes: a client identifier may be an https URL.
pub const IDENTIFIER_LENGTH: usize = 255;

/// The text cannot be an identifier of this kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidIdentifier(&'static str);

// Shared, not copied: every check of a token hands out its client and its subject.
macro_rules! text_type {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// Gives the text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidIdentifier;

            fn try_from(text: String) -> Result<Self, InvalidIdentifier> {
                Self::new(text)
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidIdentifier;

            fn from_str(text: &str) -> Result<Self, InvalidIdentifier> {
                Self::new(text)
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.as_str().to_owned()
            }
        }
    };
}

text_type!(
    /// A client identifier (RFC 6749 §2.2): 1 to 255 characters of printable ASCII.
    ClientId
);

impl ClientId {
    /// Takes a client identifier.
    ///
    /// # Errors
    /// Refuses what is empty, longer than 255 bytes or not `%x20-7E` (RFC 6749 appendix A.1).
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidIdentifier> {
        let text = text.into();
        let printable = text.bytes().all(|byte| matches!(byte, 0x20..=0x7E));
        if text.is_empty() || text.len() > IDENTIFIER_LENGTH || !printable {
            return Err(InvalidIdentifier("a client_id is 1 to 255 characters of printable ASCII"));
        }
        Ok(Self(text.into()))
    }

    /// Makes a new random one: 128 bits, 22 characters, never starting with a hyphen, so that no
    /// command line takes it for an option.
    pub fn generate() -> Self {
        loop {
            let text = URL_SAFE_NO_PAD.encode(secret::random_bytes::<16>());
            if !text.starts_with('-') {
                return Self(text.into());
            }
        }
    }
}

text_type!(
    /// The person (or other resource owner) that a grant speaks for, by an identifier that the
    /// application chose and never gives to another: 1 to 255 bytes without control characters.
    Subject
);

impl Subject {
    /// Takes the application's identifier of a person.
    ///
    /// # Errors
    /// Refuses what is empty, longer than 255 bytes or has control characters.
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidIdentifier> {
        let text = text.into();
        if text.is_empty() || text.len() > IDENTIFIER_LENGTH || has_control(&text) {
            return Err(InvalidIdentifier("a subject is 1 to 255 bytes without control characters"));
        }
        Ok(Self(text.into()))
    }

    /// Makes a new random one, for accounts that have no identifier yet.
    pub fn generate() -> Self {
        Self(URL_SAFE_NO_PAD.encode(secret::random_bytes::<16>()).into())
    }
}

/// The identifier of a grant: 128 random bits, known to the server only.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct GrantId([u8; 16]);

impl GrantId {
    /// Makes a new random one.
    pub fn generate() -> Self {
        Self(secret::random_bytes())
    }

    /// Takes the 16 bytes that a store kept.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Gives the 16 bytes for a store to keep.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Reads what [`fmt::Display`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }
}

impl fmt::Display for GrantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl fmt::Debug for GrantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GrantId({self})")
    }
}
