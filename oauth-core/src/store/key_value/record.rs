//! What stands under which key. A key is a letter and names behind it; of a name in the middle a zero
//! byte is the end, which no identifier has.

use super::{Records, RecordsMut};
use crate::client::Client;
use crate::clock::Timestamp;
use crate::identifier::{ClientId, GrantId, Subject};
use crate::secret::Digest;
use crate::store::{Code, Grant, IssuedAccess, IssuedRefresh, MARK_LIFETIME, Mark, Result, StoreError};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// How many records of a list are read at once.
const BATCH: usize = 256;

#[derive(Serialize, Deserialize)]
pub(super) struct HeldClient {
    pub(super) client: Client,
    /// Differs from that of an earlier client of the same identifier: what was given to that is dead.
    pub(super) incarnation: u64,
    /// Changes when all that the client has for itself is revoked.
    pub(super) own: u64,
}

#[derive(Serialize, Deserialize)]
pub(super) struct HeldGrant {
    pub(super) grant: Grant,
    pub(super) incarnation: u64,
    pub(super) code: Option<HeldCode>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct HeldCode {
    pub(super) code: Code,
    pub(super) used_at: Option<Timestamp>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct HeldAccess {
    pub(super) token: IssuedAccess,
    pub(super) incarnation: u64,
    pub(super) own: u64,
}

#[derive(Serialize, Deserialize)]
pub(super) struct HeldRefresh {
    pub(super) token: IssuedRefresh,
    pub(super) predecessor: Option<Digest>,
    pub(super) successor: Option<Digest>,
    pub(super) retired_at: Option<Timestamp>,
    /// Until when the sealed answer of its rotation is given again; the answer is a record of its own.
    pub(super) answer_until: Option<Timestamp>,
}

impl HeldClient {
    /// The client's mark: another one for each registration and after each revocation of all it has.
    pub(super) fn mark(&self) -> Mark {
        Mark::from_number(self.incarnation.wrapping_add(self.own).cast_signed())
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct HeldMark {
    pub(super) mark: i64,
    pub(super) expires_at: Timestamp,
}

pub(super) const ACCESS: u8 = b'a';
/// The grants of a person that were not revoked, by client.
pub(super) const BY_CLIENT: u8 = b'b';
pub(super) const CLIENT: u8 = b'c';
pub(super) const DECISION: u8 = b'd';
/// What is over at which second: for the sweep.
pub(super) const ENDS: u8 = b'e';
/// The refresh tokens of a grant.
pub(super) const FAMILY: u8 = b'f';
pub(super) const GRANT: u8 = b'g';
/// The grant of a code.
pub(super) const CODE: u8 = b'k';
/// Says that all grants of a person stand by client, and from when on they are entered once more; empty if never.
pub(super) const ALL_BY_CLIENT: u8 = b'h';
/// The grants of a client.
pub(super) const OF_CLIENT: u8 = b'l';
/// The mark of a person.
pub(super) const MARK: u8 = b'm';
/// The identifier of the account of a name.
pub(super) const NAMED: u8 = b'n';
/// The sessions of a person.
pub(super) const SIGNED_IN: u8 = b'p';
pub(super) const PENDING: u8 = b'q';
pub(super) const REFRESH: u8 = b'r';
pub(super) const SESSION: u8 = b's';
/// The grants of a person.
pub(super) const OF_SUBJECT: u8 = b't';
pub(super) const ACCOUNT: u8 = b'u';
/// The end of a tombstone, under its name.
pub(super) const TOMBSTONE: u8 = b'w';
/// The sealed answer of a rotation, under the token that was retired.
pub(super) const ANSWER: u8 = b'z';

pub(super) fn key(kind: u8, name: impl AsRef<[u8]>) -> Vec<u8> {
    [&[kind], name.as_ref()].concat()
}

/// The key of something in a list that belongs to a name.
pub(super) fn listed(kind: u8, owner: &str, entry: impl AsRef<[u8]>) -> Vec<u8> {
    [&[kind], owner.as_bytes(), &[0], entry.as_ref()].concat()
}

/// The key of a grant among those of a person, by client; without a grant, the beginning of all for one client.
pub(super) fn by_client(subject: &Subject, client: &ClientId, id: impl AsRef<[u8]>) -> Vec<u8> {
    [&*listed(BY_CLIENT, subject.as_str(), client.as_str()), &[0], id.as_ref()].concat()
}

/// The key that says when something is over, in the order of the moments.
pub(super) fn ends(at: Timestamp, kind: u8, name: impl AsRef<[u8]>) -> Vec<u8> {
    let ordered = (at.as_unix_seconds() ^ i64::MIN).to_be_bytes();
    [&[ENDS], &ordered[..], &[kind], name.as_ref()].concat()
}

/// Reads the moment out of such a key.
pub(super) fn end_of(key: &[u8]) -> Option<Timestamp> {
    let ordered = i64::from_be_bytes(*key.get(1..)?.first_chunk()?);
    Some(Timestamp::from_unix_seconds(ordered ^ i64::MIN))
}

pub(super) fn read<T: DeserializeOwned>(records: &dyn Records, key: &[u8]) -> Result<Option<T>> {
    records.get(key)?.map(|value| parsed(&value)).transpose()
}

pub(super) fn parsed<T: DeserializeOwned>(value: &[u8]) -> Result<T> {
    serde_json::from_slice(value).map_err(|error| StoreError::new("read a record", error))
}

pub(super) fn write(records: &mut dyn RecordsMut, key: &[u8], value: &impl Serialize) -> Result<()> {
    let text = serde_json::to_vec(value).map_err(|error| StoreError::new("write a record", error))?;
    records.put(key, &text)
}

/// Visits the records whose keys begin alike, in order, until told to stop.
pub(super) fn each(
    records: &dyn Records,
    prefix: &[u8],
    after: Option<&[u8]>,
    mut visit: impl FnMut(&[u8], &[u8]) -> Result<bool>,
) -> Result<()> {
    let mut from = after.map_or_else(|| prefix.to_vec(), |after| [prefix, after, &[0]].concat());
    let until = behind(prefix);
    loop {
        let batch = records.range(&from, &until, BATCH)?;
        for (key, value) in &batch {
            if !visit(key, value)? {
                return Ok(());
            }
        }
        match batch.last() {
            Some((last, _)) if batch.len() == BATCH => from = [last, &[0][..]].concat(),
            _ => return Ok(()),
        }
    }
}

/// Gives what stands behind a common beginning, of every key that has it.
pub(super) fn names(records: &dyn Records, prefix: &[u8]) -> Result<Vec<Vec<u8>>> {
    let mut names = Vec::new();
    each(records, prefix, None, |key, _| {
        names.extend(key.strip_prefix(prefix).map(<[u8]>::to_vec));
        Ok(true)
    })?;
    Ok(names)
}

/// The first key behind all that begin so: no beginning here ends with the greatest byte.
pub(super) fn behind(prefix: &[u8]) -> Vec<u8> {
    let mut end = prefix.to_vec();
    while end.pop_if(|last| *last == u8::MAX).is_some() {}
    if let Some(last) = end.last_mut() {
        *last += 1;
    }
    end
}

pub(super) fn client(records: &dyn Records, id: &ClientId) -> Result<Option<HeldClient>> {
    read(records, &key(CLIENT, id.as_str()))
}

/// Reads a grant with its client, which must be the one that it was given to.
pub(super) fn grant(records: &dyn Records, id: &GrantId) -> Result<Option<(HeldGrant, HeldClient)>> {
    let Some(held) = read::<HeldGrant>(records, &key(GRANT, id.as_bytes()))? else { return Ok(None) };
    let client = client(records, &held.grant.client_id)?;
    Ok(client.filter(|client| client.incarnation == held.incarnation).map(|client| (held, client)))
}

pub(super) fn mark(records: &dyn Records, subject: &Subject) -> Result<Mark> {
    let held = read::<HeldMark>(records, &key(MARK, subject.as_str()))?;
    Ok(held.map_or(Mark::NONE, |held| Mark::from_number(held.mark)))
}

pub(super) fn move_mark(records: &mut dyn RecordsMut, subject: &Subject, now: Timestamp) -> Result<()> {
    let name = key(MARK, subject.as_str());
    if let Some(earlier) = read::<HeldMark>(&*records, &name)? {
        records.remove(&ends(earlier.expires_at, MARK, subject.as_str()))?;
    }
    let moved = HeldMark { mark: Mark::random().as_number(), expires_at: now.after(MARK_LIFETIME) };
    records.put(&ends(moved.expires_at, MARK, subject.as_str()), b"")?;
    write(records, &name, &moved)
}

pub(super) fn write_grant(records: &mut dyn RecordsMut, held: &HeldGrant) -> Result<()> {
    write(records, &key(GRANT, held.grant.id.as_bytes()), held)
}

pub(super) fn grant_id(bytes: &[u8]) -> Result<GrantId> {
    let bytes = bytes.try_into().map_err(|_| StoreError::new("read a record", "no identifier of a grant"))?;
    Ok(GrantId::from_bytes(bytes))
}

pub(super) fn taken(doing: &'static str) -> StoreError {
    StoreError::new(doing, "its digest or identifier is taken")
}
