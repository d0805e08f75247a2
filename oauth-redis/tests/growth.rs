//! A year of traffic leaves no key behind.

mod fixture;

use fixture::Redis;
use fixture::sample::open;
use oauth_core::store::conformance::{check, year};
use oauth_redis::RedisStore;

#[test]
fn a_year_stays_bounded() {
    let server = Redis::start(&[]);
    // Three notes say when the grants of an earlier version were listed.
    let notes = || server.cli(&["keys", "*lists*"]).lines().filter(|line| !line.trim().is_empty()).count() as u64;
    let keys = async || server.cli(&["dbsize"]).trim().parse::<u64>().unwrap() - notes();
    check(async { (open(&server).await, ()) }, async |store: &RedisStore| {
        year::a_year_stays_bounded(store, year::each_day(8), keys).await;
    });
}
