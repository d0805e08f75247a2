use super::{Endpoint, MetadataDocument};
use crate::config::Config;
use crate::provider::{AuthorizationProvider, Provider};
use bytes::Bytes;
use http::{Method, Request, Response};

/// The token endpoint.
#[derive(Clone, Copy, Debug, Default)]
pub struct Token;

impl<P: AuthorizationProvider> Endpoint<P> for Token {
    fn path(&self, config: &Config) -> String {
        config.paths.token_path()
    }

    fn methods(&self) -> &'static [Method] {
        &[Method::POST]
    }

    fn describe(&self, _config: &Config, _document: &mut MetadataDocument) {}

    async fn call(&self, _provider: &Provider<P>, _request: &Request<Bytes>) -> Response<Bytes> {
        Response::new(Bytes::new())
    }
}
