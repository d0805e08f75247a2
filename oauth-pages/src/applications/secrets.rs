//! The secrets of an application.

use super::Answer;
use crate::accounts::Accounts;
use crate::pages::Pages;
use crate::response;
use crate::session::{Visitor, keyed};
use bytes::Bytes;
use http::Request;
use oauth_core::client::{Client, RegistrationError};
use oauth_core::error::Rejection;
use oauth_core::secret::equal_in_constant_time;
use oauth_core::store::{SessionStore, Store};

impl<S: Store + SessionStore, A: Accounts> Pages<S, A> {
    /// Changes the secrets of an application and shows a new one, once: in the place of the old one,
    /// beside it for as long as the application needs to take it up, or no new one and the old one
    /// retired. The form is for the secrets there were when it was shown, so a reload changes and shows
    /// nothing.
    pub(crate) async fn change_secrets(&self, request: &Request<Bytes>) -> Answer {
        let (visitor, posted) = self.posted(request).await?;
        let mut client = self.manageable(&visitor, &posted).await?;
        let current = proof(&visitor, &client);
        let shown = Ok(response::see_other(&self.client_location("applications/show", client.id.as_str())));
        if !posted.get("proof").is_some_and(|given| equal_in_constant_time(given, &current)) {
            return shown;
        }
        let before = client.clone();
        let secret = match posted.get("step").unwrap_or("renew") {
            "renew" => Some(client.renew_secret()),
            "add" => Some(client.add_secret()),
            "retire" => None,
            _ => return Err(Rejection::FormNotOurs),
        };
        let secret = match secret {
            Some(Ok(secret)) => Some(secret),
            Some(Err(RegistrationError::PublicSecret)) => return Err(Rejection::ApplicationHasNoSecret),
            Some(Err(_)) => return shown,
            None if client.retire_secrets() => None,
            None => return shown,
        };
        if !self.save(&visitor, &before, &client).await? {
            return shown;
        }
        match secret {
            Some(secret) => Ok(self.client_page(&visitor, &client, Some(&secret))),
            None => shown,
        }
    }
}

/// Tells whether an edit deletes secrets: a public application has none.
pub(super) fn would_end(before: &Client, after: &Client) -> bool {
    !before.secrets.is_empty() && after.secrets.is_empty()
}

/// Stands for the secrets an application has now, without telling anything about them.
pub(super) fn proof(visitor: &Visitor, client: &Client) -> String {
    let secrets = serde_json::to_vec(&(&client.id, &client.secrets)).unwrap_or_default();
    keyed("oauth-pages secret", &visitor.cookie, &secrets).to_base64url()
}
