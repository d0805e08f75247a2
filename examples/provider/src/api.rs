//! The routes of the protected API.

use http::StatusCode;
use oauth_core::resource::Access;
use oauth_rocket::{Authorized, Refused};
use provider_common::{LONGEST_NOTE, Notes, Said};
use rocket::data::{Data, ToByteUnit};
use rocket::http::{ContentType, Status};
use rocket::request::{FromRequest, Outcome, Request};
use rocket::response::content::RawJson;
use rocket::{Catcher, Route, State, catch, catchers, get, post, routes};

type Answer = (Status, RawJson<String>);

/// Gives the routes, to be mounted at the path of the API's resource identifier.
pub(crate) fn routes() -> Vec<Route> {
    routes![profile, notes, add_note]
}

/// Gives the catchers for what no route takes: JSON, which is what an API's clients read.
pub(crate) fn catchers() -> Vec<Catcher> {
    catchers![refused]
}

/// A token that allows what the settings require.
struct Allowed(Authorized);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Allowed {
    type Error = Refused;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Refused> {
        match request.rocket().state::<Access>() {
            Some(access) => Authorized::by(request, access).await.map(Allowed),
            None => Outcome::Forward(Status::InternalServerError),
        }
    }
}

#[get("/profile")]
fn profile(token: Allowed) -> Answer {
    answer(provider_common::profile(&token.0))
}

#[get("/notes")]
fn notes(token: Allowed, notes: &State<Notes>) -> Answer {
    answer(notes.list(&token.0))
}

#[post("/notes", data = "<body>")]
async fn add_note(
    token: Allowed,
    content_type: Option<&ContentType>,
    body: Data<'_>,
    notes: &State<Notes>,
) -> Result<Answer, Status> {
    // One byte more than a note may have shows that it is too long.
    let body = body.open((LONGEST_NOTE + 1).bytes()).into_bytes().await.map_err(|_| Status::BadRequest)?;
    Ok(answer(notes.add(&token.0, content_type.map(ToString::to_string).as_deref(), &body)))
}

#[catch(default)]
fn refused(status: Status, _: &Request<'_>) -> Answer {
    answer(provider_common::refusal(StatusCode::from_u16(status.code).unwrap_or(StatusCode::BAD_REQUEST)))
}

fn answer(said: Said) -> Answer {
    (Status::new(said.status.as_u16()), RawJson(said.json.to_string()))
}
