mod table;

pub use table::Setting;
use table::{Kind, duration, list};

use super::{Config, ErrorsRedirect, InvalidIssuer, Issuer, Paths, TokenFormat};
use crate::client::GrantType;
use crate::http::TrustedProxies;
use crate::identifier::{ClientId, Resource};
use crate::scope::Scope;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// A setting cannot be used: its key, and how to fix it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {reason}")]
pub struct InvalidSetting {
    /// The setting's key.
    pub key: String,
    /// What is wrong, and what to give instead.
    pub reason: String,
}

impl InvalidSetting {
    /// Names a key and says why its value cannot be used.
    pub fn new(key: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { key: key.into(), reason: reason.into() }
    }
}

macro_rules! settings {
    ($($(#[doc = $effect:literal])+ $key:ident: $type:ty = |$config:ident| $default:expr;)*) => {
        /// Settings as they stand in a file or in the environment; everything is optional, an unknown key is
        /// an error. Lifetimes are in seconds. `docs/configuration.md` is written from here.
        ///
        /// ```
        /// use oauth_core::config::Settings;
        /// let settings: Settings = serde_json::from_str(r#"{"access_token_lifetime": 600}"#)?;
        /// let config = settings.apply("http://127.0.0.1:8000")?;
        /// assert_eq!(config.access_token_lifetime.as_secs(), 600);
        /// assert!(serde_json::from_str::<Settings>(r#"{"acess_token_lifetime": 600}"#).is_err());
        /// # Ok::<(), Box<dyn std::error::Error>>(())
        /// ```
        #[derive(Clone, Debug, Default, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        #[non_exhaustive]
        pub struct Settings {
            $($(#[doc = $effect])+ pub $key: $type,)*
        }

        impl Settings {
            /// Lists every key with its type, its default and what it does.
            pub fn all() -> Vec<Setting> {
                let config = Config::with_issuer(Issuer::local());
                vec![$(Setting {
                    key: stringify!($key),
                    kind: <$type as Kind>::WORDS,
                    default: { let $config = &config; $default },
                    effect: concat!($($effect),+).trim_ascii(),
                },)*]
            }
        }
    };
}

settings! {
    /// Who this server is: `iss` of every answer, and the first part of the metadata's address
    /// (RFC 8414 §2). On Rocket the loopback address that it listens on, unless set.
    issuer: Option<String> = |_config| "none".to_owned();
    /// Takes an issuer of plain http to another machine: tokens travel in clear.
    insecure_http_issuer: bool = |_config| "false".to_owned();
    /// What a proxy takes away from the beginning of each path before it asks this server, such as `/auth`; a
    /// prefix of the issuer's path, mostly. It stands in the metadata, links, forms and redirects.
    public_prefix: Option<String> = |_config| "none".to_owned();
    /// The path that all endpoints and pages start with.
    base_path: Option<String> = |config| format!("the issuer's path without `public_prefix`, and `{}`", config.paths.base);
    /// The authorization endpoint under the base path; a slash at its end is announced, and both are answered.
    authorization_path: Option<String> = |config| format!("`{}`", config.paths.authorization);
    /// The token endpoint under the base path; a slash at its end as above.
    token_path: Option<String> = |config| format!("`{}`", config.paths.token);
    /// The revocation endpoint under the base path; a slash at its end as above.
    revocation_path: Option<String> = |config| format!("`{}`", config.paths.revocation);
    /// The introspection endpoint under the base path; a slash at its end as above.
    introspection_path: Option<String> = |config| format!("`{}`", config.paths.introspection);
    /// The scopes on offer, each with what the consent page says of it.
    scopes: Option<BTreeMap<String, String>> = |config| list(config.scopes.keys());
    /// What is granted if a request names no scope; an empty text refuses such requests.
    default_scope: Option<String> = |config| list(&config.default_scope);
    /// The resource servers on offer beside those that are registered as clients (RFC 8707).
    resources: Option<Vec<Resource>> = |config| list(&config.resources);
    /// The audience of a token asked without `resource`.
    default_audience: Option<Vec<Resource>> = |config| list(&config.default_audience);
    /// The free attributes of a grant and its tokens that introspection returns (RFC 7662 §2.2).
    introspected_attributes: Option<Vec<String>> = |config| list(&config.introspected_attributes);
    /// Whether a person who allowed a client what it asks for is not asked again while one of its grants lives.
    remember_consent: Option<bool> = |config| config.remember_consent.to_string();
    /// The roles whose people may allow anything to applications, on the ready-made pages.
    consenting_roles: Option<BTreeSet<String>> = |_config| "everybody".to_owned();
    /// The groups whose people may register applications on the ready-made pages, administrators aside.
    registering_groups: Option<BTreeSet<String>> = |_config| "everybody".to_owned();
    /// The grants that people who are no administrators may register applications for.
    registrable_grants: Option<BTreeSet<GrantType>> = |_config| "all on offer but `client_credentials`".to_owned();
    /// The scopes that people who are no administrators may register applications for.
    registrable_scope: Option<String> = |_config| "`default_scope`".to_owned();
    /// Keeps an audit log of what is done to applications and accounts in the database, if it is an SQL one.
    audit_log: bool = |config| config.audit_log.to_string();
    /// How many applications a person may register on the ready-made pages, administrators aside.
    applications_per_person: Option<u32> = |config| config.applications_per_person.to_string();
    /// How many live grants a person may have for one client; beyond it the grant that was refreshed least recently
    /// is revoked. Codes that were not redeemed do not count.
    grants_per_client: Option<u32> = |config| config.grants_per_client.to_string();
    /// Asks at sign-in, on the ready-made pages, for the organisation that a person belongs to.
    organisations: bool = |config| config.organisations.to_string();
    /// How long a code can be redeemed: 600 at most. A client may have its own.
    code_lifetime: Option<u64> = |config| duration(config.code_lifetime);
    /// How long an access token lives. A client may have its own.
    access_token_lifetime: Option<u64> = |config| duration(config.access_token_lifetime);
    /// Issues access tokens that never expire, to clients without their own lifetime: anyone who finds
    /// one has it for good, and none is ever swept.
    insecure_access_tokens_never_expire: bool = |config| config.insecure_access_tokens_never_expire.to_string();
    /// How long an unused refresh token lives. A client may have its own.
    refresh_token_idle: Option<u64> = |config| duration(config.refresh_token_idle);
    /// How long a family of refresh tokens lives, whatever is refreshed. A client may have its own.
    refresh_token_lifetime: Option<u64> = |config| duration(config.refresh_token_lifetime);
    /// How long the answer of a rotation can be had again, if the first was lost; 0 switches it off.
    retry_window: Option<u64> = |config| duration(config.retry_window);
    /// How codes look; 128 random bits at least.
    code_format: Option<TokenFormat> = |config| config.code_format.in_words();
    /// How access tokens look; 128 random bits at least.
    access_token_format: Option<TokenFormat> = |config| config.access_token_format.in_words();
    /// How refresh tokens look; 128 random bits at least.
    refresh_token_format: Option<TokenFormat> = |config| config.refresh_token_format.in_words();
    /// What answers call an access token.
    token_type: Option<String> = |config| format!("`{}`", config.token_type);
    /// The most failed authentications for one client or account in a minute from one IPv4 address or IPv6 /64;
    /// twice as many from a /56, four times from a /48.
    failures_per_client: Option<u32> = |config| config.failures_per_client.to_string();
    /// The most failed authentications in a minute from one IPv4 address or IPv6 /64; twice as many from a /56,
    /// four times from a /48.
    failures_per_address: Option<u32> = |config| config.failures_per_address.to_string();
    /// After how many failed authentications in a minute for one client or account, from anywhere, those wait up to a
    /// second, and are then refused, who never succeeded from their network or in their browser.
    failures_per_account: Option<u32> = |_config| "five times `failures_per_client`".to_owned();
    /// The most dead tokens that an introspecting client may ask about in a minute from one address.
    unknown_tokens_per_client: Option<u32> = |config| config.unknown_tokens_per_client.to_string();
    /// The proxies whose `X-Forwarded-For` is believed, as a list or as a text with commas; `private` is RFC 1918
    /// and RFC 4193, and so every pod of a cluster. See [production.md](production.md).
    trusted_proxies: Option<TrustedProxies> = |config| list(config.trusted_proxies.iter());
    /// Takes the credentials of a client by HTTP Basic and in the form at once, if both are the same: for
    /// old clients that always send both.
    accept_credentials_twice: bool = |config| config.accept_credentials_twice.to_string();
    /// The schemes of redirect URIs that can be registered, in lower case. One without a dot, such as `cursor`, is
    /// taken if it is named here, for public clients only.
    redirect_uri_schemes: Option<BTreeSet<String>> = |_config| "https, http to this machine, and any with a dot".to_owned();
    /// Registers plain http redirect URIs to other machines too: codes travel in clear.
    insecure_http_redirects: bool = |config| config.insecure_http_redirects.to_string();
    /// Offers the implicit grant, which OAuth 2.1 has removed: tokens stand in the browser's address.
    insecure_implicit_grant: bool = |config| config.insecure_implicit_grant.to_string();
    /// Offers the password grant, which OAuth 2.1 has removed, if one is mounted: clients learn people's
    /// passwords.
    insecure_password_grant: bool = |config| config.insecure_password_grant.to_string();
    /// Offers the password grant to clients without a secret too: anybody can act as one of them.
    insecure_password_without_client_secret: bool =
        |config| config.insecure_password_without_client_secret.to_string();
    /// Takes requests of the password grant that name no client for this one's, which must be public.
    insecure_password_client: Option<ClientId> = |config| list(&config.insecure_password_client);
    /// Switches the counting of failed authentications off: secrets can be guessed at full speed.
    insecure_no_throttling: bool = |config| config.insecure_no_throttling.to_string();
    /// When an error of an authorization request is sent to a client that a person registered: `signed_in`, if
    /// somebody is signed in or the request has `prompt=none`; `known`, with `prompt=none` only if the person who is
    /// signed in has approved the client. Otherwise a page shows it.
    errors_redirect: Option<ErrorsRedirect> = |_config| "`signed_in`".to_owned();
    /// How often the sweep runs.
    sweep_interval: Option<u64> = |config| duration(config.sweep_interval);
    /// How many records one batch of the sweep removes.
    sweep_batch: Option<u32> = |config| config.sweep_batch.to_string();
    /// Where explanations of errors are, as a prefix to their number; sent as `error_uri`.
    error_uri: Option<String> = |config| list(&config.error_uri);
}

impl Settings {
    /// Gives the issuer that is set, or else this one, as [`apply`](Self::apply) takes it.
    ///
    /// # Errors
    /// It cannot be an issuer: see [`Issuer::new`].
    pub fn issuer_or(&self, otherwise: &str) -> Result<Issuer, InvalidIssuer> {
        let text = self.issuer.as_deref().unwrap_or(otherwise);
        if self.insecure_http_issuer { Issuer::insecure_http(text) } else { Issuer::new(text) }
    }

    /// Puts the settings over the safe defaults; `issuer` is the one to use if none is set.
    ///
    /// # Errors
    /// Names the key, what is wrong with its value and how to fix it.
    pub fn apply(self, issuer: &str) -> Result<Config, InvalidSetting> {
        if self.insecure_access_tokens_never_expire && self.access_token_lifetime.is_some() {
            let reason = "it contradicts access_token_lifetime: remove one of the two";
            return Err(InvalidSetting::new("insecure_access_tokens_never_expire", reason));
        }
        let mut config = Config::with_issuer(self.issuer_or(issuer)?);
        if let Some(prefix) = &self.public_prefix {
            config.paths.public_prefix = format!("/{}", prefix.trim_matches('/')).trim_end_matches('/').to_owned();
            config.paths.base = format!("{}/oauth", config.issuer_path());
        }
        if let Some(base) = &self.base_path {
            config.paths.base = Paths::under(base).base;
        }
        set(&mut config.paths.authorization, self.authorization_path);
        set(&mut config.paths.token, self.token_path);
        set(&mut config.paths.revocation, self.revocation_path);
        set(&mut config.paths.introspection, self.introspection_path);
        set(&mut config.scopes, self.scopes);
        if let Some(scope) = self.default_scope {
            let scope: Scope =
                scope.parse().map_err(|reason| InvalidSetting::new("default_scope", format!("{reason}")))?;
            config.default_scope = (!scope.is_empty()).then_some(scope);
        } else if !config.default_scope.as_ref().is_some_and(|scope| scope.is_subset(&config.scope())) {
            config.default_scope = None;
        }
        set(&mut config.resources, self.resources);
        set(&mut config.default_audience, self.default_audience);
        set(&mut config.introspected_attributes, self.introspected_attributes);
        set(&mut config.code_lifetime, self.code_lifetime.map(Duration::from_secs));
        set(&mut config.remember_consent, self.remember_consent);
        config.consenting_roles = self.consenting_roles;
        config.registering_groups = self.registering_groups;
        config.registrable_grants = self.registrable_grants;
        if let Some(scope) = self.registrable_scope {
            let scope =
                scope.parse().map_err(|reason| InvalidSetting::new("registrable_scope", format!("{reason}")))?;
            config.registrable_scope = Some(scope);
        }
        config.audit_log = self.audit_log;
        set(&mut config.applications_per_person, self.applications_per_person);
        set(&mut config.grants_per_client, self.grants_per_client);
        config.organisations = self.organisations;
        config.redirect_uri_schemes = self.redirect_uri_schemes;
        set(&mut config.access_token_lifetime, self.access_token_lifetime.map(Duration::from_secs));
        set(&mut config.refresh_token_idle, self.refresh_token_idle.map(Duration::from_secs));
        set(&mut config.refresh_token_lifetime, self.refresh_token_lifetime.map(Duration::from_secs));
        set(&mut config.retry_window, self.retry_window.map(Duration::from_secs));
        set(&mut config.code_format, self.code_format);
        set(&mut config.access_token_format, self.access_token_format);
        set(&mut config.refresh_token_format, self.refresh_token_format);
        set(&mut config.token_type, self.token_type);
        set(&mut config.failures_per_client, self.failures_per_client);
        set(&mut config.failures_per_address, self.failures_per_address);
        config.failures_per_account = self.failures_per_account;
        set(&mut config.unknown_tokens_per_client, self.unknown_tokens_per_client);
        set(&mut config.trusted_proxies, self.trusted_proxies);
        set(&mut config.errors_redirect, self.errors_redirect);
        set(&mut config.sweep_interval, self.sweep_interval.map(Duration::from_secs));
        set(&mut config.sweep_batch, self.sweep_batch);
        config.error_uri = self.error_uri.or(config.error_uri);
        config.accept_credentials_twice = self.accept_credentials_twice;
        config.insecure_http_redirects = self.insecure_http_redirects;
        config.insecure_access_tokens_never_expire = self.insecure_access_tokens_never_expire;
        config.insecure_implicit_grant = self.insecure_implicit_grant;
        config.insecure_password_grant = self.insecure_password_grant;
        config.insecure_password_without_client_secret = self.insecure_password_without_client_secret;
        config.insecure_password_client = self.insecure_password_client;
        config.insecure_no_throttling = self.insecure_no_throttling;
        config.check()?;
        Ok(config)
    }
}

fn set<T>(field: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *field = value;
    }
}
