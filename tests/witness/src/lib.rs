//! What the tests of the adapters have in common: [`Witness`], a provider that keeps what it saw, asked
//! over a [`Wire`] byte by byte, and [`Gate`], a resource provider whose tokens say what they allow.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, in its helpers too")]

mod gate;
mod wire;

pub use gate::{Gate, Pass};
pub use wire::Wire;

use async_trait::async_trait;
use bytes::Bytes;
use http::header::{ALLOW, SET_COOKIE, X_FRAME_OPTIONS};
use http::{HeaderValue, Request, Response};
use oauth_core::config::Config;
use oauth_core::provider::{Mounts, Service};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;

/// A provider that keeps what it saw, and answers with headers that are hard to carry. At
/// `/oauth/held` it answers once it is released.
pub struct Witness {
    config: Config,
    /// The requests, in the order in which they came.
    pub seen: Mutex<Vec<Request<Bytes>>>,
    /// How many sweeps there were.
    pub sweeps: AtomicUsize,
    /// Lets one `/oauth/held` go on.
    pub released: Notify,
    /// How many requests were carried out, as an event sink would be told.
    pub told: AtomicUsize,
}

impl Witness {
    /// Makes one that has seen nothing.
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            config: Config::new("https://id.example").unwrap(),
            seen: Mutex::default(),
            sweeps: AtomicUsize::new(0),
            released: Notify::new(),
            told: AtomicUsize::new(0),
        })
    }

    /// Tells whether no request has come, or each that came was taken.
    pub fn saw_nothing(&self) -> bool {
        self.seen.lock().unwrap().is_empty()
    }

    /// Takes the last request that came.
    pub fn take(&self) -> Option<Request<Bytes>> {
        self.seen.lock().unwrap().pop()
    }
}

#[async_trait]
impl Service for Witness {
    async fn call(&self, request: Request<Bytes>) -> Response<Bytes> {
        let held = request.uri().path() == "/oauth/held";
        self.seen.lock().unwrap().push(request);
        if held {
            self.released.notified().await;
        }
        self.told.fetch_add(1, Ordering::SeqCst);
        let mut response = Response::new(Bytes::from("seen"));
        response.headers_mut().append(SET_COOKIE, HeaderValue::from_static("a=1"));
        response.headers_mut().append(SET_COOKIE, HeaderValue::from_static("b=2"));
        response.headers_mut().insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
        response
    }

    fn config(&self) -> &Config {
        &self.config
    }

    fn mounts(&self) -> Mounts {
        Mounts { base: "/oauth".to_owned(), well_known: vec!["/.well-known/oauth-authorization-server".to_owned()] }
    }

    async fn sweep(&self) -> Duration {
        self.sweeps.fetch_add(1, Ordering::SeqCst);
        Duration::from_millis(10)
    }
}
