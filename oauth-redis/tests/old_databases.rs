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
