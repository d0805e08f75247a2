use super::{ClientFilter, Grant, GrantFilter, Page, Result, Store};
use crate::clock::Timestamp;
use crate::identifier::{ClientId, GrantId};

/// How much is read at once.
const BATCH: u32 = 200;

/// Where a search for grants stands: what it found, and where it goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Having {
    /// The live grants that hold all attributes, in the order of their clients' bytes and their own.
    pub grants: Vec<Grant>,
    /// What to give to the next call: the client to look into, behind one of its grants. `None` where the
    /// search has come to its end.
    pub next: Option<(ClientId, Option<GrantId>)>,
}

/// Finds live grants by their free attributes: those of all clients, that hold all of these names and
/// values, byte for byte.
///
/// It reads every grant, some clients at a time, and comes back when it has looked at `look_at` of them,
/// found any or not: meant for an administrator's page or command, such as all that was allowed at one
/// school. No index of attributes makes every approval slower for it. Clients themselves are found by
/// [`ClientFilter::attributes`].
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// use oauth_core::clock::Timestamp;
/// use oauth_core::store::{MemoryStore, grants_having};
/// let (store, now) = (MemoryStore::new(), Timestamp::from_unix_seconds(0));
/// let school = [("organisation".to_owned(), "12".to_owned())];
/// let mut after = None;
/// loop {
///     let found = grants_having(&store, &school, after, 10_000, now).await?;
///     for grant in found.grants { /* show it, or revoke it */ drop(grant); }
///     after = match found.next { Some(next) => Some(next), None => break };
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(()) })?; Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// The store does not answer.
pub async fn grants_having<S: Store>(
    store: &S,
    attributes: &[(String, String)],
    after: Option<(ClientId, Option<GrantId>)>,
    look_at: usize,
    now: Timestamp,
) -> Result<Having> {
    let mut found = Having { grants: Vec::new(), next: None };
    let mut looked_at = 0;
    let mut at = match after {
        Some(at) => Some(at),
        None => first_behind(store, None).await?,
    };
    while let Some((client, from)) = at {
        if looked_at >= look_at {
            found.next = Some((client, from));
            break;
        }
        let page = Page { after: from, limit: BATCH };
        let grants = store.grants(&GrantFilter::Client(client.clone()), &page, now).await?;
        // A client without any is looked at as well.
        looked_at += grants.len().max(1);
        at = match grants.last() {
            Some(last) if grants.len() >= BATCH as usize => Some((client, Some(last.id))),
            _ => first_behind(store, Some(client)).await?,
        };
        let has = |grant: &Grant| attributes.iter().all(|(name, value)| grant.attributes.get(name) == Some(value));
        found.grants.extend(grants.into_iter().filter(has));
    }
    Ok(found)
}

async fn first_behind<S: Store>(store: &S, client: Option<ClientId>) -> Result<Option<(ClientId, Option<GrantId>)>> {
    let next = store.clients(&ClientFilter::default(), &Page { after: client, limit: 1 }).await?.pop();
    Ok(next.map(|client| (client.id, None)))
}
