use crate::session::Visitor;
use askama::Template;
use bytes::Bytes;
use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY, RETRY_AFTER,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{HeaderValue, Method, Response, StatusCode};
use oauth_core::config::Paths;
use oauth_core::error::Rejection;
use std::time::Duration;

/// Where the forms of a page may lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Forms {
    /// To our own pages only.
    StayHere,
    /// By way of our own pages to a client.
    ///
    /// Chromium applies `form-action` to every redirect that follows a form, so also to the one to
    /// the client's redirect URI and to wherever the client sends its user next. That list cannot be
    /// written down (CSP has no IPv6 hosts, and the client's own redirects are not known here), so
    /// the pages whose forms end at a client have no `form-action`. Nothing is lost: it would stop
    /// an injected form, and what is inserted into these pages is escaped.
    MayLeave,
}

/// What every page has around its content.
pub(crate) struct Frame {
    pub(crate) title: &'static str,
    pub(crate) base: String,
    pub(crate) visitor: Option<FrameVisitor>,
}

/// Who is signed in, and the token for the form that signs them out.
pub(crate) struct FrameVisitor {
    pub(crate) username: String,
    pub(crate) organisation: Option<String>,
    pub(crate) csrf: String,
}

impl Frame {
    pub(crate) fn new(title: &'static str, paths: &Paths, visitor: Option<&Visitor>) -> Self {
        let visitor = visitor.map(|visitor| FrameVisitor {
            username: visitor.person.username.clone(),
            organisation: visitor.person.organisation.clone(),
            csrf: visitor.csrf_token(),
        });
        Self { title, base: format!("{}{}", paths.public_prefix, paths.base), visitor }
    }
}

/// Renders a page.
pub(crate) fn page(status: StatusCode, content: &impl Template, forms: Forms) -> Response<Bytes> {
    let mut response = match content.render() {
        Ok(html) => Response::new(Bytes::from(html)),
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            let mut response = Response::new(Bytes::from_static(b"<!doctype html><title>Error</title>Error"));
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            return sealed(response, forms);
        }
    };
    *response.status_mut() = status;
    sealed(response, forms)
}

/// Sends the browser to one of our own addresses, with GET (RFC 9700 §4.12: never 307).
pub(crate) fn see_other(location: &str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::SEE_OTHER;
    // Every location is a path of ours with form-encoded values: it always is a header value.
    if let Ok(location) = HeaderValue::from_str(location) {
        response.headers_mut().insert(LOCATION, location);
    }
    sealed(response, Forms::StayHere)
}

/// Says which methods an address takes (RFC 9110 §15.5.6).
pub(crate) fn allow(mut response: Response<Bytes>, methods: &[Method]) -> Response<Bytes> {
    let list = methods.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
    if let Ok(list) = HeaderValue::from_str(&list) {
        response.headers_mut().insert(ALLOW, list);
    }
    response
}

/// Says when it is worth trying again.
pub(crate) fn retry_after(mut response: Response<Bytes>, rejection: Rejection) -> Response<Bytes> {
    if let Some(pause) = pause(rejection) {
        response.headers_mut().insert(RETRY_AFTER, pause.as_secs().into());
    }
    response
}

/// Gives the time after which the same request may succeed.
pub(crate) fn pause(rejection: Rejection) -> Option<Duration> {
    let seconds = if rejection == Rejection::Throttled { 60 } else { 5 };
    rejection.is_temporary().then_some(Duration::from_secs(seconds))
}

/// Gives the stylesheet, the one thing that a browser may keep.
pub(crate) fn stylesheet() -> Response<Bytes> {
    let mut response = sealed(Response::new(Bytes::from_static(include_bytes!("style.css"))), Forms::StayHere);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/css; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("max-age=300"));
    response
}

/// Adds a cookie.
pub(crate) fn with_cookie(mut response: Response<Bytes>, cookie: HeaderValue) -> Response<Bytes> {
    response.headers_mut().append(http::header::SET_COOKIE, cookie);
    response
}

/// Puts on the headers that every answer has: not framed (RFC 9700 §4.16), not kept, no referrer
/// and nothing from elsewhere (RFC 9700 §4.2.4).
fn sealed(mut response: Response<Bytes>, forms: Forms) -> Response<Bytes> {
    const STAY: &str =
        "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";
    const LEAVE: &str = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'";
    let policy = if forms == Forms::StayHere { STAY } else { LEAVE };
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
