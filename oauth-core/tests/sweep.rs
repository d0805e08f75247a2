//! How a provider sweeps: batch by batch, and telling how old its backlog is.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, in its helpers too")]

use bytes::Bytes;
use http::Request;
use oauth_core::client::{Client, ClientType};
use oauth_core::clock::{Clock, ManualClock, Timestamp};
use oauth_core::config::Config;
use oauth_core::event::{Event, EventSink, Gauge};
use oauth_core::identifier::{Attributes, ClientId, Subject};
use oauth_core::owner::{Approval, AuthorizationRequest, Decided, Decision, ResourceOwner};
use oauth_core::provider::{AuthorizationProvider, Provider, Service};
use oauth_core::secret::AccessToken;
use oauth_core::store::{ClientStore, Issue, IssuedAccess, MemoryStore, Result, TokenStore};
use std::sync::{Arc, Mutex};
use std::time::Duration;

struct Nobody;

impl ResourceOwner for Nobody {
    async fn decide(&self, _: &Request<Bytes>, ask: &AuthorizationRequest) -> Result<Decided> {
        Ok(Decision::Allow(Approval::new(Subject::new("nobody").unwrap(), ask.scope().clone())).into())
    }
}

struct App {
    config: Config,
    store: MemoryStore,
}

impl AuthorizationProvider for App {
    type Store = MemoryStore;
    type Owner = Nobody;

    fn store(&self) -> &MemoryStore {
        &self.store
    }

    fn owner(&self) -> &Nobody {
        &Nobody
    }

    fn config(&self) -> &Config {
        &self.config
    }
}

/// Keeps the ages that it is told.
#[derive(Default)]
struct Ages(Mutex<Vec<u64>>);

impl Ages {
    fn take(&self) -> Vec<u64> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

impl EventSink for Ages {
    fn record(&self, event: &Event) {
        panic!("a sweep is no event of the audit log: {event:?}");
    }

    fn measure(&self, gauge: Gauge) {
        let Gauge::SweepBacklog { age } = gauge else { panic!("no such gauge: {gauge:?}") };
        self.0.lock().unwrap().push(age.as_secs());
    }
}

const START: Timestamp = Timestamp::from_unix_seconds(1_800_000_000);

async fn with_tokens(tokens: u64) -> (Provider<App>, Arc<ManualClock>, Arc<Ages>) {
    let (clock, ages) = (Arc::new(ManualClock::starting_at(START)), Arc::new(Ages::default()));
    let mut config = Config::new("http://127.0.0.1:8000").unwrap();
    (config.clock, config.events, config.sweep_batch) = (clock.clone(), ages.clone(), 10);
    let store = MemoryStore::new();
    let client = Client::new(ClientId::new("app").unwrap(), "App", ClientType::Confidential);
    store.create_client(&client).await.unwrap();
    for number in 0..tokens {
        let access = IssuedAccess {
            digest: AccessToken::generate().digest(),
            client_id: client.id.clone(),
            grant: None,
            scope: "read".parse().unwrap(),
            audience: Vec::new(),
            attributes: Attributes::new(),
            issued_at: START,
            expires_at: START.after(Duration::from_secs(100 + number)),
        };
        let issue =
            Issue { grant_expires_at: access.expires_at, access, refresh: None, authenticated_by: None, now: START };
        store.issue(&issue).await.unwrap();
    }
    (Provider::new(App { config, store }).unwrap(), clock, ages)
}

#[tokio::test]
async fn a_backlog_is_worked_on_without_waiting_for_the_next_sweep() {
    let (provider, clock, ages) = with_tokens(35).await;
    assert_eq!(provider.sweep().await, Duration::from_secs(60), "nothing waits until the next sweep");
    assert_eq!(ages.take(), [0]);
    clock.advance(Duration::from_secs(1_000));
    let mut pauses = Vec::new();
    loop {
        let pause = provider.sweep().await;
        pauses.push(pause);
        if pause == Duration::from_secs(60) {
            break;
        }
        assert!(pause <= Duration::from_secs(1), "the next batch comes at once, or nearly");
    }
    assert_eq!(pauses.len(), 4, "35 tokens in batches of 10: {pauses:?}");
}

#[tokio::test]
async fn the_age_of_the_backlog_is_told() {
    let (provider, clock, ages) = with_tokens(35).await;
    clock.set(START.after(Duration::from_secs(500)));
    provider.sweep().await;
    let first = ages.take();
    assert!(matches!(first[..], [age] if (366..=400).contains(&age)), "after the first batch: {first:?}");
    provider.sweep().await;
    assert_eq!(ages.take(), [0; 0], "not after each batch");
    clock.advance(Duration::from_secs(10));
    provider.sweep().await;
    let later = ages.take();
    assert!(matches!(later[..], [age] if (376..=410).contains(&age)), "every ten seconds: {later:?}");
    provider.sweep().await;
    assert_eq!(ages.take(), [0], "and when nothing waits any more");
    assert_eq!(clock.now(), START.after(Duration::from_secs(510)));
}
