//! What a person does to an application, and what takes it back: the person is looked at once more after the store
//! has it.

use super::taken_back::without;
use crate::accounts::{Accounts, Person};
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
            && let Err(ended) = self.still_acting(visitor).await
        {
            let undone = self.undo(visitor, before, client).await;
            self.stop_if_ended(visitor).await?;
            undone?;
            return Err(ended);
        }
        Ok(replaced)
    }

    /// Looks once more at a person whose act the store has just taken: their session or their rights may have ended since
    /// they were read. An act stands no more if this look fails.
    pub(crate) async fn still_acting(&self, visitor: &Visitor) -> Result<Person, Rejection> {
        let session = self.store.session(&visitor.session.digest, self.config.clock.now()).await?;
        let Some(session) = session else { return Err(Rejection::FormNotOurs) };
        let Some(person) = self.person_of(&session).await? else { return Err(Rejection::FormNotOurs) };
        if visitor.person.administrator && !person.administrator {
            return Err(Rejection::AdministratorsOnly);
        }
        Ok(person)
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
            read = match self.acting(visitor).take_back(&now, Some(&left)).await? {
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
            left = match self.acting(visitor).take_back(&read, None).await? {
                Replaced::Now | Replaced::Gone => None,
                Replaced::Changed => self.store.client(&read.id).await?,
            };
            left = left.filter(|client| client.owner == owner && client.blocked.is_none());
        }
        Ok(())
    }
}
