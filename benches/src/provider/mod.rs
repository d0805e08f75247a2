//! A whole provider on any store, in a process of its own, and the way to tell it what to do: a line to
//! its input is a command, a line of its output the answer.

mod place;
mod process;
mod records;
mod store;

pub(crate) use place::{Place, Store, name_in};
pub(crate) use process::Process;
pub(crate) use records::{check, client_credentials};
pub(crate) use store::AnyStore;

use crate::Error;
use bytes::Bytes;
use http::Request;
use oauth_core::clock::{Clock as _, SystemClock};
use oauth_core::config::Config;
use oauth_core::owner::{AuthorizationRequest, Decided, ResourceOwner};
use oauth_core::provider::{AuthorizationProvider, Provider, Service};
use oauth_core::resource::Authorization;
use oauth_core::store::{Housekeeping as _, Result as Stored, StoreError};
use oauth_warp::{Limits, authorized, recover, scopes};
use records::Term;
use std::future::pending;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::time::sleep;
use warp::Filter as _;

scopes! { Read = "read"; }

#[derive(clap::Args)]
pub(crate) struct ServerArguments {
    url: String,
    threads: usize,
}

/// Nobody approves anything here.
struct Nobody;

impl ResourceOwner for Nobody {
    async fn decide(&self, _: &Request<Bytes>, _: &AuthorizationRequest) -> Stored<Decided> {
        Err(StoreError::new("decide", "nobody is here"))
    }
}

struct App {
    config: Config,
    store: AnyStore,
}

impl AuthorizationProvider for App {
    type Store = AnyStore;
    type Owner = Nobody;

    fn store(&self) -> &AnyStore {
        &self.store
    }

    fn owner(&self) -> &Nobody {
        &Nobody
    }

    fn config(&self) -> &Config {
        &self.config
    }
}

/// Serves until its input ends; says its address first.
#[allow(clippy::print_stdout, reason = "it is what the other process reads")]
pub(crate) fn serve(arguments: &ServerArguments) -> Result<(), Error> {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    // No thread ends, so that none takes its time out of the account.
    let runtime = runtime
        .worker_threads(arguments.threads)
        .thread_keep_alive(Duration::from_secs(86_400))
        .enable_all()
        .build()?;
    let store = runtime.block_on(AnyStore::open(&arguments.url))?;
    runtime.block_on(records::register(&store))?;
    let app = App { config: Config::new("http://127.0.0.1")?, store: store.clone() };
    let provider = Arc::new(Provider::new(app)?);
    let resource = provider.protected_resource();
    let hello = warp::path!("hello").and(warp::get()).and(authorized::<Read, _>(&resource));
    let hello = hello.map(|_: Authorization| "hello");
    let site = oauth_warp::provider(provider.clone()).or(hello).recover(recover);
    let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
    println!("{}", listener.local_addr()?);
    let sweeps = Arc::new(AtomicBool::new(false));
    runtime.spawn(sweep(provider, Arc::clone(&sweeps)));
    runtime.spawn(async move {
        oauth_warp::serve(site, listener, Limits::default()).until(pending::<()>()).await;
    });
    for line in std::io::stdin().lines() {
        println!("{}", obey(&runtime, &store, &sweeps, &line?)?);
    }
    Ok(())
}

/// Does what `oauth_tower::Serve::sweeping` does, while it is switched on.
async fn sweep(provider: Arc<dyn Service>, on: Arc<AtomicBool>) {
    loop {
        let pause = if on.load(Ordering::Relaxed) { provider.sweep().await } else { Duration::from_millis(20) };
        sleep(pause).await;
    }
}

/// Carries out a command: `fill FROM TO live|over`, `issue SECONDS`, `check SECONDS TOKENS`, `sweep on|off`,
/// or `backlog`, which is answered with its age in seconds.
fn obey(runtime: &Runtime, store: &AnyStore, sweeps: &AtomicBool, line: &str) -> Result<String, Error> {
    let words: Vec<_> = line.split(' ').collect();
    let seconds = |text: &str| Ok::<_, Error>(Duration::from_secs(text.parse()?));
    let answer = match words[..] {
        ["fill", from, to, term] => {
            let term = if term == "live" { Term::Live } else { Term::Over };
            runtime.block_on(records::fill(store, from.parse()?, to.parse()?, term))?;
            "done".to_owned()
        }
        ["issue", time] => runtime.block_on(records::issue_for(store, seconds(time)?))?.to_string(),
        ["check", time, tokens] => {
            runtime.block_on(records::check_for(store, seconds(time)?, tokens.parse()?))?.to_string()
        }
        ["sweep", state] => {
            sweeps.store(state == "on", Ordering::Relaxed);
            "done".to_owned()
        }
        ["backlog"] => {
            let now = SystemClock.now();
            let since = runtime.block_on(store.overdue_since(now))?;
            since.map_or(0, |since| now.seconds_since(since)).to_string()
        }
        _ => return Err(format!("no such command: {line}").into()),
    };
    Ok(answer)
}
