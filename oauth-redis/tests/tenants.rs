//! Every promise once more, for a tenant on a server whose neighbours are called the same and have
//! everything that is over, revoked or waiting.

mod fixture;

use fixture::sample::fill;
use oauth_redis::RedisStore;

/// Gives a store with two tenants: the store as it was opened, and another.
async fn two(cluster: bool) -> ((RedisStore, RedisStore), ()) {
    let (store, ()) = if cluster { fixture::fresh_in_cluster().await } else { fixture::fresh().await };
    let ours = store.for_tenant("north");
    ((store, ours), ())
}

/// Gives the store of a tenant between two others.
async fn between() -> (RedisStore, ()) {
    let (store, ()) = fixture::fresh().await;
    fill(&store).await;
    fill(&store.for_tenant("north-east")).await;
    (store.for_tenant("north"), ())
}

mod on_one_server {
    use super::*;
    oauth_core::tenant_conformance!(two(false));
}

mod in_a_cluster {
    use super::*;
    oauth_core::tenant_conformance!(two(true));
}

oauth_core::store_conformance!(between());
oauth_core::session_conformance!(between());
oauth_core::pending_conformance!(between());
oauth_core::account_conformance!(between());

#[tokio::test]
async fn an_empty_name_is_the_store_itself_and_tenants_do_not_nest() {
    use oauth_core::store::ClientStore as _;
    let (store, ()) = fixture::fresh().await;
    let client = fixture::sample::client("notes");
    let north = store.for_tenant("north");
    north.create_client(&client).await.unwrap();
    assert!(store.client(&client.id).await.unwrap().is_none());
    assert!(store.for_tenant("south").for_tenant("north").client(&client.id).await.unwrap().is_some());
    assert!(north.for_tenant("").client(&client.id).await.unwrap().is_none());
}
