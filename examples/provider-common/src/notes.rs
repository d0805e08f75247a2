//! The protected API without its framework: what clients want tokens for.

use http::StatusCode;
use oauth_core::identifier::{ClientId, Subject};
use oauth_core::resource::{Authorization, ResourceAuthorization};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// The longest body of a note, in bytes.
pub const LONGEST_NOTE: usize = 4 * 1024;
/// The most notes that one owner keeps.
const MOST_NOTES: usize = 100;
/// The most owners that keep notes.
const MOST_OWNERS: usize = 1_000;

/// An answer of the API.
#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    /// Its status.
    pub status: StatusCode,
    /// Its body.
    pub json: Value,
}

/// Whose notes: a person's, whichever client asks, or a client's own. Apart by type, so that a client
/// called like a person's subject sees nothing of that person (RFC 9068 §5).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Owner {
    Person(Subject),
    Client(ClientId),
}

impl From<&Authorization> for Owner {
    fn from(authorization: &Authorization) -> Self {
        match authorization.subject() {
            Some(subject) => Self::Person(subject.clone()),
            None => Self::Client(authorization.client_id().clone()),
        }
    }
}

/// The notes, in memory: bounded in number and size, gone when the server ends.
#[derive(Default)]
pub struct Notes(Mutex<HashMap<Owner, Vec<String>>>);

impl Notes {
    /// Lists the notes of the person or client that the token acts for.
    pub fn list(&self, authorization: &Authorization) -> Said {
        let texts = self.of(&Owner::from(authorization));
        let texts: Vec<Value> =
            texts.iter().enumerate().map(|(index, text)| json!({ "id": index + 1, "text": text })).collect();
        Said { status: StatusCode::OK, json: json!({ "notes": texts }) }
    }

    /// Keeps a note for the person or client that the token acts for; `body` is longer than [`LONGEST_NOTE`] if the
    /// request's is.
    pub fn add(&self, authorization: &Authorization, content_type: Option<&str>, body: &[u8]) -> Said {
        if body.len() > LONGEST_NOTE {
            let reason = "a note has at most 4096 bytes: send a shorter one";
            return refuse(StatusCode::PAYLOAD_TOO_LARGE, "note_too_long", reason);
        }
        let Some(text) = text_of(content_type, body) else {
            let reason = "send {\"text\":\"...\"} as application/json, or the text as text/plain";
            return refuse(StatusCode::BAD_REQUEST, "invalid_note", reason);
        };
        match self.keep(Owner::from(authorization), text.clone()) {
            Some(id) => Said { status: StatusCode::CREATED, json: json!({ "id": id, "text": text }) },
            None => {
                let reason = "this server keeps 100 notes each: restart it to lose them";
                refuse(StatusCode::CONFLICT, "too_many_notes", reason)
            }
        }
    }

    fn of(&self, owner: &Owner) -> Vec<String> {
        let notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        notes.get(owner).cloned().unwrap_or_default()
    }

    /// Keeps a note and gives its number; `None` if there are too many.
    fn keep(&self, owner: Owner, text: String) -> Option<usize> {
        let mut notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !notes.contains_key(&owner) && notes.len() >= MOST_OWNERS {
            return None;
        }
        let mine = notes.entry(owner).or_default();
        if mine.len() >= MOST_NOTES {
            return None;
        }
        mine.push(text);
        Some(mine.len())
    }
}

/// Says what the token says of who holds it.
pub fn profile(authorization: &Authorization) -> Said {
    let json = json!({
        "subject": authorization.subject(),
        "username": authorization.attributes().get("username"),
        "client_id": authorization.client_id(),
        "scope": authorization.scope(),
    });
    Said { status: StatusCode::OK, json }
}

/// Finds the text of a note: a JSON object's `text`, a JSON text, or a plain text.
fn text_of(content_type: Option<&str>, body: &[u8]) -> Option<String> {
    let text = if content_type.is_some_and(is_json) {
        match serde_json::from_slice(body).ok()? {
            Value::String(text) => text,
            Value::Object(mut members) => match members.remove("text")? {
                Value::String(text) => text,
                _ => return None,
            },
            _ => return None,
        }
    } else {
        std::str::from_utf8(body).ok()?.to_owned()
    };
    (!text.is_empty()).then_some(text)
}

fn is_json(content_type: &str) -> bool {
    content_type.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

fn refuse(status: StatusCode, error: &str, description: &str) -> Said {
    Said { status, json: json!({ "error": error, "error_description": description }) }
}

#[cfg(test)]
mod tests {
    use super::{MOST_NOTES, Notes, Owner, text_of};
    use oauth_core::identifier::{ClientId, Subject};

    #[test]
    fn r_127_a_client_called_like_a_person_has_notes_of_its_own() {
        let notes = Notes::default();
        notes.keep(Owner::Person(Subject::new("ada").unwrap()), "mine".to_owned()).unwrap();
        assert!(notes.of(&Owner::Client(ClientId::new("ada").unwrap())).is_empty());
    }

    #[test]
    fn notes_are_bounded() {
        let notes = Notes::default();
        let owner = Owner::Person(Subject::new("ada").unwrap());
        for _ in 0..MOST_NOTES {
            notes.keep(owner.clone(), "x".to_owned()).unwrap();
        }
        assert_eq!(notes.keep(owner, "x".to_owned()), None);
    }

    #[test]
    fn a_note_is_json_or_text() {
        let json = "application/json; charset=utf-8";
        assert_eq!(text_of(Some(json), br#"{"text":"hi"}"#).unwrap(), "hi");
        assert_eq!(text_of(Some(json), br#""hi""#).unwrap(), "hi");
        assert_eq!(text_of(Some("text/plain"), b"hi").unwrap(), "hi");
        for body in [&b"{}"[..], br#"{"text":1}"#, b"[]", b"{", br#"{"text":""}"#] {
            assert_eq!(text_of(Some(json), body), None);
        }
        assert_eq!(text_of(None, b""), None);
        assert_eq!(text_of(None, &[0xFF]), None);
    }
}
