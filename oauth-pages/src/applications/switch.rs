//! Switching an application off and on again.

use super::Answer;
use crate::accounts::Accounts;
use crate::pages::Pages;
use crate::response;
use bytes::Bytes;
use http::Request;
use oauth_core::error::Rejection;
use oauth_core::store::{SessionStore, Store};

impl<S: Store + SessionStore, A: Accounts> Pages<S, A> {
    /// Switches an application off or on. One that is blocked stays off, whoever asks here: its owner
    /// must not, and an administrator takes the block back by name.
    pub(crate) async fn switch_application(&self, request: &Request<Bytes>) -> Answer {
        let (visitor, posted) = self.posted(request).await?;
        let on = match posted.get("switch") {
            Some("on") => true,
            Some("off") => false,
            _ => return Err(Rejection::FormNotOurs),
        };
        let mut client = self.manageable(&visitor, &posted).await?;
        if client.blocked.is_some() {
            return Err(Rejection::ApplicationBlocked);
        }
        let before = client.clone();
        client.enabled = on;
        // Where somebody else was faster, the page shows what they made of it.
        if before != client {
            self.save(&before, &client).await?;
        }
        Ok(response::see_other(&self.client_location("applications/show", client.id.as_str())))
    }
}
