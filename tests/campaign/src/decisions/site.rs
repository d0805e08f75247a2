//! A provider with pages and accounts, as a separate process or in this one.

use crate::provider::{ISSUER, Running};
use crate::store::AnyStore;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use oauth_core::config::Config;
use oauth_core::endpoint::CodeRequest;
use oauth_core::grant::PasswordGrant;
use oauth_core::owner::{Approval, ResourceOwner as _};
use oauth_core::provider::{AuthorizationProvider as _, Provider};
use oauth_core::secret::PendingTicket;
use oauth_pages::{AccountPasswords, PagesProvider, StoredAccounts};
use oauth_tower::{Limits, ProviderLayer, RequestBody};
use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::TcpListener;
use tower_layer::Layer as _;
use tower_service::Service;

/// The role without which a person may allow nothing.
pub(super) const ROLE: &str = "Admin";

/// The page of the application's own that decides in steps; with a ticket it accepts.
pub(super) const STEPS: &str = "/steps";

type Pages = PagesProvider<AnyStore, StoredAccounts<AnyStore>>;

pub(super) fn config() -> Config {
    let mut config = Config::new(ISSUER).unwrap();
    config.remember_consent = true;
    config.consenting_roles = Some([ROLE.to_owned()].into());
    config.insecure_implicit_grant = true;
    config.insecure_password_grant = true;
    config
}

/// Serves until something has happened.
pub(crate) async fn serve(store: AnyStore, listener: TcpListener, until: impl Future + Send + 'static) {
    let accounts = StoredAccounts::new(store.clone(), &config());
    let provider = Provider::new(PagesProvider::new(config(), store, accounts.clone())).unwrap();
    let provider = Arc::new(provider.with_grant(PasswordGrant::new(AccountPasswords::new(accounts))));
    let site = ProviderLayer::new(provider.clone()).layer(Steps(provider.clone()));
    oauth_tower::serve(site, listener, Limits::default()).sweeping(provider).until(until).await;
}

/// Two processes on a database, or, for what is in memory, one server in this process.
pub(super) struct Site {
    /// Where decisions are committed, and where they are ended.
    pub(super) addresses: [SocketAddr; 2],
    _processes: Vec<Running>,
}

impl Site {
    pub(super) async fn start(location: &str, store: &AnyStore) -> Self {
        if location == "memory" {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
            let address = listener.local_addr().unwrap();
            tokio::spawn(serve(store.clone(), listener, std::future::pending::<()>()));
            return Self { addresses: [address; 2], _processes: Vec::new() };
        }
        let processes = vec![Running::start_pages(location).await, Running::start_pages(location).await];
        Self { addresses: [processes[0].address, processes[1].address], _processes: processes }
    }
}

#[derive(Clone)]
struct Steps(Arc<Provider<Pages>>);

impl Service<Request<RequestBody>> for Steps {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<RequestBody>) -> Self::Future {
        let (provider, request) = (Arc::clone(&self.0), request.map(|_| Bytes::new()));
        Box::pin(async move { Ok(step(&provider, &request).await.map(Full::new)) })
    }
}

async fn step(provider: &Provider<Pages>, request: &Request<Bytes>) -> Response<Bytes> {
    let answer = |status, text: &str| {
        let mut response = Response::new(Bytes::from(text.to_owned()));
        *response.status_mut() = status;
        response
    };
    let Ok(Some(subject)) = provider.app().owner().visitor(request).await else {
        return answer(StatusCode::FORBIDDEN, "nobody is signed in");
    };
    if let Some(ticket) = request.uri().query().and_then(|query| query.strip_prefix("ticket=")) {
        let approval = Approval::new(subject, "read".parse().unwrap());
        return provider.accept(request, &PendingTicket::new(ticket), approval).await;
    }
    match provider.code_request(request).await {
        CodeRequest::Pending(ask) => match provider.save_pending(&ask, &subject, Duration::from_secs(60)).await {
            Ok(ticket) => answer(StatusCode::OK, ticket.expose()),
            Err(error) => answer(StatusCode::SERVICE_UNAVAILABLE, &error.to_string()),
        },
        CodeRequest::Broken(refused) | CodeRequest::Invalid(refused) => refused,
    }
}
