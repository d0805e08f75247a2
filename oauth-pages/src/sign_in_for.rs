//! Signing in for one authorization request (`prompt=login`, `max_age`): once, and for no other.
//!
//! That somebody did is kept like a decision, in the session that was opened by it: it is taken when the
//! request is answered, so that the same request is worth another sign-in when it comes again. A session has one
//! note, that of the last request: whatever is requested, the store keeps no more.

use crate::accounts::Accounts;
use crate::destination::Destination;
use crate::pages::Pages;
use crate::session::Visitor;
use oauth_core::clock::Timestamp;
use oauth_core::owner::AuthorizationRequest;
use oauth_core::secret::Digest;
use oauth_core::store::{self, PendingDecision, SessionStore, Store};
use std::time::Duration;

/// How long a person may look at the page that follows, before the sign-in counts no more.
const LIFETIME: Duration = Duration::from_secs(10 * 60);

/// How a person who is signed in stands to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SignInFor {
    /// It asks for nothing that is not so.
    Nothing,
    /// They signed in for it, which counts until then.
    Done(Timestamp),
    /// They have to sign in again.
    Wanted,
}

impl<S: Store + SessionStore, A: Accounts> Pages<S, A> {
    /// Notes, in the session that a sign-in opened, for which request that was.
    pub(crate) async fn signed_in_for(&self, session: Digest, destination: &Destination) -> store::Result<()> {
        let Destination::Authorization(query) = destination else { return Ok(()) };
        let minds = |(name, _): (_, _)| name == "prompt" || name == "max_age";
        if !form_urlencoded::parse(query.as_bytes()).any(minds) {
            return Ok(());
        }
        let expires_at = self.config.clock.now().after(LIFETIME);
        self.store.save_decision(&note(session, query, expires_at)).await
    }

    /// Finds out whether somebody has to sign in for a request, and takes the note that they did.
    pub(crate) async fn sign_in_for(&self, visitor: &Visitor, ask: &AuthorizationRequest) -> store::Result<SignInFor> {
        if !ask.minds_sign_in() {
            return Ok(SignInFor::Nothing);
        }
        let (session, now) = (visitor.session.digest, self.config.clock.now());
        let kept = note(session, Destination::authorization(ask.query()).field(), now);
        let taken = self.store.take_decision(&session, &kept.request, now).await?;
        let (own, others): (Vec<_>, Vec<_>) = taken.into_iter().partition(|taken| taken.allowed == kept.allowed);
        for other in others {
            // Of another request, which may still be answered.
            self.store.save_decision(&other).await?;
        }
        Ok(match own.first() {
            Some(note) => SignInFor::Done(note.expires_at),
            None if ask.asks_for_sign_in(Some(visitor.session.created_at), now) => SignInFor::Wanted,
            None => SignInFor::Done(now.after(LIFETIME)),
        })
    }

    /// Puts the note back while the person looks at a page; it ends when it would have ended.
    pub(crate) async fn keep_sign_in(
        &self,
        visitor: &Visitor,
        ask: &AuthorizationRequest,
        sign_in: SignInFor,
    ) -> store::Result<()> {
        let SignInFor::Done(until) = sign_in else { return Ok(()) };
        let destination = Destination::authorization(ask.query());
        self.store.save_decision(&note(visitor.session.digest, destination.field(), until)).await
    }
}

/// The request is the same for all notes of a session; no consent can be taken for it, since no query is this text.
/// What was signed in for stands in the place of the scope: a digest in base64url is one token of it.
fn note(session: Digest, query: &str, expires_at: Timestamp) -> PendingDecision {
    let allowed = Digest::of(&format!("signed in for\n{query}")).to_base64url().parse().ok();
    PendingDecision { session, request: Digest::of("signed in for\n"), allowed, expires_at }
}
