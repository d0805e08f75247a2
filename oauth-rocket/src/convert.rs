//! Between Rocket's types and those of `http`.

use bytes::Bytes;
use oauth_core::resource::ResourceRequest;
use rocket::http::{Method, Status};
use rocket::{Request, Response};
use std::io::Cursor;
use std::iter;

/// Gives the method as the route sees it, which is what the route then does.
pub(crate) fn method(from: Method) -> http::Method {
    match from {
        Method::Get => http::Method::GET,
        Method::Head => http::Method::HEAD,
        Method::Post => http::Method::POST,
        Method::Put => http::Method::PUT,
        Method::Patch => http::Method::PATCH,
        Method::Delete => http::Method::DELETE,
        Method::Options => http::Method::OPTIONS,
        Method::Trace => http::Method::TRACE,
        Method::Connect => http::Method::CONNECT,
    }
}

/// Borrows what decides whether a request is let in.
pub(crate) fn resource_request<'a>(from: &'a Request<'_>, method: &'a http::Method) -> ResourceRequest<'a> {
    let field = move |name| from.headers().get(name).map(str::as_bytes);
    let content_type = iter::once_with(move || field("content-type")).flatten();
    let query = from.uri().query().map(|query| query.as_str());
    ResourceRequest::of_fields(method, field("authorization"), content_type).query(query)
}

/// Copies all headers of a request: names and values stand as they came, repeated ones too.
pub(crate) fn headers(from: &rocket::http::HeaderMap<'_>) -> http::HeaderMap {
    use http::{HeaderMap, HeaderName, HeaderValue};

    let mut headers = HeaderMap::with_capacity(from.len());
    for header in from.iter() {
        let name = HeaderName::from_bytes(header.name.as_str().as_bytes());
        let value = HeaderValue::from_bytes(header.value.as_bytes());
        // hyper read both before Rocket did, so neither can fail.
        if let (Ok(name), Ok(value)) = (name, value) {
            headers.append(name, value);
        }
    }
    headers
}

/// Makes a response of an answer; headers that come several times stay several.
pub(crate) fn response(answer: http::Response<Bytes>) -> Response<'static> {
    let (parts, body) = answer.into_parts();
    let mut response = Response::new();
    response.set_status(Status::new(parts.status.as_u16()));
    for (name, value) in &parts.headers {
        response.adjoin_raw_header(name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned());
    }
    // An answer to HEAD says how long the body would be, and has none.
    if !parts.headers.contains_key(http::header::CONTENT_LENGTH) {
        response.set_sized_body(body.len(), Cursor::new(body));
    }
    response
}
