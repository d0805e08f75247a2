//! The routes of the protected API.

use bytes::Buf;
use futures_util::{Stream, TryStreamExt as _};
use http::StatusCode;
use oauth_core::resource::Access;
use oauth_warp::{ProtectedResource, authorized_by};
use provider_common::{LONGEST_NOTE, Notes, Said, profile, refusal};
use std::sync::Arc;
use warp::filters::BoxedFilter;
use warp::reject::Rejection;
use warp::{Filter, Reply};

/// Gives the routes under the path of the API's resource identifier.
pub(crate) fn routes(
    path: String,
    resource: ProtectedResource,
    access: Access,
) -> impl Filter<Extract = (impl Reply,), Error = Rejection> + Clone {
    let notes = Arc::new(Notes::default());
    let kept = warp::any().map(move || Arc::clone(&notes));
    let token = authorized_by(&resource, access);

    let profile = warp::path!("profile").and(warp::get()).and(token.clone()).map(|token| answer(profile(&token)));
    let list = warp::path!("notes").and(warp::get()).and(token.clone()).and(kept.clone());
    let list = list.map(|token, notes: Arc<Notes>| answer(notes.list(&token)));
    let content_type = warp::header::optional::<String>("content-type");
    let add = warp::path!("notes").and(warp::post()).and(token).and(kept).and(content_type).and(warp::body::stream());
    let add =
        add.then(async |token, notes: Arc<Notes>, content_type: Option<String>, body| match read_note(body).await {
            Ok(body) => answer(notes.add(&token, content_type.as_deref(), &body)).into_response(),
            Err(_) => StatusCode::BAD_REQUEST.into_response(),
        });
    below(&path).and(profile.or(list).unify().or(add))
}

/// Answers what no route of the API takes: in JSON, which is what its clients read.
pub(crate) fn unknown_paths(path: String) -> impl Filter<Extract = (impl Reply,), Error = Rejection> + Clone {
    below(&path).map(|| answer(refusal(StatusCode::NOT_FOUND)))
}

/// Matches a path of several segments, which `warp::path` does not.
fn below(path: &str) -> BoxedFilter<()> {
    let segments = path.split('/').filter(|segment| !segment.is_empty());
    segments.fold(warp::any().boxed(), |before, segment| before.and(warp::path(segment.to_owned())).boxed())
}

/// Reads a body until it is longer than a note may be.
async fn read_note(body: impl Stream<Item = Result<impl Buf, warp::Error>>) -> Result<Vec<u8>, warp::Error> {
    let mut body = std::pin::pin!(body);
    let mut note = Vec::new();
    while note.len() <= LONGEST_NOTE
        && let Some(mut part) = body.try_next().await?
    {
        let length = part.remaining();
        note.extend_from_slice(&part.copy_to_bytes(length));
    }
    Ok(note)
}

fn answer(said: Said) -> impl Reply {
    warp::reply::with_status(warp::reply::json(&said.json), said.status)
}
