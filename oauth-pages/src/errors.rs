use crate::accounts::Accounts;
use crate::pages::Pages;
use crate::response::{self, Forms, Frame};
use askama::Template;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use oauth_core::client::Client;
use oauth_core::config::Config;
use oauth_core::error::{Entry, Rejection, TABLE};
use oauth_core::owner::UnsentError;
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

/// The title of each page that shows a rejection.
const FAILED: &str = "That did not work";

impl<S: Store + SessionStore, A: Accounts> Pages<S, A> {
    /// Renders a rejection. Nothing that was sent is repeated on it.
    pub(crate) async fn rejected(&self, request: &Request<Bytes>, rejection: Rejection) -> Response<Bytes> {
        // A store that has just failed is not asked again.
        let frame = match rejection {
            Rejection::StoreUnavailable => self.frame(FAILED, None),
            _ => self.framed(FAILED, request).await,
        };
        let entry = rejection.entry();
        let status = StatusCode::from_u16(entry.status).unwrap_or(StatusCode::BAD_REQUEST);
        let page = ErrorPage { frame, entry, parameter: rejection.parameter() };
        response::retry_after(response::page(status, &page, Forms::StayHere), rejection)
    }

    /// Says to a person that an application is blocked, and why.
    pub(crate) async fn blocked(&self, request: &Request<Bytes>, client: &Client) -> Option<Response<Bytes>> {
        let reason = client.blocked.as_deref()?;
        let frame = self.framed("A blocked application", request).await;
        let entry = Rejection::BlockedClient.entry();
        let status = StatusCode::from_u16(entry.status).unwrap_or(StatusCode::FORBIDDEN);
        let page = Blocked { frame, entry, name: &client.name, reason };
        Some(response::page(status, &page, Forms::StayHere))
    }

    /// Shows an error that is not sent to its client by itself, with a link that sends it.
    pub(crate) fn unsent(&self, error: &UnsentError<'_>) -> Response<Bytes> {
        let entry = error.rejection.entry();
        let status = StatusCode::from_u16(entry.status).unwrap_or(StatusCode::BAD_REQUEST);
        let page = Unsent {
            frame: self.frame("That did not work", None),
            entry,
            parameter: error.rejection.parameter(),
            name: &error.client.name,
            host: error.host,
            location: error.location,
        };
        response::retry_after(response::page(status, &page, Forms::StayHere), error.rejection)
    }

    /// Explains one number, whatever sort of error it is of.
    pub(crate) async fn explain(&self, request: &Request<Bytes>, number: &str) -> Option<Response<Bytes>> {
        let entry = *TABLE.iter().find(|entry| entry.number.to_string() == number)?;
        let page = ErrorPage { frame: self.framed("What an error means", request).await, entry, parameter: None };
        Some(response::page(StatusCode::OK, &page, Forms::StayHere))
    }

    /// Lists all errors.
    pub(crate) async fn list_errors(&self, request: &Request<Bytes>) -> Response<Bytes> {
        let page = ErrorList { frame: self.framed("All errors", request).await, entries: TABLE };
        response::page(StatusCode::OK, &page, Forms::StayHere)
    }

    /// Makes the frame of a page that must be shown even if the store does not answer: then it does not say
    /// who is signed in.
    async fn framed(&self, title: &'static str, request: &Request<Bytes>) -> Frame {
        let visitor = self.visitor(request).await.unwrap_or_else(|error| {
            tracing::error!(%error, "showing a page without the person who is signed in");
            None
        });
        self.frame(title, visitor.as_ref())
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
#[template(path = "unsent.html")]
struct Unsent<'a> {
    frame: Frame,
    entry: Entry,
    parameter: Option<&'static str>,
    name: &'a str,
    host: &'a str,
    location: &'a str,
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
