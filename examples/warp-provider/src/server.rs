//! The server: pages, endpoints and API on one socket.

use crate::api;
use http::Uri;
use oauth_warp::{Limits, provider, recover, resource_metadata, serve, unknown_paths};
use provider_common::{Refused, Site};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use warp::Filter;

/// Serves until Ctrl-C or SIGTERM.
pub(crate) async fn run(site: Site) -> Result<(), Refused> {
    let Site { provider: the_provider, address, api_path, api, idle_time, home, welcome, stop } = site;
    let home: Uri = home.parse().map_err(|error| Refused::new("invalid_configuration", format!("{error}")))?;
    let listener = TcpListener::bind(address).await.map_err(|error| Refused::not_bound(&error, address))?;
    let resource = the_provider.protected_resource();
    let resource = api.metadata.into_iter().fold(resource, |resource, metadata| resource.metadata(metadata));
    let service = Arc::new(the_provider);
    let root = warp::path::end().and(warp::get()).map(move || warp::redirect::see_other(home.clone()));
    let notes = resource_metadata(&resource).or(api::routes(api_path.clone(), resource, api.access));
    let site = provider(service.clone()).or(notes).or(root).recover(recover);
    let site = site.or(api::unknown_paths(api_path)).or(unknown_paths(service.clone()));
    welcome.say();
    let mut limits = Limits::default();
    limits.idle_time = Duration::from_secs(idle_time.into());
    serve(site, listener, limits).sweeping(service).until(stop).await;
    Ok(())
}
