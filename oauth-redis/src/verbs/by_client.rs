//! The grants of a person by client, without those that were revoked: how few are read for one client does not depend
//! on how many there are.
//!
//! The list is made for pages. What ends grants reads the list of all, where a process of an older version enters its
//! grants too; it enters none here, and the sweep of a newer one does so ([`lists`](super::lists)).

use super::{BATCH, after};
use crate::RedisStore;
use crate::error::{Failure, Outcome};
use crate::link::Access;
use crate::record::{Field, grant_id, text};
use futures_util::future::try_join_all;
use oauth_core::clock::Timestamp;
use oauth_core::identifier::{ClientId, GrantId, Subject};
use oauth_core::store::{Grant, GrantFilter, Page};

const ENTRY: &str = "a list by client";

/// Writes a client and a grant behind it. No identifier of a client has a byte as small as the one between them.
pub(super) fn entry(client: &ClientId, id: &GrantId) -> Vec<u8> {
    [client.as_str().as_bytes(), b"\0", id.as_bytes()].concat()
}

/// A bound behind all entries of a client.
fn behind(client: &ClientId) -> Vec<u8> {
    [b"(", client.as_str().as_bytes(), b"\x01"].concat()
}

impl RedisStore {
    pub(super) fn list_by_client(&self, subject: &Subject) -> Vec<u8> {
        self.0.places.of_name(subject.as_str()).key('x', subject.as_str())
    }

    /// Lists the live grants of a person for one client.
    pub(super) async fn list_for_client(
        &self,
        subject: &Subject,
        client: &ClientId,
        page: &Page<GrantId>,
        now: Timestamp,
    ) -> Outcome<Vec<Grant>> {
        let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
        let (list, until) = (self.list_by_client(subject), behind(client));
        let mut from = match &page.after {
            Some(id) => after(&entry(client, id)),
            None => [b"(", client.as_str().as_bytes(), b"\0"].concat(),
        };
        let filter = GrantFilter::Both(subject.clone(), client.clone());
        let mut found = Vec::new();
        while found.len() < limit {
            let entries = self.listed_until(&list, &from, &until, BATCH.min(limit - found.len())).await?;
            let Some(last) = entries.last() else { break };
            from = after(last);
            let ids: Vec<Vec<u8>> = entries.into_iter().map(|entry| last_16(&entry).to_vec()).collect();
            let grants = self.listed_grants(&ids).await?;
            found.extend(grants.into_iter().filter(|grant| filter.matches(grant) && grant.is_live(now)));
        }
        Ok(found)
    }

    /// Lists the clients that a person's live grants are for, from one to the next.
    pub(super) async fn clients_by_grant(
        &self,
        subject: &Subject,
        page: &Page<ClientId>,
        now: Timestamp,
    ) -> Outcome<Vec<ClientId>> {
        let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
        let list = self.list_by_client(subject);
        let mut from = page.after.as_ref().map_or(b"-".to_vec(), behind);
        let mut found = Vec::new();
        while found.len() < limit {
            let entries = self.listed(&list, &from, 1).await?;
            let Some(entry) = entries.first() else { break };
            let name = entry.get(..entry.len().saturating_sub(17)).unwrap_or_default();
            let client = ClientId::new(text(name, ENTRY)?).map_err(|_| Failure::Corrupt(ENTRY))?;
            from = behind(&client);
            if !self.list_for_client(subject, &client, &Page::first(1), now).await?.is_empty() {
                found.push(client);
            }
        }
        Ok(found)
    }

    /// Keeps those that are for a client.
    pub(super) async fn of_client(&self, client: &ClientId, ids: Vec<Vec<u8>>) -> Outcome<Vec<Vec<u8>>> {
        let clients = ids.iter().map(async |id| {
            let key = self.0.places.of_grant(&grant_id(id)?).key('g', id);
            self.0.link.run::<Field>(Access::Read, redis::cmd("HGET").arg(key).arg("c")).await
        });
        let clients = try_join_all(clients).await?;
        let theirs = ids.into_iter().zip(clients).filter(|(_, of)| of.as_deref() == Some(client.as_str().as_bytes()));
        Ok(theirs.map(|(id, _)| id).collect())
    }
}

fn last_16(entry: &[u8]) -> &[u8] {
    entry.last_chunk::<16>().map_or(&[], |id| id)
}
