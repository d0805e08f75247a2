//! Texts as people read them.

use crate::response::pause;
use crate::span;
use oauth_core::error::{Entry, Rejection};

/// Begins a sentence. A text that begins with the name of a field stays as it is.
pub(crate) fn sentence(text: &str) -> String {
    if text.split(' ').next().is_some_and(|first| first.ends_with(':')) {
        return text.to_owned();
    }
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// Says what went wrong and what to do about it, in a form that is shown again.
pub(crate) fn refusal(rejection: Rejection) -> String {
    if let (Rejection::Throttled, Some(pause)) = (rejection, pause(rejection)) {
        return format!("Too many attempts. Try again in {}.", span::words(pause));
    }
    let Entry { what, fix, .. } = rejection.entry();
    format!("{}. {}.", sentence(what), sentence(fix))
}
