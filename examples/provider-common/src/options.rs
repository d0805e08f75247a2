//! The options that every command takes, each also from the environment, and the settings they make.

use crate::commands::one_line;
use crate::file;
use crate::output::Refused;
use crate::storage::{self, Storage};
use clap::builder::BoolishValueParser;
use clap::parser::ValueSource;
use clap::{ArgMatches, Args};
use oauth_core::config::{Config, InvalidIssuer, InvalidSetting, Issuer, Settings};
use oauth_core::http::TrustedProxies;
use oauth_core::identifier::Resource;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

/// Settings by their keys.
type ByKey = Map<String, Value>;

/// The database unless one is named.
const DATABASE: &str = "./provider.db";

/// Options for the server and for every command.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Options for everything, before or after a command")]
pub(crate) struct Options {
    /// The address to listen on.
    #[arg(long, global = true, env = "PROVIDER_ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    pub(crate) address: IpAddr,

    /// The port to listen on; 0 takes a free one.
    #[arg(long, global = true, env = "PROVIDER_PORT", default_value_t = 8000)]
    pub(crate) port: u16,

    /// Who this server is to its clients, such as <https://id.example>; http://ADDRESS:PORT unless given.
    #[arg(long, global = true, env = "PROVIDER_ISSUER", value_name = "URL")]
    pub(crate) issuer: Option<String>,

    /// The database: the path of a SQLite file, or a URL: sqlite:, postgres:, mysql:, redis: or rediss:,
    /// redis-cluster: or rediss-cluster:. Give one with a password in the environment.
    // What the environment says would be shown by --help otherwise, the password too.
    #[arg(
        long,
        global = true,
        env = "PROVIDER_DATABASE",
        hide_env_values = true,
        value_name = "PATH|URL",
        default_value = DATABASE
    )]
    pub(crate) database: String,

    /// The tenant of the database: everything is its own, as if it had a database of its own.
    #[arg(long, global = true, env = "PROVIDER_TENANT", value_name = "NAME")]
    pub(crate) tenant: Option<String>,

    /// How long an authorization code can be redeemed.
    #[arg(long, global = true, env = "PROVIDER_CODE_LIFETIME", value_name = "SECONDS", default_value_t = 60)]
    pub(crate) code_lifetime: u64,

    /// How long an access token lives.
    #[arg(
        long,
        global = true,
        env = "PROVIDER_ACCESS_TOKEN_LIFETIME",
        value_name = "SECONDS",
        default_value_t = 3_600
    )]
    pub(crate) access_token_lifetime: u64,

    /// How long refreshing can go on until the person is asked again.
    #[arg(
        long,
        global = true,
        env = "PROVIDER_REFRESH_TOKEN_LIFETIME",
        value_name = "SECONDS",
        default_value_t = 7_776_000
    )]
    pub(crate) refresh_token_lifetime: u64,

    /// How long a refresh token lives that is not used.
    #[arg(
        long,
        global = true,
        env = "PROVIDER_REFRESH_TOKEN_IDLE",
        value_name = "SECONDS",
        default_value_t = 2_592_000
    )]
    pub(crate) refresh_token_idle: u64,

    /// How long a lost answer to a refresh can be had again; 0 switches it off.
    #[arg(long, global = true, env = "PROVIDER_RETRY_WINDOW", value_name = "SECONDS", default_value_t = 10)]
    pub(crate) retry_window: u64,

    /// The most failed attempts a minute from one address for one application or account.
    #[arg(long, global = true, env = "PROVIDER_FAILURES_PER_CLIENT", value_name = "NUMBER", default_value_t = 10)]
    pub(crate) failures_per_client: u32,

    /// The most failed attempts a minute from one address.
    #[arg(long, global = true, env = "PROVIDER_FAILURES_PER_ADDRESS", value_name = "NUMBER", default_value_t = 100)]
    pub(crate) failures_per_address: u32,

    /// The proxies whose X-Forwarded-For is believed: addresses, ranges such as 10.0.0.0/8, loopback or private,
    /// separated by commas; may be repeated.
    #[arg(long, global = true, env = "PROVIDER_TRUSTED_PROXY", value_name = "RANGE", value_delimiter = ',', value_parser = proxies)]
    pub(crate) trusted_proxy: Vec<String>,

    /// How long a connection may idle between two requests: longer than a balancer in front keeps it open.
    #[arg(long, global = true, env = "PROVIDER_IDLE_TIME", value_name = "SECONDS", default_value_t = 75, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) idle_time: u32,

    /// Does not count failed attempts: secrets and passwords can be guessed at full speed.
    #[arg(long, global = true, env = "PROVIDER_INSECURE_NO_THROTTLING", value_parser = BoolishValueParser::new())]
    pub(crate) insecure_no_throttling: bool,

    /// Registers plain http redirect URIs to other machines: codes travel in clear.
    #[arg(long, global = true, env = "PROVIDER_INSECURE_HTTP_REDIRECTS", value_parser = BoolishValueParser::new())]
    pub(crate) insecure_http_redirects: bool,

    /// Takes an issuer of plain http on another machine: passwords and tokens travel in clear.
    #[arg(long, global = true, env = "PROVIDER_INSECURE_HTTP_ISSUER", value_parser = BoolishValueParser::new())]
    pub(crate) insecure_http_issuer: bool,

    /// A group whose people may register applications on the pages; may be repeated. Everybody unless given.
    #[arg(long, global = true, env = "PROVIDER_REGISTERING_GROUP", value_name = "NAME", value_delimiter = ',', value_parser = name)]
    pub(crate) registering_group: Vec<String>,

    /// A role whose people may allow applications anything; may be repeated. Everybody unless given.
    #[arg(long, global = true, env = "PROVIDER_CONSENTING_ROLE", value_name = "NAME", value_delimiter = ',', value_parser = name)]
    pub(crate) consenting_role: Vec<String>,

    /// Asks at sign-in for the organisation that an account belongs to.
    #[arg(long, global = true, env = "PROVIDER_ORGANISATIONS", value_parser = BoolishValueParser::new())]
    pub(crate) organisations: bool,

    /// Keeps an audit log of what is done to applications and accounts: in an SQL database, which
    /// `provider audit` lists, and as lines of JSON in the log.
    #[arg(long, global = true, env = "PROVIDER_AUDIT_LOG", value_parser = BoolishValueParser::new())]
    pub(crate) audit_log: bool,

    /// The scope that the protected API requires to look; `read` unless given, or if that is not on offer,
    /// the first one that is.
    #[arg(long, global = true, env = "PROVIDER_API_READ_SCOPE", value_name = "SCOPE")]
    pub(crate) api_read_scope: Option<String>,

    /// The scope that the protected API requires to add notes; `write` unless given, or if that is not on
    /// offer, the one to look.
    #[arg(long, global = true, env = "PROVIDER_API_WRITE_SCOPE", value_name = "SCOPE")]
    pub(crate) api_write_scope: Option<String>,

    /// Any other setting, by its key in docs/configuration.md, its value as JSON or as text; may be
    /// repeated. It holds over the option that is for the same.
    #[arg(long, global = true, value_name = "KEY=VALUE", value_parser = setting)]
    pub(crate) set: Vec<(String, Value)>,

    /// A TOML file with settings, by their keys in docs/configuration.md. An option or its variable holds over
    /// the file.
    #[arg(long, global = true, env = "PROVIDER_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// The options that were given, on the command line or in the environment.
    #[arg(skip)]
    given: BTreeSet<String>,

    /// The settings of the file.
    #[arg(skip)]
    file: ByKey,

    /// Writes exactly one JSON value to standard output; everything else goes to standard error.
    #[arg(long, global = true, env = "PROVIDER_JSON", value_parser = BoolishValueParser::new())]
    pub(crate) json: bool,
}

impl Options {
    /// Makes the settings of the provider, as it is or would be served at a port.
    pub(crate) fn config(&self, port: u16) -> Result<Config, Refused> {
        let (issuer, settings) = self.together(port)?;
        let settings: Settings = serde_json::from_value(Value::Object(settings))
            .map_err(|wrong| Refused::new("invalid_configuration", format!("--set: {wrong}")))?;
        settings.apply(issuer.as_str()).map_err(|wrong| self.refused(&wrong))
    }

    /// Puts file, options and `--set` together: the issuer, and all that holds.
    fn together(&self, port: u16) -> Result<(Issuer, ByKey), Refused> {
        let issuer = self.issuer(port)?;
        let api = api_resource(&issuer)?;
        let mut settings = self.settings(&issuer, &api);
        settings.extend(
            self.file.iter().filter(|(key, _)| !self.is_given(key)).map(|(key, value)| (key.clone(), value.clone())),
        );
        settings.extend(self.set.iter().cloned());
        // What never expires has no lifetime that an option could give it.
        let never = settings.get("insecure_access_tokens_never_expire") == Some(&Value::Bool(true));
        let lifetime = "access_token_lifetime";
        if never && !self.set.iter().any(|(key, _)| key == lifetime) && !self.file.contains_key(lifetime) {
            settings.remove(lifetime);
        }
        Ok((issuer, settings))
    }

    /// Completes what the parser read, once for the whole run: which options were given, the database, the file.
    pub(crate) fn complete(&mut self, matches: &ArgMatches) -> Result<(), Refused> {
        let is_given = |id: &&clap::Id| matches.value_source(id.as_str()) != Some(ValueSource::DefaultValue);
        self.given = matches.ids().filter(is_given).map(|id| id.as_str().to_owned()).collect();
        // By the rule of secrets, and not by the parser, which repeats what it refuses: the password too.
        self.database = one_line(&self.database, "--database")?.to_string();
        if let Some(path) = &self.config {
            self.file = file::read(path)?;
        }
        Ok(())
    }

    /// Tells whether the option of a setting was given.
    fn is_given(&self, key: &str) -> bool {
        let option = match key {
            "trusted_proxies" => "trusted_proxy",
            "registering_groups" => "registering_group",
            "consenting_roles" => "consenting_role",
            other => other,
        };
        self.given.contains(option)
    }

    /// Writes what the options say by the keys of the settings.
    fn settings(&self, issuer: &Issuer, api: &Resource) -> Map<String, Value> {
        let settings = json!({
            "issuer": issuer.as_str(),
            "insecure_http_issuer": self.insecure_http_issuer,
            "resources": [api],
            "default_audience": [api],
            "code_lifetime": self.code_lifetime,
            "access_token_lifetime": self.access_token_lifetime,
            "refresh_token_lifetime": self.refresh_token_lifetime,
            "refresh_token_idle": self.refresh_token_idle,
            "retry_window": self.retry_window,
            "failures_per_client": self.failures_per_client,
            "failures_per_address": self.failures_per_address,
            "trusted_proxies": self.trusted_proxy,
            "insecure_no_throttling": self.insecure_no_throttling,
            "insecure_http_redirects": self.insecure_http_redirects,
            "registering_groups": some(&self.registering_group),
            "consenting_roles": some(&self.consenting_role),
            "organisations": self.organisations,
            "audit_log": self.audit_log,
        });
        match settings {
            Value::Object(settings) => settings,
            _ => Map::new(),
        }
    }

    /// Names a setting that cannot be used as what it was given by.
    fn refused(&self, wrong: &InvalidSetting) -> Refused {
        let InvalidSetting { key, reason } = wrong;
        let named = if self.set.iter().any(|(given, _)| given == key) {
            format!("--set {key}")
        } else if self.file.contains_key(key) && !self.is_given(key) {
            format!("--config: {key}")
        } else if key.starts_with("paths") {
            // The only path that is chosen by an option is the issuer's.
            "--issuer".to_owned()
        } else {
            format!("--{}", key.replace('_', "-"))
        };
        Refused::new("invalid_configuration", format!("{named}: {reason}"))
    }

    /// Opens the database, and creates it where there is none.
    pub(crate) async fn store(&self) -> Result<Storage, Refused> {
        let store = Storage::open(&self.database).await?;
        let Some(tenant) = self.tenant.as_deref() else { return Ok(store) };
        let store = store.for_tenant(tenant);
        store.prepare().await?;
        Ok(store)
    }

    /// Writes what a command needs to find the data of this server. A URL with a secret is not repeated: it
    /// stands in the environment.
    pub(crate) fn to_find_the_data(&self) -> String {
        let database = match self.database.as_str() {
            DATABASE => None,
            url if storage::shown(url) == url => Some(quoted(url)),
            _ => Some("\"$PROVIDER_DATABASE\"".to_owned()),
        };
        let tenant = self.tenant.as_deref().map(quoted);
        let given = [("--database", database), ("--tenant", tenant)];
        given.into_iter().filter_map(|(option, value)| Some(format!(" {option} {}", value?))).collect()
    }

    /// Names what was switched on that weakens security, by an option, `--set` or the file.
    pub(crate) fn warnings(&self) -> Result<Vec<String>, Refused> {
        let (_, settings) = self.together(self.port)?;
        let is_on = |value: &Value| !matches!(value, Value::Null | Value::Bool(false));
        let weak = settings.iter().filter(|(key, value)| key.starts_with("insecure_") && is_on(value));
        Ok(weak.map(|(key, _)| weakness(key)).collect())
    }

    fn issuer(&self, port: u16) -> Result<Issuer, Refused> {
        let as_bound = || origin(self.address, port);
        let in_file = || self.file.get("issuer").and_then(Value::as_str).map(str::to_owned);
        let text = self.issuer.clone().or_else(in_file).unwrap_or_else(as_bound);
        let insecure = self.insecure_http_issuer || self.file.get("insecure_http_issuer") == Some(&Value::Bool(true));
        let issuer = if insecure { Issuer::insecure_http(&text) } else { Issuer::new(&text) };
        issuer.map_err(|wrong| {
            let reason = match wrong {
                InvalidIssuer::PlainHttp => format!(
                    "--issuer: {text} is plain http to another machine, so passwords and tokens would travel in clear; \
                     give the https address that a proxy serves it at, or --insecure-http-issuer where that is acceptable"
                ),
                _ => format!("--{wrong}"),
            };
            Refused::new("invalid_configuration", reason)
        })
    }
}

/// Says what a setting gives up.
fn weakness(key: &str) -> String {
    let lost = match key {
        "insecure_no_throttling" => "secrets and passwords can be guessed at full speed",
        "insecure_http_redirects" => "codes may travel in clear to other machines",
        "insecure_http_issuer" => "passwords and tokens may travel in clear",
        _ => "it weakens security; docs/configuration.md says what is lost",
    };
    format!("--{}: {lost}", key.replace('_', "-"))
}

/// Gives the identifier of the protected API, which tokens are meant for unless another is asked.
pub(crate) fn api_resource(issuer: &Issuer) -> Result<Resource, Refused> {
    Resource::new(format!("{issuer}/api"))
        .map_err(|wrong| Refused::new("invalid_configuration", format!("--issuer: {wrong}")))
}

/// Writes a text as one word of a shell.
fn quoted(text: &str) -> String {
    let plain =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'/' | b':' | b'@' | b',');
    if !text.is_empty() && text.bytes().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

/// Gives a list, unless it is empty: an option that was not given says nothing.
fn some(list: &[String]) -> Option<&[String]> {
    (!list.is_empty()).then_some(list)
}

/// Checks what names proxies, so that a wrong one is refused with the option that it came from.
fn proxies(given: &str) -> Result<String, String> {
    given.parse::<TrustedProxies>().map(|_| given.to_owned()).map_err(|wrong| wrong.to_string())
}

/// Takes the name of a group or a role; nobody has an empty one.
fn name(given: &str) -> Result<String, String> {
    let name = given.trim();
    if name.is_empty() { Err("give a name; nobody has an empty one".to_owned()) } else { Ok(name.to_owned()) }
}

/// Reads `KEY=VALUE`: a value that is not JSON is a text.
fn setting(given: &str) -> Result<(String, Value), String> {
    let (key, value) = given.split_once('=').ok_or("give KEY=VALUE, for example retry_window=30")?;
    let value = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()));
    Ok((key.to_owned(), value))
}

/// Writes the origin of a socket as URLs are normally written: without the default port.
pub(crate) fn origin(address: IpAddr, port: u16) -> String {
    match (address, port) {
        (IpAddr::V4(address), 80) => format!("http://{address}"),
        (IpAddr::V6(address), 80) => format!("http://[{address}]"),
        _ => format!("http://{}", SocketAddr::new(address, port)),
    }
}

#[cfg(test)]
mod tests {
    use crate::arguments::Arguments;
    use clap::Parser;

    fn issuer_of(line: &[&str], port: u16) -> Result<String, String> {
        let arguments = Arguments::try_parse_from([&["provider"], line].concat()).unwrap();
        let config = arguments.options.config(port).map_err(|refused| refused.to_string())?;
        assert_eq!(config.default_audience.first().unwrap().as_str(), format!("{}/api", config.issuer));
        Ok(config.issuer.to_string())
    }

    #[test]
    fn the_issuer_is_the_address_as_bound_unless_given() {
        assert_eq!(issuer_of(&[], 8000).unwrap(), "http://127.0.0.1:8000");
        assert_eq!(issuer_of(&[], 80).unwrap(), "http://127.0.0.1");
        assert_eq!(issuer_of(&["--address", "::1"], 8000).unwrap(), "http://[::1]:8000");
        assert_eq!(issuer_of(&["--issuer", "https://id.example"], 8000).unwrap(), "https://id.example");
    }

    #[test]
    fn plain_http_on_another_machine_is_refused_unless_named_insecure() {
        for line in [["--issuer", "http://id.example"], ["--address", "0.0.0.0"]] {
            assert!(issuer_of(&line, 8000).unwrap_err().contains("--insecure-http-issuer"));
            assert!(issuer_of(&[&line[..], &["--insecure-http-issuer"]].concat(), 8000).is_ok());
        }
        assert!(issuer_of(&["--issuer", "https://id.example/"], 8000).unwrap_err().starts_with("--issuer: remove"));
    }

    #[test]
    fn any_setting_can_be_given_by_its_key() {
        let line = ["provider", "--set", "base_path=/oauth2", "--set", r#"scopes={"student:read":"See pupils"}"#];
        let config =
            Arguments::try_parse_from(line).unwrap().options.config(8000).map_err(|no| no.to_string()).unwrap();
        assert_eq!(config.paths.token_path(), "/oauth2/token");
        assert_eq!(config.scopes.keys().collect::<Vec<_>>(), ["student:read"]);
        let reason = issuer_of(&["--set", "acess_token_lifetime=600"], 8000).unwrap_err();
        assert!(reason.contains("--set: unknown field `acess_token_lifetime`"), "{reason}");
        let reason = issuer_of(&["--set", "sweep_interval=0"], 8000).unwrap_err();
        assert!(reason.starts_with("--set sweep_interval: "), "{reason}");
        assert!(Arguments::try_parse_from(["provider", "--set", "sweep_interval"]).is_err());
    }

    #[test]
    fn a_setting_that_cannot_be_used_is_named_as_the_option_it_came_from() {
        let reason = issuer_of(&["--code-lifetime", "3600"], 8000).unwrap_err();
        assert!(reason.starts_with("--code-lifetime: "), "{reason}");
        let reason = issuer_of(&["--issuer", "https://id.example/a%20b"], 8000).unwrap_err();
        assert!(reason.starts_with("--issuer: "), "{reason}");
    }
}
