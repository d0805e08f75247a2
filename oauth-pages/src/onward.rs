use crate::accounts::Accounts;
use crate::destination::Destination;
use crate::pages::Pages;
use crate::response::{self, Forms, Frame};
use askama::Template;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use oauth_core::secret::SessionId;
use oauth_core::store::{SessionStore, Store};
use std::borrow::Cow;

/// The longest location that fits beside the other headers into 4 KiB, which is what nginx takes of an answer
/// unless `proxy_buffer_size` says otherwise.
const LONGEST: usize = 3_072;

impl<S: Store + SessionStore, A: Accounts> Pages<S, A> {
    /// Sends the browser on: by redirect, or, with an authorization request that is too long for one, by a page
    /// whose form posts the same request.
    pub(crate) fn go_on(&self, request: &Request<Bytes>, destination: &Destination) -> Response<Bytes> {
        let location = destination.location(&self.config.paths);
        match destination {
            Destination::Authorization(query) if location.len() > LONGEST => self.continue_page(request, query),
            _ => response::see_other(&location),
        }
    }

    /// Tells whether a post that is too long for a redirect came from this site: a form of another one brings no
    /// Lax cookie, and so does not say whether somebody is signed in.
    pub(crate) fn is_long_and_ours(&self, request: &Request<Bytes>, destination: &Destination) -> bool {
        let is_ours = self.cookies.visit(request).is_some() || self.cookies.session(request).is_some();
        is_ours && destination.location(&self.config.paths).len() > LONGEST
    }

    fn continue_page(&self, request: &Request<Bytes>, query: &str) -> Response<Bytes> {
        let page = Continue {
            frame: self.frame("Continue", None),
            action: self.config.paths.link(&self.config.paths.authorization),
            fields: form_urlencoded::parse(query.as_bytes()).collect(),
        };
        let answer = response::page(StatusCode::OK, &page, Forms::MayLeave);
        if self.cookies.visit(request).is_some() {
            return answer;
        }
        response::with_cookie(answer, self.cookies.set_visit(&SessionId::generate()))
    }
}

#[derive(Template)]
#[template(path = "continue.html")]
struct Continue<'a> {
    frame: Frame,
    action: String,
    fields: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}
