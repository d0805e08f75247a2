//! Whether a body is a form: one answer for endpoints, pages and APIs.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Response, StatusCode};

/// Tells whether a request's body is a form: it says so in one `Content-Type`, whatever parameters it
/// adds. One that is repeated is none, because two readers could choose differently.
///
/// ```
/// use http::HeaderMap;
/// use oauth_core::http::is_form;
/// let mut headers = HeaderMap::new();
/// headers.append("content-type", "application/x-www-form-urlencoded; charset=utf-8".parse()?);
/// assert!(is_form(&headers));
/// headers.append("content-type", "application/json".parse()?);
/// assert!(!is_form(&headers));
/// # Ok::<(), http::header::InvalidHeaderValue>(())
/// ```
pub fn is_form(headers: &HeaderMap) -> bool {
    is_form_type(Field::of(headers.get_all(CONTENT_TYPE).iter().map(|value| value.as_bytes())))
}

/// Refuses a form that an API cannot read, with the status and its name as text: for adapters, before
/// anybody is authorized.
pub fn unread_form(status: StatusCode) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(status.canonical_reason().unwrap_or_default()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    response
}

/// [`is_form`], for those who have no `HeaderMap`.
pub(crate) fn is_form_type(content_type: Field<'_>) -> bool {
    let Field::Once(value) = content_type else { return false };
    let media_type = value.split(|byte| *byte == b';').next().unwrap_or_default();
    media_type.trim_ascii().eq_ignore_ascii_case(b"application/x-www-form-urlencoded")
}

/// A header field that means something only where it comes once.
#[derive(Clone, Copy, Default)]
pub(crate) enum Field<'a> {
    #[default]
    Absent,
    Once(&'a [u8]),
    Repeated,
}

impl<'a> Field<'a> {
    pub(crate) fn of(values: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut values = values.into_iter();
        match (values.next(), values.next()) {
            (None, _) => Self::Absent,
            (Some(value), None) => Self::Once(value),
            (Some(_), Some(_)) => Self::Repeated,
        }
    }
}
