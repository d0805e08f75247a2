use super::{Endpoint, MetadataDocument};
use crate::config::Config;
use crate::provider::{AuthorizationProvider, Provider};
use bytes::Bytes;
use http::{Method, Request, Response};

/// The introspection endpoint.
#[derive(Clone, Copy, Debug, Default)]
pub struct Introspection;

impl<P: AuthorizationProvider> Endpoint<P> for Introspection {
    fn path(&self, config: &Config) -> String {
        config.paths.introspection_path()
    }

    fn methods(&self) -> &'static [Method] {
        &[Method::POST]
    }

    fn describe(&self, _config: &Config, _document: &mut MetadataDocument) {}

    async fn call(&self, _provider: &Provider<P>, _request: &Request<Bytes>) -> Response<Bytes> {
        Response::new(Bytes::new())
    }
}
