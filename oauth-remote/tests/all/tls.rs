//! TLS is what it promises, or there is no answer.

use crate::server::*;
use oauth_core::resource::Refusal;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::PrivatePkcs8KeyDer;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio_rustls::TlsAcceptor;

/// Makes a server's side of TLS, and the certificate that trusts it.
fn acceptor(names: &[&str]) -> (TlsAcceptor, String) {
    let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
    let made = rcgen::generate_simple_self_signed(names).unwrap();
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key.into())
        .unwrap();
    (TlsAcceptor::from(Arc::new(config)), made.cert.pem())
}

async fn start(names: &[&str], behaviour: impl Fn(&Call) -> Option<Reply> + Send + Sync + 'static) -> (Server, String) {
    let (tls, pem) = acceptor(names);
    (Server::start_on("127.0.0.1:0", Some(tls), behaviour).await, pem)
}

#[tokio::test]
async fn a_certificate_that_is_trusted_is_accepted_and_its_connection_used_again() {
    let (server, pem) = start(&["127.0.0.1"], |_| None).await;
    let provider = trusting(&server.origin).root_certificates(pem).build().unwrap();
    for number in 0..10 {
        check(&provider, &format!("token{number}")).await.unwrap();
    }
    assert_eq!(server.introspections(), 10);
    assert_eq!(server.connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_certificate_of_nobody_is_refused() {
    let (server, _) = start(&["127.0.0.1"], |_| None).await;
    let (_, of_another) = acceptor(&["127.0.0.1"]);
    for pem in [of_another, self_signed().cert.pem()] {
        let provider = trusting(&server.origin).root_certificates(pem).build().unwrap();
        assert_eq!(check(&provider, "token").await, Err(Refusal::Unavailable));
    }
    assert_eq!(server.calls.lock().unwrap().len(), 0);
}

#[tokio::test]
async fn the_authorities_of_the_system_do_not_know_it_either() {
    let (server, _) = start(&["127.0.0.1"], |_| None).await;
    let id = oauth_core::identifier::ClientId::new("api").unwrap();
    let secret = oauth_core::secret::ClientSecret::new("secret");
    // A machine without authorities refuses to start instead, which the other tests do not need.
    if let Ok(provider) = oauth_remote::RemoteResourceProvider::builder(&server.origin, id, secret).build() {
        assert_eq!(check(&provider, "token").await, Err(Refusal::Unavailable));
    }
    assert_eq!(server.calls.lock().unwrap().len(), 0);
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused() {
    let (server, pem) = start(&["id.example"], |_| None).await;
    let provider = trusting(&server.origin).root_certificates(pem).build().unwrap();
    assert_eq!(check(&provider, "token").await, Err(Refusal::Unavailable));
    assert_eq!(server.calls.lock().unwrap().len(), 0);
}

#[tokio::test]
async fn https_to_a_server_without_tls_never_becomes_plain_http() {
    let server = Server::start(|_| None).await;
    let issuer = server.origin.replace("http:", "https:");
    let provider = trusting(&issuer).build().unwrap();
    assert_eq!(check(&provider, "token").await, Err(Refusal::Unavailable));
    let settings = trusting(&issuer).introspection_endpoint(format!("{issuer}/introspect"));
    assert_eq!(check(&settings.build().unwrap(), "token").await, Err(Refusal::Unavailable));
    assert_eq!(server.calls.lock().unwrap().len(), 0);
}

#[tokio::test]
async fn metadata_behind_tls_does_not_lead_to_a_plain_endpoint() {
    let plain = Server::start(|_| None).await;
    let endpoint = format!("{}/introspect", plain.origin);
    let behaviour = move |call: &Call| {
        let origin = format!("https://{}", call.headers["host"].to_str().unwrap());
        let document = json!({ "issuer": origin, "introspection_endpoint": endpoint });
        call.path.starts_with("/.well-known").then_some(Reply::Json(document))
    };
    let (server, pem) = start(&["127.0.0.1"], behaviour).await;
    let provider = trusting(&server.origin).root_certificates(pem).build().unwrap();
    assert_eq!(check(&provider, "token").await, Err(Refusal::Unavailable));
    assert_eq!(server.calls.lock().unwrap().len(), 1, "it got as far as the metadata");
    assert_eq!(plain.connections.load(Ordering::SeqCst), 0);
}
