//! Scope: what an access token allows (RFC 6749 §3.3).

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// A set of scope tokens: case-sensitive, without order, each of `%x21 / %x23-5B / %x5D-7E`. A clone
/// shares them.
///
/// ```
/// use oauth_core::scope::Scope;
/// let asked: Scope = "write read".parse()?;
/// assert!("read".parse::<Scope>()?.is_subset(&asked));
/// assert_eq!(asked.to_string(), "read write");
/// assert!("say \"hi\"".parse::<Scope>().is_err());
/// # Ok::<(), oauth_core::scope::InvalidScope>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Scope(Arc<BTreeSet<String>>);

/// The text is not a list of scope tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a scope is a list of tokens separated by spaces, of printable ASCII without quote and backslash")]
pub struct InvalidScope;

impl Scope {
    /// Makes the scope that allows nothing.
    pub fn empty() -> Self {
        Self::default()
    }

    /// Tells whether it allows nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Tells whether it holds this one token, compared byte for byte.
    pub fn contains(&self, token: &str) -> bool {
        self.0.contains(token)
    }

    /// Tells whether everything in it is also in `other`.
    pub fn is_subset(&self, other: &Self) -> bool {
        self.0.is_subset(&other.0)
    }

    /// Keeps what is in both.
    pub fn intersection(&self, other: &Self) -> Self {
        Self(Arc::new(self.0.intersection(&other.0).cloned().collect()))
    }

    /// Walks the tokens in byte order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| matches!(byte, 0x21 | 0x23..=0x5B | 0x5D..=0x7E))
}

impl FromStr for Scope {
    type Err = InvalidScope;

    fn from_str(text: &str) -> Result<Self, InvalidScope> {
        let tokens = text.split(' ').filter(|token| !token.is_empty());
        tokens
            .map(|token| is_token(token).then(|| token.to_owned()).ok_or(InvalidScope))
            .collect::<Result<_, _>>()
            .map(|tokens| Self(Arc::new(tokens)))
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, token) in self.0.iter().enumerate() {
            if position > 0 {
                f.write_str(" ")?;
            }
            f.write_str(token)?;
        }
        Ok(())
    }
}

impl TryFrom<String> for Scope {
    type Error = InvalidScope;

    fn try_from(text: String) -> Result<Self, InvalidScope> {
        text.parse()
    }
}

impl From<Scope> for String {
    fn from(scope: Scope) -> Self {
        scope.to_string()
    }
}
