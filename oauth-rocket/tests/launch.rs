//! The fairing: settings from Figment, the issuer, and what stops a launch.
#![cfg(feature = "provider")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use bytes::Bytes;
use http::{Request, Response};
use oauth_core::config::{Config, InvalidSetting};
use oauth_core::identifier::Resource;
use oauth_core::owner::{AuthorizationRequest, Decided, Decision, ResourceOwner};
use oauth_core::provider::{AuthorizationProvider, Provider, Service};
use oauth_core::resource::{ResourceMetadata, Transports};
use oauth_core::store::{self, MemoryStore};
use oauth_rocket::{Authorized, OAuth, routes as endpoints, well_known};
use rocket::error::ErrorKind;
use rocket::fairing::AdHoc;
use rocket::figment::Figment;
use rocket::http::{ContentType, Method, Status};
use rocket::local::asynchronous::Client;
use rocket::{Build, Ignite, Rocket, get, routes};
use std::sync::Arc;

struct Nobody;

impl ResourceOwner for Nobody {
    async fn decide(&self, _: &Request<Bytes>, _: &AuthorizationRequest) -> store::Result<Decided> {
        Ok(Decision::SignIn(Response::new(Bytes::new())).into())
    }
}

struct App {
    store: MemoryStore,
    owner: Nobody,
    config: Config,
}

impl App {
    fn new(config: Config) -> Self {
        Self { store: MemoryStore::new(), owner: Nobody, config }
    }
}

impl AuthorizationProvider for App {
    type Store = MemoryStore;
    type Owner = Nobody;

    fn store(&self) -> &MemoryStore {
        &self.store
    }
    fn owner(&self) -> &Nobody {
        &self.owner
    }
    fn config(&self) -> &Config {
        &self.config
    }
}

fn figment() -> Figment {
    Figment::from(rocket::Config::debug_default()).merge(("log_level", "off"))
}

fn rocket(figment: Figment) -> Rocket<Build> {
    rocket::custom(figment).attach(OAuth::new(App::new))
}

fn config(rocket: &Rocket<Ignite>) -> Config {
    rocket.state::<Arc<dyn Service>>().unwrap().config().clone()
}

async fn refuses(rocket: Rocket<Build>) -> bool {
    match rocket.ignite().await {
        Ok(_) => false,
        Err(error) => matches!(error.kind(), ErrorKind::FailedFairings(_)),
    }
}

#[rocket::async_test]
async fn the_table_is_put_over_the_defaults() {
    let figment = figment().merge(("oauth.code_lifetime", 30)).merge(("oauth.base_path", "/v1/oauth2"));
    let ignited = rocket(figment).ignite().await.unwrap();
    let config = config(&ignited);
    assert_eq!((config.code_lifetime.as_secs(), config.access_token_lifetime.as_secs()), (30, 3600));
    assert_eq!(config.issuer.as_str(), "http://127.0.0.1:8000", "where Rocket listens");
    assert!(ignited.routes().any(|route| route.uri.base() == "/v1/oauth2" && route.method == Method::Trace));
}

#[rocket::async_test]
async fn the_issuer_is_known_on_loopback_only() {
    let issuer = async |figment| config(&rocket(figment).ignite().await.unwrap()).issuer.to_string();
    assert_eq!(issuer(figment().merge(("address", "::1"))).await, "http://[::1]:8000");
    assert_eq!(issuer(figment().merge(("port", 80))).await, "http://127.0.0.1");
    let outside = figment().merge(("address", "0.0.0.0"));
    assert_eq!(issuer(outside.clone().merge(("oauth.issuer", "https://id.example"))).await, "https://id.example");
    assert!(refuses(rocket(outside)).await);
    assert!(refuses(rocket(figment().merge(("port", 0)))).await);
    assert!(refuses(rocket(figment().merge(("oauth.issuer", "http://id.example")))).await);
}

#[rocket::async_test]
async fn what_cannot_be_used_stops_the_launch() {
    assert!(refuses(rocket(figment().merge(("oauth.code_lifetme", 30)))).await, "an unknown key");
    assert!(refuses(rocket(figment().merge(("oauth.code_lifetime", "soon")))).await, "another type");
    assert!(refuses(rocket(figment().merge(("oauth.code_lifetime", 3600)))).await, "a value out of range");
    assert!(refuses(rocket(figment().merge(("oauth", 1)))).await, "no table");
    let fails = OAuth::new(|_| Err::<App, _>("the directory does not answer"));
    assert!(refuses(rocket::custom(figment()).attach(fails)).await);
    let wrong = OAuth::new(|mut config| {
        config.code_lifetime = std::time::Duration::ZERO;
        App::new(config)
    });
    assert!(refuses(rocket::custom(figment()).attach(wrong)).await);
}

#[rocket::async_test]
async fn a_finished_provider_takes_no_settings() {
    let finished = || -> Result<OAuth, InvalidSetting> {
        Ok(OAuth::with(Provider::new(App::new(Config::new("https://id.example").unwrap()))?))
    };
    assert!(!refuses(rocket::custom(figment()).attach(finished().unwrap())).await);
    let with_table = figment().merge(("oauth.code_lifetime", 30));
    assert!(refuses(rocket::custom(with_table).attach(finished().unwrap())).await);
    let twice = rocket::custom(figment()).attach(finished().unwrap()).attach(finished().unwrap());
    assert!(refuses(twice).await);
}

#[rocket::async_test]
async fn the_guard_finds_the_providers_store() {
    #[get("/hello")]
    fn hello(_token: Authorized) {}
    let client = Client::untracked(rocket(figment()).mount("/", routes![hello])).await.unwrap();
    let response = client.get("/hello").dispatch().await;
    assert_eq!(response.status(), Status::Unauthorized);
    assert_eq!(response.headers().get_one("www-authenticate"), Some(r#"Bearer realm="api""#));
}

#[rocket::async_test]
async fn the_application_may_mount_by_hand() {
    let mount = AdHoc::try_on_ignite("mount OAuth", |rocket| async {
        let Some(service) = rocket.state::<Arc<dyn Service>>().cloned() else { return Err(rocket) };
        Ok(rocket.mount(service.mounts().base, endpoints(&service)).mount("/", well_known(&service)))
    });
    let by_hand = rocket::custom(figment()).attach(OAuth::new(App::new).without_mounting());
    assert_eq!(by_hand.ignite().await.unwrap().routes().count(), 0);
    let by_hand = rocket::custom(figment()).attach(OAuth::new(App::new).without_mounting()).attach(mount);
    let client = Client::untracked(by_hand).await.unwrap();
    assert_eq!(client.get("/oauth/token").dispatch().await.status(), Status::MethodNotAllowed);
    assert_eq!(client.get("/.well-known/oauth-authorization-server").dispatch().await.status(), Status::Ok);
}

#[rocket::async_test]
async fn at_the_root_the_applications_routes_come_first() {
    #[get("/hello")]
    fn hello() -> &'static str {
        "hello"
    }
    let figment = figment().merge(("oauth.base_path", "/"));
    let client = Client::untracked(rocket(figment).mount("/", routes![hello])).await.unwrap();
    assert_eq!(client.get("/hello").dispatch().await.into_string().await.unwrap(), "hello");
    assert_eq!(client.get("/token").dispatch().await.status(), Status::MethodNotAllowed);
    assert_eq!(client.get("/.well-known/oauth-authorization-server").dispatch().await.status(), Status::Ok);
}

#[rocket::async_test]
async fn a_method_field_of_head_leaves_the_answer_its_body() {
    let client = Client::untracked(rocket(figment())).await.unwrap();
    let post = client.post("/oauth/token").header(ContentType::Form).body("_method=HEAD&grant_type=password");
    let response = post.dispatch().await;
    assert_eq!(response.status(), Status::Unauthorized);
    assert!(response.into_string().await.unwrap().contains("invalid_client"));
}

#[rocket::async_test]
async fn the_fairing_describes_the_api_beside_the_provider() {
    #[get("/guarded")]
    fn guarded(_token: Authorized) {}
    let resource = Resource::new("https://api.example/v1").unwrap();
    let metadata = ResourceMetadata::new(resource).unwrap();
    let oauth = OAuth::new(App::new).realm("notes").metadata(metadata);
    let oauth = oauth.transports(Transports::header().with_insecure_query());
    let client = Client::tracked(rocket::custom(figment()).attach(oauth).mount("/", routes![guarded])).await.unwrap();
    let described = client.get("/.well-known/oauth-protected-resource/v1").dispatch().await;
    assert!(described.into_string().await.unwrap().contains(r#"["header","query"]"#));
    let refused = client.get("/guarded?access_token=unknown").dispatch().await;
    let challenge = refused.headers().get_one("www-authenticate").unwrap();
    assert!(challenge.starts_with(r#"Bearer realm="notes", error="invalid_token""#), "{challenge}");
    assert!(challenge.contains("https://api.example/.well-known/oauth-protected-resource/v1"), "{challenge}");
}
