//! One request and its answer: pooled connections, TLS that never falls back, bounded answers.

use crate::failure::Failure;
use crate::members::Members;
use crate::settings::{InvalidSetting, Limits};
use bytes::Bytes;
use http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use std::sync::Arc;
use std::time::Duration;

const SOFTWARE: &str = concat!("oauth-remote/", env!("CARGO_PKG_VERSION"));

/// How long a connection is kept that nobody uses: less than the usual proxies keep theirs.
const IDLE: Duration = Duration::from_secs(30);

/// How much of a head is read.
const HEAD: usize = 32 * 1_024;

/// Calls the provider.
#[derive(Debug)]
pub(crate) struct Https {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    largest: usize,
}

impl Https {
    /// Makes a client that speaks TLS only, and plain http too where the issuer is on this machine.
    pub(crate) fn new(roots: RootCertStore, plain: bool, limits: &Limits) -> Result<Self, InvalidSetting> {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(limits.connect));
        // The provider is named here: a default of the process would depend on what else is linked.
        let tls = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|_| InvalidSetting::RootCertificates("cannot be used: TLS could not be set up"))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let tls = HttpsConnectorBuilder::new().with_tls_config(tls);
        let tls = if plain { tls.https_or_http() } else { tls.https_only() };
        let client = Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(limits.concurrency)
            .http1_max_buf_size(HEAD)
            .build(tls.enable_http1().wrap_connector(tcp));
        Ok(Self { client, largest: limits.answer })
    }

    /// Sends a request, and takes nothing but a whole JSON object with status 200. Redirects are not
    /// followed: they would carry the token and the credentials elsewhere.
    pub(crate) async fn call(&self, mut request: Request<Full<Bytes>>) -> Result<Members, Failure> {
        for (name, value) in [(ACCEPT, "application/json"), (ACCEPT_ENCODING, "identity"), (USER_AGENT, SOFTWARE)] {
            request.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        let response = self.client.request(request).await.map_err(|error| Failure::request(&error))?;
        if response.status() != StatusCode::OK {
            return Err(Failure::status(response.status()));
        }
        let headers = response.headers();
        if headers.get_all(CONTENT_ENCODING).iter().any(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity")) {
            return Err(Failure::Compressed);
        }
        if !is_json(headers) {
            return Err(Failure::NotJson);
        }
        let body = Limited::new(response.into_body(), self.largest).collect().await;
        let body = body.map_err(|error| match error.downcast_ref::<LengthLimitError>() {
            Some(_) => Failure::TooLarge(self.largest),
            None => Failure::body(error.as_ref()),
        })?;
        Members::parse(&body.to_bytes())
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    let (Some(kind), None) = (types.next(), types.next()) else { return false };
    let kind = kind.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
    kind.trim().eq_ignore_ascii_case("application/json")
}

/// Reads certificates of authorities, each of which must be one.
pub(crate) fn roots_from_pem(pem: &[u8]) -> Result<RootCertStore, InvalidSetting> {
    const WRONG: InvalidSetting = InvalidSetting::RootCertificates("give certificates of authorities in PEM");
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        roots.add(certificate.map_err(|_| WRONG)?).map_err(|_| WRONG)?;
    }
    if roots.is_empty() { Err(WRONG) } else { Ok(roots) }
}

/// Takes the authorities that the operating system trusts, those of a company among them. Single files
/// that cannot be read are common; none at all is a machine without the package.
pub(crate) fn roots_of_the_system() -> Result<RootCertStore, InvalidSetting> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        return Err(InvalidSetting::RootCertificates("install ca-certificates, or give them here"));
    }
    Ok(roots)
}
