//! Two providers in one process: production and a sandbox, with an issuer, paths and data of their own.

use oauth_core::client::{ClientType, GrantType, Registration};
use oauth_core::config::Config;
use oauth_core::identifier::Subject;
use oauth_core::provider::{Provider, Service};
use oauth_core::secret::Password;
use oauth_core::store::{ClientStore as _, Result};
use oauth_diesel::SqlStore;
use oauth_pages::{Accounts, PagesProvider, Person};
use oauth_rocket::OAuth;
use oauth_tests::{Answer, Ask, Browser, CALLBACK, Call, free_address};
use rocket::config::{LogLevel, Shutdown};
use rocket::error::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use warp::Filter as _;

const SECRET_WORD: &str = "correct horse battery";

/// One person, known to both.
struct Ada;

impl Accounts for Ada {
    async fn sign_in(&self, username: &str, password: &Password) -> Result<Option<Person>> {
        let known = username == "ada" && *password == Password::new(SECRET_WORD);
        Ok(if known { Subject::new("1").ok().map(|subject| Person::new(subject, "ada")) } else { None })
    }

    async fn person(&self, subject: &Subject) -> Result<Option<Person>> {
        Ok((subject.as_str() == "1").then(|| Person::new(subject.clone(), "ada")))
    }
}

type Pages = PagesProvider<SqlStore, Ada>;

/// One of the two: what a client has to know of it.
struct Tenant {
    at: SocketAddr,
    config: Config,
    store: SqlStore,
    client_id: String,
    secret: String,
}

impl Tenant {
    /// Registers the same application at it, with the same redirect URI.
    async fn new(at: SocketAddr, store: &SqlStore, path: &str) -> Self {
        let mut config = Config::new(&format!("http://{at}{path}")).unwrap();
        config.paths.authorization = "authorize/".to_owned();
        config.paths.token = "token/".to_owned();
        let store = store.for_tenant(if path.is_empty() { "production" } else { "sandbox" });
        let mut registration = Registration::new("App", ClientType::Confidential);
        registration.redirect_uris = vec![CALLBACK.to_owned()];
        registration.grant_types = GrantType::ALL[..3].to_vec();
        let registered = registration.register(&config).unwrap();
        store.create_client(&registered.client).await.unwrap();
        let secret = registered.secret.unwrap().expose().to_owned();
        Self { at, config, store, client_id: registered.client.id.to_string(), secret }
    }

    fn provider(&self) -> Provider<Pages> {
        Provider::new(PagesProvider::new(self.config.clone(), self.store.clone(), Ada)).unwrap()
    }

    fn post(&self, path: &str, fields: &[(&str, &str)]) -> Call {
        let call = Call::new(self.at, http::Method::POST, path).basic(&self.client_id, &self.secret);
        call.form(fields.iter().copied())
    }

    /// Has Ada allow access, and redeems the code.
    async fn tokens(&self) -> Answer {
        let ada = Browser::new(self.at, self.config.paths.clone());
        let signed_in = ada.try_to_sign_in("ada", SECRET_WORD).await;
        assert!(signed_in.status.is_redirection(), "{signed_in}");
        let ask = Ask::new(&self.client_id, CALLBACK, "read");
        let answer = ada.authorize(&ask).await.allow_if_asked().await;
        assert_eq!(answer.parameter("iss").as_deref(), Some(self.config.issuer.as_str()), "{answer}");
        let code = answer.parameter("code").unwrap_or_else(|| panic!("{answer}"));
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", &ask.verifier),
        ];
        self.post(&self.config.paths.token_path(), &fields).await.expect(200)
    }

    async fn is_active(&self, token: &str) -> bool {
        let answer = self.post(&self.config.paths.introspection_path(), &[("token", token)]).await.expect(200);
        answer.json()["active"] == true
    }
}

async fn tenants() -> (tempfile::TempDir, Tenant, Tenant) {
    let directory = tempfile::TempDir::new().unwrap();
    let url = format!("sqlite:{}", directory.path().join("providers.db").display());
    let (store, at) = (SqlStore::open(&url).await.unwrap(), free_address());
    (directory, Tenant::new(at, &store, "").await, Tenant::new(at, &store, "/sandbox").await)
}

/// Waits until somebody listens.
async fn listening(at: SocketAddr) {
    while tokio::net::TcpStream::connect(at).await.is_err() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// One browser signs in at both, and is signed in at both.
async fn one_jar_has_room_for_both(one: &Tenant, other: &Tenant) {
    let browsers = [one, other].map(|tenant| (tenant, Browser::new(tenant.at, tenant.config.paths.clone())));
    let mut jar = std::collections::BTreeMap::new();
    for (_, browser) in &browsers {
        jar.iter().for_each(|(name, value): (&String, &String)| browser.set_cookie(name, value));
        assert!(browser.try_to_sign_in("ada", SECRET_WORD).await.status.is_redirection());
        jar = browser.cookies();
    }
    for (tenant, browser) in &browsers {
        jar.iter().for_each(|(name, value)| browser.set_cookie(name, value));
        browser.open(&format!("{}/", tenant.config.paths.base)).await.expect(200);
    }
}

/// Each answers for itself, and knows nothing of the other's clients, codes and tokens.
async fn they_are_two(production: &Tenant, sandbox: &Tenant) {
    listening(production.at).await;
    one_jar_has_room_for_both(production, sandbox).await;
    for (one, other) in [(production, sandbox), (sandbox, production)] {
        let path = one.config.issuer.path();
        let well_known = format!("/.well-known/oauth-authorization-server{path}");
        let document = Call::new(one.at, http::Method::GET, &well_known).await.expect(200).json();
        assert_eq!(document["issuer"], one.config.issuer.as_str());
        assert_eq!(document["token_endpoint"], format!("{}/oauth/token/", one.config.issuer));
        assert_eq!(document["authorization_endpoint"], format!("{}/oauth/authorize/", one.config.issuer));
        let answer = one.tokens().await;
        let (access, refresh) = (answer.member("access_token"), answer.member("refresh_token"));
        assert!(one.is_active(&access).await && !other.is_active(&access).await);
        let refreshing = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
        let elsewhere = other.post(&other.config.paths.token_path(), &refreshing).await;
        elsewhere.expect_error(400, "invalid_grant");
        let stranger = Call::new(one.at, http::Method::POST, &other.config.paths.token_path());
        let stranger = stranger.basic(&one.client_id, &one.secret).form(refreshing);
        stranger.await.expect_error(401, "invalid_client");
        for spelling in ["token", "token/"] {
            let fields = [("grant_type", "client_credentials")];
            one.post(&format!("{path}/oauth/{spelling}"), &fields).await.expect(200);
        }
        let wrong_method = Call::new(one.at, http::Method::PUT, &format!("{path}/oauth/token/")).await;
        assert_eq!(wrong_method.expect(405).header("allow"), Some("POST"));
        one.post(&one.config.paths.token_path(), &refreshing).await.expect(200);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn production_and_a_sandbox_in_one_rocket() {
    let (_files, production, sandbox) = tenants().await;
    let settings = rocket::Config {
        address: production.at.ip(),
        port: production.at.port(),
        log_level: LogLevel::Off,
        shutdown: Shutdown { ctrlc: false, signals: Default::default(), grace: 0, mercy: 0, ..Shutdown::default() },
        ..rocket::Config::release_default()
    };
    let rocket = rocket::custom(settings)
        .attach(OAuth::with(production.provider()))
        .attach(OAuth::with(sandbox.provider()).beside());
    let rocket = rocket.ignite().await.unwrap();
    let shutdown = rocket.shutdown();
    let running = tokio::spawn(rocket.launch());
    they_are_two(&production, &sandbox).await;
    shutdown.notify();
    running.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn production_and_a_sandbox_in_one_warp() {
    let (_files, production, sandbox) = tenants().await;
    let one: Arc<dyn Service> = Arc::new(production.provider());
    let other: Arc<dyn Service> = Arc::new(sandbox.provider());
    let site = oauth_warp::provider(Arc::clone(&one)).or(oauth_warp::provider(Arc::clone(&other)));
    let listener = TcpListener::bind(production.at).await.unwrap();
    let server = oauth_warp::serve(site, listener, oauth_warp::Limits::default()).sweeping(one).sweeping(other);
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn(server.until(stopped));
    they_are_two(&production, &sandbox).await;
    stop.send(()).unwrap();
    running.await.unwrap();
}

#[tokio::test]
async fn a_second_provider_must_say_that_it_stands_beside() {
    let (_files, production, sandbox) = tenants().await;
    let twice = rocket::custom(rocket::Config { log_level: LogLevel::Off, ..rocket::Config::release_default() })
        .attach(OAuth::with(production.provider()))
        .attach(OAuth::with(sandbox.provider()));
    let refused = twice.ignite().await.unwrap_err();
    assert!(matches!(refused.kind(), ErrorKind::FailedFairings(_)), "guards would not know whom to ask: {refused}");
}
