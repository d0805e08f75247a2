//! Browsers in which somebody signed in: they do not wait while others guess at the same account.
//!
//! A browser is known by its visit cookie. The store keeps a digest of it and of the account's name, like a session
//! that opens nothing: it ends with the sessions of the person, and with the credential that they signed in with.

use crate::accounts::{Accounts, Person};
use crate::pages::Pages;
use crate::session::{KNOWN, keyed};
use bytes::Bytes;
use http::Request;
use oauth_core::secret::Digest;
use oauth_core::store::{self, Session, SessionStore, Store};

impl<S: Store + SessionStore, A: Accounts> Pages<S, A> {
    /// Tells whether somebody signed in to an account in this browser.
    pub(crate) async fn knows_browser(&self, request: &Request<Bytes>, name: &str) -> store::Result<bool> {
        let Some(digest) = self.browser(request, name) else { return Ok(false) };
        let Some(known) = self.store.session(&digest, self.config.clock.now()).await? else { return Ok(false) };
        Ok(self.person_of(&known).await?.is_some())
    }

    /// Notes that somebody signed in to an account in this browser; once for as long as it is known. The sign-in does
    /// not fail if that fails: of two at once from one browser, only one can note it.
    pub(crate) async fn remember_browser(&self, request: &Request<Bytes>, name: &str, person: &Person) {
        if let Err(error) = self.note_browser(request, name, person).await {
            tracing::warn!(%error, "a browser in which somebody signed in was not noted");
        }
    }

    async fn note_browser(&self, request: &Request<Bytes>, name: &str, person: &Person) -> store::Result<()> {
        let Some(digest) = self.browser(request, name) else { return Ok(()) };
        let now = self.config.clock.now();
        // Renewed in its last third, so that most sign-ins write nothing.
        let renewed = now.after(KNOWN / 3);
        let holds = |known: Session| known.credential == person.credential && !known.expires_at.is_over(renewed);
        if self.store.session(&digest, now).await?.is_some_and(holds) {
            return Ok(());
        }
        let known = Session {
            digest,
            subject: person.subject.clone(),
            credential: person.credential,
            created_at: now,
            expires_at: now.after(KNOWN),
        };
        self.store.end_session(&digest).await?;
        self.store.create_session(&known).await
    }

    /// No session cookie has this digest: it is made of two parts.
    fn browser(&self, request: &Request<Bytes>, name: &str) -> Option<Digest> {
        self.cookies.visit(request).map(|visit| keyed("oauth-pages known browser", &visit, name.as_bytes()))
    }
}
