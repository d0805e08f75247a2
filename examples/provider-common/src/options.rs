//! The options that every command takes, each also from the environment, and the settings they make.

use crate::commands::one_line;
use crate::file;
use crate::output::Refused;
use crate::settings::{ByKey, option_of};
use crate::storage::{self, Storage};
use clap::builder::BoolishValueParser;
use clap::parser::ValueSource;
use clap::{ArgMatches, Args};
use oauth_core::http::TrustedProxies;
use serde_json::Value;
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

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

    /// The tenant of the database: everything in it is apart, as in another database.
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

    /// How long a connection may idle between two requests: longer than a balancer in front keeps it open. For
    /// `warp-provider` only: on Rocket a connection idles for as long as the other side keeps it open.
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

    /// The scope that the protected API requires to look. Unless given: `read`, or if that is not on offer, the
    /// first of `default_scope`, or else of `scopes`.
    #[arg(long, global = true, env = "PROVIDER_API_READ_SCOPE", value_name = "SCOPE")]
    pub(crate) api_read_scope: Option<String>,

    /// The scope that the protected API requires to add notes. Unless given: `write`, or if that is not on offer,
    /// the one to look.
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
    pub(crate) file: ByKey,

    /// Writes exactly one JSON value to standard output; everything else goes to standard error.
    #[arg(long, global = true, env = "PROVIDER_JSON", value_parser = BoolishValueParser::new())]
    pub(crate) json: bool,
}

impl Options {
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

    /// Tells whether an option was given, or its variable.
    pub(crate) fn is_given(&self, option: &str) -> bool {
        self.given.contains(option)
    }

    /// Opens the database, and creates it if there is none.
    pub(crate) async fn store(&self) -> Result<Storage, Refused> {
        let store = Storage::open(&self.database).await?;
        let Some(tenant) = self.tenant.as_deref() else { return Ok(store) };
        let store = store.for_tenant(tenant);
        store.prepare().await?;
        Ok(store)
    }

    /// Writes the options with which a command has the data and the settings of this server. A URL with a secret is
    /// not repeated: it stands in the environment.
    pub(crate) fn to_find_the_data(&self) -> String {
        let database = match self.database.as_str() {
            DATABASE => None,
            url if storage::shown(url) == url => Some(quoted(url)),
            _ => Some("\"$PROVIDER_DATABASE\"".to_owned()),
        };
        let tenant = self.tenant.as_deref().map(quoted);
        let config = self.config.as_ref().map(|path| quoted(&path.display().to_string()));
        let given = [("database", database), ("tenant", tenant), ("config", config)];
        let given = given.into_iter().filter_map(|(option, value)| Some(format!(" --{option} {}", value?)));
        let options = self.as_options();
        let options = options.iter().flat_map(|(key, value)| words(&option_of(key).replace('_', "-"), value));
        let set = self.set.iter().map(|(key, value)| format!(" --set {}", quoted(&format!("{key}={}", text(value)))));
        given.chain(options).chain(set).collect()
    }
}

/// Writes an option as a command line has it.
fn words(option: &str, value: &Value) -> Vec<String> {
    match value {
        Value::Bool(true) => vec![format!(" --{option}")],
        Value::Array(values) => values.iter().flat_map(|value| words(option, value)).collect(),
        Value::String(given) => vec![format!(" --{option} {}", quoted(given))],
        Value::Number(given) => vec![format!(" --{option} {given}")],
        Value::Null | Value::Bool(false) | Value::Object(_) => Vec::new(),
    }
}

/// Writes a value as [`setting`] reads it.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) if serde_json::from_str::<Value>(text).is_err() => text.clone(),
        other => other.to_string(),
    }
}

/// Writes a text as one word of a shell.
fn quoted(text: &str) -> String {
    let plain = |byte: u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'/' | b':' | b'@' | b',' | b'=')
    };
    if !text.is_empty() && text.bytes().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
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

/// Reads a command line as a run does.
#[cfg(test)]
pub(crate) fn parsed(line: &[&str]) -> Result<Options, Refused> {
    use clap::{CommandFactory as _, FromArgMatches as _};
    let definition = crate::arguments::Arguments::command();
    let matches = definition.try_get_matches_from([&["provider"], line].concat()).unwrap();
    let mut options = crate::arguments::Arguments::from_arg_matches(&matches).unwrap().options;
    options.complete(&matches)?;
    Ok(options)
}

#[cfg(test)]
mod tests {
    use super::parsed;

    #[test]
    fn a_printed_command_has_the_data_and_the_settings_of_the_server() {
        let file = crate::file::tests::Settings::new("audit_log = true\n");
        let line = [
            "--port=9",
            "--database=a b.db",
            "--tenant=north",
            "--config",
            file.path(),
            "--set",
            "base_path=/oauth2",
            "--set",
            r#"scopes={"student:read":"See pupils"}"#,
            "--set",
            r#"token_type="1""#,
            "--audit-log",
            "--issuer=https://id.example",
            "--registering-group=staff,it",
            "--code-lifetime=40",
        ];
        let options = parsed(&line).unwrap();
        let printed = options.to_find_the_data();
        let expected = format!(
            " --database 'a b.db' --tenant north --config {} --audit-log --code-lifetime 40 \
             --issuer https://id.example --registering-group staff --registering-group it --set base_path=/oauth2 \
             --set 'scopes={{\"student:read\":\"See pupils\"}}' --set 'token_type=\"1\"'",
            file.path()
        );
        assert_eq!(printed, expected);
        assert_eq!(parsed(&[]).unwrap().to_find_the_data(), "");
        let secret = parsed(&["--database=postgres://ada:s3cret@db.example/id"]).unwrap().to_find_the_data();
        assert_eq!(secret, " --database \"$PROVIDER_DATABASE\"");
    }
}
