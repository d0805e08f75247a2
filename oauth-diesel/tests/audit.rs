//! The audit log: acts come back as they were kept, the latest first, each tenant's own.
#![cfg(feature = "sqlite")]
#![allow(clippy::unwrap_used, reason = "they are tests, helpers too")]

use oauth_core::administration::{Act, Actor, Administration};
use oauth_core::client::{Client, ClientType};
use oauth_core::config::Config;
use oauth_core::identifier::{ClientId, Subject};
use oauth_core::store::{AuditStore as _, Page};
use oauth_diesel::SqlStore;

/// Opens a new database of each kind.
async fn each() -> Vec<(SqlStore, Option<tempfile::TempDir>)> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("provider.db");
    Vec::from([
        (SqlStore::open(&format!("sqlite:{}", path.display())).await.unwrap(), Some(directory)),
        #[cfg(feature = "postgres")]
        (SqlStore::open(&oauth_test_servers::Postgres::shared().database()).await.unwrap(), None),
        #[cfg(feature = "mysql")]
        (SqlStore::open(&oauth_test_servers::Mariadb::shared().database()).await.unwrap(), None),
    ])
}

#[tokio::test]
async fn f_16_acts_are_kept_and_listed_the_latest_first() {
    let mut config = Config::new("https://id.example").unwrap();
    let client = |name: &str| Client::new(ClientId::new(name).unwrap(), "Notes \u{1f4dd} 'x'", ClientType::Public);
    for (store, _directory) in each().await {
        let other = store.for_tenant("north");
        let ada = Actor::Person(Subject::new("ada").unwrap());
        config.audit_log = false;
        Administration::new(&store, &config, ada.clone()).register(&client("before")).await.unwrap();
        assert_eq!(store.acts(&Page::first(10)).await.unwrap(), Some(Vec::new()), "it is a setting");
        config.audit_log = true;
        for name in ["a", "b", "c"] {
            Administration::new(&store, &config, ada.clone()).register(&client(name)).await.unwrap();
        }
        Administration::new(&other, &config, Actor::CommandLine).register(&client("a")).await.unwrap();
        let first = store.acts(&Page::first(2)).await.unwrap().unwrap();
        let ids = |acts: &[oauth_core::store::KeptAct]| {
            acts.iter().map(|kept| kept.act.client_id.clone().unwrap().to_string()).collect::<Vec<_>>()
        };
        assert_eq!(ids(&first), ["c", "b"]);
        let rest = store.acts(&Page::after(first[1].number, 2)).await.unwrap().unwrap();
        assert_eq!(ids(&rest), ["a"]);
        let mut told = Act::on_client(&ada, "client_registered", None, Some(&client("a")));
        told.at = rest[0].act.at;
        assert_eq!(rest[0].act, told, "it comes back as it was kept");
        assert_eq!(ids(&other.acts(&Page::first(9)).await.unwrap().unwrap()), ["a"], "each tenant has its own");
    }
}
