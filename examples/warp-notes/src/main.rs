//! Notes on Warp, in its own process: it asks a provider somewhere else about each access token.
//!
//! The README beside this shows how to start it, and how to get a token for it.

mod api;

use clap::Parser;
use oauth_core::identifier::{ClientId, Resource};
use oauth_core::resource::{ProtectedResource, ResourceMetadata};
use oauth_core::secret::ClientSecret;
use oauth_remote::RemoteResourceProvider;
use oauth_warp::{Limits, recover, resource_metadata, serve};
use std::error::Error;
use std::net::SocketAddr;
use tokio::net::TcpListener;
use warp::Filter;

/// An API that keeps notes for everyone with an access token of its provider.
#[derive(Parser)]
#[command(version)]
struct Options {
    /// Where to listen.
    #[arg(long, env = "NOTES_LISTEN", value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8001")]
    listen: SocketAddr,

    /// Who this API is to its clients: the URL that they use. Tokens for anything else are refused.
    #[arg(long, env = "NOTES_RESOURCE", value_name = "URL", default_value = "http://127.0.0.1:8001")]
    resource: Resource,

    /// The provider whose tokens are taken.
    #[arg(long, env = "NOTES_ISSUER", value_name = "URL", default_value = "http://127.0.0.1:8000")]
    issuer: String,

    /// The name under which this API is registered there.
    #[arg(long, env = "NOTES_CLIENT_ID", value_name = "ID", default_value = "notes-api")]
    client_id: ClientId,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::parse();
    // A client hears only that its token cannot be checked; why not stands in the log.
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let resource = protected(&options)?;
    let site = resource_metadata(&resource).or(api::routes(resource)).recover(recover);
    let listener = TcpListener::bind(options.listen).await?;
    eprintln!("Notes listen on http://{} and ask {} about tokens; Ctrl-C ends them.", options.listen, options.issuer);
    serve(site, listener, Limits::default()).until(async { drop(tokio::signal::ctrl_c().await) }).await;
    Ok(())
}

/// Says whose tokens are good here, and tells clients where they get one (RFC 9728).
fn protected(options: &Options) -> Result<ProtectedResource, Box<dyn Error>> {
    // Not an option: anyone who may list the processes of this machine would see it.
    let given = std::env::var("NOTES_CLIENT_SECRET").unwrap_or_default();
    // A file or a shell may have put a line break there, which is no part of a secret.
    let secret = given.trim_end_matches(['\n', '\r']);
    if secret.is_empty() {
        return Err("NOTES_CLIENT_SECRET: give the secret with which this API is registered at the provider".into());
    }
    let provider =
        RemoteResourceProvider::builder(&options.issuer, options.client_id.clone(), ClientSecret::new(secret))
            .audience(options.resource.clone())
            .build()?;
    let document = ResourceMetadata::new(options.resource.clone())?
        .authorization_server(&options.issuer)?
        .scopes(["read", "write"])
        .name("Notes");
    Ok(ProtectedResource::new(provider).realm("notes").metadata(document))
}
