//! Which scripts of other origins may read an answer (the Fetch standard's CORS protocol, RFC 9700 §2.6).

use super::preflight::preflight;
use bytes::Bytes;
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, VARY};
use http::{HeaderValue, Method, Request, Response};

/// Which scripts may read what an endpoint answers. Nothing is ever answered with
/// `Access-Control-Allow-Credentials`: cookies of this server are no business of any script.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cors {
    /// None but those of this server's own pages: the authorization endpoint and every page.
    #[default]
    SameOrigin,
    /// Those of the origins that the client of the request has registered
    /// ([`Client::allowed_origins`](crate::client::Client::allowed_origins)).
    RegisteredOrigins,
    /// All: a public document.
    AnyOrigin,
}

impl Cors {
    /// Answers a [preflight] where scripts of other origins may come at all.
    pub(crate) fn preflight(self, request: &Request<Bytes>, methods: &[Method]) -> Option<Response<Bytes>> {
        if self == Self::SameOrigin { None } else { preflight(request.method(), request.headers(), methods) }
    }
}

/// Lets the scripts of one origin read an answer; `None` leaves it to caches to keep it apart.
pub(crate) fn allow(response: &mut Response<Bytes>, origin: Option<&str>) {
    let headers = response.headers_mut();
    headers.append(VARY, HeaderValue::from_static("Origin"));
    if let Some(Ok(origin)) = origin.map(HeaderValue::from_str) {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        let readable = HeaderValue::from_static("retry-after, www-authenticate");
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, readable);
    }
}

/// Lets the scripts of every origin read an answer.
pub(crate) fn allow_all(response: &mut Response<Bytes>) {
    response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
}
