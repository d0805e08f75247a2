//! Forms whose session ended while they were filled in: the person signs in and finds the form as it was
//! typed. Nothing is done without a new click.
//!
//! What was typed travels in the query of our own pages, sealed with the visit's cookie and the person, so
//! that nobody else can fill in a form for somebody: neither a link from elsewhere nor the person who used
//! this browser before. The server keeps nothing.

use crate::accounts::Accounts;
use crate::destination::Destination;
use crate::pages::{Pages, Route};
use crate::response;
use crate::session::{Visitor, keyed};
use bytes::Bytes;
use http::{Request, Response};
use oauth_core::error::Rejection;
use oauth_core::http::Parameters;
use oauth_core::identifier::Subject;
use oauth_core::secret::{SessionId, equal_in_constant_time};
use oauth_core::store::{SessionStore, Store};

/// How long a query may become: proxies take 8 KiB for a whole line, and on the way through the sign-in
/// page it is encoded twice.
const MOST: usize = 4_000;
/// What belongs to the page that was left, and is made anew for the next one.
const OF_THE_PAGE: [&str; 4] = ["csrf", "proof", "nonce", "confirmed"];
/// What seals the fields, as the last one of the query.
const SEAL: &str = "&for=";

/// Computes what the forms of a page say beside the session's token: to whom this browser showed them.
pub(crate) fn shown_to(visit: &SessionId, subject: &Subject) -> String {
    let person = person(visit, subject);
    let shown = shown(visit, &person);
    format!("{person}.{shown}")
}

fn person(visit: &SessionId, subject: &Subject) -> String {
    keyed("oauth-pages person", visit, subject.as_str().as_bytes()).to_base64url()
}

fn shown(visit: &SessionId, person: &str) -> String {
    keyed("oauth-pages shown to", visit, person.as_bytes()).to_base64url()
}

fn seal(visit: &SessionId, person: &str, page: &str, fields: &str) -> String {
    keyed("oauth-pages typed", visit, format!("{person}\n{page}\n{fields}").as_bytes()).to_base64url()
}

/// Finds for whom a form was shown in this browser; `None` if we did not show it here.
fn person_of<'a>(visit: &SessionId, form: &'a Parameters) -> Option<&'a str> {
    let (_, of_visit) = form.get("csrf")?.split_once('.')?;
    let (person, given) = of_visit.split_once('.')?;
    equal_in_constant_time(given, &shown(visit, person)).then_some(person)
}

/// Tells whether a field was typed by a person.
type IsTyped = fn(&str) -> bool;

/// Gives the page on which a form stands, and the fields that are typed on it; passwords never are.
fn page_of(route: Route<'_>) -> Option<(&'static str, IsTyped)> {
    Some(match route {
        Route::Register => ("applications/register", |name| name != "client_id"),
        Route::Edit => ("applications/edit", |_| true),
        Route::Change => ("applications/confirm", |_| true),
        Route::Secret | Route::Switch => ("applications/show", |name| name == "client_id"),
        Route::Delete => ("applications/delete", |name| name == "client_id"),
        Route::Revoke => ("connected", |_| false),
        Route::ApiAccess => ("people", |name| name == "after"),
        Route::Password => ("password", |_| false),
        _ => return None,
    })
}

impl<S: Store + SessionStore, A: Accounts> Pages<S, A> {
    /// Answers a form that was refused because its session ended; `None` if it was refused for another
    /// reason, or this browser was not shown it.
    pub(crate) async fn resume(
        &self,
        route: Route<'_>,
        request: &Request<Bytes>,
    ) -> Result<Option<Response<Bytes>>, Rejection> {
        let (Some(visit), Ok(form)) = (self.cookies.visit(request), self.form(request)) else { return Ok(None) };
        let Some(person) = person_of(&visit, &form) else { return Ok(None) };
        let visitor = self.visitor(request).await?;
        if visitor.as_ref().is_some_and(|visitor| visitor.was_shown(&form)) {
            return Ok(None);
        }
        let destination = match route {
            Route::Consent => Destination::parse(form.get("request")),
            Route::SignOut => Destination::parse(form.get("continue")),
            _ => match page_of(route) {
                Some((page, is_typed)) => sealed(&visit, person, page, &form, is_typed),
                None => return Ok(None),
            },
        };
        let onward = destination.location(&self.config.paths);
        Ok(Some(match destination {
            // Asks for a sign-in itself.
            Destination::Authorization(_) => response::see_other(&onward),
            _ if visitor.is_some() => response::see_other(&onward),
            _ => self.to_sign_in_for(&destination),
        }))
    }

    /// Reads what the person who is signed in had typed on a page when their session ended.
    pub(crate) fn typed(&self, request: &Request<Bytes>, visitor: &Visitor, page: &str) -> Option<Parameters> {
        let visit = self.cookies.visit(request)?;
        let (fields, given) = request.uri().query()?.rsplit_once(SEAL)?;
        let expected = seal(&visit, &person(&visit, &visitor.person.subject), page, fields);
        equal_in_constant_time(given, &expected).then(|| Parameters::parse(fields.as_bytes()).ok())?
    }
}

/// Writes where a form goes on: with its fields, unless they are too long for a query.
fn sealed(visit: &SessionId, person: &str, page: &str, form: &Parameters, is_typed: IsTyped) -> Destination {
    let names = form.names().filter(|name| is_typed(name) && !OF_THE_PAGE.contains(name));
    let fields = names.filter_map(|name| Some((name, form.get(name)?)));
    let fields = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    if fields.is_empty() {
        return destination(page, "");
    }
    if fields.len() > MOST {
        let id = form.get("client_id").filter(|_| is_typed("client_id"));
        let pairs = id.map(|id| ("client_id", id));
        return destination(page, &form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish());
    }
    destination(page, &format!("{fields}{SEAL}{}", seal(visit, person, page, &fields)))
}

fn destination(page: &str, query: &str) -> Destination {
    Destination::page(page, query).unwrap_or(Destination::Home)
}
