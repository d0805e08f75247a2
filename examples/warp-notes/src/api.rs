//! The routes: each is a path, a method, and the scope that a token must allow.

use bytes::Bytes;
use oauth_core::identifier::{ClientId, Subject};
use oauth_core::resource::{Authorization, ProtectedResource};
use oauth_warp::{authorized, scopes};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use warp::http::StatusCode;
use warp::reply::{Json, WithStatus, json as to_json, with_status};
use warp::{Filter, Rejection, Reply};

scopes! {
    Read = "read";
    Write = "write";
}

/// The longest note, in bytes.
const LONGEST: u64 = 4 * 1024;
/// The most notes of one owner, and the most owners.
const MOST: usize = 100;

/// A person, whichever client asks, or else a client that acts for itself: apart by type, so that a
/// client called like a person sees nothing of that person (RFC 9068 §5).
type Owner = Result<Subject, ClientId>;

/// The notes, in memory.
type Notes = Arc<Mutex<HashMap<Owner, Vec<String>>>>;

type Answer = WithStatus<Json>;

/// Gives the routes, guarded by the resource.
pub(crate) fn routes(resource: ProtectedResource) -> impl Filter<Extract = (impl Reply,), Error = Rejection> + Clone {
    let notes = Notes::default();
    let notes = warp::any().map(move || Arc::clone(&notes));

    let list = warp::path!("notes").and(warp::get()).and(authorized::<Read, _>(&resource)).and(notes.clone()).map(list);
    let add = warp::path!("notes")
        .and(warp::post())
        .and(authorized::<Write, _>(&resource))
        .and(notes)
        .and(warp::body::content_length_limit(LONGEST))
        .and(warp::body::bytes())
        .map(add);
    list.or(add).unify()
}

fn list(token: Authorization, notes: Notes) -> Answer {
    let notes = notes.lock().unwrap_or_else(PoisonError::into_inner);
    let mine = notes.get(&owner(token)).cloned().unwrap_or_default();
    say(StatusCode::OK, json!({ "notes": mine }))
}

fn add(token: Authorization, notes: Notes, body: Bytes) -> Answer {
    let Ok(text) = std::str::from_utf8(&body) else {
        return say(StatusCode::BAD_REQUEST, json!({ "error": "a note is UTF-8 text" }));
    };
    let mut notes = notes.lock().unwrap_or_else(PoisonError::into_inner);
    let owner = owner(token);
    let full = notes.get(&owner).map_or(notes.len() >= MOST, |mine| mine.len() >= MOST);
    if full {
        return say(StatusCode::CONFLICT, json!({ "error": "there are too many notes" }));
    }
    notes.entry(owner).or_default().push(text.to_owned());
    say(StatusCode::CREATED, json!({ "text": text }))
}

fn owner(token: Authorization) -> Owner {
    token.subject.ok_or(token.client_id)
}

fn say(status: StatusCode, json: Value) -> Answer {
    with_status(to_json(&json), status)
}
