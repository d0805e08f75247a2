//! A URL that asks for TLS gets TLS, from the host that it names, or nothing.
#![cfg(all(feature = "postgres", feature = "mysql"))]
#![allow(clippy::unwrap_used, reason = "they are tests, helpers too")]

mod fixture;

use fixture::client;
use oauth_core::store::{ClientStore as _, Created};
use oauth_diesel::SqlStore;
use oauth_test_servers::{Mariadb, Postgres};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use std::path::Path;
use tempfile::TempDir;

/// A certificate for a host, and the authority that signed it.
struct Certificates {
    authority: String,
    certificate: String,
    key: String,
}

fn certificates(host: &str) -> Certificates {
    let authority_key = KeyPair::generate().unwrap();
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority_certificate = authority.self_signed(&authority_key).unwrap();
    let issuer = Issuer::new(authority, authority_key);
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec![host.to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
    Certificates { authority: authority_certificate.pem(), certificate: certificate.pem(), key: key.serialize_pem() }
}

fn write(directory: &Path, name: &str, text: &str) -> String {
    let path = directory.join(name);
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

async fn refusal(url: &str) -> String {
    SqlStore::open(url).await.unwrap_err().to_string()
}

#[tokio::test]
async fn postgres_with_tls() {
    let (good, other) = (certificates("127.0.0.1"), certificates("127.0.0.1"));
    let files = TempDir::new().unwrap();
    let authority = write(files.path(), "authority.pem", &good.authority);
    let stranger = write(files.path(), "stranger.pem", &other.authority);
    let settings = [("ssl", "on"), ("ssl_cert_file", "server.pem"), ("ssl_key_file", "server.key")];
    let server = Postgres::start_with(&settings, &[("server.pem", &good.certificate), ("server.key", &good.key)]);
    let protected = || {
        server
            .sql(
                "postgres",
                "SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) \
         WHERE ssl AND application_name = 'oauth'",
            )
            .trim()
            .to_owned()
    };

    let url = server.database();
    for parameters in ["sslmode=require".to_owned(), format!("sslmode=verify-full&sslrootcert={authority}")] {
        let store = SqlStore::open(&format!("{url}?{parameters}")).await.unwrap();
        store.create_client(&client("notes")).await.unwrap();
        assert_ne!(protected(), "0", "{parameters}");
    }
    let plain = SqlStore::open(&format!("{url}?sslmode=disable")).await.unwrap();
    assert_eq!(plain.create_client(&client("plain")).await.unwrap(), Created::Now);

    let refused = refusal(&format!("{url}?sslmode=verify-full&sslrootcert={stranger}")).await;
    assert!(refused.contains("certificate"), "{refused}");
    let refused = refusal(&format!("{url}?sslmode=verify-full")).await;
    assert!(refused.contains("certificate"), "{refused}");
    let elsewhere = url.replace("127.0.0.1", "localhost");
    let refused = refusal(&format!("{elsewhere}?sslmode=verify-full&sslrootcert={authority}")).await;
    assert!(refused.contains("not valid for name"), "the certificate is for another name: {refused}");
}

#[tokio::test]
async fn postgres_without_tls() {
    let url = Postgres::shared().database();
    for mode in ["require", "verify-full"] {
        let refused = refusal(&format!("{url}?sslmode={mode}")).await;
        assert!(refused.contains("does not support TLS") && refused.contains("nothing else will do"), "{refused}");
    }
}

#[tokio::test]
async fn mariadb_with_tls() {
    let (good, other) = (certificates("127.0.0.1"), certificates("127.0.0.1"));
    let files = TempDir::new().unwrap();
    let authority = write(files.path(), "authority.pem", &good.authority);
    let stranger = write(files.path(), "stranger.pem", &other.authority);
    let options = ["ssl-cert=server.pem", "ssl-key=server.key"];
    let server = Mariadb::start_with(&options, &[("server.pem", &good.certificate), ("server.key", &good.key)]);
    server.sql("mysql", "CREATE USER careful@'%' IDENTIFIED BY 'x' REQUIRE SSL; GRANT ALL ON *.* TO careful@'%'");

    let url = server.database();
    let database = url.rsplit('/').next().unwrap();
    // This user is let in through TLS only: whoever is in came through it.
    let url = format!("mysql://careful:x@127.0.0.1:{}/{database}", server.port());
    for parameters in ["ssl-mode=REQUIRED".to_owned(), format!("ssl-mode=VERIFY_IDENTITY&ssl-ca={authority}")] {
        let store = SqlStore::open(&format!("{url}?{parameters}")).await.unwrap();
        store.create_client(&client("notes")).await.unwrap();
    }
    refusal(&format!("{url}?ssl-mode=DISABLED")).await;
    let refused = refusal(&format!("{url}?ssl-mode=VERIFY_IDENTITY&ssl-ca={stranger}")).await;
    assert!(refused.contains("certificate"), "{refused}");
    let refused = refusal(&format!("{url}?ssl-mode=VERIFY_IDENTITY")).await;
    assert!(refused.contains("certificate"), "{refused}");
    let elsewhere = url.replace("127.0.0.1", "localhost");
    let refused = refusal(&format!("{elsewhere}?ssl-mode=VERIFY_IDENTITY&ssl-ca={authority}")).await;
    assert!(refused.contains("not valid for name"), "the certificate is for another name: {refused}");
}

#[tokio::test]
async fn mariadb_without_tls() {
    let url = Mariadb::shared().database();
    for mode in ["REQUIRED", "VERIFY_IDENTITY"] {
        let refused = refusal(&format!("{url}?ssl-mode={mode}")).await;
        assert!(refused.contains("nothing else will do"), "{refused}");
    }
}
