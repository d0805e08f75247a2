//! What a person does to an application, and what takes it back: the person is looked at once more after the store
//! has it.

use crate::accounts::Accounts;
use crate::pages::Pages;
use crate::session::Visitor;
use oauth_core::administration::{Actor, Administration};
use oauth_core::client::Client;
use oauth_core::error::Rejection;
use oauth_core::store::{Replaced, SessionStore, Store};

impl<S: Store + SessionStore, A: Accounts> Pages<S, A> {
    /// Acts for the person who is signed in.
    pub(crate) fn acting(&self, visitor: &Visitor) -> Administration<'_, S> {
        Administration::new(&self.store, &self.config, Actor::Person(visitor.person.subject.clone()))
    }

    /// Saves a changed application, unless somebody else changed it since it was read.
    pub(super) async fn save(&self, visitor: &Visitor, before: &Client, client: &Client) -> Result<bool, Rejection> {
        match self.replace(visitor, before, client).await? {
            Replaced::Now => Ok(true),
            Replaced::Changed => Ok(false),
            Replaced::Gone => Err(Rejection::ApplicationNotFound),
        }
    }

    /// Replaces an application, and takes that back if the person may no longer act.
    pub(super) async fn replace(
        &self,
        visitor: &Visitor,
        before: &Client,
        client: &Client,
    ) -> Result<Replaced, Rejection> {
        let replaced = self.acting(visitor).replace(before, client).await?;
        if replaced == Replaced::Now
            && let Some(ended) = self.has_ended(visitor).await?
        {
            self.undo(visitor, before, client).await?;
            self.stop_if_ended(visitor).await?;
            return Err(ended);
        }
        Ok(replaced)
    }

    /// Says why a person whose act the store has just taken may no longer act: their session or their rights may have
    /// ended since they were read.
    pub(super) async fn has_ended(&self, visitor: &Visitor) -> Result<Option<Rejection>, Rejection> {
        Ok(match self.person_of(&visitor.session).await? {
            None => Some(Rejection::FormNotOurs),
            Some(person) => {
                let lost = visitor.person.administrator && !person.administrator;
                lost.then_some(Rejection::AdministratorsOnly)
            }
        })
    }

    /// Switches off all applications of a person whose account has ended.
    pub(super) async fn stop_if_ended(&self, visitor: &Visitor) -> Result<(), Rejection> {
        let subject = &visitor.person.subject;
        if self.accounts.person(subject).await?.is_none() {
            self.acting(visitor).stop_all_of(subject).await?;
        }
        Ok(())
    }

    /// Takes a change back that was just saved. An edit at the same moment stays, and does not save the change.
    pub(super) async fn undo(&self, visitor: &Visitor, before: &Client, saved: &Client) -> Result<(), Rejection> {
        let mut read = Some(saved.clone());
        while let Some(now) = read {
            let left = without(before, saved, &now);
            if left == now {
                break;
            }
            read = match self.acting(visitor).replace(&now, &left).await? {
                Replaced::Now | Replaced::Gone => None,
                Replaced::Changed => self.store.client(&now.id).await?,
            };
        }
        Ok(())
    }

    /// Deletes an application that was just entered. An edit at the same moment does not save it; a block, or
    /// another owner, does.
    pub(super) async fn take_back(&self, visitor: &Visitor, entered: Client) -> Result<(), Rejection> {
        let owner = entered.owner.clone();
        let mut left = Some(entered);
        while let Some(read) = left {
            left = match self.acting(visitor).delete(&read).await? {
                Replaced::Now | Replaced::Gone => None,
                Replaced::Changed => self.store.client(&read.id).await?,
            };
            left = left.filter(|client| client.owner == owner && client.blocked.is_none());
        }
        Ok(())
    }
}

/// Takes a change out of an application: all of it if nobody changed the application since, and otherwise each right
/// that the change gave. An approval that the change took away does not return, nor is the application switched on or
/// unblocked: somebody who saw that since had nothing left to do.
fn without(before: &Client, saved: &Client, now: &Client) -> Client {
    let mut left = now.clone();
    if now == saved {
        left = before.clone();
    } else {
        left.resources.retain(|resource| before.resources.contains(resource) || !saved.resources.contains(resource));
        give_back(&mut left.scope, &saved.scope, &before.scope);
        give_back(&mut left.grant_types, &saved.grant_types, &before.grant_types);
        give_back(&mut left.secrets, &saved.secrets, &before.secrets);
    }
    left.trusted = now.trusted && (before.trusted || !saved.trusted);
    left.sanctioned = now.sanctioned && (before.sanctioned || !saved.sanctioned);
    left.lapsed |= now.lapsed;
    left.enabled = now.enabled && (before.enabled || !saved.enabled);
    left.blocked.clone_from(&now.blocked);
    if let (Some(reason), None, None) = (&before.blocked, &saved.blocked, &now.blocked) {
        left.block(reason);
    }
    left
}

fn give_back<T: Clone + PartialEq>(left: &mut T, saved: &T, before: &T) {
    if left == saved {
        left.clone_from(before);
    }
}
