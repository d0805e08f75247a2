//! `rediss:` speaks TLS to who proves that it is the server, and falls back to nothing.

use oauth_core::client::{Client, ClientType};
use oauth_core::identifier::ClientId;
use oauth_core::store::{ClientStore, Created};
use oauth_redis::RedisStore;
use oauth_test_servers::Redis;

/// Starts a server that speaks TLS only, and gives the certificate that it shows.
#[allow(clippy::unwrap_used, reason = "a test that cannot start fails")]
fn start(name: &str) -> (Redis, String) {
    let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
    let key = made.signing_key.serialize_pem();
    (Redis::start_with_tls(&made.cert.pem(), &key, &["requirepass s3cret"]), made.cert.pem())
}

#[tokio::test]
async fn a_server_whose_certificate_is_trusted_is_used() {
    let (server, pem) = start("127.0.0.1");
    let port = server.port();
    let url = format!("rediss://:s3cret@127.0.0.1:{port}");
    let store = RedisStore::builder([&*url]).root_certificates(pem).open().await.unwrap();
    let notes = Client::new(ClientId::new("notes").unwrap(), "Notes", ClientType::Public);
    assert_eq!(store.create_client(&notes).await.unwrap(), Created::Now);
    assert_eq!(store.client(&notes.id).await.unwrap(), Some(notes));
}

#[tokio::test]
async fn a_server_that_proves_nothing_is_refused() {
    let (server, pem) = start("127.0.0.1");
    let port = server.port();
    let url = format!("rediss://:s3cret@127.0.0.1:{port}");
    let (other, other_pem) = start("redis.example");
    let refused = [
        ("unknown to the system", RedisStore::builder([&*url])),
        ("of another authority", RedisStore::builder([&*url]).root_certificates(other_pem.clone())),
        (
            "for another name",
            RedisStore::builder([format!("rediss://:s3cret@127.0.0.1:{}", other.port())]).root_certificates(other_pem),
        ),
    ];
    for (why, builder) in refused {
        let error = format!("{:?}", builder.open().await.expect_err(why));
        assert!(error.to_lowercase().contains("certificate"), "{why}: {error}");
        assert!(!error.contains("s3cret"), "{why}: {error}");
    }
    // No TLS is asked for, and none is made up: the server does not understand the plain text.
    RedisStore::open(&format!("redis://:s3cret@127.0.0.1:{port}")).await.unwrap_err();
    let plain = Redis::start(&[]);
    let url = format!("rediss://127.0.0.1:{}", plain.port());
    RedisStore::builder([&*url]).root_certificates(&*pem).open().await.expect_err("TLS never falls back");
    RedisStore::builder([plain.url()]).root_certificates(pem).open().await.expect_err("trust without TLS is a mistake");
}
