use crate::error::Rejection;
use bytes::Bytes;
use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, PRAGMA, REFERRER_POLICY, RETRY_AFTER,
    WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use serde::Serialize;

const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// Writes a JSON answer that nobody may keep (RFC 6749 §5.1).
pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Response<Bytes> {
    let body = serde_json::to_vec(body).unwrap_or_default();
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, NO_STORE);
    headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// Writes a rejection as the JSON of RFC 6749 §5.2. `error_uri` is where errors are explained, as a prefix to their
/// number.
pub(crate) fn error(rejection: Rejection, error_uri: Option<&str>) -> Response<Bytes> {
    #[derive(Serialize)]
    struct Body {
        error: &'static str,
        error_description: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        error_uri: Option<String>,
    }
    let entry = rejection.entry();
    let body = Body {
        error: entry.code.as_str(),
        error_description: rejection.description(),
        error_uri: error_uri.map(|prefix| format!("{prefix}{}", entry.number)),
    };
    let status = StatusCode::from_u16(entry.status).unwrap_or(StatusCode::BAD_REQUEST);
    let mut response = json(status, &body);
    let headers = response.headers_mut();
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"oauth\", charset=\"UTF-8\""));
    }
    retry_after(rejection, headers);
    response
}

/// Refuses a method, and says which are taken (RFC 9110 §15.5.6).
pub(crate) fn method_not_allowed(allowed: &[Method]) -> Response<Bytes> {
    let list = allowed.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
    let mut response = plain_error_page(Rejection::MethodNotAllowed);
    if let Ok(list) = HeaderValue::from_str(&list) {
        response.headers_mut().insert(ALLOW, list);
    }
    response
}

/// Refuses a body over [`BODY_LIMIT`](super::BODY_LIMIT): for adapters, which stop reading there and give
/// [`Config::error_uri`](crate::config::Config::error_uri).
pub fn body_too_large(error_uri: Option<&str>) -> Response<Bytes> {
    error(Rejection::BodyTooLarge, error_uri)
}

/// Refuses what is no request, such as one whose body breaks off: for adapters.
pub fn bad_request() -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::BAD_REQUEST;
    response
}

/// Writes a rejection for a person, as plain text: for applications without pages.
pub(crate) fn plain_error_page(rejection: Rejection) -> Response<Bytes> {
    plain_text(rejection, format!("{}: {}\n", rejection.entry().number, rejection.description()))
}

/// Writes an error that is not sent to its client, as plain text, with the address that would send it.
pub(crate) fn plain_unsent_page(rejection: Rejection, client: &str, host: &str, location: &str) -> Response<Bytes> {
    let (number, what) = (rejection.entry().number, rejection.description());
    let text = format!("{number}: {what}\n\nThe application is {client} at {host}. To tell it, open\n{location}\n");
    plain_text(rejection, text)
}

fn plain_text(rejection: Rejection, text: String) -> Response<Bytes> {
    let entry = rejection.entry();
    let mut response = Response::new(Bytes::from(text));
    *response.status_mut() = StatusCode::from_u16(entry.status).unwrap_or(StatusCode::BAD_REQUEST);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(CACHE_CONTROL, NO_STORE);
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    retry_after(rejection, headers);
    response
}

/// Sends the browser to a location, with headers of the application's own.
pub(crate) fn redirect(status: StatusCode, location: &str, headers: HeaderMap) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    let headers = response.headers_mut();
    match HeaderValue::from_str(location) {
        Ok(location) => headers.insert(LOCATION, location),
        Err(_) => return plain_error_page(Rejection::BadRequestHead),
    };
    headers.insert(CACHE_CONTROL, NO_STORE);
    headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

fn retry_after(rejection: Rejection, headers: &mut HeaderMap) {
    let seconds = match rejection {
        Rejection::Throttled => "60",
        Rejection::StoreUnavailable | Rejection::Busy => "5",
        _ => return,
    };
    headers.insert(RETRY_AFTER, HeaderValue::from_static(seconds));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f_52_f_53_what_is_temporary_is_not_stored_and_says_when_to_come_back() {
        for (rejection, seconds) in
            [(Rejection::Throttled, "60"), (Rejection::StoreUnavailable, "5"), (Rejection::Busy, "5")]
        {
            assert!(rejection.is_temporary());
            for answer in [error(rejection, None), plain_error_page(rejection)] {
                let header = |name| answer.headers().get(name).and_then(|value| value.to_str().ok());
                assert_eq!(
                    (header(RETRY_AFTER), header(CACHE_CONTROL)),
                    (Some(seconds), Some("no-store")),
                    "{rejection:?}"
                );
            }
        }
    }
}
