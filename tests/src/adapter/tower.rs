use super::{Pages, Read, Stop, Write, said};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderName, StatusCode};
use axum::routing::{get, post};
use axum::{Extension, Router};
use oauth_core::provider::{Provider, Service};
use oauth_core::resource::Authorization;
use oauth_tower::{Limits, ProviderService, authorized};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

type Json = (StatusCode, [(HeaderName, &'static str); 1], String);

fn json(status: StatusCode, token: &Authorization) -> Json {
    (status, [(CONTENT_TYPE, "application/json")], said(token))
}

async fn read(Extension(token): Extension<Authorization>) -> Json {
    json(StatusCode::OK, &token)
}

async fn write(Extension(token): Extension<Authorization>) -> Json {
    json(StatusCode::CREATED, &token)
}

/// Starts a server of axum's routes; `None` where the port is taken.
pub(super) async fn start(address: SocketAddr, provider: Provider<Pages>) -> Option<Stop> {
    let listener = TcpListener::bind(address).await.ok()?;
    let resource = provider.protected_resource();
    let service: Arc<dyn Service> = Arc::new(provider);
    let read = || get(read).route_layer(authorized::<Read, _>(&resource));
    let write = post(write).route_layer(authorized::<Write, _>(&resource));
    let api = Router::new().route("/api/profile", read()).route("/api/notes", read().merge(write));
    // A provider at the root takes what is left, so that it is the fallback.
    let site = api.fallback_service(ProviderService::new(Arc::clone(&service)));
    let (stop, stopped) = oneshot::channel::<()>();
    tokio::spawn(oauth_tower::serve(site, listener, Limits::default()).sweeping(service).until(stopped));
    Some(Box::new(move || drop(stop)))
}
