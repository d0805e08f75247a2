use super::{Created, Page, Replaced, Result};
use crate::client::Client;
use crate::clock::Timestamp;
use crate::identifier::{ClientId, Resource, Subject};
use crate::secret::Digest;
use std::future::Future;

/// Which clients to list; every field that is set must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientFilter {
    /// Only those owned by this person.
    pub owner: Option<Subject>,
    /// Only those registered as the resource server of one of these identifiers; empty for all.
    pub resources: Vec<Resource>,
    /// Only those whose free attributes hold all of these names and values.
    pub attributes: Vec<(String, String)>,
}

impl ClientFilter {
    /// Tells whether a client is meant.
    pub fn matches(&self, client: &Client) -> bool {
        let has = |(name, value): &(String, String)| client.attributes.get(name) == Some(value);
        self.owner.as_ref().is_none_or(|owner| client.owner.as_ref() == Some(owner))
            && (self.resources.is_empty() || self.resources.iter().any(|resource| client.resources.contains(resource)))
            && self.attributes.iter().all(has)
    }
}

/// Where registered clients are kept.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// use oauth_core::client::{Client, ClientType};
/// use oauth_core::identifier::ClientId;
/// use oauth_core::store::{ClientStore, Created, MemoryStore};
///
/// let store = MemoryStore::new();
/// let client = Client::new(ClientId::new("notes")?, "Notes", ClientType::Public);
/// assert_eq!(store.create_client(&client).await?, Created::Now);
/// assert_eq!(store.create_client(&client).await?, Created::Exists);
/// assert_eq!(store.client(&client.id).await?.as_ref(), Some(&client));
/// # Ok::<(), Box<dyn std::error::Error>>(()) })?; Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait ClientStore: Send + Sync + 'static {
    /// Reads a client, disabled ones too.
    fn client(&self, id: &ClientId) -> impl Future<Output = Result<Option<Client>>> + Send;

    /// Lists clients in the order of their identifiers' bytes.
    fn clients(&self, filter: &ClientFilter, page: &Page<ClientId>)
    -> impl Future<Output = Result<Vec<Client>>> + Send;

    /// Saves a new client, unless its identifier is taken.
    fn create_client(&self, client: &Client) -> impl Future<Output = Result<Created>> + Send;

    /// Replaces a client as a whole; `false` where there is none of this identifier.
    ///
    /// From the moment it returns, a client that is now disabled has no live token and no code that
    /// can be redeemed; they live again when it is enabled again, unless they expired.
    fn update_client(&self, client: &Client) -> impl Future<Output = Result<bool>> + Send;

    /// Replaces a client as [`update_client`](Self::update_client) does, if it still is what was read:
    /// of two who change it at the same time neither undoes what the other did, least of all a secret
    /// that was renewed because it leaked.
    fn replace_client(&self, read: &Client, changed: &Client) -> impl Future<Output = Result<Replaced>> + Send;

    /// Deletes a client with everything that was issued to it; `false` where there is none.
    ///
    /// A client created later under the same identifier inherits nothing.
    fn delete_client(&self, id: &ClientId, now: Timestamp) -> impl Future<Output = Result<bool>> + Send;

    /// Keeps a tombstone for a name until a moment, instead of the one that it may have:
    /// [`administration`](crate::administration) says whose, and why nobody may take such a name. One that is
    /// over already takes the tombstone away.
    fn bury(&self, name: &Digest, now: Timestamp, until: Timestamp) -> impl Future<Output = Result<()>> + Send;

    /// Tells whether a name has a tombstone: from the moment [`bury`](Self::bury) has returned to the second
    /// before its end.
    fn is_buried(&self, name: &Digest, now: Timestamp) -> impl Future<Output = Result<bool>> + Send;
}
