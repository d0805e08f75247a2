//! What stands in the records, and how it becomes what oauth-core knows. Nothing in a record is taken
//! on trust.

mod account;
mod client;
mod grant;
mod pending;
mod token;

pub(crate) use account::{AccountRecord, SessionRecord, read_decision, write_decision};
pub(crate) use client::{ClientState, index_terms, terms_of};
pub(crate) use grant::{HeldGrant, read_code, read_pointer, read_refresh, write_code, write_grant, write_refresh};
pub(crate) use pending::PendingRecord;
pub(crate) use token::{HeldToken, write_alone, write_under};

use crate::error::{Failure, Outcome};
use oauth_core::clock::Timestamp;
use oauth_core::identifier::GrantId;
use serde::de::DeserializeOwned;

/// A field that may be missing.
pub(crate) type Field = Option<Vec<u8>>;

/// Reads JSON; what is wrong with it stays out of the error, since it would quote the value.
pub(crate) fn json<T: DeserializeOwned>(bytes: &[u8], what: &'static str) -> Outcome<T> {
    serde_json::from_slice(bytes).map_err(|_| Failure::Corrupt(what))
}

/// Writes a moment as decimal seconds.
pub(crate) fn seconds(at: Timestamp) -> String {
    at.as_unix_seconds().to_string()
}

pub(crate) fn timestamp(bytes: &[u8], what: &'static str) -> Outcome<Timestamp> {
    let text = text(bytes, what)?;
    text.parse().map(Timestamp::from_unix_seconds).map_err(|_| Failure::Corrupt(what))
}

pub(crate) fn optional_timestamp(field: &Field, what: &'static str) -> Outcome<Option<Timestamp>> {
    field.as_deref().map(|bytes| timestamp(bytes, what)).transpose()
}

pub(crate) fn text<'a>(bytes: &'a [u8], what: &'static str) -> Outcome<&'a str> {
    std::str::from_utf8(bytes).map_err(|_| Failure::Corrupt(what))
}

pub(crate) fn grant_id(bytes: &[u8]) -> Outcome<GrantId> {
    bytes.try_into().map(GrantId::from_bytes).map_err(|_| Failure::Corrupt("a grant"))
}

/// Takes what a script answered apart.
pub(crate) fn fields<const N: usize>(fields: Vec<Field>, what: &'static str) -> Outcome<[Field; N]> {
    fields.try_into().map_err(|_| Failure::Corrupt(what))
}

/// Takes a field that must be there.
pub(crate) fn needed(field: Field, what: &'static str) -> Outcome<Vec<u8>> {
    field.ok_or(Failure::Corrupt(what))
}
