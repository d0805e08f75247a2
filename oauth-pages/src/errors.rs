use crate::accounts::Accounts;
use crate::pages::Pages;
use crate::response::{self, Forms, Frame};
use askama::Template;
use bytes::Bytes;
use http::{Response, StatusCode};
use oauth_core::client::Client;
use oauth_core::config::Config;
use oauth_core::error::{Entry, Rejection, TABLE};
use oauth_core::store::{SessionStore, Store};

/// Gives the address of the pages that explain errors, as a prefix to their number: what
/// [`PagesProvider`](crate::PagesProvider) puts into [`Config::error_uri`].
///
/// ```
/// let config = oauth_core::config::Config::new("https://id.example")?;
/// assert_eq!(oauth_pages::error_uri(&config), "https://id.example/oauth/errors/");
/// # Ok::<(), oauth_core::config::InvalidIssuer>(())
/// ```
pub fn error_uri(config: &Config) -> String {
    format!("{}/", config.url(&config.paths.join("errors")))
}

impl<S: Store + SessionStore, A: Accounts> Pages<S, A> {
    /// Renders a rejection. Nothing that was sent is repeated on it.
    pub(crate) fn rejected(&self, rejection: Rejection) -> Response<Bytes> {
        let entry = rejection.entry();
        let status = StatusCode::from_u16(entry.status).unwrap_or(StatusCode::BAD_REQUEST);
        let page = ErrorPage { frame: self.frame("That did not work", None), entry, parameter: rejection.parameter() };
        response::retry_after(response::page(status, &page, Forms::StayHere), rejection)
    }

    /// Says to a person that an application is blocked, and why.
    pub(crate) fn blocked_page(&self, client: &Client) -> Option<Response<Bytes>> {
        let reason = client.blocked.as_deref()?;
        let entry = Rejection::BlockedClient.entry();
        let status = StatusCode::from_u16(entry.status).unwrap_or(StatusCode::FORBIDDEN);
        let page = Blocked { frame: self.frame("A blocked application", None), entry, name: &client.name, reason };
        Some(response::page(status, &page, Forms::StayHere))
    }

    /// Explains one number, whatever sort of error it is of.
    pub(crate) fn explain(&self, number: &str) -> Option<Response<Bytes>> {
        let entry = *TABLE.iter().find(|entry| entry.number.to_string() == number)?;
        let page = ErrorPage { frame: self.frame("What an error means", None), entry, parameter: None };
        Some(response::page(StatusCode::OK, &page, Forms::StayHere))
    }

    /// Lists all errors.
    pub(crate) fn list_errors(&self) -> Response<Bytes> {
        let page = ErrorList { frame: self.frame("All errors", None), entries: TABLE };
        response::page(StatusCode::OK, &page, Forms::StayHere)
    }
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    frame: Frame,
    entry: Entry,
    parameter: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "errors.html")]
struct ErrorList {
    frame: Frame,
    entries: &'static [Entry],
}

#[derive(Template)]
#[template(path = "blocked.html")]
struct Blocked<'a> {
    frame: Frame,
    entry: Entry,
    name: &'a str,
    reason: &'a str,
}
