use super::own::{self, ByMethod, Either, Own, Recent, Strong};
use super::{Pages, Read, Stop, Write, said};
use ::warp::http::{Response, StatusCode, header::CONTENT_TYPE};
use ::warp::reject::Rejection;
use ::warp::{Filter, Reply, get, path, post};
use oauth_core::provider::{Provider, Service};
use oauth_core::resource::{Authorization, ProtectedResource};
use oauth_warp::{Limits, authorized, authorized_form, maybe_authorized, recover, resource_metadata};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

fn json(status: StatusCode, token: &Authorization) -> Response<String> {
    let answer = Response::builder().status(status).header(CONTENT_TYPE, "application/json");
    answer.body(said(token)).expect("a valid answer")
}

fn own_api(own: ProtectedResource<Own>) -> impl Filter<Extract = impl Reply, Error = Rejection> + Clone {
    let own = &own;
    let row = |token: Own| token.row;
    let either = path!("own" / "either").and(get()).and(authorized::<Either, _>(own)).map(row);
    let notes = path!("own" / "notes").and(get().or(post()).unify()).and(authorized::<ByMethod, _>(own)).map(row);
    let recent = path!("own" / "recent").and(get()).and(authorized::<Recent, _>(own)).map(row);
    let strong = path!("own" / "strong").and(get()).and(authorized::<Strong, _>(own)).map(row);
    let maybe = path!("own" / "maybe").and(get()).and(maybe_authorized::<Read, _>(own));
    let maybe = maybe.map(|token: Option<Own>| token.map_or_else(|| "nobody".to_owned(), |token| token.row));
    let form = path!("own" / "form").and(post()).and(authorized_form::<Write, _, _>(own));
    let form = form.map(|token: Own, form: BTreeMap<String, String>| {
        let text = form.get("text").map_or("", String::as_str);
        format!("{} writes {text}, {:?}", token.row, form.get("access_token"))
    });
    either.or(notes).or(recent).or(strong).or(maybe).or(form).or(resource_metadata(own))
}

fn site(
    resource: ProtectedResource,
    own: ProtectedResource<Own>,
    service: Arc<dyn Service>,
) -> impl Filter<Extract = impl Reply, Error = Rejection> + Clone {
    let read = get().and(authorized::<Read, _>(&resource)).map(|token| json(StatusCode::OK, &token));
    let write = post().and(authorized::<Write, _>(&resource)).map(|token| json(StatusCode::CREATED, &token));
    let api = path!("api" / "profile").and(read.clone());
    let api = api.or(path!("api" / "notes").and(read.or(write)));
    // A provider at the root takes what is left, so that refusals are answered before it.
    api.or(own_api(own)).recover(recover).or(oauth_warp::provider(service))
}

/// Starts a server; `None` where the port is taken.
pub(super) async fn start(address: SocketAddr, provider: Provider<Pages>) -> Option<Stop> {
    let listener = TcpListener::bind(address).await.ok()?;
    let (resource, own) = (provider.protected_resource(), own::resource(&provider));
    let service: Arc<dyn Service> = Arc::new(provider);
    let site = site(resource, own, Arc::clone(&service));
    let server = oauth_warp::serve(site, listener, Limits::default()).sweeping(service);
    let (stop, stopped) = oneshot::channel::<()>();
    tokio::spawn(server.until(stopped));
    Some(Box::new(move || drop(stop)))
}

/// Starts Warp's own server.
pub(super) async fn start_warps(address: SocketAddr, provider: Provider<Pages>) -> Option<Stop> {
    let listener = TcpListener::bind(address).await.ok()?;
    let (resource, own) = (provider.protected_resource(), own::resource(&provider));
    let service: Arc<dyn Service> = Arc::new(provider);
    let server = ::warp::serve(site(resource, own, service)).incoming(listener);
    let (stop, stopped) = oneshot::channel::<()>();
    tokio::spawn(server.graceful(async { drop(stopped.await) }).run());
    Some(Box::new(move || drop(stop)))
}
