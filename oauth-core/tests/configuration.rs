//! `docs/configuration.md` is written from the types, and is as it would be written:
//! `WRITE=1 cargo test -p oauth-core --test configuration` writes it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use oauth_core::config::{Config, Settings};
use oauth_core::identifier::Resource;
use std::fmt::Write as _;
use std::path::Path;

const HEAD: &str = "\
# Configuration

Written from `oauth_core::config::Settings` by `WRITE=1 cargo test -p oauth-core --test configuration`; do not edit it.

Every key is optional. An unknown key, a contradiction or an unsafe combination stops the start, with a line that names
the key, the reason and the fix. What weakens security says `insecure` in its name.

- A Rocket program that attaches `OAuth::new` reads them: in `Rocket.toml` the keys stand under `[default.oauth]` (or another profile), in the environment in
  `ROCKET_OAUTH`, such as `ROCKET_OAUTH={access_token_lifetime=600,access_token_format={length=42}}`.
- `provider` and `warp-provider` read neither, and warn if there is one. They take each key from a TOML file that
  `--config` or `PROVIDER_CONFIG` names, with the keys at its top, and from `--set KEY=VALUE`. The options that
  `--help` lists hold over the file.
- Everywhere else `Settings` is read with serde from any format, and `Settings::apply` makes a `Config` of it.
- In code the fields of `Config` have the same names, but for the paths, which are in `Config::paths`.

| key | takes | default | effect |
|---|---|---|---|
";

const IN_CODE: &str = "
## In code only
What is not data has no key: `Config::clock` (where the time comes from), `passwords` (who hashes passwords), `events`
(where events go), `issuing` (what is asked before tokens are issued), `scope_policy` (which scopes a client is offered
for a request) and `TokenFormat::wrapped` (what is written around a token).

## How clients are matched
- A redirect URI matches byte for byte. The port of `http://127.0.0.1` and `http://[::1]` is free for every client, that of
  `http://localhost` for public ones; these three hosts are never taken for each other. Names under `.localhost` are this
  machine too, and their ports are exact.
- Resource identifiers are equal after the normalisation of RFC 3986: scheme and host in any case, the default port of http
  and https or none, no path or `/`. Tokens carry the registered spelling.
- A token is shown to the client that is registered for its resource, if it was when the token was issued. Two registrations of
  different owners that meet only in their normal form are reported in the log, and neither may introspect by that identifier
  until an administrator removes it from one.
- No access token is issued for a resource that is not known today. A grant that named no resource takes the present
  `default_audience`.
- `public_prefix` and what a proxy must pass on stand in [proxy.md](proxy.md), and so does `errors_redirect`.

## What others have issued goes on as it was
Codes, access tokens and refresh tokens of 48, 42 and 48 characters, codes that live ten minutes and access tokens that
live ten days, at paths with a slash at their end:

```toml
[default.oauth]
authorization_path = \"authorize/\"
token_path = \"token/\"
code_format = { length = 48 }
access_token_format = { length = 42 }
refresh_token_format = { length = 48 }
code_lifetime = 600
access_token_lifetime = 864000
```
";

fn page() -> String {
    let mut page = HEAD.to_owned();
    for setting in Settings::all() {
        writeln!(page, "{setting}").unwrap();
    }
    page + IN_CODE
}

#[test]
fn the_table_of_settings_is_as_the_types_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/configuration.md");
    if std::env::var_os("WRITE").is_some() {
        std::fs::write(&path, page()).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap();
    assert!(
        committed == page(),
        "docs/configuration.md is stale: WRITE=1 cargo test -p oauth-core --test configuration"
    );
}

/// Reads settings as a file would give them, and says how they are refused.
fn refused(json: &str) -> String {
    match serde_json::from_str::<Settings>(json) {
        Ok(settings) => settings.apply("http://127.0.0.1:8000").unwrap_err().to_string(),
        Err(error) => error.to_string(),
    }
}

fn taken(json: &str) -> Config {
    serde_json::from_str::<Settings>(json).unwrap().apply("http://127.0.0.1:8000").unwrap()
}

#[test]
fn every_setting_has_its_effect() {
    let config = taken(
        r#"{"authorization_path": "auth/", "code_format": {"length": 48}, "access_token_format": {"length": 42},
            "refresh_token_format": {"length": 32, "alphabet": "0123456789abcdef", "prefix": "r_"},
            "token_type": "bearer", "insecure_implicit_grant": true, "insecure_password_grant": true,
            "insecure_password_without_client_secret": true, "insecure_password_client": "anybody",
            "insecure_access_tokens_never_expire": true, "sweep_batch": 7, "error_uri": "https://errors.example/"}"#,
    );
    assert_eq!(config.paths.authorization_path(), "/oauth/auth/");
    assert_eq!((config.code_format.length, config.access_token_format.length), (48, 42));
    assert_eq!((config.refresh_token_format.prefix.as_str(), config.refresh_token_format.random_bits()), ("r_", 128));
    assert_eq!((config.token_type.as_str(), config.sweep_batch), ("bearer", 7));
    assert!(config.insecure_implicit_grant && config.insecure_password_grant);
    assert!(config.insecure_password_without_client_secret && config.insecure_access_tokens_never_expire);
    assert_eq!(config.insecure_password_client.map(|client| client.to_string()).as_deref(), Some("anybody"));
    assert_eq!(config.error_uri.as_deref(), Some("https://errors.example/"));
}

#[test]
fn what_is_unknown_contradicts_or_is_unsafe_is_refused_with_its_key() {
    for (json, said) in [
        (r#"{"acces_token_lifetime": 60}"#, "acces_token_lifetime"),
        (r#"{"access_token_format": {"lenght": 60}}"#, "lenght"),
        (r#"{"access_token_format": {"length": 21}}"#, "access_token_format: length: "),
        (r#"{"code_format": {"alphabet": "aab"}}"#, "code_format: alphabet: "),
        (r#"{"token_type": "a b"}"#, "token_type: "),
        (
            r#"{"insecure_access_tokens_never_expire": true, "access_token_lifetime": 60}"#,
            "insecure_access_tokens_never_expire: it contradicts access_token_lifetime",
        ),
        (r#"{"insecure_password_without_client_secret": true}"#, "insecure_password_without_client_secret: "),
        (r#"{"insecure_password_grant": true, "insecure_password_client": "a"}"#, "insecure_password_client: "),
        (r#"{"insecure_password_grant": true, "insecure_no_throttling": true}"#, "insecure_password_grant: "),
        (r#"{"access_token_lifetime": 0}"#, "access_token_lifetime: "),
        (r#"{"code_lifetime": 601}"#, "code_lifetime: "),
    ] {
        let refusal = refused(json);
        assert!(refusal.contains(said), "{json} is refused with {refusal}");
    }
}

#[test]
fn r_095_an_issuer_has_no_query_and_no_fragment() {
    for bad in
        ["https://id.example/tenant?a", "https://id.example/tenant#a", "https://id.example?a", "https://id.example#a"]
    {
        assert!(Config::new(bad).is_err(), "{bad}");
    }
    assert!(Config::new("https://id.example/tenant").is_ok());
}

#[test]
fn r_114_a_resource_is_an_absolute_uri_without_a_fragment() {
    for bad in
        ["https://api.example/#a", "https://api.example/#", "urn:api#a", "api.example", "/api", "", "https:", "1a:b"]
    {
        assert!(Resource::new(bad).is_err(), "{bad}");
    }
    for good in ["https://api.example/", "https://api.example/?a=b", "urn:example:api"] {
        assert!(Resource::new(good).is_ok(), "{good}");
    }
}
