//! Preflights: what a browser asks before it sends a request that no form could send (the Fetch standard's CORS
//! protocol).

use bytes::Bytes;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, CACHE_CONTROL, ORIGIN,
};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};

/// The headers that every client may send.
const USUAL: [&str; 2] = ["authorization", "content-type"];
/// The most names that are echoed, and the longest.
const MOST: usize = 32;
const LONGEST: usize = 64;

/// Answers a preflight, which says neither which client will come nor why: everybody may send these methods and
/// the headers that they ask for. What a script may read is decided with the answer itself, and no answer allows
/// credentials. `None` if this is no preflight.
pub(crate) fn preflight(method: &Method, headers: &HeaderMap, methods: &[Method]) -> Option<Response<Bytes>> {
    let asked =
        *method == Method::OPTIONS && origin(headers).is_some() && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    if !asked {
        return None;
    }
    let list = methods.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
    let names = echoed(headers).unwrap_or_else(|| USUAL.join(", "));
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_str(&list).ok()?);
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_str(&names).ok()?);
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Some(response)
}

/// Gives the origin that a request says it comes from, where it says one.
pub(crate) fn origin(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(ORIGIN).iter();
    let only = values.next().filter(|_| values.next().is_none())?;
    only.to_str().ok()
}

/// Adds the requested names to the usual ones; `None` if there are too many, or one is none.
fn echoed(headers: &HeaderMap) -> Option<String> {
    let mut names: Vec<String> = USUAL.map(str::to_owned).into();
    let mut asked = 0;
    for line in headers.get_all(ACCESS_CONTROL_REQUEST_HEADERS) {
        for name in line.to_str().ok()?.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            asked += 1;
            if asked > MOST || name.len() > LONGEST || !name.bytes().all(is_token_byte) {
                return None;
            }
            let name = name.to_ascii_lowercase();
            if !is_for_proxies(&name) && !names.contains(&name) {
                names.push(name);
            }
        }
    }
    Some(names.join(", "))
}

/// RFC 9110 §5.6.2.
fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// Tells what only a proxy says: where a request came from, and with which certificate (RFC 7239, RFC 9440).
fn is_for_proxies(name: &str) -> bool {
    name == "forwarded" || name == "x-real-ip" || name.starts_with("x-forwarded-") || name.contains("client-cert")
}

#[cfg(test)]
mod tests {
    use super::preflight;
    use http::{HeaderMap, HeaderValue, Method};

    fn allowed(lines: &[&[u8]]) -> String {
        let mut headers = HeaderMap::new();
        headers.insert("origin", HeaderValue::from_static("https://spa.example"));
        headers.insert("access-control-request-method", HeaderValue::from_static("GET"));
        for line in lines {
            headers.append("access-control-request-headers", HeaderValue::from_bytes(line).unwrap());
        }
        let answer = preflight(&Method::OPTIONS, &headers, &[Method::GET]).unwrap();
        assert!(!answer.headers().contains_key("access-control-allow-credentials"));
        answer.headers()["access-control-allow-headers"].to_str().unwrap().to_owned()
    }

    #[test]
    fn f_23_a_preflight_echoes_the_requested_names() {
        assert_eq!(allowed(&[]), "authorization, content-type");
        assert_eq!(allowed(&[b""]), "authorization, content-type");
        assert_eq!(allowed(&[b"mcp-protocol-version"]), "authorization, content-type, mcp-protocol-version");
        assert_eq!(
            allowed(&[b"Authorization,traceparent , X-Requested-With", b"traceparent,dpop"]),
            "authorization, content-type, traceparent, x-requested-with, dpop"
        );
        let many = (0..32).map(|number| format!("x-{number}")).collect::<Vec<_>>().join(",");
        assert!(allowed(&[many.as_bytes()]).ends_with("x-31"));
    }

    #[test]
    fn f_23_beyond_the_bound_the_answer_is_the_constant_list() {
        let many = |count| (0..count).map(|number| format!("x-{number}")).collect::<Vec<_>>().join(",");
        let long = "x".repeat(300);
        for odd in
            [many(33).as_bytes(), many(64).as_bytes(), long.as_bytes(), b"a b", b"a\tb", b"x(y)", b"\xff", b"x:y"]
        {
            assert_eq!(allowed(&[odd]), "authorization, content-type", "{}", String::from_utf8_lossy(odd));
        }
    }

    #[test]
    fn f_23_what_only_a_proxy_says_is_never_echoed() {
        let asked =
            b"Forwarded, X-Forwarded-For, x-forwarded-proto, X-Real-IP, Client-Cert, x-ssl-client-cert, traceparent";
        assert_eq!(allowed(&[asked]), "authorization, content-type, traceparent");
    }
}
