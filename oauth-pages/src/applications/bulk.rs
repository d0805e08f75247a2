//! What an administrator does to applications: chosen, confirmed by name, then done.

use super::Answer;
use super::action::Action;
use super::list::{LISTED, TICKED};
use crate::accounts::Accounts;
use crate::pages::Pages;
use crate::response::{self, Forms, Frame};
use crate::session::Visitor;
use askama::Template;
use bytes::Bytes;
use http::{Request, StatusCode};
use oauth_core::client::Client;
use oauth_core::error::Rejection;
use oauth_core::event::Event;
use oauth_core::http::Parameters;
use oauth_core::identifier::ClientId;
use oauth_core::store::{Replaced, SessionStore, Store};

/// What the name of an application's checkbox starts with.
const CLIENT_FIELD: &str = "client:";
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
            let refused = "reason: give 1 to 500 characters, without line breaks";
            return self
                .confirm_page(&visitor, &posted, action, &chosen, Some((StatusCode::BAD_REQUEST, refused)))
                .await;
        }
        let mut left = Vec::new();
        for client in chosen {
            if !self.change_application(action, reason, client.clone()).await? {
                left.push(client);
            }
        }
        if left.is_empty() {
            return Ok(response::see_other(&self.list_location(&posted)));
        }
        let refused = "somebody else changed these at the same moment; look at them and confirm again";
        self.confirm_page(&visitor, &posted, action, &left, Some((StatusCode::CONFLICT, refused))).await
    }

    /// Changes one application, as it is when it is changed; `false` where others never let up.
    async fn change_application(&self, action: Action, reason: &str, read: Client) -> Result<bool, Rejection> {
        let mut read = Some(read);
        for _ in 0..ATTEMPTS {
            let Some(before) = read.filter(|client| action.idle(client).is_none()) else { return Ok(true) };
            let mut client = before.clone();
            action.apply(&mut client, reason);
            match self.store.replace_client(&before, &client).await? {
                Replaced::Now => {
                    self.config.events.record(&Event::ClientChanged { client_id: client.id });
                    return Ok(true);
                }
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
            changing: changing.into_iter().map(|client| (client, owner(client))).collect(),
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

fn is_reason(text: &str) -> bool {
    (1..=500).contains(&text.chars().count()) && !text.chars().any(char::is_control)
}

#[derive(Template)]
#[template(path = "applications_confirm.html")]
struct ConfirmPage<'a> {
    frame: Frame,
    csrf: String,
    action: Action,
    reason: &'a str,
    changing: Vec<(&'a Client, Option<String>)>,
    idle: Vec<(&'a Client, &'static str)>,
    back: &'a str,
    list: String,
    refused: Option<&'a str>,
}
