//! The routes of the protected API.

use oauth_rocket::Authorized;
use provider_common::{LONGEST_NOTE, Notes, Read, Said, Write};
use rocket::data::{Data, ToByteUnit};
use rocket::http::{ContentType, Status};
use rocket::response::content::RawJson;
use rocket::{Route, State, get, post, routes};

type Answer = (Status, RawJson<String>);

/// Gives the routes, to be mounted at the path of the API's resource identifier.
pub(crate) fn routes() -> Vec<Route> {
    routes![profile, notes, add_note]
}

#[get("/profile")]
fn profile(token: Authorized<Read>) -> Answer {
    answer(provider_common::profile(&token))
}

#[get("/notes")]
fn notes(token: Authorized<Read>, notes: &State<Notes>) -> Answer {
    answer(notes.list(&token))
}

#[post("/notes", data = "<body>")]
async fn add_note(
    token: Authorized<Write>,
    content_type: Option<&ContentType>,
    body: Data<'_>,
    notes: &State<Notes>,
) -> Result<Answer, Status> {
    // One byte more than a note may have shows that it is too long.
    let body = body.open((LONGEST_NOTE + 1).bytes()).into_bytes().await.map_err(|_| Status::BadRequest)?;
    Ok(answer(notes.add(&token, content_type.map(ToString::to_string).as_deref(), &body)))
}

fn answer(said: Said) -> Answer {
    (Status::new(said.status.as_u16()), RawJson(said.json.to_string()))
}
