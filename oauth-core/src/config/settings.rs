use super::{Config, Issuer, Paths};
use crate::identifier::Resource;
use crate::scope::Scope;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

/// A setting cannot be used: its key, and how to mend it.
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

/// Settings as they stand in a file or in the environment; everything is optional, an unknown key is
/// an error. Lifetimes are in seconds.
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
    /// See [`Config::issuer`].
    pub issuer: Option<String>,
    /// Takes an issuer of plain http to another machine: tokens travel in clear.
    pub insecure_http_issuer: bool,
    /// See [`Paths::base`].
    pub base_path: Option<String>,
    /// See [`Paths::authorization`].
    pub authorization_path: Option<String>,
    /// See [`Paths::token`].
    pub token_path: Option<String>,
    /// See [`Paths::revocation`].
    pub revocation_path: Option<String>,
    /// See [`Paths::introspection`].
    pub introspection_path: Option<String>,
    /// See [`Config::scopes`].
    pub scopes: Option<BTreeMap<String, String>>,
    /// See [`Config::default_scope`]; an empty text refuses requests without scope.
    pub default_scope: Option<String>,
    /// See [`Config::resources`].
    pub resources: Option<Vec<Resource>>,
    /// See [`Config::default_audience`].
    pub default_audience: Option<Vec<Resource>>,
    /// See [`Config::code_lifetime`].
    pub code_lifetime: Option<u64>,
    /// See [`Config::access_token_lifetime`].
    pub access_token_lifetime: Option<u64>,
    /// See [`Config::refresh_token_idle`].
    pub refresh_token_idle: Option<u64>,
    /// See [`Config::refresh_token_lifetime`].
    pub refresh_token_lifetime: Option<u64>,
    /// See [`Config::retry_window`].
    pub retry_window: Option<u64>,
    /// See [`Config::failures_per_client`].
    pub failures_per_client: Option<u32>,
    /// See [`Config::failures_per_address`].
    pub failures_per_address: Option<u32>,
    /// See [`Config::unknown_tokens_per_client`].
    pub unknown_tokens_per_client: Option<u32>,
    /// See [`Config::trusted_proxies`].
    pub trusted_proxies: Option<Vec<IpAddr>>,
    /// See [`Config::accept_credentials_twice`].
    pub accept_credentials_twice: bool,
    /// See [`Config::insecure_http_redirects`].
    pub insecure_http_redirects: bool,
    /// See [`Config::insecure_no_throttling`].
    pub insecure_no_throttling: bool,
    /// See [`Config::sweep_interval`].
    pub sweep_interval: Option<u64>,
}

impl Settings {
    /// Puts the settings over the safe defaults; `issuer` is the one to use where none is set.
    ///
    /// # Errors
    /// Names the key, what is wrong with its value and how to mend it.
    pub fn apply(self, issuer: &str) -> Result<Config, InvalidSetting> {
        let text = self.issuer.as_deref().unwrap_or(issuer);
        let issuer = if self.insecure_http_issuer { Issuer::insecure_http(text) } else { Issuer::new(text) };
        let mut config =
            Config::with_issuer(issuer.map_err(|reason| InvalidSetting::new("issuer", reason.to_string()))?);
        if let Some(base) = &self.base_path {
            config.paths = Paths::under(base);
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
        set(&mut config.code_lifetime, self.code_lifetime.map(Duration::from_secs));
        set(&mut config.access_token_lifetime, self.access_token_lifetime.map(Duration::from_secs));
        set(&mut config.refresh_token_idle, self.refresh_token_idle.map(Duration::from_secs));
        set(&mut config.refresh_token_lifetime, self.refresh_token_lifetime.map(Duration::from_secs));
        set(&mut config.retry_window, self.retry_window.map(Duration::from_secs));
        set(&mut config.failures_per_client, self.failures_per_client);
        set(&mut config.failures_per_address, self.failures_per_address);
        set(&mut config.unknown_tokens_per_client, self.unknown_tokens_per_client);
        set(&mut config.trusted_proxies, self.trusted_proxies);
        set(&mut config.sweep_interval, self.sweep_interval.map(Duration::from_secs));
        config.accept_credentials_twice = self.accept_credentials_twice;
        config.insecure_http_redirects = self.insecure_http_redirects;
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
