//! The differences that are known. Each stands with its reason on the first page of `oauth-warp` too,
//! and one that no longer occurs is taken out of both.

use super::compare::Seen;
use super::request::Request;
use percent_encoding::percent_decode_str;

const FORM: &str = "application/x-www-form-urlencoded";

/// A difference between Rocket and another that is meant, or that is not ours to end.
pub(super) struct Known {
    /// What it is, in the words of `oauth-warp`.
    pub(super) name: &'static str,
    /// Tells whether it is the reason for two answers that are not the same.
    explains: fn(&Case<'_>, &Seen, &Seen) -> bool,
}

/// What was asked, at which position on a connection, and where the provider is.
pub(super) struct Case<'a> {
    pub(super) request: &'a Request,
    pub(super) position: usize,
    pub(super) base: &'a str,
}

const REWRITTEN_METHOD: &str = "Rocket takes `_method` in a form for the method";
const DROPPED_HEADER: &str = "Rocket drops headers that are not UTF-8";

pub(super) const KNOWN: [Known; 10] = [
    Known { name: "Each framework words its own errors", explains: own_words },
    Known { name: "Rocket answers 400 to methods that it does not know", explains: unknown_method },
    Known { name: "Rocket does not read the body of a method that it does not know", explains: unread_body },
    Known { name: REWRITTEN_METHOD, explains: |_, _, _| false },
    Known { name: DROPPED_HEADER, explains: |_, _, _| false },
    Known { name: "Rocket finds a route by what its path comes to", explains: cleaned_path },
    Known { name: "Rocket answers HEAD with an application's route for GET", explains: head },
    Known { name: "Rocket answers 404 where an application's route takes another method", explains: other_method },
    Known { name: "Rocket answers an application's route although there is no `Host`, or two", explains: hosts },
    Known { name: "`serve` limits the size of a request's head", explains: long_head },
];

/// Finds the reason for two answers that are not the same, Rocket's first.
pub(super) fn reason(case: &Case<'_>, rocket: &Seen, other: &Seen) -> Option<&'static str> {
    KNOWN.iter().find(|known| (known.explains)(case, rocket, other)).map(|known| known.name)
}

/// Writes a request as Rocket takes it, and says why it is another: the others are sent that one, so
/// that nothing happens at one of them alone.
///
/// Rocket drops headers that are not UTF-8. A form's `_method` makes an application's POST another
/// method; the provider takes that back, and so takes for a POST what was really sent with the method
/// that its form names.
pub(super) fn as_rocket_takes_it(request: &Request, base: &str) -> (Request, Vec<&'static str>) {
    let mut reasons = Vec::new();
    let mut taken = request.clone();
    taken.headers.retain(|(_, value)| str::from_utf8(value).is_ok());
    if taken.headers.len() < request.headers.len() {
        reasons.push(DROPPED_HEADER);
    }
    let is_providers = Case { request, position: 0, base }.is_providers();
    match method_field(&taken) {
        Some(named) if taken.method == "POST" && named != "POST" && !is_providers => taken.method = named,
        Some(named) if taken.method == named && named != "POST" && is_providers => taken.method = "POST".to_owned(),
        _ => return (with_next(taken, base), reasons),
    }
    reasons.push(REWRITTEN_METHOD);
    (with_next(taken, base), reasons)
}

fn with_next(mut taken: Request, base: &str) -> Request {
    taken.next = taken.next.map(|next| Box::new(as_rocket_takes_it(&next, base).0));
    taken
}

/// Takes out what Rocket's `Shield` sets on every answer that does not say it already.
pub(super) fn without_shield(rocket: &Seen, other: &Seen) -> Seen {
    const SET: [(&str, &str); 3] = [
        ("permissions-policy", "interest-cohort=()"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "SAMEORIGIN"),
    ];
    let mut rocket = rocket.clone();
    rocket.headers.retain(|(name, value)| !SET.contains(&(*name, value.as_str())) || other.header(name).is_some());
    rocket
}

/// Tells whether the framework itself refused: everything of ours says whether it may be kept.
fn is_frameworks(seen: &Seen) -> bool {
    seen.status >= 400 && seen.header("cache-control").is_none()
}

fn own_words(_: &Case<'_>, rocket: &Seen, other: &Seen) -> bool {
    rocket.status == other.status && is_frameworks(rocket) && is_frameworks(other)
}

fn is_known_to_rocket(method: &str) -> bool {
    ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"].contains(&method)
}

/// Under a base path of its own the provider answers them; elsewhere that is the application's affair.
fn unknown_method(case: &Case<'_>, rocket: &Seen, other: &Seen) -> bool {
    let is_unknown = !is_known_to_rocket(&case.request.method);
    let is_refused = rocket.status == 400 || rocket.status == other.status;
    is_unknown && is_refused && (case.base.is_empty() || !case.is_providers()) && matches!(other.status, 404 | 405)
}

/// It then closes the connection, where another request may wait.
fn unread_body(case: &Case<'_>, rocket: &Seen, other: &Seen) -> bool {
    let is_refused = matches!(rocket.status, 400 | 404 | 405) && matches!(other.status, 400 | 413);
    let is_unknown = !is_known_to_rocket(&case.request.method);
    is_unknown && (is_refused || (case.position > 0 && rocket.status == 0))
}

fn other_method(case: &Case<'_>, rocket: &Seen, other: &Seen) -> bool {
    case.is_api() && is_frameworks(rocket) && (rocket.status, other.status) == (404, 405)
}

fn head(case: &Case<'_>, rocket: &Seen, other: &Seen) -> bool {
    let is_guarded = matches!(rocket.status, 200 | 400 | 401 | 403);
    case.is_api() && case.request.method == "HEAD" && is_guarded && matches!(other.status, 404 | 405)
}

/// What waits behind it on the connection is not answered.
fn long_head(case: &Case<'_>, _: &Seen, other: &Seen) -> bool {
    let head: usize = case.request.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
    head > 30_000 && (other.status == 431 || (case.position > 0 && other.status == 0))
}

fn hosts(case: &Case<'_>, _: &Seen, other: &Seen) -> bool {
    (case.is_api() || !case.is_providers()) && case.request.values("host").count() != 1 && other.status == 400
}

/// Gives the method that the first field of a form names, as Rocket reads it: undecoded, and not far.
fn method_field(request: &Request) -> Option<String> {
    let content_type = request.values("content-type").next()?.to_ascii_lowercase();
    let (media_type, parameter) = content_type.split_at(content_type.len().min(FORM.len()));
    if media_type != FORM.as_bytes() || !matches!(parameter, b"" | b"; charset=utf-8") {
        return None;
    }
    let body = request.body();
    let start = str::from_utf8(&body[..body.len().min("_method=delete".len())]).ok()?;
    let value = start.split('&').find(|pair| !pair.is_empty())?.strip_prefix("_method=")?.to_uppercase();
    Some(value).filter(|method| start.len() >= "_method=get".len() && is_known_to_rocket(method))
}

/// Doubled slashes and encoded letters: the provider is told the path as it came, and does not know it.
fn cleaned_path(case: &Case<'_>, rocket: &Seen, other: &Seen) -> bool {
    let path = case.path();
    let cleaned = clean(&path);
    if path.strip_suffix('/').unwrap_or(&path) == cleaned || other.status != 404 {
        return false;
    }
    let is_routed = case.is_api() && rocket.status != 404;
    is_routed || (case.is_providers() && matches!(rocket.status, 404 | 413) && !is_frameworks(rocket))
}

fn clean(path: &str) -> String {
    let segments = path.split('/').filter(|segment| !segment.is_empty());
    let decoded = segments.map(|segment| percent_decode_str(segment).decode_utf8_lossy().replace('/', "%2f"));
    decoded.map(|segment| format!("/{segment}")).collect()
}

impl Case<'_> {
    /// Gives the path, of a target in absolute form too.
    fn path(&self) -> String {
        let path = self.request.path();
        match path.split_once("://") {
            Some((_, rest)) if !path.starts_with('/') => {
                rest.find('/').map_or_else(String::new, |at| rest[at..].to_owned())
            }
            _ => path,
        }
    }

    /// Tells whether the provider is asked, by a path that comes to one of its own.
    fn is_providers(&self) -> bool {
        let path = clean(&self.path());
        let is_under = format!("{path}/").starts_with(&format!("{}/", self.base));
        is_under || path == "/.well-known/oauth-authorization-server"
    }

    fn is_api(&self) -> bool {
        matches!(clean(&self.path()).as_str(), "/api/profile" | "/api/notes")
    }
}
