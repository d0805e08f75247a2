//! Who may do what on the pages, as the settings say: unless they do, everybody may do everything that is
//! theirs.

use crate::accounts::{Accounts, Person};
use crate::consent::{on_page, proof};
use crate::pages::Pages;
use crate::response::{self, Forms, Frame};
use crate::session::Visitor;
use askama::Template;
use bytes::Bytes;
use http::{Response, StatusCode};
use oauth_core::error::Rejection;
use oauth_core::owner::{AuthorizationRequest, Decision, Denial};
use oauth_core::store::{self, SessionStore, Store};

/// Why a person may allow nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Barrier {
    ApiAccessOff,
    RoleMissing,
}

impl<S: Store + SessionStore, A: Accounts> Pages<S, A> {
    /// Tells whether a person may register applications.
    pub(crate) fn may_register(&self, person: &Person) -> Result<(), Rejection> {
        if !person.may_authorize {
            return Err(Rejection::ApiAccessOff);
        }
        match &self.config.registering_groups {
            Some(groups) if !person.administrator && groups.is_disjoint(&person.groups) => {
                Err(Rejection::MayNotRegister)
            }
            _ => Ok(()),
        }
    }

    /// Finds what keeps a person from allowing anything.
    pub(crate) fn barrier(&self, person: &Person) -> Option<Barrier> {
        if !person.may_authorize {
            return Some(Barrier::ApiAccessOff);
        }
        let roles = self.config.consenting_roles.as_ref()?;
        roles.is_disjoint(&person.roles).then_some(Barrier::RoleMissing)
    }

    /// Refuses for a person who may allow nothing: with a page that says why, from which they go back
    /// to the application, or at once where no page may be shown. Whatever they decided counts for
    /// nothing.
    pub(crate) async fn refuse(
        &self,
        visitor: &Visitor,
        ask: &AuthorizationRequest,
        barrier: Barrier,
    ) -> store::Result<Decision> {
        let now = self.config.clock.now();
        let waiting = self.store.take_decision(&visitor.session.digest, &on_page(ask), now).await?;
        if waiting.is_some() || ask.forbids_interaction() {
            return Ok(Decision::Deny(Denial::NotEntitled));
        }
        Ok(Decision::Interact(self.barrier_page(visitor, ask, barrier)))
    }

    fn barrier_page(&self, visitor: &Visitor, ask: &AuthorizationRequest, barrier: Barrier) -> Response<Bytes> {
        let roles = self.config.consenting_roles.iter().flatten().map(String::as_str).collect::<Vec<_>>();
        let page = NotEntitled {
            frame: self.frame("You cannot allow this", Some(visitor)),
            csrf: visitor.csrf_token(),
            request: ask.query(),
            shown: ask.shown().to_base64url(),
            proof: proof(visitor, &on_page(ask)),
            name: &ask.client().name,
            barrier,
            roles: roles.join(", "),
        };
        response::page(StatusCode::FORBIDDEN, &page, Forms::MayLeave)
    }
}

#[derive(Template)]
#[template(path = "not_entitled.html")]
struct NotEntitled<'a> {
    frame: Frame,
    csrf: String,
    request: &'a str,
    shown: String,
    proof: String,
    name: &'a str,
    barrier: Barrier,
    roles: String,
}
