//! The settings of a provider: what must be said is an argument of [`Config::new`], the rest has safe
//! defaults. What weakens security says so in its name.

mod check;
mod issuer;
mod paths;
mod settings;
mod throttle;

pub use crate::token_format::TokenFormat;
pub use issuer::{InvalidIssuer, Issuer};
pub use paths::Paths;
pub use settings::{InvalidSetting, Setting, Settings};

use crate::asked::ScopePolicy;
use crate::client::GrantType;
use crate::clock::{Clock, SystemClock};
use crate::event::{EventSink, TracingSink};
use crate::http::TrustedProxies;
use crate::identifier::{ClientId, Resource};
use crate::issue::BeforeIssuing;
use crate::password::PasswordHasher;
use crate::scope::Scope;
use crate::throttle::Throttle;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// When an error of an authorization request is sent to a client that anybody could have registered, by redirect
/// (RFC 9700 §4.11.2). To the clients of administrators, and to trusted ones, it always is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorsRedirect {
    /// If somebody is signed in here, or if the request is silent (`prompt=none`), which only the client can
    /// hear of. A link with `prompt=none` then leads from this server to any registered address.
    #[default]
    SignedIn,
    /// As above, but after a silent request only if the person who is signed in has approved the client.
    Known,
}

/// The settings of a provider. Durations count in whole seconds.
///
/// ```
/// use oauth_core::config::Config;
/// use std::time::Duration;
///
/// let mut config = Config::new("https://id.example")?;
/// config.scopes.insert("notes:write".to_owned(), "Write notes for you".to_owned());
/// config.access_token_lifetime = Duration::from_secs(600);
/// assert_eq!(config.paths.token_path(), "/oauth/token");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// What others have issued can go on as it was: here codes, access tokens and refresh tokens of 48, 42
/// and 48 characters, codes that live ten minutes and access tokens that live ten days.
/// ```
/// use oauth_core::config::{Config, TokenFormat};
/// use std::time::Duration;
///
/// let mut config = Config::new("https://id.example")?;
/// config.code_format = TokenFormat::new(48);
/// config.access_token_format = TokenFormat::new(42);
/// config.refresh_token_format = TokenFormat::new(48);
/// config.code_lifetime = Duration::from_secs(10 * 60);
/// config.access_token_lifetime = Duration::from_secs(10 * 24 * 60 * 60);
/// config.check()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct Config {
    /// Who this server is: the first part of its metadata address, and `iss` of every answer.
    pub issuer: Issuer,
    /// Where the endpoints are.
    pub paths: Paths,
    /// The scopes on offer, each with what the consent page says of it; `read` and `write` unless set.
    pub scopes: BTreeMap<String, String>,
    /// What is granted where no scope is asked; `None` refuses such a request. `read` unless set.
    pub default_scope: Option<Scope>,
    /// The resource servers on offer beside those that are registered as clients.
    pub resources: Vec<Resource>,
    /// The audience of a token asked without `resource`; empty unless set.
    pub default_audience: Vec<Resource>,
    /// The free attributes of a grant and its tokens that introspection returns, as members of that
    /// name (RFC 7662 §2.2): none unless set.
    pub introspected_attributes: Vec<String>,
    /// How long a code can be redeemed: 60 s unless set, 10 minutes at most.
    pub code_lifetime: Duration,
    /// Whether a person who allowed a client what it asks for is not asked again, for as long as one of
    /// its grants lives: yes unless set. See [`remembered`](crate::owner::remembered).
    pub remember_consent: bool,
    /// The roles whose people may allow anything to applications, trusted ones included; with anybody else
    /// an application gets `access_denied` (RFC 6749 §4.1.2.1). `None`, unless set, is everybody. For the
    /// ready-made pages; the password grant asks for no consent and so for no role.
    pub consenting_roles: Option<BTreeSet<String>>,
    /// The groups whose people may register applications on the ready-made pages, administrators aside.
    /// `None`, unless set, is everybody.
    pub registering_groups: Option<BTreeSet<String>>,
    /// The grants that people who are no administrators may register applications for, on the ready-made
    /// pages. `None`, unless set, is every grant on offer but `client_credentials`: an administrator decides
    /// which client acts for itself (RFC 6749 §4.4).
    pub registrable_grants: Option<BTreeSet<GrantType>>,
    /// The scopes that people who are no administrators may register applications for, on the ready-made
    /// pages. `None`, unless set, is [`default_scope`](Self::default_scope).
    pub registrable_scope: Option<Scope>,
    /// Whether the store keeps an audit log of what is done to clients and accounts, if it has a place for
    /// one. The acts are lines of JSON in the log in any case.
    pub audit_log: bool,
    /// How many applications a person may register on the ready-made pages, administrators aside: 50.
    pub applications_per_person: u32,
    /// How many live grants a person may have for one client: 100. A code that is redeemed beyond it revokes the
    /// grant that was refreshed least recently; codes that were not redeemed do not count.
    pub grants_per_client: u32,
    /// Whether the ready-made pages ask at sign-in for the organisation that a person belongs to. Who leaves
    /// it empty belongs to none. What they allow carries it as the attribute `organisation`.
    pub organisations: bool,
    /// How long an access token lives: 1 hour unless set.
    pub access_token_lifetime: Duration,
    /// How long an unused refresh token lives: 30 days unless set.
    pub refresh_token_idle: Duration,
    /// How long a family of refresh tokens lives, whatever is refreshed: 90 days unless set.
    pub refresh_token_lifetime: Duration,
    /// How codes look: 43 random characters unless set.
    pub code_format: TokenFormat,
    /// How access tokens look: 43 random characters unless set.
    pub access_token_format: TokenFormat,
    /// How refresh tokens look: 43 random characters unless set.
    pub refresh_token_format: TokenFormat,
    /// What answers call an access token: `Bearer` unless set. Clients compare it without regard to
    /// case (RFC 6749 §5.1); another type needs other guards.
    pub token_type: String,
    /// How long the answer of a rotation can be had again: 10 s unless set; zero switches it off.
    pub retry_window: Duration,
    /// The most failed authentications for one client or account in a minute from one IPv4 address or IPv6 /64: 10.
    /// From a /56 they are twice as many, from a /48 four times.
    pub failures_per_client: u32,
    /// The most failed authentications in a minute from one IPv4 address or IPv6 /64: 100. From a /56 they are
    /// twice as many, from a /48 four times.
    pub failures_per_address: u32,
    /// After how many failed authentications in a minute for one client or account, from anywhere, those wait up
    /// to a second and are then refused who never succeeded from their network or in their browser. `None`, unless
    /// set, is five times [`failures_per_client`](Self::failures_per_client).
    pub failures_per_account: Option<u32>,
    /// The most tokens that an introspecting client may ask about in a minute from one address and
    /// that are not alive: 1,000 unless set (RFC 7662 §4: nobody scans for tokens).
    pub unknown_tokens_per_client: u32,
    /// The proxies whose `X-Forwarded-For` is believed: none unless set.
    pub trusted_proxies: TrustedProxies,
    /// Takes the credentials of a client by HTTP Basic and in the form at once, where both are the same:
    /// for old clients that always send both, against RFC 6749 §2.3. Off unless set.
    pub accept_credentials_twice: bool,
    /// The schemes of redirect URIs that can be registered, in lower case. `None`, unless set, is https, http to
    /// this machine, and each scheme with a dot (RFC 8252 §7). A scheme without a dot is taken if it is named
    /// here, and for public clients only: another application on the device may claim it too (RFC 8252 §8.4).
    pub redirect_uri_schemes: Option<BTreeSet<String>>,
    /// Registers plain http redirect URIs to other machines too: codes travel in clear.
    pub insecure_http_redirects: bool,
    /// Issues access tokens that never expire, to clients without their own lifetime: anyone who finds one
    /// has it for good, and none is ever swept.
    pub insecure_access_tokens_never_expire: bool,
    /// Offers the implicit grant (RFC 6749 §4.2), which OAuth 2.1 has removed: tokens stand in the
    /// browser's address, and may be injected by others.
    pub insecure_implicit_grant: bool,
    /// Offers the password grant (RFC 6749 §4.3), which OAuth 2.1 has removed, where a
    /// [`PasswordGrant`](crate::grant::PasswordGrant) is mounted: clients learn people's passwords.
    pub insecure_password_grant: bool,
    /// Offers the password grant to clients without a secret too: anybody can act as one of them.
    pub insecure_password_without_client_secret: bool,
    /// Takes requests of the password grant that name no client for this one's, which must be public.
    pub insecure_password_client: Option<ClientId>,
    /// Switches the counting of failed authentications off: secrets can be guessed at full speed.
    pub insecure_no_throttling: bool,
    /// When an error of an authorization request is sent to a client that anybody could have registered: if
    /// somebody is signed in, or the request is silent, unless set.
    pub errors_redirect: ErrorsRedirect,
    /// How often the sweep runs: every minute unless set.
    pub sweep_interval: Duration,
    /// How many records one batch of the sweep removes: 1,000 unless set.
    pub sweep_batch: u32,
    /// Where explanations of errors are, as a prefix to their number; sent as `error_uri` if set.
    pub error_uri: Option<String>,
    /// Is asked before tokens are issued, where set.
    pub issuing: Option<Arc<dyn BeforeIssuing>>,
    /// Says which scopes a client is offered for a request, where set: in the place of
    /// [`scopes`](Self::scopes) and [`default_scope`](Self::default_scope), which the metadata goes on to
    /// name.
    pub scope_policy: Option<Arc<dyn ScopePolicy>>,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
    /// Who hashes passwords and chosen secrets, shared by all that clone these settings.
    pub passwords: PasswordHasher,
    /// Where events go.
    pub events: Arc<dyn EventSink>,
    throttle: Arc<OnceLock<Throttle>>,
}

impl Config {
    /// Takes the issuer, which must be https, or http to this machine; the rest has safe defaults.
    ///
    /// # Errors
    /// Refuses an issuer that RFC 8414 §2 refuses.
    pub fn new(issuer: &str) -> Result<Self, InvalidIssuer> {
        Ok(Self::with_issuer(Issuer::new(issuer)?))
    }

    /// Takes an issuer that was made before.
    pub fn with_issuer(issuer: Issuer) -> Self {
        let scopes = [("read", "See your data"), ("write", "Change your data")];
        Self {
            paths: Paths::under(&format!("{}/oauth", issuer.path())),
            issuer,
            scopes: scopes.into_iter().map(|(name, text)| (name.to_owned(), text.to_owned())).collect(),
            default_scope: "read".parse().ok(),
            resources: Vec::new(),
            default_audience: Vec::new(),
            introspected_attributes: Vec::new(),
            code_lifetime: MINUTE,
            remember_consent: true,
            consenting_roles: None,
            registering_groups: None,
            registrable_grants: None,
            registrable_scope: None,
            audit_log: false,
            applications_per_person: 50,
            grants_per_client: 100,
            organisations: false,
            access_token_lifetime: MINUTE * 60,
            refresh_token_idle: DAY * 30,
            refresh_token_lifetime: DAY * 90,
            code_format: TokenFormat::default(),
            access_token_format: TokenFormat::default(),
            refresh_token_format: TokenFormat::default(),
            token_type: "Bearer".to_owned(),
            retry_window: Duration::from_secs(10),
            failures_per_client: 10,
            failures_per_address: 100,
            failures_per_account: None,
            unknown_tokens_per_client: 1_000,
            trusted_proxies: TrustedProxies::default(),
            accept_credentials_twice: false,
            redirect_uri_schemes: None,
            insecure_http_redirects: false,
            insecure_access_tokens_never_expire: false,
            insecure_implicit_grant: false,
            insecure_password_grant: false,
            insecure_password_without_client_secret: false,
            insecure_password_client: None,
            insecure_no_throttling: false,
            errors_redirect: ErrorsRedirect::SignedIn,
            sweep_interval: MINUTE,
            sweep_batch: 1_000,
            error_uri: None,
            issuing: None,
            scope_policy: None,
            clock: Arc::new(SystemClock),
            passwords: PasswordHasher::new(),
            events: Arc::new(TracingSink),
            throttle: Arc::default(),
        }
    }

    /// Gives the scopes on offer as one scope.
    pub fn scope(&self) -> Scope {
        self.scopes.keys().cloned().collect::<Vec<_>>().join(" ").parse().unwrap_or_default()
    }

    /// Gives the grants that clients may be registered for here.
    pub fn grant_types(&self) -> Vec<GrantType> {
        let offered = |grant: &GrantType| match grant {
            GrantType::Implicit => self.insecure_implicit_grant,
            GrantType::Password => self.insecure_password_grant,
            _ => true,
        };
        GrantType::ALL.into_iter().filter(offered).collect()
    }

    /// Gives the absolute address of a path on this server, with the public prefix before it.
    pub fn url(&self, path: &str) -> String {
        format!("{}{}{path}", self.issuer.origin(), self.paths.public_prefix)
    }

    /// Gives the address of the metadata (RFC 8414 §3).
    pub fn metadata_url(&self) -> String {
        format!("{}/.well-known/oauth-authorization-server{}", self.issuer.origin(), self.issuer.path())
    }

    /// Gives the issuer's path as a request has it when it arrives here: without the public prefix.
    pub fn issuer_path(&self) -> &str {
        let path = self.issuer.path();
        let behind = path.strip_prefix(self.paths.public_prefix.as_str());
        behind.filter(|rest| rest.is_empty() || rest.starts_with('/')).unwrap_or(path)
    }

    /// Gives what counts failed authentications: one for all that clone these settings, so that an
    /// address has one budget at every door. Its limits are those of the first call.
    pub fn throttle(&self) -> Throttle {
        self.throttle.get_or_init(|| Throttle::new(self)).clone()
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config").field("issuer", &self.issuer).field("paths", &self.paths).finish_non_exhaustive()
    }
}
