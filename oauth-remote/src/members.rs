//! A JSON object from outside: its members each once, and each of the type that is asked for.

use crate::failure::Failure;
use oauth_core::clock::Timestamp;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;

/// The members of an answer. One that is null counts as left out, as several providers write it.
#[derive(Debug)]
pub(crate) struct Members(BTreeMap<String, Value>);

impl Members {
    /// Reads an object. Two members of one name are refused: readers that took the first and readers
    /// that took the last would see two answers.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, Failure> {
        serde_json::from_slice(bytes).map_err(|_| Failure::Malformed("it is no JSON object with each member once"))
    }

    pub(crate) fn flag(&mut self, name: &str) -> Result<bool, Failure> {
        match self.0.remove(name) {
            Some(Value::Bool(flag)) => Ok(flag),
            _ => Err(Failure::Malformed("active must be true or false")),
        }
    }

    pub(crate) fn text(&mut self, name: &str) -> Result<Option<String>, Failure> {
        match self.0.remove(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Failure::Malformed("a member that must be a string is none")),
        }
    }

    /// Takes a moment: whole seconds (RFC 7662 §2.2).
    pub(crate) fn moment(&mut self, name: &str) -> Result<Option<Timestamp>, Failure> {
        let Some(value) = self.0.remove(name) else { return Ok(None) };
        let seconds = value.as_i64().filter(|seconds| *seconds >= 0);
        let seconds = seconds.ok_or(Failure::Malformed("a moment must be a whole number of seconds"))?;
        Ok(Some(Timestamp::from_unix_seconds(seconds)))
    }

    /// Takes one string or a list of them (RFC 7519 §4.1.3).
    pub(crate) fn texts(&mut self, name: &str) -> Result<Vec<String>, Failure> {
        const WRONG: Failure = Failure::Malformed("aud must be a string or a list of strings");
        let list = match self.0.remove(name) {
            None => return Ok(Vec::new()),
            Some(Value::Array(list)) => list,
            Some(one) => vec![one],
        };
        let text = |value| if let Value::String(text) = value { Ok(text) } else { Err(WRONG) };
        list.into_iter().map(text).collect()
    }

    /// Tells whether it is there, whatever it is.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Gives the strings that nobody took.
    pub(crate) fn rest(self) -> BTreeMap<String, String> {
        let text = |(name, value)| if let Value::String(text) = value { Some((name, text)) } else { None };
        self.0.into_iter().filter_map(text).collect()
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = BTreeMap::new();
                while let Some((name, value)) = map.next_entry::<String, Value>()? {
                    if members.insert(name, value).is_some() {
                        return Err(A::Error::custom("a member stands there twice"));
                    }
                }
                members.retain(|_, value| !value.is_null());
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Object)
    }
}
