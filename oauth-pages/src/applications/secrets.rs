//! The secrets of an application.

use super::Answer;
use crate::accounts::Accounts;
use crate::pages::Pages;
use crate::response;
use crate::session::{Visitor, keyed};
use bytes::Bytes;
use http::{Request, Response};
use oauth_core::client::{Client, RegistrationError, SecretHash};
use oauth_core::clock::Timestamp;
use oauth_core::error::Rejection;
use oauth_core::http::Parameters;
use oauth_core::identifier::ClientId;
use oauth_core::secret::{ClientSecret, Digest, equal_in_constant_time, random_bytes};
use oauth_core::store::{SessionStore, Store};

/// How many characters the nonce of a form has.
const NONCE: usize = 43;
/// For how many seconds the same form shows its secret again.
const SHOWN_AGAIN: i64 = 30;
/// How many seconds the clocks of two processes may differ.
const CLOCKS_DIFFER: i64 = 5;

impl<S: Store + SessionStore, A: Accounts> Pages<S, A> {
    /// Changes the secrets of an application and shows a new one, once: in the place of the old one,
    /// beside it for as long as the application needs to take it up, or no new one and the old one
    /// retired. The form is for the secrets there were when it was shown, so a second post changes
    /// nothing; for a moment it is [answered as the first was](Self::answer_again).
    pub(crate) async fn change_secrets(&self, request: &Request<Bytes>) -> Answer {
        let (visitor, posted) = self.posted(request).await?;
        let mut client = self.manageable(&visitor, &posted).await?;
        let current = proof(&visitor, &client);
        let shown = Ok(response::see_other(&self.client_location("applications/show", client.id.as_str())));
        if !posted.get("proof").is_some_and(|given| equal_in_constant_time(given, &current)) {
            return Ok(self.answer_again(&visitor, &posted, &client));
        }
        let derived = derived(&visitor, &posted, &client.id, self.config.clock.now())?;
        let before = client.clone();
        let secret = match posted.get("step").unwrap_or("renew") {
            "renew" => Some(client.renew_secret()),
            "add" => Some(client.add_secret()),
            "retire" => None,
            _ => return Err(Rejection::FormNotOurs),
        };
        let secret = match secret {
            Some(Ok(_)) => {
                put_in_place(&mut client, &derived);
                Some(derived)
            }
            Some(Err(RegistrationError::PublicSecret)) => return Err(Rejection::ApplicationHasNoSecret),
            Some(Err(_)) => return shown,
            None if client.retire_secrets() => None,
            None => return shown,
        };
        if !self.save(&visitor, &before, &client).await? {
            let client = self.manageable(&visitor, &posted).await?;
            return Ok(self.answer_again(&visitor, &posted, &client));
        }
        match secret {
            Some(secret) => Ok(self.client_page(&visitor, &client, Some(&secret))),
            None => shown,
        }
    }

    /// Answers a form that made a secret and came again, as from a double click: shows the same secret for
    /// some seconds, and then the application without it.
    pub(super) fn answer_again(&self, visitor: &Visitor, posted: &Parameters, client: &Client) -> Response<Bytes> {
        match made_by(visitor, posted, client, self.config.clock.now()) {
            Some(secret) => self.client_page(visitor, client, Some(&secret)),
            None => response::see_other(&self.client_location("applications/show", client.id.as_str())),
        }
    }
}

/// Makes the nonce of a form that makes a secret.
pub(super) fn nonce() -> String {
    Digest::from_bytes(random_bytes()).to_base64url()
}

/// Derives the secret that a form makes when it is posted in this second: from the form's nonce, under a
/// key that only the session's cookie holds. The same form can find it again, and nothing is stored.
///
/// # Errors
/// The form has no nonce of ours.
pub(super) fn derived(
    visitor: &Visitor,
    posted: &Parameters,
    id: &ClientId,
    at: Timestamp,
) -> Result<ClientSecret, Rejection> {
    let nonce = posted.get("nonce").filter(|nonce| nonce.len() == NONCE).ok_or(Rejection::FormNotOurs)?;
    let content = [nonce.as_bytes(), &at.as_unix_seconds().to_be_bytes(), id.as_str().as_bytes()].concat();
    Ok(ClientSecret::new(keyed("oauth-pages new secret", &visitor.cookie, &content).to_base64url()))
}

/// Puts a derived secret in the place of the newest, which was generated.
pub(super) fn put_in_place(client: &mut Client, secret: &ClientSecret) {
    client.secrets.pop();
    // It is as random as the one it replaces: a digest keyed with the session's 256 random bits.
    client.secrets.push(SecretHash::Sha256(secret.digest()));
}

/// Finds the secret that this very form made a moment ago, if it still is the application's newest.
fn made_by(visitor: &Visitor, posted: &Parameters, client: &Client, now: Timestamp) -> Option<ClientSecret> {
    let newest = client.secrets.last()?;
    let now = now.as_unix_seconds();
    let moments = (now - SHOWN_AGAIN..=now + CLOCKS_DIFFER).map(Timestamp::from_unix_seconds);
    let mut secrets = moments.filter_map(|at| derived(visitor, posted, &client.id, at).ok());
    secrets.find(|secret| SecretHash::Sha256(secret.digest()) == *newest)
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
