//! The protected API: what clients want tokens for.

use oauth_core::identifier::{ClientId, Subject};
use oauth_core::resource::{Authorization, ResourceAuthorization};
use oauth_rocket::{Authorized, scopes};
use rocket::data::{Data, ToByteUnit};
use rocket::http::{ContentType, Status};
use rocket::response::content::RawJson;
use rocket::response::status::Custom;
use rocket::{Route, State, get, post, routes};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

scopes! {
    pub(crate) Read = "read";
    pub(crate) Write = "write";
}

/// The longest body of a note, in bytes.
const LONGEST_NOTE: u64 = 4 * 1024;
/// The most notes that one owner keeps.
const MOST_NOTES: usize = 100;
/// The most owners that keep notes.
const MOST_OWNERS: usize = 1_000;

type Answer = Custom<RawJson<String>>;

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
pub(crate) struct Notes(Mutex<HashMap<Owner, Vec<String>>>);

impl Notes {
    fn of(&self, owner: &Owner) -> Vec<String> {
        let notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        notes.get(owner).cloned().unwrap_or_default()
    }

    /// Keeps a note and gives its number; `None` where there are too many.
    fn add(&self, owner: Owner, text: String) -> Option<usize> {
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

/// Gives the routes, to be mounted at the path of the API's resource identifier.
pub(crate) fn routes() -> Vec<Route> {
    routes![profile, notes, add_note]
}

#[get("/profile")]
fn profile(authorized: Authorized<Read>) -> Answer {
    let authorization: &Authorization = &authorized;
    let body = json!({
        "subject": authorization.subject(),
        "username": authorization.attributes().get("username"),
        "client_id": authorization.client_id(),
        "scope": authorization.scope(),
    });
    answer(Status::Ok, &body)
}

#[get("/notes")]
fn notes(authorized: Authorized<Read>, notes: &State<Notes>) -> Answer {
    let texts = notes.of(&Owner::from(&*authorized));
    let texts: Vec<Value> =
        texts.iter().enumerate().map(|(index, text)| json!({ "id": index + 1, "text": text })).collect();
    answer(Status::Ok, &json!({ "notes": texts }))
}

#[post("/notes", data = "<body>")]
async fn add_note(
    authorized: Authorized<Write>,
    content_type: Option<&ContentType>,
    body: Data<'_>,
    notes: &State<Notes>,
) -> Answer {
    let body = match body.open(LONGEST_NOTE.bytes()).into_bytes().await {
        Ok(body) if body.is_complete() => body.into_inner(),
        Ok(_) => {
            return refuse(
                Status::PayloadTooLarge,
                "note_too_long",
                "a note has at most 4096 bytes: send a shorter one",
            );
        }
        Err(_) => return refuse(Status::BadRequest, "invalid_note", "the note did not arrive: send it again"),
    };
    let Some(text) = text_of(content_type, &body) else {
        return refuse(
            Status::BadRequest,
            "invalid_note",
            "send {\"text\":\"...\"} as application/json, or the text as text/plain",
        );
    };
    match notes.add(Owner::from(&*authorized), text.clone()) {
        Some(id) => answer(Status::Created, &json!({ "id": id, "text": text })),
        None => refuse(Status::Conflict, "too_many_notes", "this server keeps 100 notes each: restart it to lose them"),
    }
}

/// Finds the text of a note: a JSON object's `text`, a JSON text, or a plain text.
fn text_of(content_type: Option<&ContentType>, body: &[u8]) -> Option<String> {
    let text = if content_type.is_some_and(|content_type| content_type.is_json()) {
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

fn answer(status: Status, body: &Value) -> Answer {
    Custom(status, RawJson(body.to_string()))
}

fn refuse(status: Status, error: &str, description: &str) -> Answer {
    answer(status, &json!({ "error": error, "error_description": description }))
}

#[cfg(test)]
mod tests {
    use super::{MOST_NOTES, Notes, Owner, text_of};
    use oauth_core::identifier::{ClientId, Subject};
    use rocket::http::ContentType;

    #[test]
    fn r_127_a_client_called_like_a_person_has_notes_of_its_own() {
        let notes = Notes::default();
        notes.add(Owner::Person(Subject::new("ada").unwrap()), "mine".to_owned()).unwrap();
        assert!(notes.of(&Owner::Client(ClientId::new("ada").unwrap())).is_empty());
    }

    #[test]
    fn notes_are_bounded() {
        let notes = Notes::default();
        let owner = Owner::Person(Subject::new("ada").unwrap());
        for _ in 0..MOST_NOTES {
            notes.add(owner.clone(), "x".to_owned()).unwrap();
        }
        assert_eq!(notes.add(owner, "x".to_owned()), None);
    }

    #[test]
    fn a_note_is_json_or_text() {
        let json = ContentType::JSON;
        assert_eq!(text_of(Some(&json), br#"{"text":"hi"}"#).unwrap(), "hi");
        assert_eq!(text_of(Some(&json), br#""hi""#).unwrap(), "hi");
        assert_eq!(text_of(Some(&ContentType::Plain), b"hi").unwrap(), "hi");
        for body in [&b"{}"[..], br#"{"text":1}"#, b"[]", b"{", br#"{"text":""}"#] {
            assert_eq!(text_of(Some(&json), body), None);
        }
        assert_eq!(text_of(None, b""), None);
        assert_eq!(text_of(None, &[0xFF]), None);
    }
}
