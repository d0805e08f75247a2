//! The method that was sent, where Rocket has put another in its place.

use rocket::Request;
use rocket::data::Data;
use rocket::form::Form;
use rocket::http::Method;
use std::sync::atomic::{AtomicBool, Ordering};

/// How much of a body Rocket looks at for `_method`.
const LOOKED_AT: usize = "_method=delete".len();
const SHORTEST: usize = "_method=get".len();

/// Whether the body of a request broke off where Rocket looked at it first.
#[derive(Default)]
struct BrokeOff(AtomicBool);

/// Tells whether a body broke off before Rocket had as much of it as it looks at, which Rocket takes for
/// the body's end; where it breaks off later, reading it fails. Asked before anything else looks at it.
pub(super) async fn broke_off(request: &Request<'_>, data: &mut Data<'_>) -> bool {
    let whole = data.peek_complete();
    let broke_off = !whole && data.peek(LOOKED_AT).await.len() < LOOKED_AT;
    let BrokeOff(before) = request.local_cache(BrokeOff::default);
    before.fetch_or(broke_off, Ordering::Relaxed) || broke_off
}

/// Sets the method back to the one that was sent.
pub(super) async fn restore(request: &mut Request<'_>, data: &mut Data<'_>) {
    broke_off(request, data).await;
    let sent = sent(request, data.peek(LOOKED_AT).await);
    if sent != request.method() {
        request.set_method(sent);
    }
}

/// Finds the method that was sent: `POST` where the body's first field is `_method` with the present
/// method, because Rocket then has very likely rewritten it.
///
/// Reads the field exactly as Rocket does, cut off at the same byte.
pub(super) fn sent(request: &Request<'_>, body: &[u8]) -> Method {
    let method = request.method();
    let start = body.get(..LOOKED_AT).unwrap_or(body);
    if start.len() < SHORTEST || !request.content_type().is_some_and(|media_type| media_type.is_form()) {
        return method;
    }
    let first = std::str::from_utf8(start).ok().and_then(|form| Form::values(form).next());
    let rewritten = first.filter(|field| field.name == "_method").and_then(|field| field.value.parse().ok());
    if rewritten == Some(method) { Method::Post } else { method }
}
