//! The secrets of an application.

use super::Answer;
use crate::accounts::Accounts;
use crate::pages::Pages;
use crate::response;
use crate::session::{Visitor, keyed};
use bytes::Bytes;
use http::Request;
use oauth_core::client::Client;
use oauth_core::error::Rejection;
use oauth_core::secret::equal_in_constant_time;
use oauth_core::store::{SessionStore, Store};

impl<S: Store + SessionStore, A: Accounts> Pages<S, A> {
    /// Gives an application a new secret in the place of the old one and shows it, once: the form is
    /// for the secret there was when it was shown, so a reload changes and shows nothing.
    pub(crate) async fn renew_secret(&self, request: &Request<Bytes>) -> Answer {
        let (visitor, posted) = self.posted(request).await?;
        let mut client = self.manageable(&visitor, &posted).await?;
        let current = proof(&visitor, &client);
        if !posted.get("proof").is_some_and(|given| equal_in_constant_time(given, &current)) {
            return Ok(response::see_other(&self.client_location("applications/show", client.id.as_str())));
        }
        let before = client.clone();
        let Ok(secret) = client.renew_secret() else {
            return Err(Rejection::ApplicationHasNoSecret);
        };
        if !self.save(&before, &client).await? {
            return Ok(response::see_other(&self.client_location("applications/show", client.id.as_str())));
        }
        Ok(self.client_page(&visitor, &client, Some(&secret)))
    }
}

/// Stands for the secrets an application has now, without telling anything about them.
pub(super) fn proof(visitor: &Visitor, client: &Client) -> String {
    let secrets = serde_json::to_vec(&(&client.id, &client.secrets)).unwrap_or_default();
    keyed("oauth-pages secret", &visitor.cookie, &secrets).to_base64url()
}
