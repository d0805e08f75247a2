use super::Endpoint;
use crate::config::Config;
use crate::grant::TokenGrant;
use crate::http::Cors;
use crate::installed::Installed;
use crate::server::AuthorizationProvider;
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, Method, Request, Response};
use serde_json::{Map, Value};
use std::sync::Arc;

/// Where RFC 8414 §3 puts the document, before the path of the issuer.
const WELL_KNOWN: &str = "/.well-known/oauth-authorization-server";

/// The authorization server's metadata (RFC 8414), written from what is mounted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Metadata;

/// The document while the endpoints write it: members in any order, lists without repetition, empty
/// lists left out (RFC 8414 §3.2).
#[derive(Clone, Debug, Default)]
pub struct MetadataDocument(Map<String, Value>);

impl MetadataDocument {
    /// Sets a member.
    pub fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.0.insert(name.to_owned(), value.into());
    }

    /// Adds values to a member that is a list.
    pub fn add<'a>(&mut self, name: &str, values: impl IntoIterator<Item = &'a str>) {
        let mut list = match self.0.remove(name) {
            Some(Value::Array(list)) => list,
            _ => Vec::new(),
        };
        for value in values {
            if !list.iter().any(|known| known == value) {
                list.push(Value::from(value));
            }
        }
        if !list.is_empty() {
            self.0.insert(name.to_owned(), Value::Array(list));
        }
    }
}

/// Writes the document of a provider.
pub(crate) fn document<P: AuthorizationProvider>(
    config: &Config,
    endpoints: &[Arc<dyn Endpoint<P>>],
    grants: &[Arc<dyn TokenGrant<P>>],
) -> Bytes {
    let mut document = MetadataDocument::default();
    document.set("issuer", config.issuer.as_str());
    document.add("scopes_supported", config.scopes.keys().map(String::as_str));
    let offered = grants.iter().filter(|grant| grant.is_offered(config));
    document.add("grant_types_supported", offered.map(|grant| grant.grant_type().as_str()));
    for endpoint in endpoints {
        endpoint.describe(config, &mut document);
    }
    Bytes::from(Value::Object(document.0).to_string())
}

#[async_trait::async_trait]
impl<P: AuthorizationProvider> Endpoint<P> for Metadata {
    fn path(&self, config: &Config) -> String {
        format!("{WELL_KNOWN}{}", config.issuer.path())
    }

    /// Clients that append the well-known path to the issuer find it too.
    fn other_paths(&self, config: &Config) -> Vec<String> {
        let appended = format!("{}{WELL_KNOWN}", config.issuer_path());
        if config.issuer.path().is_empty() { Vec::new() } else { vec![appended] }
    }

    fn methods(&self) -> &'static [Method] {
        &[Method::GET, Method::HEAD]
    }

    fn cors(&self) -> Cors {
        Cors::AnyOrigin
    }

    fn describe(&self, _config: &Config, _document: &mut MetadataDocument) {}

    async fn call(&self, installed: &Installed<P>, _: &Request<Bytes>) -> Response<Bytes> {
        let mut response = Response::new(installed.metadata.clone());
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        response
    }
}
