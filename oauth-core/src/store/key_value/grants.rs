use super::clients::write_client;
use super::record::{
    OF_CLIENT, OF_SUBJECT, by_client, client, each, grant, grant_id, listed, mark, move_mark, write_grant,
};
use super::{KeyValue, KeyValueStore, Records, RecordsMut, by_client as order};
use crate::clock::Timestamp;
use crate::identifier::{ClientId, GrantId, Subject};
use crate::store::{Grant, GrantFilter, GrantStore, Mark, Marks, Page, Result};

impl<K: KeyValue> GrantStore for KeyValueStore<K> {
    async fn grant(&self, id: &GrantId) -> Result<Option<Grant>> {
        let id = *id;
        self.0.read(move |records| Ok(grant(records, &id)?.map(|(held, _)| held.grant))).await
    }

    async fn grants(&self, filter: &GrantFilter, page: &Page<GrantId>, now: Timestamp) -> Result<Vec<Grant>> {
        if let GrantFilter::Both(subject, _) = filter {
            self.complete_by_client(subject, now).await?;
        }
        let (filter, page) = (filter.clone(), page.clone());
        self.0.read(move |records| live(records, &filter, &page, now)).await
    }

    async fn marks(&self, subject: &Subject, of_client: &ClientId) -> Result<Marks> {
        let (subject, of_client) = (subject.clone(), of_client.clone());
        let marks = move |records: &dyn Records| {
            let client = client(records, &of_client)?.map_or(Mark::NONE, |held| held.mark());
            Ok(Marks { subject: mark(records, &subject)?, client })
        };
        self.0.read(marks).await
    }

    async fn clients_of(&self, subject: &Subject, page: &Page<ClientId>, now: Timestamp) -> Result<Vec<ClientId>> {
        self.complete_by_client(subject, now).await?;
        let (subject, page) = (subject.clone(), page.clone());
        self.0.read(move |records| order::clients(records, &subject, &page, now)).await
    }

    async fn revoke_grant(&self, id: &GrantId, now: Timestamp) -> Result<bool> {
        let id = *id;
        let revoke = move |records: &mut dyn RecordsMut| {
            if let Some((held, _)) = grant(&*records, &id)? {
                move_mark(records, &held.grant.subject, now)?;
            }
            revoke(records, &id, now)
        };
        self.0.write(revoke).await
    }

    async fn retire_grant(&self, id: &GrantId, now: Timestamp) -> Result<bool> {
        let id = *id;
        self.0.write(move |records: &mut dyn RecordsMut| revoke(records, &id, now)).await
    }

    async fn revoke_grants(&self, filter: &GrantFilter, now: Timestamp) -> Result<u64> {
        let filter = filter.clone();
        let revoke_all = move |records: &mut dyn RecordsMut| {
            match &filter {
                GrantFilter::Subject(subject) | GrantFilter::Both(subject, _) => move_mark(records, subject, now)?,
                GrantFilter::Client(id) => {
                    if let Some(mut held) = client(&*records, id)? {
                        held.own = held.own.wrapping_add(1);
                        write_client(records, &held)?;
                    }
                }
            }
            revoke_all(records, &filter, now)
        };
        self.0.write(revoke_all).await
    }
}

impl<K: KeyValue> KeyValueStore<K> {
    /// Enters by client what an earlier version saved, if that is due.
    async fn complete_by_client(&self, subject: &Subject, now: Timestamp) -> Result<()> {
        let (read, written) = (subject.clone(), subject.clone());
        if self.0.read(move |records| order::is_due(records, &read, now)).await? {
            self.0.write(move |records| order::complete(records, &written, now)).await?;
        }
        Ok(())
    }
}

/// Revokes every grant that is meant and counts those that were live.
pub(super) fn revoke_all(records: &mut dyn RecordsMut, filter: &GrantFilter, now: Timestamp) -> Result<u64> {
    // All of the person, not those by client: what an earlier version saved since stands only there.
    let all = match filter {
        GrantFilter::Both(subject, _) => GrantFilter::Subject(subject.clone()),
        other => other.clone(),
    };
    let meant = list(&*records, &all, &Page::first(u32::MAX), |grant| grant.revoked_at.is_none())?;
    let mut revoked = 0;
    for grant in meant.iter().filter(|grant| filter.matches(grant)) {
        revoked += u64::from(revoke(records, &grant.id, now)?);
    }
    Ok(revoked)
}

/// Revokes a grant; `false` if it was not live. It may have expired: the `now` of a redemption under way may be an
/// earlier one.
pub(super) fn revoke(records: &mut dyn RecordsMut, id: &GrantId, now: Timestamp) -> Result<bool> {
    let Some((mut held, _)) = grant(&*records, id)?.filter(|(held, _)| held.grant.revoked_at.is_none()) else {
        return Ok(false);
    };
    let was_live = held.grant.is_live(now);
    held.grant.revoked_at = Some(now);
    records.remove(&by_client(&held.grant.subject, &held.grant.client_id, id.as_bytes()))?;
    write_grant(records, &held)?;
    Ok(was_live)
}

/// Lists live grants.
pub(super) fn live(
    records: &dyn Records,
    filter: &GrantFilter,
    page: &Page<GrantId>,
    now: Timestamp,
) -> Result<Vec<Grant>> {
    list(records, filter, page, |grant| grant.is_live(now))
}

fn list(
    records: &dyn Records,
    filter: &GrantFilter,
    page: &Page<GrantId>,
    keeps: impl Fn(&Grant) -> bool,
) -> Result<Vec<Grant>> {
    let prefix = match filter {
        GrantFilter::Both(subject, id) if order::is_whole(records, subject)? => by_client(subject, id, []),
        GrantFilter::Subject(subject) | GrantFilter::Both(subject, _) => listed(OF_SUBJECT, subject.as_str(), []),
        GrantFilter::Client(id) => listed(OF_CLIENT, id.as_str(), []),
    };
    let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
    let after = page.after.as_ref().map(|id| id.as_bytes().as_slice());
    let mut found = Vec::new();
    each(records, &prefix, after, |key, _| {
        let id = grant_id(key.strip_prefix(&*prefix).unwrap_or_default())?;
        let held = grant(records, &id)?.map(|(held, _)| held.grant);
        if found.len() < limit {
            found.extend(held.filter(|grant| filter.matches(grant) && keeps(grant)));
        }
        Ok(found.len() < limit)
    })?;
    Ok(found)
}
