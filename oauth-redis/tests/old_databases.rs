//! A server and a cluster open what an earlier version wrote (`tests/fixtures`).
#![allow(clippy::unwrap_used, reason = "a test that cannot start fails")]

#[macro_use]
#[path = "../../tests/fixtures/story.rs"]
mod story;

use oauth_redis::RedisStore;
use oauth_test_servers::{Redis, RedisCluster};
use story::Secrets;

async fn single() -> (RedisStore, Redis, Secrets) {
    let server = Redis::start(&[]);
    server.load(include_str!("../../tests/fixtures/c784cdb/single.redis"));
    let secrets = Secrets::read(include_str!("../../tests/fixtures/c784cdb/single.secrets.json"));
    (RedisStore::open(&server.url()).await.unwrap(), server, secrets)
}

async fn cluster() -> (RedisStore, RedisCluster, Secrets) {
    let cluster = RedisCluster::start();
    cluster.nodes().first().unwrap().load(include_str!("../../tests/fixtures/c784cdb/cluster.redis"));
    let secrets = Secrets::read(include_str!("../../tests/fixtures/c784cdb/cluster.secrets.json"));
    (RedisStore::cluster(cluster.urls()).await.unwrap(), cluster, secrets)
}

old_database!(single_server, crate::single());
old_database!(redis_cluster, crate::cluster());

#[tokio::test]
async fn f_28_old_names_are_folded_as_a_store_is_opened() {
    use oauth_core::store::{Account, AccountStore as _, account_called};
    let (server, cluster) = (Redis::start(&[]), RedisCluster::start());
    for urls in [vec![server.url()], cluster.urls()] {
        let open = async || RedisStore::builder(urls.clone()).open().await.unwrap();
        let mut zoe = Account {
            subject: oauth_core::identifier::Subject::generate(),
            username: "Zo\u{eb}".to_owned(),
            spelling: None,
            password: oauth_core::store::PasswordHash::from_phc("$argon2id$"),
            administrator: false,
            enabled: true,
            attributes: Default::default(),
            created_at: oauth_core::clock::Timestamp::from_unix_seconds(0),
        };
        let (old, of_tenant) = (open().await, open().await.for_tenant("north"));
        old.create_account(&zoe).await.unwrap();
        of_tenant.create_account(&zoe).await.unwrap();
        of_tenant.prepare().await.unwrap();
        zoe.take_name("Zo\u{eb}");
        for store in [open().await, of_tenant] {
            for typed in ["ZO\u{cb}", "zoe\u{308}", "Zo\u{eb}"] {
                assert_eq!(account_called(&store, typed).await.unwrap().as_ref(), Some(&zoe), "{typed:?}");
            }
        }
    }
}
