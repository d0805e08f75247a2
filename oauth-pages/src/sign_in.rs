use crate::accounts::Accounts;
use crate::destination::Destination;
use crate::membership::stored_name;
use crate::pages::Pages;
use crate::response::{self, Forms, Frame};
use crate::session::{KNOWN, LIFETIME, csrf_token, is_of_session, is_ours};
use crate::words::refusal;
use askama::Template;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use oauth_core::error::Rejection;
use oauth_core::event::Event;
use oauth_core::secret::{Password, SessionId};
use oauth_core::store::{SessionStore, Store};
use oauth_core::throttle::{Attempt, Refused, Throttle};

/// What stands in the form already.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Typed<'a> {
    pub(crate) username: &'a str,
    pub(crate) organisation: &'a str,
}

impl<S: Store + SessionStore, A: Accounts> Pages<S, A> {
    /// Sends the browser to the sign-in page, which sends it back to the page that it asked for.
    pub(crate) fn to_sign_in(&self, request: &Request<Bytes>) -> Response<Bytes> {
        self.to_sign_in_for(&Destination::of(request, &self.config.paths))
    }

    /// Sends the browser to the sign-in page, which sends it on.
    pub(crate) fn to_sign_in_for(&self, destination: &Destination) -> Response<Bytes> {
        let query =
            form_urlencoded::Serializer::new(String::new()).append_pair("continue", destination.field()).finish();
        response::see_other(&format!("{}?{query}", self.config.paths.link("sign-in")))
    }

    pub(crate) async fn show_sign_in(&self, request: &Request<Bytes>) -> Result<Response<Bytes>, Rejection> {
        let destination = Destination::parse(self.query(request)?.get("continue"));
        if self.visitor(request).await?.is_some() {
            return Ok(response::see_other(&destination.location(&self.config.paths)));
        }
        Ok(self.sign_in_page(request, &destination, Typed::default(), None))
    }

    /// Renders the sign-in page, at whatever address the browser is. A browser that was never here
    /// gets a cookie of its own to hang the form's token on; the server keeps nothing of it.
    pub(crate) fn sign_in_page(
        &self,
        request: &Request<Bytes>,
        destination: &Destination,
        typed: Typed<'_>,
        rejection: Option<Rejection>,
    ) -> Response<Bytes> {
        let known = self.cookies.visit(request);
        let visit = known.clone().unwrap_or_else(SessionId::generate);
        let organisation = Some(typed.organisation).filter(|_| self.config.organisations);
        let page = SignIn {
            frame: self.frame("Sign in", None),
            focus: Focus::first_empty(organisation, typed.username),
            csrf: csrf_token(&visit),
            destination: destination.field(),
            username: typed.username,
            organisation,
            error: rejection.map(|rejection| (rejection.entry().number, refusal(rejection))),
        };
        let status = rejection.and_then(|rejection| StatusCode::from_u16(rejection.entry().status).ok());
        let leaves = matches!(destination, Destination::Authorization(_));
        let forms = if leaves { Forms::MayLeave } else { Forms::StayHere };
        let page = response::page(status.unwrap_or(StatusCode::OK), &page, forms);
        let page = rejection.into_iter().fold(page, response::retry_after);
        if known.is_some() { page } else { response::with_cookie(page, self.cookies.set_visit(&visit)) }
    }

    pub(crate) async fn sign_in(&self, request: &Request<Bytes>) -> Result<Response<Bytes>, Rejection> {
        let form = self.form(request)?;
        let visit = self.cookies.visit(request).filter(|visit| is_ours(&form, visit));
        let visit = visit.ok_or(Rejection::FormNotOurs)?;
        let destination = Destination::parse(form.get("continue"));
        let username = form.get("username").unwrap_or_default().trim();
        let asked = form.get("organisation").filter(|_| self.config.organisations).unwrap_or_default().trim();
        let organisation = Some(asked).filter(|asked| !asked.is_empty());
        let password = Password::new(form.get("password").unwrap_or_default());
        let address = self.address(request);
        let typed = Typed { username, organisation: asked };
        let name = Throttle::account(&stored_name(organisation, username));
        let attempt = match self.attempt(request, &name).await {
            Ok(attempt) => attempt,
            Err(rejection) => return Ok(self.sign_in_page(request, &destination, typed, Some(rejection))),
        };
        let outcome = match organisation {
            Some(organisation) => attempt.run(self.accounts.sign_in_at(organisation, username, &password)).await,
            None => attempt.run(self.accounts.sign_in(username, &password)).await,
        };
        match &outcome {
            Ok(Some(_)) => attempt.succeeded(),
            Ok(None) => attempt.failed().await,
            // Nor is it a guess if the accounts could not be asked.
            Err(_) => attempt.abandoned(),
        }
        let Some(person) = outcome? else {
            self.config.events.record(&Event::SignInFailed { address });
            return Ok(self.sign_in_page(request, &destination, typed, Some(Rejection::SignInFailed)));
        };
        let session = self.open_session(request, &person).await?;
        self.remember_browser(request, &name, &person).await;
        self.signed_in_for(session.digest(), &destination).await?;
        self.config.events.record(&Event::SignedIn { subject: person.subject, address });
        let onward = self.go_on(request, &destination);
        let onward = response::with_cookie(onward, self.cookies.set_session(&session, LIFETIME));
        Ok(response::with_cookie(onward, self.cookies.keep_visit(&visit, KNOWN)))
    }

    /// Ends the session on the server, not only in the browser.
    pub(crate) async fn sign_out(&self, request: &Request<Bytes>) -> Result<Response<Bytes>, Rejection> {
        let form = self.form(request)?;
        let Some(cookie) = self.cookies.session(request) else { return Err(Rejection::FormNotOurs) };
        let session = self.store.session(&cookie.digest(), self.config.clock.now()).await?;
        let visit = self.cookies.visit(request);
        let is_ours = match &session {
            Some(session) => is_of_session(&form, &cookie, visit.as_ref(), &session.subject),
            None => is_ours(&form, &cookie),
        };
        if !is_ours {
            return Err(Rejection::FormNotOurs);
        }
        if let Some(session) = session {
            self.store.end_session(&session.digest).await?;
            self.config.events.record(&Event::SignedOut { subject: session.subject });
        }
        let destination = Destination::parse(form.get("continue"));
        let onward = match destination {
            Destination::Authorization(_) => self.go_on(request, &destination),
            _ => response::see_other(&self.config.paths.link("sign-in")),
        };
        Ok(response::with_cookie(onward, self.cookies.clear_session()))
    }

    /// Begins an attempt to prove who somebody is, unless too many have failed
    /// (RFC 6819 §5.1.4.2.3). Right attempts wait for their turn and are never refused for their number.
    pub(crate) async fn attempt(&self, request: &Request<Bytes>, name: &str) -> Result<Attempt, Rejection> {
        let address = self.address(request);
        let known = self.throttle.is_strained(name, address) && self.knows_browser(request, name).await?;
        self.throttle.begin(name, address, known).await.map_err(|refused| {
            if refused == Refused::Throttled {
                self.config.events.record(&Event::Throttled { address });
            }
            refused.into()
        })
    }
}

/// The field that a person types into first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Focus {
    Organisation,
    Username,
    Password,
}

impl Focus {
    /// Finds the first empty field. An organisation beside a username was left empty on purpose.
    fn first_empty(organisation: Option<&str>, username: &str) -> Self {
        match organisation {
            Some("") if username.is_empty() => Self::Organisation,
            _ if username.is_empty() => Self::Username,
            _ => Self::Password,
        }
    }
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignIn<'a> {
    frame: Frame,
    focus: Focus,
    csrf: String,
    destination: &'a str,
    username: &'a str,
    /// `None` where nobody is asked for one.
    organisation: Option<&'a str>,
    /// The number of an error and what to do about it.
    error: Option<(u16, String)>,
}
