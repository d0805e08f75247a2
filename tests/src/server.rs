use crate::accounts::{self, ADA};
use crate::adapter::{Adapter, Running};
use crate::store::Place;
use crate::{AnyStore, Backend, Browser, Call, Failing, Faults, Recorder};
use http::Method;
use oauth_core::clock::{Clock as _, ManualClock, Timestamp};
use oauth_core::config::Config;
use oauth_core::store::Account;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OnceCell;

/// When every server's clock starts: 2027-01-15T08:00:00Z.
pub(crate) const START: Timestamp = Timestamp::from_unix_seconds(1_800_000_000);

/// A running provider with pages, a protected API, and [`ADA`]; its clock stands still until
/// [`advance`](Self::advance).
///
/// The API: `GET /api/profile` needs `read`, `GET /api/notes` too, `POST /api/notes` needs `write`. Under
/// `/own` is another, with every transport switched on and metadata: `GET either` needs `read` or `write`,
/// `notes` what the method says, `GET recent` and `GET strong` such a sign-in, `POST form` takes the token
/// in a form, `GET maybe` takes one or none.
pub struct Server {
    adapter: Adapter,
    running: Running,
    config: Config,
    store: AnyStore,
    faults: Faults,
    clock: Arc<ManualClock>,
    events: Recorder,
    ada: OnceCell<Browser>,
    place: Option<Arc<Place>>,
}

impl Server {
    /// Starts a server on Rocket, on a free port of 127.0.0.1; `change` may set what it likes.
    pub async fn start(backend: Backend, change: impl Fn(&mut Config)) -> Self {
        Self::start_on(Adapter::Rocket, backend, change).await
    }

    /// Starts a server on an adapter.
    pub async fn start_on(adapter: Adapter, backend: Backend, change: impl Fn(&mut Config)) -> Self {
        // Compiled once, and not for every story's settings.
        Self::start_with(adapter, backend, &change).await
    }

    async fn start_with(adapter: Adapter, backend: Backend, change: &dyn Fn(&mut Config)) -> Self {
        let (store, place) = AnyStore::open(backend).await;
        accounts::create(&store, ADA, true).await;
        let clock = Arc::new(ManualClock::starting_at(START));
        Self::launch(adapter, store, place.map(Arc::new), clock, change).await
    }

    /// Starts another server over the same records, settings and clock, as a second process of the
    /// same provider, or the first one started anew: a database is opened once more.
    pub async fn beside(&self) -> Self {
        let store = self.store.again(self.place.as_deref()).await;
        let first = self.config.clone();
        let change = |config: &mut Config| {
            let (issuer, events) = (config.issuer.clone(), Arc::clone(&config.events));
            *config = first.clone();
            (config.issuer, config.events) = (issuer, events);
        };
        Self::launch(self.adapter, store, self.place.clone(), Arc::clone(&self.clock), &change).await
    }

    async fn launch(
        adapter: Adapter,
        store: AnyStore,
        place: Option<Arc<Place>>,
        clock: Arc<ManualClock>,
        change: &dyn Fn(&mut Config),
    ) -> Self {
        let events = Recorder::default();
        let faults = Faults::default();
        // The issuer names the port, so the port is chosen first; another may take it meanwhile.
        for _ in 0..20 {
            let address = free_address();
            let mut config = Config::new(&format!("http://{address}")).expect("loopback needs no TLS");
            config.clock = clock.clone();
            config.events = Arc::new(events.clone());
            change(&mut config);
            let failing = Failing::new(store.clone(), faults.clone());
            let started = adapter.start(address, config.clone(), failing).await;
            if let Some(running) = started {
                return Self { adapter, running, config, store, faults, clock, events, ada: OnceCell::new(), place };
            }
        }
        panic!("no port stays free long enough");
    }

    /// Gives where it listens.
    pub fn address(&self) -> SocketAddr {
        self.running.address
    }

    /// Gives how it is put on the web.
    pub fn adapter(&self) -> Adapter {
        self.adapter
    }

    /// Gives who it says it is.
    pub fn issuer(&self) -> &str {
        self.config.issuer.as_str()
    }

    /// Gives its settings.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Governs when its store fails; [`store`](Self::store) itself never does.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Gives its store.
    pub fn store(&self) -> &AnyStore {
        &self.store
    }

    /// Reads the files that its records are in, as somebody would who stole them; none for memory.
    pub async fn database_files(&self) -> Vec<Vec<u8>> {
        let Some(place) = self.place.clone() else { return Vec::new() };
        tokio::task::spawn_blocking(move || place.files()).await.expect("they can be read")
    }

    /// Gives what it told its event sink.
    pub fn events(&self) -> &Recorder {
        &self.events
    }

    /// Reads its clock.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Moves its clock forward.
    pub fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// Sets its clock, backwards too.
    pub fn set_clock(&self, to: Timestamp) {
        self.clock.set(to);
    }

    /// Begins a GET.
    pub fn get(&self, target: &str) -> Call {
        self.call("GET", target)
    }

    /// Begins a POST.
    pub fn post(&self, target: &str) -> Call {
        self.call("POST", target)
    }

    /// Begins a request of any method.
    pub fn call(&self, method: &str, target: &str) -> Call {
        Call::new(self.address(), Method::from_bytes(method.as_bytes()).expect("a method is a token"), target)
    }

    /// Creates an account with the password [`PASSWORD`](crate::PASSWORD) and the subject
    /// `subject-` and its name.
    pub async fn account(&self, username: &str) -> Account {
        accounts::create(&self.store, username, false).await
    }

    /// Opens a browser in which nobody is signed in.
    pub fn browser(&self) -> Browser {
        Browser::new(self.address(), self.config.paths.clone())
    }

    /// Gives a browser in which [`ADA`] is signed in, the same one at every call.
    pub async fn ada(&self) -> &Browser {
        self.ada
            .get_or_init(|| async {
                let browser = self.browser();
                browser.sign_in(ADA).await;
                browser
            })
            .await
    }
}

/// Finds a port of 127.0.0.1 that is free right now.
pub fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
    listener.local_addr().expect("it has an address")
}
