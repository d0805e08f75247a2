use super::{Pages, Read, Stop, Write, said};
use ::warp::http::{Response, StatusCode, header::CONTENT_TYPE};
use ::warp::{Filter, get, path, post};
use oauth_core::provider::{Provider, Service};
use oauth_core::resource::Authorization;
use oauth_warp::{Limits, authorized, recover};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

fn json(status: StatusCode, token: &Authorization) -> Response<String> {
    let answer = Response::builder().status(status).header(CONTENT_TYPE, "application/json");
    answer.body(said(token)).expect("a valid answer")
}

/// Starts a server; `None` where the port is taken.
pub(super) async fn start(address: SocketAddr, provider: Provider<Pages>) -> Option<Stop> {
    let listener = TcpListener::bind(address).await.ok()?;
    let resource = provider.protected_resource();
    let service: Arc<dyn Service> = Arc::new(provider);
    let read = get().and(authorized::<Read, _>(&resource)).map(|token| json(StatusCode::OK, &token));
    let write = post().and(authorized::<Write, _>(&resource)).map(|token| json(StatusCode::CREATED, &token));
    let api = path!("api" / "profile").and(read.clone());
    let api = api.or(path!("api" / "notes").and(read.or(write)));
    // A provider at the root takes what is left, so that refusals are answered before it.
    let site = api.recover(recover).or(oauth_warp::provider(Arc::clone(&service)));
    let (stop, stopped) = oneshot::channel::<()>();
    let server = oauth_warp::serve(site, listener, Limits::default()).sweeping(service);
    tokio::spawn(server.until(async {
        let _ = stopped.await;
    }));
    Some(Box::new(move || drop(stop)))
}
