//! The settings as a table, for people.

use crate::client::GrantType;
use crate::config::{ErrorsRedirect, TokenFormat};
use crate::http::TrustedProxies;
use crate::identifier::{ClientId, Resource};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Display};
use std::time::Duration;

/// A key of [`Settings`](super::Settings), for a page or a text that explains them; its `Display` is a
/// row of a table in Markdown.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Setting {
    /// The key.
    pub key: &'static str,
    /// What kind of value it takes.
    pub kind: &'static str,
    /// What holds if it is not set.
    pub default: String,
    /// What it does.
    pub effect: &'static str,
}

impl Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Lines of the source are joined: a row of a table has one line.
        let effect = self.effect.split_whitespace().collect::<Vec<_>>().join(" ");
        write!(f, "| `{}` | {} | {} | {effect} |", self.key, self.kind, self.default)
    }
}

/// A type of a setting, in words.
pub(super) trait Kind {
    const WORDS: &'static str;
}

macro_rules! kinds {
    ($($type:ty: $words:literal;)*) => {
        $(impl Kind for $type {
            const WORDS: &'static str = $words;
        })*
    };
}

kinds! {
    bool: "true or false";
    Option<bool>: "true or false";
    Option<String>: "text";
    Option<u32>: "number";
    Option<u64>: "seconds";
    Option<ErrorsRedirect>: "`signed_in` or `known`";
    Option<ClientId>: "a client's identifier";
    Option<Vec<String>>: "list of texts";
    Option<Vec<Resource>>: "list of URIs";
    Option<TrustedProxies>: "list of addresses, ranges such as `10.0.0.0/8`, `loopback`, `private`";
    Option<BTreeMap<String, String>>: "table of texts";
    Option<BTreeSet<String>>: "list of texts";
    Option<BTreeSet<GrantType>>: "list of grants";
    Option<TokenFormat>: "table of `prefix`, `alphabet` and `length`";
}

impl TokenFormat {
    /// Says how it looks.
    pub(super) fn in_words(&self) -> String {
        let prefix = if self.prefix.is_empty() { "no prefix".to_owned() } else { format!("`{}`", self.prefix) };
        let (length, bits) = (self.length, self.random_bits());
        format!("{prefix}, {length} characters of base64url, which are {bits} random bits")
    }
}

pub(super) fn duration(duration: Duration) -> String {
    duration.as_secs().to_string()
}

pub(super) fn list<T: Display>(values: impl IntoIterator<Item = T>) -> String {
    let values: Vec<String> = values.into_iter().map(|value| format!("`{value}`")).collect();
    if values.is_empty() { "none".to_owned() } else { values.join(", ") }
}
