//! An API that describes itself (RFC 9728), and scopes that are not "all of these".
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use oauth_core::clock::Timestamp;
use oauth_core::identifier::{Attributes, ClientId, Resource, Subject};
use oauth_core::resource::{
    PresentedToken, Refusal, Requirement, ResourceAuthorization, ResourceMetadata, ResourceProvider, Scopes,
};
use oauth_core::scope::Scope;
use oauth_rocket::{Authorized, Resources};
use rocket::http::{Header, Method, Status};
use rocket::local::blocking::{Client, LocalResponse};
use rocket::{Build, Rocket, get, post, routes};

/// The token's own text is its scope.
struct Pass(ClientId, Scope);

static NONE: Attributes = Attributes::new();

impl ResourceAuthorization for Pass {
    fn client_id(&self) -> &ClientId {
        &self.0
    }
    fn subject(&self) -> Option<&Subject> {
        None
    }
    fn scope(&self) -> &Scope {
        &self.1
    }
    fn audience(&self) -> &[Resource] {
        &[]
    }
    fn expires_at(&self) -> Timestamp {
        Timestamp::default()
    }
    fn attributes(&self) -> &Attributes {
        &NONE
    }
}

struct Gate;

impl ResourceProvider for Gate {
    type Authorization = Pass;

    async fn validate_access_token(&self, token: &PresentedToken<'_>) -> Result<Pass, Refusal> {
        let scope = token.expose().parse().map_err(|_| Refusal::InvalidToken)?;
        Ok(Pass(ClientId::new("notes").unwrap(), scope))
    }
}

struct ReadOrAdmin;

impl Scopes for ReadOrAdmin {
    const REQUIRED: &'static [&'static str] = &["read", "admin"];
    const REQUIREMENT: Requirement = Requirement::any_of(Self::REQUIRED);
}

struct ByMethod;

impl Scopes for ByMethod {
    const REQUIRED: &'static [&'static str] = &["read", "write"];
    const REQUIREMENT: Requirement = Requirement::by_method(&["read"], &["write"]);
}

#[get("/any")]
fn any(_token: Authorized<ReadOrAdmin, Pass>) {}

#[get("/notes")]
fn list(_token: Authorized<ByMethod, Pass>) {}

#[post("/notes")]
fn add(_token: Authorized<ByMethod, Pass>) {}

fn metadata(resource: &str) -> ResourceMetadata {
    ResourceMetadata::new(Resource::new(resource).unwrap()).unwrap().authorization_server("https://id.example").unwrap()
}

fn rocket(resource: &str) -> Rocket<Build> {
    rocket::build().attach(Resources::new(Gate).metadata(metadata(resource))).mount("/", routes![any, list, add])
}

fn send<'c>(client: &'c Client, method: Method, path: &'static str, token: &str) -> LocalResponse<'c> {
    client.req(method, path).header(Header::new("Authorization", format!("Bearer {token}"))).dispatch()
}

fn challenge(response: &LocalResponse<'_>) -> String {
    response.headers().get_one("www-authenticate").unwrap_or_default().to_owned()
}

#[test]
fn r_060_any_of_and_by_method_hold_in_guards() {
    let client = Client::tracked(rocket("https://api.example")).unwrap();
    for (method, path, token, status, named) in [
        (Method::Get, "/any", "read", 200, ""),
        (Method::Get, "/any", "admin", 200, ""),
        (Method::Get, "/any", "write", 403, r#"scope="read""#),
        (Method::Get, "/notes", "read", 200, ""),
        (Method::Head, "/notes", "read", 200, ""),
        (Method::Get, "/notes", "write", 403, r#"scope="read""#),
        (Method::Post, "/notes", "write", 200, ""),
        (Method::Post, "/notes", "read", 403, r#"scope="write""#),
    ] {
        let response = send(&client, method, path, token);
        assert_eq!(response.status().code, status, "{method} {path} {token}");
        assert!(challenge(&response).contains(named), "{method} {path} {token}: {}", challenge(&response));
    }
}

#[test]
fn r_232_the_metadata_is_served_and_challenges_point_to_it() {
    let client = Client::tracked(rocket("https://api.example/v1")).unwrap();
    let path = "/.well-known/oauth-protected-resource/v1";
    let response = client.get(path).header(Header::new("Host", "evil.example")).dispatch();
    assert_eq!(response.status(), Status::Ok);
    assert_eq!(response.headers().get_one("content-type"), Some("application/json"));
    let body = response.into_string().unwrap();
    assert!(body.contains(r#""resource":"https://api.example/v1""#), "{body}");
    assert!(!body.contains("evil"), "{body}");
    let response = client.get("/any").header(Header::new("Host", "evil.example")).dispatch();
    assert_eq!(response.status(), Status::Unauthorized);
    let expected = format!(r#"resource_metadata="https://api.example{path}""#);
    assert!(challenge(&response).contains(&expected), "{}", challenge(&response));
}
