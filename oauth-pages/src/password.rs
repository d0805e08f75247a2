use crate::accounts::{Accounts, PasswordChange};
use crate::destination::Destination;
use crate::pages::Pages;
use crate::response::{self, Forms, Frame};
use crate::session::{LIFETIME, Visitor};
use crate::words::refusal;
use askama::Template;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use oauth_core::error::Rejection;
use oauth_core::event::Event;
use oauth_core::secret::Password;
use oauth_core::store::{GrantFilter, SessionStore, Store};
use oauth_core::throttle::Throttle;

impl<S: Store + SessionStore, A: Accounts> Pages<S, A> {
    pub(crate) async fn show_password(&self, request: &Request<Bytes>) -> Result<Response<Bytes>, Rejection> {
        let Some(visitor) = self.visitor(request).await? else {
            return Ok(self.to_sign_in(request));
        };
        Ok(self.password_page(&visitor, StatusCode::OK, None))
    }

    /// Changes the password of the person who is signed in, ends all their sessions and grants, and opens a
    /// new session for this browser.
    pub(crate) async fn change_password(&self, request: &Request<Bytes>) -> Result<Response<Bytes>, Rejection> {
        let (visitor, form) = self.posted(request).await?;
        let old = Password::new(form.get("old-password").unwrap_or_default());
        let new = Password::new(form.get("new-password").unwrap_or_default());
        let address = self.address(request);
        let person = &visitor.person;
        let name = Throttle::account(&person.full_name());
        let attempt = match self.attempt(request, &name).await {
            Ok(attempt) => attempt,
            Err(rejection) => return Ok(self.refused_password(&visitor, rejection)),
        };
        let outcome = attempt.run(self.accounts.change_password(person, &old, &new)).await;
        match &outcome {
            Ok(PasswordChange::WrongPassword) => attempt.failed().await,
            Ok(PasswordChange::Changed(_)) => attempt.succeeded(),
            // Nobody says that the old password was wrong, nor that it was right.
            Ok(PasswordChange::Refused(_) | PasswordChange::Overtaken | PasswordChange::Unsupported) | Err(_) => {
                attempt.abandoned();
            }
        }
        let changed = match outcome? {
            PasswordChange::Changed(person) => person,
            PasswordChange::Overtaken => {
                return Ok(self.refused_password(&visitor, Rejection::PasswordOvertaken));
            }
            PasswordChange::WrongPassword => {
                self.config.events.record(&Event::SignInFailed { address });
                return Ok(self.refused_password(&visitor, Rejection::OldPasswordWrong));
            }
            PasswordChange::Refused(reason) => {
                return Ok(self.password_page(&visitor, StatusCode::BAD_REQUEST, Some(&reason)));
            }
            PasswordChange::Unsupported => return Err(Rejection::NotFound),
        };
        // `AccountStore::replace_account` has done both already; accounts from elsewhere have not.
        let subject = &person.subject;
        self.store.revoke_grants(&GrantFilter::Subject(subject.clone()), self.config.clock.now()).await?;
        self.store.end_sessions(subject).await?;
        self.config.events.record(&Event::PasswordChanged { subject: subject.clone() });
        let home = Destination::Home.location(&self.config.paths);
        // If another change came meanwhile, this session's credential is not the person's: it opens nothing.
        let session = self.open_session(request, &changed).await?;
        self.remember_browser(request, &name, &changed).await;
        Ok(response::with_cookie(response::see_other(&home), self.cookies.set_session(&session, LIFETIME)))
    }

    fn refused_password(&self, visitor: &Visitor, rejection: Rejection) -> Response<Bytes> {
        let status = StatusCode::from_u16(rejection.entry().status).unwrap_or(StatusCode::BAD_REQUEST);
        response::retry_after(self.password_page(visitor, status, Some(&refusal(rejection))), rejection)
    }

    fn password_page(&self, visitor: &Visitor, status: StatusCode, error: Option<&str>) -> Response<Bytes> {
        let page = PasswordPage {
            frame: self.frame("Change your password", Some(visitor)),
            csrf: visitor.csrf_token(),
            username: &visitor.person.username,
            error,
        };
        response::page(status, &page, Forms::StayHere)
    }
}

#[derive(Template)]
#[template(path = "password.html")]
struct PasswordPage<'a> {
    frame: Frame,
    csrf: String,
    username: &'a str,
    error: Option<&'a str>,
}
