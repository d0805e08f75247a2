//! What people do to registrations and accounts: each act in one place, with what must go with it.
//!
//! - Each is an [`Event::Administered`] that names who did what, and the fields that changed with their
//!   values before and after, without secrets. With [`Config::audit_log`] the store keeps it too.
//! - What is changed or deleted is compared with what was read, by the store as it writes.
//! - A client that is deleted leaves a tombstone for its identifier and its resource identifiers, so that
//!   no other person takes them over while something old still names them: codes, grants and tokens, a form
//!   that was shown before, a link that people know. Tombstones end by themselves.

mod act;
mod approval;
mod ordinary;
mod registration;
mod tombstone;

pub use crate::act::{Act, Actor, Change};

use crate::client::{Client, Registration};
use crate::config::Config;
use crate::event::Event;
use crate::identifier::{ClientId, Resource, Subject};
use crate::store::{self, AuditStore, ClientFilter, ClientStore, Created, Page, Replaced};

/// How often a change is made anew while others change the same client.
const ATTEMPTS: usize = 5;
/// How many clients of a person are read at once.
const BATCH: u32 = 100;

/// Whether a client was registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entered {
    /// It is stored.
    Now,
    /// The identifier is taken; nothing was changed.
    Exists,
    /// The identifier is that of a client that was deleted; nothing was changed.
    Buried,
}

/// Acts on registrations for somebody.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// use oauth_core::administration::{Actor, Administration, Entered};
/// use oauth_core::client::{Client, ClientType};
/// use oauth_core::config::Config;
/// use oauth_core::identifier::{ClientId, Subject};
/// use oauth_core::store::{MemoryStore, Replaced};
///
/// let (store, config) = (MemoryStore::new(), Config::new("https://id.example")?);
/// let ada = Administration::new(&store, &config, Actor::Person(Subject::new("ada")?));
/// let notes = Client::new(ClientId::new("notes")?, "Notes", ClientType::Public);
/// assert_eq!(ada.register(&notes).await?, Entered::Now);
/// assert_eq!(ada.delete(&notes).await?, Replaced::Now);
/// assert_eq!(ada.register(&notes).await?, Entered::Buried, "nobody takes its place on a page");
/// let operator = Administration::new(&store, &config, Actor::CommandLine);
/// assert_eq!(operator.register(&notes).await?, Entered::Now, "whoever runs the server may");
/// # Ok::<(), Box<dyn std::error::Error>>(()) })?; Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Administration<'a, S> {
    store: &'a S,
    config: &'a Config,
    by: Actor,
}

impl<'a, S: ClientStore + AuditStore> Administration<'a, S> {
    /// Acts for somebody.
    pub fn new(store: &'a S, config: &'a Config, by: Actor) -> Self {
        Self { store, config, by }
    }

    /// Saves a new client. The operator of the server may use the names of one that was deleted, and takes
    /// their tombstones away; nobody else may.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn register(&self, client: &Client) -> store::Result<Entered> {
        if self.by.reuses_names() {
            self.unbury(client, &[]).await?;
        } else if self.is_buried(client).await? {
            return Ok(Entered::Buried);
        }
        if self.store.create_client(client).await? == Created::Exists {
            return Ok(Entered::Exists);
        }
        // Whoever deletes buries first. So a client that was deleted since the look before is buried now.
        if !self.by.reuses_names() && self.is_buried(client).await? {
            self.store.delete_client(&client.id, self.config.clock.now()).await?;
            return Ok(Entered::Buried);
        }
        self.config.events.record(&Event::ClientRegistered { client_id: client.id.clone() });
        self.tell(Act::on_client(&self.by, "client_registered", None, Some(client))).await;
        Ok(Entered::Now)
    }

    /// Replaces a client, if it still is what was read. Resource identifiers that it gives up get a
    /// tombstone.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn replace(&self, read: &Client, changed: &Client) -> store::Result<Replaced> {
        let lacks = |resource: &&Resource| !changed.resources.contains(*resource);
        let given_up: Vec<&Resource> = read.resources.iter().filter(lacks).collect();
        self.bury_resources(&given_up).await?;
        if self.by.reuses_names() {
            self.unbury(changed, &read.resources).await?;
        }
        self.change(read, changed).await
    }

    /// Takes back what was just saved: to what is `left` of the client, or all of it if it was entered with that. As
    /// [`replace`](Self::replace) and [`delete`](Self::delete), but resource identifiers get no tombstone: nobody has
    /// relied on them yet, and the next client may have them.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn take_back(&self, read: &Client, left: Option<&Client>) -> store::Result<Replaced> {
        match left {
            Some(left) => self.change(read, left).await,
            None => self.end(read, &[]).await,
        }
    }

    async fn change(&self, read: &Client, changed: &Client) -> store::Result<Replaced> {
        let replaced = self.store.replace_client(read, changed).await?;
        if replaced == Replaced::Now {
            self.config.events.record(&Event::ClientChanged { client_id: changed.id.clone() });
            self.tell(Act::on_client(&self.by, "client_changed", Some(read), Some(changed))).await;
            if let (Actor::Person(by), true) = (&self.by, changed.lapsed && !read.lapsed) {
                let fields = Registration::of(changed).widens(&Registration::of(read), self.config);
                let (client_id, by) = (changed.id.clone(), by.clone());
                self.config.events.record(&Event::ApprovalLapsed { client_id, by, fields });
            }
        }
        Ok(replaced)
    }

    /// Deletes a client with everything that was issued to it, if it still is what was read.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn delete(&self, read: &Client) -> store::Result<Replaced> {
        self.end(read, &read.resources).await
    }

    async fn end(&self, read: &Client, buried: &[Resource]) -> store::Result<Replaced> {
        let mut off = read.clone();
        off.enabled = false;
        // The store compares here: what an administrator blocks in this moment is not deleted by its owner.
        let replaced = self.store.replace_client(read, &off).await?;
        if replaced != Replaced::Now {
            return Ok(replaced);
        }
        let now = self.config.clock.now();
        self.store.bury(&tombstone::of_client(&read.id), now, tombstone::until(now)).await?;
        self.bury_resources(&buried.iter().collect::<Vec<_>>()).await?;
        if !self.store.delete_client(&read.id, now).await? {
            return Ok(Replaced::Gone);
        }
        self.config.events.record(&Event::ClientDeleted { client_id: read.id.clone() });
        self.tell(Act::on_client(&self.by, "client_deleted", Some(read), None)).await;
        Ok(Replaced::Now)
    }

    /// Switches off all clients of a person whose account ends, and returns those that were on.
    ///
    /// # Errors
    /// The store does not answer: then call it again.
    pub async fn stop_all_of(&self, owner: &Subject) -> store::Result<Vec<ClientId>> {
        self.change_all_of(owner, |client| client.enabled = false).await
    }

    /// Gives all clients of a person to another one, and returns them.
    ///
    /// # Errors
    /// The store does not answer: then call it again.
    pub async fn hand_over(&self, from: &Subject, to: &Subject) -> store::Result<Vec<ClientId>> {
        self.change_all_of(from, |client| client.owner = Some(to.clone())).await
    }

    async fn change_all_of(&self, owner: &Subject, change: impl Fn(&mut Client)) -> store::Result<Vec<ClientId>> {
        let filter = ClientFilter { owner: Some(owner.clone()), ..ClientFilter::default() };
        let (mut page, mut changed) = (Page::first(BATCH), Vec::new());
        loop {
            let clients = self.store.clients(&filter, &page).await?;
            let Some(last) = clients.last() else { return Ok(changed) };
            page = Page::after(last.id.clone(), BATCH);
            for client in clients {
                let id = client.id.clone();
                if self.change_one(client, owner, &change).await? {
                    changed.push(id);
                }
            }
        }
    }

    /// Changes a client while it is this person's, however often others change it meanwhile.
    async fn change_one(&self, client: Client, owner: &Subject, change: impl Fn(&mut Client)) -> store::Result<bool> {
        let mut read = Some(client);
        for _ in 0..ATTEMPTS {
            let Some(before) = read.filter(|client| client.owner.as_ref() == Some(owner)) else { return Ok(false) };
            let mut after = before.clone();
            change(&mut after);
            if before == after {
                return Ok(false);
            }
            match self.replace(&before, &after).await? {
                Replaced::Now => return Ok(true),
                Replaced::Gone => return Ok(false),
                Replaced::Changed => read = self.store.client(&before.id).await?,
            }
        }
        Err(store::StoreError::new("change the clients of a person", "others change one all the time; try again"))
    }

    /// Tells whether a resource identifier is one that somebody gave up, while tokens for it may live.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn is_resource_buried(&self, resource: &Resource) -> store::Result<bool> {
        self.store.is_buried(&tombstone::of_resource(resource), self.config.clock.now()).await
    }

    async fn is_buried(&self, client: &Client) -> store::Result<bool> {
        self.store.is_buried(&tombstone::of_client(&client.id), self.config.clock.now()).await
    }

    async fn bury_resources(&self, resources: &[&Resource]) -> store::Result<()> {
        let now = self.config.clock.now();
        let until = tombstone::until_no_token_lives(now, self.config);
        for resource in resources {
            self.store.bury(&tombstone::of_resource(resource), now, until).await?;
        }
        Ok(())
    }

    /// Takes away the tombstones of the names that a client is to have, but for resources it has.
    async fn unbury(&self, client: &Client, has: &[Resource]) -> store::Result<()> {
        let now = self.config.clock.now();
        let mut names = vec![tombstone::of_client(&client.id)];
        names.extend(client.resources.iter().filter(|resource| !has.contains(resource)).map(tombstone::of_resource));
        for name in names {
            if self.store.is_buried(&name, now).await? {
                self.store.bury(&name, now, now).await?;
            }
        }
        Ok(())
    }
}

impl<S: AuditStore> Administration<'_, S> {
    /// Records an act: as an event, and in the audit log if the settings say so. An act has happened when it
    /// is told, so a log that cannot be written is an error line and undoes nothing.
    pub async fn tell(&self, mut act: Act) {
        act.at = self.config.clock.now();
        act.by = self.by.clone();
        self.config.events.record(&Event::Administered(Box::new(act.clone())));
        if !self.config.audit_log {
            return;
        }
        if let Err(error) = self.store.keep_act(&act).await {
            tracing::error!(target: "oauth::audit", %error, "an act is not in the audit log");
        }
    }
}

#[cfg(test)]
mod tests;
