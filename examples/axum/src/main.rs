//! A complete OAuth 2.1 provider on axum. Open http://127.0.0.1:8000/oauth, register an application.
use axum::{Extension, Router, routing::get};
use oauth_core::store::{self, MemoryStore};
use oauth_core::{config::Config, identifier::Subject, provider::Provider, resource::Authorization, secret::Password};
use oauth_pages::{Accounts, PagesProvider, Person};
use oauth_tower::{Limits, ProviderLayer, authorized, scopes, serve};
use std::{env, error::Error, sync::Arc};

scopes! { Read = "read"; }

struct Users;

impl Accounts for Users {
    async fn sign_in(&self, username: &str, password: &Password) -> store::Result<Option<Person>> {
        let right = username == "ada" && *password == Password::new("lovelace");
        let subject = Subject::new("1").ok().filter(|_| right);
        Ok(subject.map(|subject| Person::new(subject, "ada")))
    }

    async fn person(&self, subject: &Subject) -> store::Result<Option<Person>> {
        Ok((subject.as_str() == "1").then(|| Person::new(subject.clone(), "ada")))
    }
}

async fn hello(Extension(token): Extension<Authorization>) -> String {
    format!("hello from {}", token.client_id)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8000".to_owned());
    let config = Config::new(&format!("http://{address}"))?;
    let provider = Arc::new(Provider::new(PagesProvider::new(config, MemoryStore::new(), Users))?);
    let hello = get(hello).route_layer(authorized::<Read, _>(&provider.protected_resource()));
    let app = Router::new().route("/hello", hello).layer(ProviderLayer::new(provider.clone()));
    let listener = tokio::net::TcpListener::bind(&address).await?;
    serve(app, listener, Limits::default()).sweeping(provider).until(tokio::signal::ctrl_c()).await;
    Ok(())
}
