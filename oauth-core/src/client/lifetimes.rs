use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long what is issued to one client lives, in the place of the settings; `None` leaves each to
/// them. Kept in whole seconds.
///
/// ```
/// use oauth_core::client::Lifetimes;
/// use std::time::Duration;
/// let lifetimes = Lifetimes { access_token: Some(Duration::from_secs(600)), ..Lifetimes::default() };
/// assert_eq!(serde_json::to_string(&lifetimes)?, r#"{"access_token":600}"#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Lifetimes {
    /// In the place of [`Config::code_lifetime`](crate::config::Config::code_lifetime).
    #[serde(with = "seconds", skip_serializing_if = "Option::is_none")]
    pub code: Option<Duration>,
    /// In the place of [`Config::access_token_lifetime`](crate::config::Config::access_token_lifetime).
    #[serde(with = "seconds", skip_serializing_if = "Option::is_none")]
    pub access_token: Option<Duration>,
    /// In the place of [`Config::refresh_token_idle`](crate::config::Config::refresh_token_idle).
    #[serde(with = "seconds", skip_serializing_if = "Option::is_none")]
    pub refresh_token_idle: Option<Duration>,
    /// In the place of [`Config::refresh_token_lifetime`](crate::config::Config::refresh_token_lifetime).
    #[serde(with = "seconds", skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<Duration>,
}

impl Lifetimes {
    /// Tells whether every lifetime that is set can be used: a second at least, and a code ten minutes
    /// at most (RFC 6749 §4.1.2).
    pub fn are_usable(&self) -> bool {
        let all = [self.code, self.access_token, self.refresh_token_idle, self.refresh_token];
        all.into_iter().flatten().all(|lifetime| lifetime.as_secs() > 0)
            && self.code.is_none_or(|code| code.as_secs() <= 600)
    }

    /// Tells whether nothing is set.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

mod seconds {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use std::time::Duration;

    pub(super) fn serialize<S: Serializer>(lifetime: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
        lifetime.map(|lifetime| lifetime.as_secs()).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
        Ok(Option::<u64>::deserialize(deserializer)?.map(Duration::from_secs))
    }
}
