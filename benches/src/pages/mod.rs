//! What pages cost with many records: 100,000 grants of one person, 100,000 people and 20,000 applications.
//!
//! Each page within a second and a megabyte, while the p99 of token checks at most doubles; forty requests whose
//! clients hang up cost no more than forty that are answered.

mod browser;
mod fill;

use crate::provider::{AnyStore, Place, Store};
use crate::steady::Latencies;
use crate::{Error, cpu};
use browser::Browser;
use oauth_core::clock::{Clock as _, SystemClock};
use oauth_core::config::Config;
use oauth_core::provider::{Provider, Service};
use oauth_core::secret::{Digest, Password};
use oauth_core::store::TokenStore as _;
use oauth_pages::{PagesProvider, StoredAccounts};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// What issue 11 allows: a page's time and size, and how many times its normal the p99 of checks may be.
const TIME: Duration = Duration::from_secs(1);
const SIZE: usize = 1 << 20;
const ALLOWED: f64 = 2.0;
/// How many clients hang up.
const CLIENTS: usize = 40;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    store: Store,
    #[arg(long, default_value_t = 100_000)]
    grants: usize,
    /// How many applications the grants are for.
    #[arg(long, default_value_t = 1_000)]
    allowed: usize,
    #[arg(long, default_value_t = 100_000)]
    people: usize,
    #[arg(long, default_value_t = 20_000)]
    applications: usize,
    /// How many token checks a second others make.
    #[arg(long, default_value_t = 200)]
    checks: u32,
    /// For how many seconds each page is asked for.
    #[arg(long, default_value_t = 5)]
    window: u64,
}

pub(crate) fn measure(arguments: &Arguments) -> Result<(), Error> {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime.enable_all().thread_keep_alive(Duration::from_secs(86_400)).build()?.block_on(run(arguments))
}

#[allow(clippy::print_stdout, reason = "it is a program, and this is its answer")]
async fn run(arguments: &Arguments) -> Result<(), Error> {
    let Arguments { store: kind, grants, allowed, people, applications, checks, window } = *arguments;
    let (place, window) = (Place::new(kind, &[])?, Duration::from_secs(window));
    let store = AnyStore::open(&place.database("pages")).await?;
    let config = Config::new("http://127.0.0.1:8000")?;
    let accounts = StoredAccounts::new(store.clone(), &config);
    let ada = accounts.create("ada", &Password::new("correct horse"), false).await?;
    accounts.create("root", &Password::new("correct horse"), true).await?;
    let provider: Arc<dyn Service> = Arc::new(Provider::new(PagesProvider::new(config, store.clone(), accounts))?);
    let began = Instant::now();
    fill::applications(&store, applications).await?;
    fill::people(&store, people).await?;
    fill::grants(&store, &ada.subject, grants, allowed.min(applications)).await?;
    let digests = fill::tokens(&store, 1_000).await?;
    println!("{kind:?}: filled in {} s; load {}", began.elapsed().as_secs(), cpu::load_average());
    let person = Browser::signed_in(&provider, "ada").await?;
    let root = Browser::signed_in(&provider, "root").await?;
    let mut normal = steady(&store, &digests, checks, window).await?;
    println!("  checks alone: p50 {:.2} ms, p99 {:.2} ms", normal.p50(), normal.p99());
    let pages = [
        (&person, "/oauth/connected".to_owned()),
        (&person, format!("/oauth/connected?after={}", fill::application(allowed / 2)?)),
        (&person, format!("/oauth/connected?client_id={}", fill::application(allowed / 2)?)),
        (&root, "/oauth/people".to_owned()),
        (&root, format!("/oauth/people?after=person-{:07}", people / 2)),
        (&root, "/oauth/applications".to_owned()),
        (&root, format!("/oauth/applications?after={}", fill::application(applications / 2)?)),
        (&root, "/oauth/applications?search=nothing-is-called-so".to_owned()),
    ];
    for (browser, target) in &pages {
        let busy = Arc::new(AtomicBool::new(true));
        let (asked, target_of) = ((*browser).clone(), target.clone());
        let still = Arc::clone(&busy);
        // One after the other, as a person who keeps reloading.
        let reloading = tokio::spawn(async move {
            let (mut longest, mut size, mut number) = (Duration::ZERO, 0, 0);
            while still.load(Ordering::Relaxed) {
                let began = Instant::now();
                size = asked.get(&target_of).await?.len().max(size);
                longest = longest.max(began.elapsed());
                number += 1;
            }
            Ok::<_, Error>((longest, size, number))
        });
        let mut with = steady(&store, &digests, checks, window).await?;
        busy.store(false, Ordering::Relaxed);
        let (longest, size, number) = reloading.await??;
        let ratio = with.p99() / normal.p99();
        let within = longest <= TIME && size <= SIZE && ratio <= ALLOWED;
        println!(
            "  {} {target}: {number} times, at most {} ms and {} KB; checks p99 {:.2} ms, {ratio:.2} times",
            if within { "within" } else { "MISSED" },
            longest.as_millis(),
            size / 1024,
            with.p99()
        );
    }
    let target = &pages[0].1;
    let answered = forty(&person, target, false, &store, &digests).await?;
    let hung_up = forty(&person, target, true, &store, &digests).await?;
    println!("  {CLIENTS} answered: {answered:.0} ms of CPU; {CLIENTS} hung up: {hung_up:.0} ms of CPU");
    let (csrf, began) = (person.csrf(target).await?, Instant::now());
    person.post("/oauth/connected/revoke", &[("csrf", &csrf), ("client_id", fill::application(0)?.as_str())]).await?;
    println!("  revoked what one application may do: {} ms", began.elapsed().as_millis());
    println!("load {}", cpu::load_average());
    Ok(())
}

/// Checks tokens at a steady rate, and tells how long each took from the moment at which it was due.
async fn steady(store: &AnyStore, digests: &[Digest], rate: u32, time: Duration) -> Result<Latencies, Error> {
    let (began, mut took) = (Instant::now(), Vec::new());
    for (number, digest) in (0_u32..).zip(digests.iter().cycle()) {
        let due = began + Duration::from_secs(1) * number / rate;
        if due >= began + time {
            break;
        }
        tokio::time::sleep_until(due.into()).await;
        store.authorization(digest, SystemClock.now()).await?.ok_or("a live token")?;
        took.push(due.elapsed().as_secs_f64() * 1_000.0);
    }
    Ok(Latencies::of(took))
}

/// Sends forty requests at once, whose answers are awaited or not; gives the milliseconds of CPU that they took.
async fn forty(
    browser: &Browser,
    target: &str,
    hang_up: bool,
    store: &AnyStore,
    digests: &[Digest],
) -> Result<f64, Error> {
    let before = cpu::time_of(std::process::id())?;
    let requests: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let (browser, target) = (browser.clone(), target.to_owned());
            tokio::spawn(async move { browser.get(&target).await })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(2)).await;
    for request in requests {
        if hang_up {
            request.abort();
        } else {
            request.await??;
        }
    }
    // What is still under way is done before this look has its turn.
    for digest in digests.iter().take(8) {
        store.authorization(digest, SystemClock.now()).await?;
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    Ok((cpu::time_of(std::process::id())? - before).as_secs_f64() * 1_000.0)
}
