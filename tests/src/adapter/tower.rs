use super::own::{self, ByMethod, Either, Own, Recent, Strong};
use super::{Pages, Read, Stop, Write, said};
use axum::body::{Body, Bytes};
use axum::extract::DefaultBodyLimit;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderName, Method, Response, StatusCode, Uri};
use axum::routing::{get, post};
use axum::{Extension, Router};
use oauth_core::http::BODY_LIMIT;
use oauth_core::provider::{Provider, Service};
use oauth_core::resource::{Authorization, ProtectedResource, ResourceRequest, Scopes as _};
use oauth_tower::{Limits, ProviderService, authorized, maybe_authorized};
use std::collections::BTreeMap;
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

async fn row(Extension(token): Extension<Own>) -> String {
    token.row
}

async fn maybe(Extension(token): Extension<Option<Own>>) -> String {
    token.map_or_else(|| "nobody".to_owned(), |token| token.row)
}

/// Takes the token of a form as an application does that has read its body itself: no layer reads one.
async fn form(
    own: ProtectedResource<Own>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let asked = ResourceRequest::new(&method, &headers).query(uri.query()).body(&body);
    match own.require(&asked, &Write::ACCESS).await {
        Ok(token) => {
            let mut form: BTreeMap<_, _> = form_urlencoded::parse(&body).into_owned().collect();
            form.remove("access_token");
            let text = form.get("text").map_or("", String::as_str);
            Response::new(format!("{} writes {text}, {:?}", token.row, form.get("access_token")).into())
        }
        Err(refusal) => own.answer(refusal, &method, &Write::ACCESS).map(Body::from),
    }
}

fn own_api(own: &ProtectedResource<Own>) -> Router {
    let described = own.described().expect("it has metadata").clone();
    let path = described.path().to_owned();
    let resource = own.clone();
    let form = move |method, uri, headers, body| form(resource.clone(), method, uri, headers, body);
    Router::new()
        .route("/own/either", get(row).route_layer(authorized::<Either, _>(own)))
        .route("/own/notes", get(row).post(row).route_layer(authorized::<ByMethod, _>(own)))
        .route("/own/recent", get(row).route_layer(authorized::<Recent, _>(own)))
        .route("/own/strong", get(row).route_layer(authorized::<Strong, _>(own)))
        .route("/own/maybe", get(maybe).route_layer(maybe_authorized::<Read, _>(own)))
        .route("/own/form", post(form).layer(DefaultBodyLimit::max(BODY_LIMIT)))
        .route(&path, get(move || async move { described.response().map(Body::from) }))
}

/// Starts a server of axum's routes; `None` where the port is taken.
pub(super) async fn start(address: SocketAddr, provider: Provider<Pages>) -> Option<Stop> {
    let listener = TcpListener::bind(address).await.ok()?;
    let resource = provider.protected_resource();
    let own_api = own_api(&own::resource(&provider));
    let service: Arc<dyn Service> = Arc::new(provider);
    let read = || get(read).route_layer(authorized::<Read, _>(&resource));
    let write = post(write).route_layer(authorized::<Write, _>(&resource));
    let api = Router::new().route("/api/profile", read()).route("/api/notes", read().merge(write));
    // A provider at the root takes what is left, so that it is the fallback.
    let site = api.merge(own_api).fallback_service(ProviderService::new(Arc::clone(&service)));
    let (stop, stopped) = oneshot::channel::<()>();
    tokio::spawn(oauth_tower::serve(site, listener, Limits::default()).sweeping(service).until(stopped));
    Some(Box::new(move || drop(stop)))
}
