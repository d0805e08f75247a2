//! How many live grants a person has for one client.

use crate::error::Rejection;
use crate::event::Event;
use crate::server::{AuthorizationProvider, Server};
use crate::store::{Grant, GrantFilter, GrantStore, Page};
use std::cmp::Reverse;

/// How many grants are read at once, and how many for one request.
const BATCH: u32 = 200;
const MOST_READ: usize = 1_000;
/// How many are revoked for one request, if there were far too many before.
const MOST_REVOKED: usize = 20;

/// Makes room for one more grant under which tokens are issued: revokes those that were refreshed least recently if
/// there are as many as the settings allow. Codes that were not redeemed do not count.
///
/// It is called before the commit, so that nothing is awaited between commit and answer. Most redemptions read
/// nothing: as long as at most a quarter of what is left can have been taken since.
pub(crate) async fn make_room<P: AuthorizationProvider>(server: &Server<P>, grant: &Grant) -> Result<(), Rejection> {
    let (config, store) = (server.config(), server.store());
    if server.room.take(&grant.subject, &grant.client_id) {
        return Ok(());
    }
    let (filter, now) = (GrantFilter::Both(grant.subject.clone(), grant.client_id.clone()), config.clock.now());
    let (mut page, mut read, mut live) = (Page::first(BATCH), 0, Vec::new());
    loop {
        let batch = store.grants(&filter, &page, now).await?;
        page.after = batch.last().map(|grant| grant.id);
        read += batch.len();
        let full = batch.len() >= BATCH as usize;
        let others = batch.into_iter().filter(|other| other.id != grant.id);
        live.extend(others.filter_map(|other| Some((Reverse(other.last_issued_at?), other.id))));
        if !full || read >= MOST_READ {
            break;
        }
    }
    let most = usize::try_from(config.grants_per_client).unwrap_or(usize::MAX);
    live.sort_unstable();
    let kept = live.len().min(most.saturating_sub(1));
    let beyond = live.split_off(kept);
    for (_, id) in beyond.iter().rev().take(MOST_REVOKED) {
        if store.retire_grant(id, now).await? {
            config.events.record(&Event::GrantRevoked { client_id: grant.client_id.clone(), grant: *id });
        }
    }
    server.room.note(&grant.subject, &grant.client_id, most.saturating_sub(kept + 1) / 4);
    Ok(())
}
