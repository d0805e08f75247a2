//! What an administrator does to applications: chosen, confirmed by name, then done.

use super::Answer;
use super::action::Action;
use super::list::{LISTED, TICKED};
use super::{lifetimes, version};
use crate::accounts::Accounts;
use crate::form::Lifetime;
use crate::pages::Pages;
use crate::response::{self, Forms, Frame};
use crate::session::Visitor;
use askama::Template;
use bytes::Bytes;
use http::{Request, StatusCode};
use oauth_core::client::Client;
use oauth_core::error::Rejection;
use oauth_core::http::Parameters;
use oauth_core::identifier::ClientId;
use oauth_core::name::is_reason;
use oauth_core::secret::equal_in_constant_time;
use oauth_core::store::{Replaced, SessionStore, Store};

/// What the name of an application's checkbox starts with.
const CLIENT_FIELD: &str = "client:";
/// What a confirmation carries in the place of a version, if it holds for the application as it is.
const ANY: &str = "*";
/// How often a change is made anew to an application that others change at the same time.
const ATTEMPTS: usize = 3;

impl<S: Store + SessionStore, A: Accounts> Pages<S, A> {
    /// Takes what was ticked in the list: shows what would change, and once that is confirmed does it.
    pub(crate) async fn change_applications(&self, request: &Request<Bytes>) -> Answer {
        let (visitor, posted) = self.posted(request).await?;
        if !visitor.person.administrator {
            return Err(Rejection::AdministratorsOnly);
        }
        let action = posted.get("action").and_then(Action::parse).ok_or(Rejection::FormNotOurs)?;
        if !posted.names().any(|name| name.starts_with(CLIENT_FIELD)) {
            return Ok(response::see_other(&self.list_without_choice(&posted)));
        }
        let chosen = self.chosen(&posted).await?;
        if chosen.is_empty() {
            return Ok(response::see_other(&self.list_location(&posted)));
        }
        if posted.get("confirmed").is_none() {
            return self.confirm_page(&visitor, &posted, action, &chosen, None).await;
        }
        let reason = posted.get("reason").unwrap_or_default().trim();
        if action == Action::Block && !is_reason(reason) {
            let refused = "reason: give 1 to 500 characters that can be seen, without line breaks";
            return self
                .confirm_page(&visitor, &posted, action, &chosen, Some((StatusCode::BAD_REQUEST, refused)))
                .await;
        }
        let mut left = Vec::new();
        for client in chosen {
            let shown = posted.get(&format!("{CLIENT_FIELD}{}", client.id)).unwrap_or_default();
            let id = client.id.clone();
            if !self.change_application(&visitor, action, reason, client, shown).await? {
                left.extend(self.store.client(&id).await?);
            }
        }
        if left.is_empty() {
            return Ok(response::see_other(&self.list_location(&posted)));
        }
        let refused = "These have changed since you saw them. Look at them as they are now, and confirm again.";
        self.confirm_page(&visitor, &posted, action, &left, Some((StatusCode::CONFLICT, refused))).await
    }

    /// Shows again what was about to be changed when the session ended; without that, the list.
    pub(crate) async fn show_change(&self, request: &Request<Bytes>) -> Answer {
        let Some(visitor) = self.visitor(request).await? else {
            return Ok(self.to_sign_in(request));
        };
        if !visitor.person.administrator {
            return Err(Rejection::AdministratorsOnly);
        }
        let typed = self.typed(request, &visitor, "applications/confirm");
        match typed.as_ref().and_then(|typed| Some((typed, typed.get("action").and_then(Action::parse)?))) {
            Some((typed, action)) => {
                let chosen = self.chosen(typed).await?;
                self.confirm_page(&visitor, typed, action, &chosen, None).await
            }
            None => Ok(response::see_other(&self.config.paths.join("applications"))),
        }
    }

    /// Changes one application, if it is what the confirmation `shown` was about; `false` if it is not. The
    /// store compares it once more as it writes.
    async fn change_application(
        &self,
        visitor: &Visitor,
        action: Action,
        reason: &str,
        read: Client,
        shown: &str,
    ) -> Result<bool, Rejection> {
        let mut read = Some(read);
        for _ in 0..ATTEMPTS {
            let Some(before) = read.filter(|client| action.idle(client).is_none()) else { return Ok(true) };
            let any = shown == ANY && !action.approves();
            if !any && !equal_in_constant_time(shown, &version(visitor, action.name(), &before)) {
                return Ok(false);
            }
            let mut client = before.clone();
            action.apply(&mut client, reason);
            match self.replace(visitor, &before, &client).await? {
                Replaced::Now => return Ok(true),
                Replaced::Changed => read = self.store.client(&before.id).await?,
                Replaced::Gone => return Ok(true),
            }
        }
        Ok(false)
    }

    async fn chosen(&self, posted: &Parameters) -> Result<Vec<Client>, Rejection> {
        let names = posted.names().filter_map(|name| name.strip_prefix(CLIENT_FIELD));
        let mut chosen = Vec::new();
        for id in names.take(LISTED).filter_map(|id| ClientId::new(id).ok()) {
            chosen.extend(self.store.client(&id).await?);
        }
        Ok(chosen)
    }

    async fn confirm_page(
        &self,
        visitor: &Visitor,
        posted: &Parameters,
        action: Action,
        chosen: &[Client],
        refused: Option<(StatusCode, &str)>,
    ) -> Answer {
        let owners = self.owners(chosen).await?;
        let owner = |client: &Client| client.owner.as_ref().and_then(|owner| owners.get(owner)).cloned();
        let (idle, changing): (Vec<_>, Vec<_>) = chosen.iter().partition(|client| action.idle(client).is_some());
        let page = ConfirmPage {
            frame: self.frame("Change applications?", Some(visitor)),
            csrf: visitor.csrf_token(),
            action,
            reason: posted.get("reason").unwrap_or_default(),
            changing: changing
                .into_iter()
                .map(|client| Changing {
                    owner: owner(client),
                    // What was changed under the administrator once is not asked about for ever: its owner
                    // could keep a block away by changing it again and again.
                    version: if refused.is_some_and(|(status, _)| status == StatusCode::CONFLICT) && !action.approves()
                    {
                        ANY.to_owned()
                    } else {
                        version(visitor, action.name(), client)
                    },
                    lifetimes: lifetimes(client),
                    client,
                })
                .collect(),
            idle: idle.into_iter().filter_map(|client| Some((client, action.idle(client)?))).collect(),
            back: posted.get("back").unwrap_or_default(),
            list: self.list_location(posted),
            refused: refused.map(|(_, why)| why),
        };
        let status = refused.map_or(StatusCode::OK, |(status, _)| status);
        Ok(response::page(status, &page, Forms::StayHere))
    }

    /// Gives the address of the list as it was filtered, whatever the form carried in its place.
    fn list_location(&self, posted: &Parameters) -> String {
        self.list_with(posted, None)
    }

    /// Gives the address of the same list, which says that nothing was ticked.
    fn list_without_choice(&self, posted: &Parameters) -> String {
        self.list_with(posted, Some((TICKED, "none")))
    }

    fn list_with(&self, posted: &Parameters, more: Option<(&str, &str)>) -> String {
        let pairs = form_urlencoded::parse(posted.get("back").unwrap_or_default().as_bytes());
        let pairs = pairs.filter(|(name, _)| name != TICKED);
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).extend_pairs(more).finish();
        let list = self.config.paths.link("applications");
        if query.is_empty() { list } else { format!("{list}?{query}") }
    }
}

/// An application that would change, as it is now.
struct Changing<'a> {
    owner: Option<String>,
    version: String,
    lifetimes: Vec<(Lifetime, String)>,
    client: &'a Client,
}

#[derive(Template)]
#[template(path = "applications_confirm.html")]
struct ConfirmPage<'a> {
    frame: Frame,
    csrf: String,
    action: Action,
    reason: &'a str,
    changing: Vec<Changing<'a>>,
    idle: Vec<(&'a Client, &'static str)>,
    back: &'a str,
    list: String,
    refused: Option<&'a str>,
}
