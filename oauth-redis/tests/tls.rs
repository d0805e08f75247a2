//! `rediss:` speaks TLS to who proves that it is the server, and falls back to nothing.

use oauth_core::client::{Client, ClientType};
use oauth_core::identifier::ClientId;
use oauth_core::store::{ClientStore, Created};
use oauth_redis::RedisStore;
use oauth_test_servers::Redis;
use std::process::Command;
use std::time::{Duration, Instant};

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

/// Asks a server that speaks TLS only.
#[allow(clippy::expect_used, reason = "a test that cannot start fails")]
fn cli(server: &Redis, arguments: &[&str]) -> String {
    let mut command = Command::new("redis-cli");
    command.args(["--tls", "--cacert"]).arg(server.directory().join("cert.pem"));
    let output = command.args(["-p", &server.port().to_string()]).args(arguments).output().expect("redis-cli is there");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[tokio::test]
async fn a_cluster_speaks_tls_at_every_server() {
    let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    let (certificate, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    let options = ["tls-ca-cert-file cert.pem", "tls-cluster yes", "tls-replication yes", "cluster-enabled yes"];
    let nodes = [(); 3].map(|()| Redis::start_with_tls(&certificate, &key, &options));
    let [first, others @ ..] = &nodes;
    for (node, (from, until)) in nodes.iter().zip([("0", "5460"), ("5461", "10922"), ("10923", "16383")]) {
        cli(node, &["cluster", "addslotsrange", from, until]);
    }
    for other in others {
        cli(first, &["cluster", "meet", "127.0.0.1", &other.port().to_string()]);
    }
    let started = Instant::now();
    let is_whole = |node: &Redis| {
        let said = cli(node, &["cluster", "info"]);
        said.contains("cluster_state:ok") && said.contains("cluster_known_nodes:3")
    };
    while !nodes.iter().all(is_whole) {
        assert!(started.elapsed() < Duration::from_secs(60), "the cluster does not form");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }

    let [a, b, _] = nodes.each_ref().map(|node| node.port());
    let authority = first.directory().join("cert.pem");
    let authority = authority.display();
    let store =
        RedisStore::open(&format!("rediss-cluster://127.0.0.1:{a},127.0.0.1:{b}?cafile={authority}")).await.unwrap();
    for number in 0..40 {
        let id = ClientId::new(format!("notes {number}")).unwrap();
        let client = Client::new(id, "Notes", ClientType::Public);
        assert_eq!(store.create_client(&client).await.unwrap(), Created::Now);
        assert_eq!(store.client(&client.id).await.unwrap(), Some(client));
    }
    for node in &nodes {
        assert_ne!(cli(node, &["dbsize"]).trim(), "0", "each server has a part, over TLS");
    }
    for url in [
        format!("rediss-cluster://127.0.0.1:{a},127.0.0.1:{b}"),
        format!("redis-cluster://127.0.0.1:{a},127.0.0.1:{b}"),
    ] {
        RedisStore::open(&url).await.expect_err("neither an unknown authority nor plain text will do");
    }
}
