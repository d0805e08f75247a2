//! What a person does to an application, and what takes it back: the person is looked at once more after the store
//! has it.

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

/// Takes a change out of an application: a member that is as the change set it becomes what it was before, and of a list
/// that somebody changed since, what the change added goes. An approval that the change took away does not return, nor
/// is the application switched on or unblocked: somebody who saw that since had nothing left to do.
fn without(before: &Client, saved: &Client, now: &Client) -> Client {
    let mut left = now.clone();
    macro_rules! take_out {
        ($($member:ident)+) => {$(
            if left.$member == saved.$member {
                left.$member.clone_from(&before.$member);
            }
        )+};
    }
    take_out!(name uri client_type secrets redirect_uris grant_types scope resources resources_since owner);
    take_out!(insecure_without_pkce allowed_origins lifetimes attributes);
    keep(&mut left.secrets, &saved.secrets, &before.secrets);
    keep(&mut left.redirect_uris, &saved.redirect_uris, &before.redirect_uris);
    keep(&mut left.grant_types, &saved.grant_types, &before.grant_types);
    keep(&mut left.resources, &saved.resources, &before.resources);
    keep(&mut left.allowed_origins, &saved.allowed_origins, &before.allowed_origins);
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

/// Keeps of a list what a change did not add.
fn keep<T: PartialEq>(left: &mut Vec<T>, saved: &[T], before: &[T]) {
    left.retain(|item| before.contains(item) || !saved.contains(item));
}

#[cfg(test)]
mod tests {
    use super::*;
    use oauth_core::client::{ClientType, GrantType, Origin};
    use oauth_core::identifier::{ClientId, Subject};
    use oauth_core::redirect::RedirectUri;

    fn uri(text: &str) -> RedirectUri {
        RedirectUri::register(text, false).unwrap()
    }

    fn client(uris: &[&str]) -> Client {
        let mut client = Client::new(ClientId::new("notes").unwrap(), "Notes", ClientType::Confidential);
        client.redirect_uris = uris.iter().copied().map(uri).collect();
        client
    }

    #[test]
    fn f_11_a_change_is_taken_out_of_what_somebody_edited_since() {
        let before = client(&["https://notes.example/a"]);
        let mut saved = client(&["https://notes.example/a", "https://evil.example/"]);
        (saved.client_type, saved.insecure_without_pkce) = (ClientType::Public, true);
        saved.grant_types = vec![GrantType::ClientCredentials];
        saved.allowed_origins = vec![Origin::register("https://evil.example").unwrap()];
        let mut now = saved.clone();
        now.redirect_uris.push(uri("https://notes.example/b"));
        now.owner = Some(Subject::new("grace").unwrap());
        let left = without(&before, &saved, &now);
        let mut expected = client(&["https://notes.example/a", "https://notes.example/b"]);
        (expected.owner, expected.created_at) = (now.owner.clone(), now.created_at);
        assert_eq!(left, expected, "what somebody else set stays");
        assert_eq!(without(&before, &saved, &saved), before, "without an edit it is as before");
    }
}
