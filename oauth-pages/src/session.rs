use crate::accounts::{Accounts, Person};
use crate::pages::Pages;
use crate::resumed::shown_to;
use bytes::Bytes;
use http::Request;
use oauth_core::error::Rejection;
use oauth_core::http::Parameters;
use oauth_core::identifier::Subject;
use oauth_core::secret::{Digest, SessionId, equal_in_constant_time};
use oauth_core::store::{self, Session, SessionStore, Store};
use sha2::{Digest as _, Sha256};
use std::time::Duration;

/// How long a session lives, whatever is done in it: 12 hours.
pub(crate) const LIFETIME: Duration = Duration::from_secs(12 * 60 * 60);

/// How long a browser is known in which somebody signed in: 90 days.
pub(crate) const KNOWN: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// Computes the token that a form carries, so that only a page shown to this browser can post it.
///
/// It is derived from the cookie, so it needs no storage, ends with the session and is another one
/// for another person. Browsers that send no referrer post `Origin: null`, so the origin decides
/// nothing here.
pub(crate) fn csrf_token(cookie: &SessionId) -> String {
    keyed("oauth-pages csrf", cookie, b"").to_base64url()
}

/// Tells whether a form carries the token of this cookie.
pub(crate) fn is_ours(form: &Parameters, cookie: &SessionId) -> bool {
    form.get("csrf").is_some_and(|token| equal_in_constant_time(token, &csrf_token(cookie)))
}

/// Computes the token of the forms of a session: the session's own, and behind a dot to whom this browser was
/// shown the form, which says what it was if the session ends.
pub(crate) fn session_token(cookie: &SessionId, visit: Option<&SessionId>, subject: &Subject) -> String {
    let own = csrf_token(cookie);
    match visit {
        Some(visit) => format!("{own}.{}", shown_to(visit, subject)),
        None => own,
    }
}

/// Tells whether a form carries the token of this session, whole.
pub(crate) fn is_of_session(
    form: &Parameters,
    cookie: &SessionId,
    visit: Option<&SessionId>,
    subject: &Subject,
) -> bool {
    let expected = session_token(cookie, visit, subject);
    is_ours(form, cookie) || form.get("csrf").is_some_and(|token| equal_in_constant_time(token, &expected))
}

/// Computes what proves that we put `content` into a form shown in this session: SHA-256 under a key
/// that only the cookie holds. All parts but the last are of fixed length, so nothing can be shifted
/// from one into the other.
pub(crate) fn keyed(purpose: &'static str, cookie: &SessionId, content: &[u8]) -> Digest {
    let hash = Sha256::new().chain_update(purpose).chain_update(cookie.expose()).chain_update(content).finalize();
    Digest::from_bytes(hash.into())
}

/// Somebody who is signed in, in this browser.
#[derive(Debug)]
pub(crate) struct Visitor {
    pub(crate) cookie: SessionId,
    pub(crate) visit: Option<SessionId>,
    pub(crate) session: Session,
    pub(crate) person: Person,
}

impl Visitor {
    /// Computes the token of forms.
    pub(crate) fn csrf_token(&self) -> String {
        session_token(&self.cookie, self.visit.as_ref(), &self.person.subject)
    }

    /// Tells whether a form was shown to this visitor in this session.
    pub(crate) fn was_shown(&self, form: &Parameters) -> bool {
        is_of_session(form, &self.cookie, self.visit.as_ref(), &self.person.subject)
    }
}

impl<S: Store + SessionStore, A: Accounts> Pages<S, A> {
    /// Finds who is signed in: the session must be there, the person too, and their credential the
    /// one it was opened with.
    pub(crate) async fn visitor(&self, request: &Request<Bytes>) -> store::Result<Option<Visitor>> {
        let Some(cookie) = self.cookies.session(request) else { return Ok(None) };
        let Some(session) = self.store.session(&cookie.digest(), self.config.clock.now()).await? else {
            return Ok(None);
        };
        match self.person_of(&session).await? {
            Some(person) => Ok(Some(Visitor { cookie, visit: self.cookies.visit(request), session, person })),
            None => {
                self.store.end_session(&session.digest).await?;
                Ok(None)
            }
        }
    }

    /// Finds the person of a session, if their credential is the one it was opened with.
    pub(crate) async fn person_of(&self, session: &Session) -> store::Result<Option<Person>> {
        let person = self.accounts.person(&session.subject).await?;
        Ok(person.filter(|person| person.credential == session.credential && person.subject == session.subject))
    }

    /// Opens a session under a fresh identifier, and ends the one this browser had: an identifier
    /// that somebody planted never becomes a signed-in one.
    pub(crate) async fn open_session(&self, request: &Request<Bytes>, person: &Person) -> store::Result<SessionId> {
        let id = SessionId::generate();
        let now = self.config.clock.now();
        let session = Session {
            digest: id.digest(),
            subject: person.subject.clone(),
            credential: person.credential,
            created_at: now,
            expires_at: now.after(LIFETIME),
        };
        self.store.create_session(&session).await?;
        if let Some(old) = self.cookies.session(request) {
            self.store.end_session(&old.digest()).await?;
        }
        Ok(id)
    }

    /// Takes a form that was posted by somebody who is signed in, from a page we showed to them in
    /// this very session (RFC 6749 §10.12).
    pub(crate) async fn posted(&self, request: &Request<Bytes>) -> Result<(Visitor, Parameters), Rejection> {
        let form = self.form(request)?;
        match self.visitor(request).await? {
            Some(visitor) if visitor.was_shown(&form) => Ok((visitor, form)),
            _ => Err(Rejection::FormNotOurs),
        }
    }
}
