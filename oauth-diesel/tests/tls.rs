//! A URL that asks for TLS gets TLS, from the host that it names, or nothing.
#![cfg(any(feature = "_postgres", feature = "mysql"))]
#![allow(clippy::unwrap_used, reason = "they are tests, helpers too")]

mod fixture;

use fixture::client;
use oauth_core::store::ClientStore as _;
#[cfg(feature = "_postgres")]
use oauth_core::store::Created;
use oauth_diesel::SqlStore;
#[cfg(feature = "mysql")]
use oauth_test_servers::Mariadb;
#[cfg(feature = "_postgres")]
use oauth_test_servers::Postgres;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use std::path::Path;
use tempfile::TempDir;

/// A certificate for a host, and the authority that signed it.
struct Certificates {
    authority: String,
    certificate: String,
    key: String,
}

fn certificates(host: &str, authority_name: &str) -> Certificates {
    let authority_key = KeyPair::generate().unwrap();
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    // OpenSSL goes by names: one of its own, or what it signs looks as if signed by itself.
    authority.distinguished_name.push(DnType::CommonName, authority_name);
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

/// What is said where the certificate is for another name, and where the server has no TLS: libpq has its
/// own words.
#[cfg(feature = "_postgres")]
const SAID: [&str; 2] = if cfg!(feature = "postgres") {
    ["not valid for name", "does not support TLS"]
} else {
    ["does not match host name", "does not support SSL"]
};

async fn refusal(url: &str) -> String {
    SqlStore::open(url).await.unwrap_err().to_string()
}

#[cfg(feature = "_postgres")]
#[tokio::test]
async fn postgres_with_tls() {
    let (good, other) = (certificates("127.0.0.1", "ours"), certificates("127.0.0.1", "a stranger"));
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
    // The system's own authorities know nothing of it; libpq wants to be told which they are.
    let refused = refusal(&format!("{url}?sslmode=verify-full")).await;
    assert!(refused.contains("cert"), "{refused}");
    let elsewhere = url.replace("127.0.0.1", "localhost");
    let refused = refusal(&format!("{elsewhere}?sslmode=verify-full&sslrootcert={authority}")).await;
    assert!(refused.contains(SAID[0]), "the certificate is for another name: {refused}");
}

#[cfg(feature = "_postgres")]
#[tokio::test]
async fn postgres_without_tls() {
    let (url, files) = (Postgres::shared().database(), TempDir::new().unwrap());
    let authority = write(files.path(), "authority.pem", &certificates("127.0.0.1", "ours").authority);
    for parameters in ["sslmode=require".to_owned(), format!("sslmode=verify-full&sslrootcert={authority}")] {
        let refused = refusal(&format!("{url}?{parameters}")).await;
        assert!(refused.contains(SAID[1]) && refused.contains("nothing else will do"), "{refused}");
    }
}

#[cfg(feature = "mysql")]
#[tokio::test]
async fn mariadb_with_tls() {
    let (good, other) = (certificates("127.0.0.1", "ours"), certificates("127.0.0.1", "a stranger"));
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

#[cfg(feature = "mysql")]
#[tokio::test]
async fn mariadb_without_tls() {
    let url = Mariadb::shared().database();
    for mode in ["REQUIRED", "VERIFY_IDENTITY"] {
        let refused = refusal(&format!("{url}?ssl-mode={mode}")).await;
        assert!(refused.contains("nothing else will do"), "{refused}");
    }
}
