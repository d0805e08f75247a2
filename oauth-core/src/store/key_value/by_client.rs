//! The grants of a person by client: how few are read for one client does not depend on how many there are.

use super::record::{
    ALL_BY_CLIENT, BY_CLIENT, HeldGrant, OF_SUBJECT, behind, by_client, grant_id, key, listed, names, read,
};
use super::{Records, RecordsMut, grants};
use crate::clock::Timestamp;
use crate::identifier::{ClientId, Subject};
use crate::store::{Grant, GrantFilter, Page, Result, StoreError};
use std::time::Duration;

/// How long after the first time the grants of a person are entered once more: a process of an earlier version that
/// served meanwhile entered none.
const DAY: Duration = Duration::from_secs(86_400);

/// Tells whether all grants of a person stand by client.
pub(super) fn is_whole(records: &dyn Records, subject: &Subject) -> Result<bool> {
    Ok(records.get(&key(ALL_BY_CLIENT, subject.as_str()))?.is_some())
}

/// Enters a new grant among those of its person.
pub(super) fn enter(records: &mut dyn RecordsMut, grant: &Grant) -> Result<()> {
    let (subject, id) = (&grant.subject, grant.id.as_bytes());
    if !has_any(&*records, subject)? {
        records.put(&key(ALL_BY_CLIENT, subject.as_str()), &a_day_after(grant.created_at))?;
    }
    records.put(&listed(OF_SUBJECT, subject.as_str(), id), b"")?;
    records.put(&by_client(subject, &grant.client_id, id), b"")
}

/// Takes a grant out of those of its person.
pub(super) fn leave(records: &mut dyn RecordsMut, grant: &Grant) -> Result<()> {
    let (subject, id) = (&grant.subject, grant.id.as_bytes());
    records.remove(&listed(OF_SUBJECT, subject.as_str(), id))?;
    records.remove(&by_client(subject, &grant.client_id, id))?;
    if has_any(&*records, subject)? { Ok(()) } else { records.remove(&key(ALL_BY_CLIENT, subject.as_str())) }
}

/// Tells whether [`complete`] may have something to enter.
pub(super) fn is_due(records: &dyn Records, subject: &Subject, now: Timestamp) -> Result<bool> {
    let noted = records.get(&key(ALL_BY_CLIENT, subject.as_str()))?;
    // Without a moment they were entered twice.
    let again =
        |moment: Vec<u8>| moment.try_into().is_ok_and(|moment| i64::from_be_bytes(moment) <= now.as_unix_seconds());
    Ok(noted.is_none_or(again))
}

/// Enters what an earlier version saved: twice for each person, a day apart.
pub(super) fn complete(records: &mut dyn RecordsMut, subject: &Subject, now: Timestamp) -> Result<()> {
    if !is_due(&*records, subject, now)? || !has_any(&*records, subject)? {
        return Ok(());
    }
    let note = if is_whole(&*records, subject)? { Vec::new() } else { a_day_after(now) };
    for id in names(&*records, &listed(OF_SUBJECT, subject.as_str(), []))? {
        let held = read::<HeldGrant>(&*records, &key(super::record::GRANT, &id))?;
        if let Some(HeldGrant { grant, .. }) = held.filter(|held| held.grant.revoked_at.is_none()) {
            records.put(&by_client(subject, &grant.client_id, grant_id(&id)?.as_bytes()), b"")?;
        }
    }
    records.put(&key(ALL_BY_CLIENT, subject.as_str()), &note)
}

fn a_day_after(moment: Timestamp) -> Vec<u8> {
    moment.after(DAY).as_unix_seconds().to_be_bytes().to_vec()
}

/// Lists the clients that a person's live grants are for, from one to the next.
pub(super) fn clients(
    records: &dyn Records,
    subject: &Subject,
    page: &Page<ClientId>,
    now: Timestamp,
) -> Result<Vec<ClientId>> {
    let (limit, all) = (usize::try_from(page.limit).unwrap_or(usize::MAX), listed(BY_CLIENT, subject.as_str(), []));
    let (end, mut found) = (behind(&all), Vec::new());
    let mut from = page.after.as_ref().map_or_else(|| all.clone(), |after| behind(&by_client(subject, after, [])));
    while found.len() < limit
        && let Some((entry, _)) = records.range(&from, &end, 1)?.first()
    {
        let client = client_in(entry.get(all.len()..).unwrap_or_default())?;
        from = behind(&by_client(subject, &client, []));
        let filter = GrantFilter::Both(subject.clone(), client.clone());
        if !grants::live(records, &filter, &Page::first(1), now)?.is_empty() {
            found.push(client);
        }
    }
    Ok(found)
}

fn has_any(records: &dyn Records, subject: &Subject) -> Result<bool> {
    let prefix = listed(OF_SUBJECT, subject.as_str(), []);
    Ok(!records.range(&prefix, &behind(&prefix), 1)?.is_empty())
}

/// Reads the client before the byte that no identifier has.
fn client_in(entry: &[u8]) -> Result<ClientId> {
    let name = entry.split(|byte| *byte == 0).next().unwrap_or_default();
    let client = std::str::from_utf8(name).ok().and_then(|name| ClientId::new(name).ok());
    client.ok_or_else(|| StoreError::new("read a record", "no identifier of a client"))
}
