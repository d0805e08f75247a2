use http::HeaderMap;
use http::header::HOST;
use std::net::IpAddr;

/// Tells whether a host is this machine: a loopback address, `localhost`, or a name under `.localhost`
/// (RFC 6761 §6.3), as it stands in a URL. Plain http is good enough there, because nobody is in between.
///
/// ```
/// use oauth_core::http::is_this_machine;
/// assert!(["127.0.0.1", "127.0.0.2", "[::1]", "localhost", "app.localhost"].into_iter().all(is_this_machine));
/// assert!(!["127.1", "localhost.evil.example", "0.0.0.0", ".localhost", ""].into_iter().any(is_this_machine));
/// ```
pub fn is_this_machine(host: &str) -> bool {
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    if let Ok(address) = bare.parse::<IpAddr>() {
        return address.is_loopback();
    }
    let under = host.strip_suffix(".localhost").is_some_and(|name| name.split('.').all(is_label));
    host == "localhost" || under
}

/// Tells whether a request says its host as HTTP/1.1 wants it: in one `Host` (RFC 9112 §3.2). Two readers could
/// otherwise choose differently.
pub fn has_one_host(headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(HOST).iter();
    hosts.next().is_some() && hosts.next().is_none()
}

fn is_label(label: &str) -> bool {
    !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}
