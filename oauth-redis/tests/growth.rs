//! A year of traffic leaves no key behind.

mod fixture;

use fixture::Redis;
use fixture::sample::open;
use oauth_core::store::conformance::{check, year};
use oauth_redis::RedisStore;

#[test]
fn a_year_stays_bounded() {
    let server = Redis::start(&[]);
    let keys = async || fixture::keys(&server).len() as u64;
    check(async { (open(&server).await, ()) }, async |store: &RedisStore| {
        year::a_year_stays_bounded(store, year::each_day(8), keys).await;
    });
}
