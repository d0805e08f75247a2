//! Rows, and how they become the records of oauth-core. Nothing in a column is taken on trust.

mod account;
mod grant;
mod pending;
mod token;

pub(crate) use account::{AccountRow, DecisionRow, SessionRow};
pub(crate) use grant::{CodeRow, GrantRow};
pub(crate) use pending::PendingRow;
pub(crate) use token::{AccessRow, RefreshRow};

use crate::error::{Failure, Outcome};
use oauth_core::identifier::{ClientId, Subject};
use oauth_core::scope::Scope;
use oauth_core::secret::Digest;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Computes the row of a digest or a random identifier: its first eight bytes, in the same order.
pub(crate) fn key<const N: usize>(bytes: &[u8; N]) -> i64 {
    let first = bytes.first_chunk().copied().unwrap_or_default();
    (u64::from_be_bytes(first) ^ (1 << 63)).cast_signed()
}

/// Writes a value as JSON, or leaves it out.
fn unless_empty<T: Serialize>(empty: bool, value: &T) -> Outcome<Option<String>> {
    Ok(if empty { None } else { Some(serde_json::to_string(value)?) })
}

/// Reads JSON; what is wrong with it stays out of the error, since it would quote the value.
pub(crate) fn json<T: DeserializeOwned>(text: &str, column: &'static str) -> Outcome<T> {
    serde_json::from_str(text).map_err(|_| Failure::Corrupt(column))
}

fn json_or_empty<T: DeserializeOwned + Default>(text: Option<String>, column: &'static str) -> Outcome<T> {
    text.map_or_else(|| Ok(T::default()), |text| json(&text, column))
}

/// Reads the identifier of a client that is there.
pub(crate) fn client_id(text: Option<String>) -> Outcome<ClientId> {
    text.and_then(|text| ClientId::new(text).ok()).ok_or(Failure::Corrupt("clients.client_id"))
}

fn subject(text: String, column: &'static str) -> Outcome<Subject> {
    Subject::new(text).map_err(|_| Failure::Corrupt(column))
}

fn scope(text: &str, column: &'static str) -> Outcome<Scope> {
    text.parse().map_err(|_| Failure::Corrupt(column))
}

fn digest(value: &[u8], column: &'static str) -> Outcome<Digest> {
    bytes(value, column).map(Digest::from_bytes)
}

fn bytes<const N: usize>(value: &[u8], column: &'static str) -> Outcome<[u8; N]> {
    value.try_into().map_err(|_| Failure::Corrupt(column))
}
