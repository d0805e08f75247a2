//! Which scripts of other origins may read an answer (the Fetch standard's CORS protocol, RFC 9700 §2.6).

use bytes::Bytes;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, CACHE_CONTROL, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};

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
    /// Answers a preflight: what a browser asks before it sends a request that no form could send. It
    /// does not say which client will come, so it is told the methods and headers whoever asks; what
    /// the script may read is decided with the answer itself. `None` where this is no preflight.
    pub(crate) fn preflight(self, request: &Request<Bytes>, methods: &[Method]) -> Option<Response<Bytes>> {
        let headers = request.headers();
        let asked = request.method() == Method::OPTIONS
            && origin(headers).is_some()
            && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
        if self == Self::SameOrigin || !asked {
            return None;
        }
        let list = methods.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = StatusCode::NO_CONTENT;
        let headers = response.headers_mut();
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_str(&list).ok()?);
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("authorization, content-type"));
        headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        Some(response)
    }
}

/// Gives the origin that a request says it comes from, where it says one.
pub(crate) fn origin(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(ORIGIN).iter();
    let only = values.next().filter(|_| values.next().is_none())?;
    only.to_str().ok()
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
