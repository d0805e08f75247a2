use super::counters::CAPACITY;
use super::{Attempt, Refused, Throttle};
use crate::clock::{Clock, ManualClock, Timestamp};
use crate::config::Config;
use crate::secret::Digest;
use crate::store::{self, Counted, FailureStore, Failures, StoreError};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

fn throttle() -> (Throttle, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::starting_at(Timestamp::from_unix_seconds(1_000)));
    let mut config = Config::new("https://id.example").expect("an issuer");
    config.clock = Arc::clone(&clock) as Arc<dyn Clock>;
    (Throttle::new(&config), clock)
}

fn address(last: u8) -> Option<IpAddr> {
    Some(IpAddr::from([192, 0, 2, last]))
}

#[test]
fn r_018_ten_failures_a_minute_for_a_name() {
    let (throttle, clock) = throttle();
    for _ in 0..10 {
        assert!(throttle.admits("app", address(1)));
        throttle.failed("app", address(1));
    }
    assert!(!throttle.admits("app", address(1)));
    assert!(throttle.admits("app", address(2)), "r_184: the owner elsewhere is not locked out");
    assert!(throttle.admits("other", address(1)));
    clock.advance(Duration::from_secs(59));
    assert!(!throttle.admits("app", address(1)));
    clock.advance(Duration::from_secs(1));
    assert!(throttle.admits("app", address(1)));
}

#[test]
fn a_hundred_failures_a_minute_from_an_address() {
    let (throttle, _) = throttle();
    for number in 0..100 {
        throttle.failed(&format!("app{number}"), address(1));
    }
    assert!(!throttle.admits("fresh", address(1)));
    assert!(throttle.admits("fresh", address(2)));
}

#[tokio::test]
async fn attempts_at_the_same_time_do_not_overrun_the_limit() {
    let (throttle, _) = throttle();
    let mut begun = Vec::new();
    for _ in 0..10 {
        begun.push(throttle.begin("ada", address(1), false).await.expect("within the limit"));
    }
    let eleventh = throttle.begin("ada", address(1), false);
    let others = async {
        for attempt in begun {
            attempt.failed().await;
        }
    };
    let (eleventh, ()) = tokio::join!(eleventh, others);
    assert_eq!(eleventh.err(), Some(Refused::Throttled), "ten were under way, and all of them failed");
}

#[tokio::test]
async fn f_80_right_passwords_at_once_wait_for_their_turn() {
    let (throttle, _) = throttle();
    let mut turns = tokio::task::JoinSet::new();
    for _ in 0..40 {
        let throttle = throttle.clone();
        turns.spawn(async move {
            let attempt = throttle.begin("ada", address(1), false).await?;
            tokio::time::sleep(Duration::from_millis(1)).await;
            attempt.succeeded();
            Ok::<(), Refused>(())
        });
    }
    assert_eq!(turns.join_all().await, [Ok(()); 40]);
    assert!(throttle.admits("ada", address(1)), "what succeeded was no failure");
}

#[test]
fn one_network_is_one_address() {
    let (throttle, _) = throttle();
    for host in 0..10_u16 {
        throttle.failed("app", Some(IpAddr::from([0x2001, 0xdb8, 0, 1, 0, 0, 0, host])));
    }
    assert!(!throttle.admits("app", Some(IpAddr::from([0x2001, 0xdb8, 0, 1, 9, 9, 9, 9]))));
    assert!(throttle.admits("app", Some(IpAddr::from([0x2001, 0xdb8, 0, 2, 0, 0, 0, 1]))));
}

#[test]
fn memory_is_bounded_and_a_hot_counter_survives_a_flood() {
    let (throttle, _) = throttle();
    for number in 0..200_000_u32 {
        throttle.failed(&format!("app{number}"), Some(IpAddr::from(number.to_be_bytes())));
        if number % 100 == 0 {
            throttle.failed("hot", address(1));
        }
    }
    let kept = throttle.0.as_ref().map_or(0, |inner| inner.counters().len());
    assert!(kept <= CAPACITY, "{kept}");
    assert!(!throttle.admits("hot", address(1)));
}

#[test]
fn a_clock_that_is_set_back_locks_nobody_out() {
    let (throttle, clock) = throttle();
    for _ in 0..10 {
        throttle.failed("app", address(1));
    }
    clock.set(Timestamp::from_unix_seconds(10));
    assert!(throttle.admits("app", address(1)));
}

/// An address in a /64 of one /48.
fn subnet(number: u16) -> Option<IpAddr> {
    Some(IpAddr::from([0x2001, 0xdb8, 1, number, 0, 0, 0, 1]))
}

async fn guess(throttle: &Throttle, name: &str, address: Option<IpAddr>) -> Result<(), Refused> {
    throttle.begin(name, address, false).await?.failed().await;
    Ok(())
}

#[tokio::test]
async fn f_08_a_site_has_not_as_many_budgets_as_subnets() {
    let (throttle, _) = throttle();
    let mut admitted = 0;
    for number in 0..1_000 {
        admitted += u32::from(guess(&throttle, "ada", subnet(number)).await.is_ok());
        assert!(admitted <= 40, "four times the limit of a /64, for a /48");
    }
    assert_eq!(admitted, 40, "four times the limit of a /64, for a /48");
    let (throttle, _) = self::throttle();
    for number in 0..1_000 {
        admitted += u32::from(guess(&throttle, &format!("name{number}"), subnet(number)).await.is_ok());
    }
    assert_eq!(admitted - 40, 400, "and so whatever is tried");
    assert!(throttle.begin("ada", address(1), false).await.is_ok());
}

#[tokio::test]
async fn f_08_an_account_has_a_soft_budget_over_all_addresses() {
    let (throttle, clock) = throttle();
    throttle.begin("ada", address(200), false).await.expect("begun").succeeded();
    let mut admitted = 0;
    for host in 0..50 {
        admitted += u32::from(guess(&throttle, "ada", address(host)).await.is_ok());
    }
    assert_eq!(admitted, 50, "one from each of many addresses");
    assert!(throttle.is_strained("ada", address(100)));
    let started = Instant::now();
    assert_eq!(guess(&throttle, "ada", address(100)).await.err(), Some(Refused::Throttled));
    assert!((Duration::from_millis(900)..Duration::from_secs(3)).contains(&started.elapsed()), "it waits a second");
    let started = Instant::now();
    assert!(!throttle.is_strained("ada", address(200)), "somebody signed in from there");
    assert!(throttle.begin("ada", address(200), false).await.is_ok_and(|attempt| {
        attempt.succeeded();
        true
    }));
    assert!(throttle.begin("ada", address(101), true).await.is_ok_and(|attempt| {
        attempt.succeeded();
        true
    }));
    assert!(started.elapsed() < Duration::from_millis(500), "nor does a known browser wait");
    assert!(throttle.begin("grace", address(100), false).await.is_ok(), "other accounts go on");
    clock.advance(Duration::from_secs(60));
    assert!(throttle.begin("ada", address(100), false).await.is_ok());
}

#[tokio::test]
async fn f_08_those_who_wait_are_bounded_for_each_network() {
    let (throttle, _) = throttle();
    let mut under_way: Vec<Attempt> = Vec::new();
    for _ in 0..10 {
        under_way.push(throttle.begin("ada", address(1), false).await.expect("begun"));
    }
    let mut waiting = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let throttle = throttle.clone();
        waiting.spawn(async move { throttle.begin("ada", address(1), false).await.err() });
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    let mut refused = 0;
    while let Some(at_once) = waiting.try_join_next() {
        refused += u32::from(at_once.is_ok_and(|refused| refused == Some(Refused::Busy)));
    }
    assert_eq!(refused, 36, "64 of a network wait");
    for attempt in under_way {
        attempt.failed().await;
    }
    assert!(waiting.join_all().await.iter().all(|refused| *refused == Some(Refused::Throttled)));
}

#[tokio::test]
async fn an_attempt_that_is_dropped_has_failed() {
    let (throttle, _) = throttle();
    for _ in 0..10 {
        drop(throttle.begin("ada", address(1), false).await.expect("begun"));
    }
    assert!(!throttle.admits("ada", address(1)));
    let (throttle, _) = self::throttle();
    for _ in 0..20 {
        throttle.begin("ada", address(1), false).await.expect("begun").abandoned();
    }
    assert!(throttle.admits("ada", address(1)), "nobody could say that it was wrong");
}

/// The count of ten processes.
#[derive(Default)]
struct Shared {
    counts: Mutex<HashMap<Digest, Counted>>,
    writes: AtomicU32,
    down: AtomicBool,
}

#[async_trait::async_trait]
impl FailureStore for Shared {
    async fn add_failures(&self, failures: &[Failures], now: Timestamp) -> store::Result<Vec<Counted>> {
        if self.down.load(Ordering::SeqCst) {
            return Err(StoreError::new("count", "it is down"));
        }
        self.writes.fetch_add(1, Ordering::SeqCst);
        let mut counts = self.counts.lock().expect("a table");
        counts.retain(|_, count| !count.until.is_over(now));
        let add = |one: &Failures| {
            let count = counts.entry(one.key).or_insert(Counted { number: 0, until: one.until });
            count.number += one.number;
            *count
        };
        Ok(failures.iter().map(add).collect())
    }
}

/// Guesses at all processes at the same time, until each of them refuses.
async fn guesses_admitted(processes: usize, shared: Option<&Arc<Shared>>) -> u32 {
    let mut guesses = tokio::task::JoinSet::new();
    for _ in 0..processes {
        let (throttle, _) = throttle();
        if let Some(shared) = shared {
            throttle.share(Arc::clone(shared) as Arc<dyn FailureStore>);
        }
        for _ in 0..20 {
            let throttle = throttle.clone();
            guesses.spawn(async move { guess(&throttle, "ada", address(1)).await.is_ok() });
        }
    }
    guesses.join_all().await.into_iter().map(u32::from).sum()
}

#[tokio::test]
async fn ten_processes_do_not_give_ten_times_the_guesses() {
    assert_eq!(guesses_admitted(10, None).await, 100, "each counts alone");
    let shared = Arc::new(Shared::default());
    let admitted = guesses_admitted(10, Some(&shared)).await;
    assert!((10..=35).contains(&admitted), "{admitted}");
}

#[tokio::test]
async fn a_process_writes_once_a_second_and_not_for_a_success() {
    let (shared, (throttle, _)) = (Arc::new(Shared::default()), throttle());
    throttle.share(Arc::clone(&shared) as Arc<dyn FailureStore>);
    for _ in 0..100 {
        throttle.begin("ada", address(1), false).await.expect("begun").succeeded();
    }
    assert_eq!(shared.writes.load(Ordering::SeqCst), 0);
    let started = Instant::now();
    for host in 0..40 {
        guess(&throttle, &format!("name{host}"), address(host)).await.expect("within the limit");
    }
    let seconds = u32::try_from(started.elapsed().as_secs()).expect("some");
    assert!((1..=seconds + 1).contains(&shared.writes.load(Ordering::SeqCst)), "one write carries them all");
}

#[tokio::test]
async fn a_process_counts_alone_if_the_shared_count_is_unreachable() {
    let (shared, (throttle, _)) = (Arc::new(Shared::default()), throttle());
    throttle.share(Arc::clone(&shared) as Arc<dyn FailureStore>);
    shared.down.store(true, Ordering::SeqCst);
    let started = Instant::now();
    for _ in 0..10 {
        guess(&throttle, "ada", address(1)).await.expect("within the limit");
    }
    assert_eq!(guess(&throttle, "ada", address(1)).await.err(), Some(Refused::Throttled));
    assert!(started.elapsed() < Duration::from_secs(5));
}
