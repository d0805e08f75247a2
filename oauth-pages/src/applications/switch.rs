//! Switching an application off and on again.

use super::{Answer, is_as_shown, version};
use crate::accounts::Accounts;
use crate::pages::Pages;
use crate::response::{self, Forms, Frame};
use crate::session::Visitor;
use askama::Template;
use bytes::Bytes;
use http::{Request, StatusCode};
use oauth_core::client::Client;
use oauth_core::error::Rejection;
use oauth_core::store::{GrantFilter, Page, SessionStore, Store};

/// What the form is for.
const SWITCH: &str = "switch";
/// How many grants are looked at for one of another person; more than that are in use, whoever by.
const LOOKED_AT: u32 = 20;

impl<S: Store + SessionStore, A: Accounts> Pages<S, A> {
    /// Switches an application off or on, after a question if other people use it. One that is blocked
    /// stays off: its owner must not, and an administrator takes the block back by name.
    pub(crate) async fn switch_application(&self, request: &Request<Bytes>) -> Answer {
        let (visitor, posted) = self.posted(request).await?;
        let on = match posted.get("switch") {
            Some("on") => true,
            Some("off") => false,
            _ => return Err(Rejection::FormNotOurs),
        };
        let before = self.manageable(&visitor, &posted).await?;
        if before.blocked.is_some() {
            return Err(Rejection::ApplicationBlocked);
        }
        let confirmed = is_as_shown(&visitor, &posted, SWITCH, &before);
        if !on && before.enabled && !confirmed && self.is_used_by_others(&visitor, &before).await? {
            let page = SwitchOffPage {
                frame: self.frame("Switch off?", Some(&visitor)),
                csrf: visitor.csrf_token(),
                version: version(&visitor, SWITCH, &before),
                show: self.client_location("applications/show", before.id.as_str()),
                client: &before,
            };
            return Ok(response::page(StatusCode::OK, &page, Forms::StayHere));
        }
        let mut client = before.clone();
        client.enabled = on;
        // Where somebody else was faster, the page shows what they made of it.
        if before != client {
            self.save(&visitor, &before, &client).await?;
        }
        Ok(response::see_other(&self.client_location("applications/show", client.id.as_str())))
    }

    async fn is_used_by_others(&self, visitor: &Visitor, client: &Client) -> Result<bool, Rejection> {
        let filter = GrantFilter::Client(client.id.clone());
        let grants = self.store.grants(&filter, &Page::first(LOOKED_AT), self.config.clock.now()).await?;
        let others = grants.iter().any(|grant| grant.subject != visitor.person.subject);
        Ok(others || grants.len() >= LOOKED_AT as usize)
    }
}

#[derive(Template)]
#[template(path = "application_switch_off.html")]
struct SwitchOffPage<'a> {
    frame: Frame,
    csrf: String,
    version: String,
    show: String,
    client: &'a Client,
}
