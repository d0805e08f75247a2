//! Resource identifiers that registrations of different people came to share.
//!
//! Before identifiers were compared in their normal form, one person could register `https://api.example` and
//! another `https://API.example/`. A token for such an identifier is shown to neither of their clients, until an
//! administrator keeps one.

use super::{AuthorizationProvider, Server};
use crate::client::Client;
use crate::identifier::{ClientId, Resource, Subject};
use crate::store::{ClientFilter, ClientStore as _, Page, Result};
use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

/// How many clients are read at once.
const BATCH: u32 = 200;
/// How many registrations of one resource are looked at.
const MOST: u32 = 50;

/// The identifiers that were contested when this process started; empty until the clients were read.
#[derive(Default)]
pub(super) struct Contested(OnceLock<HashSet<Resource>>);

/// A client that is registered for a resource.
#[derive(PartialEq, Eq)]
struct Holder {
    client: ClientId,
    owner: Option<Subject>,
    spelling: Resource,
}

impl Holder {
    fn each(client: &Client) -> impl Iterator<Item = Self> {
        let holder = |spelling: &Resource| Self {
            client: client.id.clone(),
            owner: client.owner.clone(),
            spelling: spelling.clone(),
        };
        client.resources.iter().map(holder)
    }

    /// Tells whether another one got the resource only because it spelled it otherwise.
    fn meets(&self, other: &Self) -> bool {
        let same = self.spelling == other.spelling && self.owner != other.owner;
        same && self.spelling.as_str() != other.spelling.as_str()
    }
}

impl<P: AuthorizationProvider> Server<P> {
    /// Tells whether a resource is contested. It costs a look into the store only if it was at the start, or if
    /// that is not known yet.
    pub(crate) async fn is_contested(&self, resource: &Resource) -> Result<bool> {
        if self.contested.0.get().is_some_and(|contested| !contested.contains(resource)) {
            return Ok(false);
        }
        let filter = ClientFilter { resources: vec![resource.clone()], ..ClientFilter::default() };
        let clients = self.store().clients(&filter, &Page::first(MOST)).await?;
        let holders: Vec<Holder> = clients.iter().flat_map(Holder::each).collect();
        Ok(holders.iter().any(|one| one.spelling == *resource && holders.iter().any(|other| one.meets(other))))
    }

    /// Reads all clients once, reports the contested identifiers, and has the store enter each one by its normal
    /// form.
    pub(crate) async fn look_for_contested(&self) -> Result<()> {
        if self.contested.0.get().is_some() {
            return Ok(());
        }
        let store = self.store();
        let mut holders: HashMap<Resource, Vec<Holder>> = HashMap::new();
        let mut contested = HashSet::new();
        let mut page = Page::first(BATCH);
        loop {
            let clients = store.clients(&ClientFilter::default(), &page).await?;
            for client in &clients {
                if client.resources.iter().any(|resource| resource.normal() != resource.as_str()) {
                    // An older version has entered it by its spelling. What is saved is entered anew.
                    store.replace_client(client, client).await?;
                }
                for holder in Holder::each(client) {
                    let others = holders.entry(holder.spelling.clone()).or_default();
                    if let Some(other) = others.iter().find(|other| holder.meets(other)) {
                        report(&holder, other);
                        contested.insert(holder.spelling.clone());
                    }
                    others.push(holder);
                }
            }
            match clients.last() {
                Some(last) if clients.len() >= BATCH as usize => page = Page::after(last.id.clone(), BATCH),
                _ => break,
            }
        }
        drop(self.contested.0.set(contested));
        Ok(())
    }
}

fn report(one: &Holder, other: &Holder) {
    tracing::error!(
        client_id = %one.client, resource = %one.spelling, other_client_id = %other.client, other_resource = %other.spelling,
        "two applications of different owners are registered for one resource identifier: neither may introspect \
         the tokens that were issued for it. Fix: remove the resource from one of them"
    );
}
