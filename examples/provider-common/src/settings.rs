//! The settings of the provider, put together: the file, the options and their variables, `--set`.

use crate::options::{Options, origin};
use crate::output::Refused;
use oauth_core::config::{Config, InvalidIssuer, InvalidSetting, Issuer, Setting, Settings};
use oauth_core::identifier::Resource;
use serde_json::{Map, Value, json};

/// Settings by their keys.
pub(crate) type ByKey = Map<String, Value>;

/// The tables in which Rocket keeps settings, in a file that is taken for this program's.
const OF_ROCKET: [&str; 5] = ["default", "debug", "release", "global", "oauth"];

impl Options {
    /// Makes the settings of the provider, as it is or would be served at a port.
    pub(crate) fn config(&self, port: u16) -> Result<Config, Refused> {
        let mut settings = read(self.by_key()).map_err(|wrong| self.refused(&wrong))?;
        let bound = origin(self.address, port);
        let issuer = settings.issuer_or(&bound);
        let issuer = issuer.map_err(|wrong| self.refused_issuer(wrong, settings.issuer.as_ref().unwrap_or(&bound)))?;
        let api = self.api_resource(&issuer)?;
        settings.default_audience.get_or_insert_with(|| vec![api.clone()]);
        settings.resources.get_or_insert_with(|| vec![api]);
        settings.apply(&bound).map_err(|wrong| self.refused(&wrong))
    }

    /// Gives the identifier of the protected API, which tokens are meant for unless another is asked.
    pub(crate) fn api_resource(&self, issuer: &Issuer) -> Result<Resource, Refused> {
        let resource = Resource::new(format!("{issuer}/api"));
        resource.map_err(|wrong| self.refused(&InvalidSetting::new("issuer", wrong.to_string())))
    }

    /// Puts the settings together: an option or its variable holds over the file, and `--set` over both.
    fn by_key(&self) -> ByKey {
        let mut settings = self.file.clone();
        settings.extend(self.as_options());
        settings.extend(self.set.iter().cloned());
        settings
    }

    /// Writes the options that were given by the keys of the settings.
    pub(crate) fn as_options(&self) -> ByKey {
        let settings = json!({
            "issuer": self.issuer,
            "insecure_http_issuer": self.insecure_http_issuer,
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
            "registering_groups": self.registering_group,
            "consenting_roles": self.consenting_role,
            "organisations": self.organisations,
            "audit_log": self.audit_log,
        });
        let Value::Object(settings) = settings else { return ByKey::new() };
        settings.into_iter().filter(|(key, _)| self.is_given(option_of(key))).collect()
    }

    /// Names a setting that cannot be used as what it was given by.
    pub(crate) fn refused(&self, wrong: &InvalidSetting) -> Refused {
        let (mut key, mut reason) = (wrong.key.as_str(), wrong.reason.as_str());
        if key == "base_path" && !self.by_key().contains_key(key) {
            (key, reason) = ("issuer", "give it a path of letters, digits and -._~, or set base_path");
        }
        Refused::new("invalid_configuration", format!("{}: {reason}", self.source(key)))
    }

    fn refused_issuer(&self, wrong: InvalidIssuer, text: &str) -> Refused {
        let mut setting = InvalidSetting::from(wrong);
        if wrong == InvalidIssuer::PlainHttp {
            setting.reason = format!(
                "{text} is plain http to another machine, so passwords and tokens would travel in clear; give the https \
                 address that a proxy serves it at, or --insecure-http-issuer if that is acceptable"
            );
        }
        self.refused(&setting)
    }

    /// Writes where a setting comes from: `--set`, the file, or its option.
    fn source(&self, key: &str) -> String {
        let option = option_of(key);
        if self.set.iter().any(|(given, _)| given == key) {
            format!("--set {key}")
        } else if self.file.contains_key(key) && !self.is_given(option) {
            format!("--config: {key}")
        } else {
            format!("--{}", option.replace('_', "-"))
        }
    }

    /// Names what was switched on that weakens security, by an option, `--set` or the file.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let is_on = |value: &Value| !matches!(value, Value::Null | Value::Bool(false));
        let weak = self.by_key().into_iter().filter(|(key, value)| key.starts_with("insecure_") && is_on(value));
        let effect = |key: &str| known(key).map(|setting| setting.effect).unwrap_or_default();
        let joined = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        weak.map(|(key, _)| format!("{}: {}", self.source(&key), joined(effect(&key)))).collect()
    }
}

/// Names the option of a setting.
pub(crate) fn option_of(key: &str) -> &str {
    match key {
        "trusted_proxies" => "trusted_proxy",
        "registering_groups" => "registering_group",
        "consenting_roles" => "consenting_role",
        other => other,
    }
}

fn known(key: &str) -> Option<Setting> {
    Settings::all().into_iter().find(|setting| setting.key == key)
}

/// Reads settings by their types; names the key of one that has another type.
pub(crate) fn read(settings: ByKey) -> Result<Settings, InvalidSetting> {
    for (key, value) in &settings {
        let alone = Map::from_iter([(key.clone(), value.clone())]);
        if let Err(wrong) = serde_json::from_value::<Settings>(Value::Object(alone)) {
            let reason = match known(key) {
                Some(setting) => format!("{wrong}; it takes: {}", setting.kind),
                None if value.is_object() && OF_ROCKET.contains(&key.as_str()) => format!(
                    "unknown field `{key}`: that table is for Rocket.toml; write its settings at the top of the file, \
                     without a table"
                ),
                None => wrong.to_string(),
            };
            return Err(InvalidSetting::new(key, reason));
        }
    }
    serde_json::from_value(Value::Object(settings)).map_err(|wrong| InvalidSetting::new("settings", wrong.to_string()))
}

#[cfg(test)]
mod tests {
    use crate::arguments::Arguments;
    use crate::file::tests::Settings as File;
    use crate::options::parsed;
    use clap::Parser as _;
    use oauth_core::config::{Config, Settings};

    fn config(line: &[&str], port: u16) -> Result<Config, String> {
        parsed(line).and_then(|options| options.config(port)).map_err(|refused| refused.to_string())
    }

    fn issuer_of(line: &[&str], port: u16) -> Result<String, String> {
        let config = config(line, port)?;
        assert_eq!(config.default_audience.first().unwrap().as_str(), format!("{}/api", config.issuer));
        assert_eq!(config.resources, config.default_audience);
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
    fn the_api_is_below_the_issuer_wherever_the_issuer_is_set() {
        let file = File::new("issuer = \"http://file.example\"\ninsecure_http_issuer = true\n");
        let with_file = ["--config", file.path()];
        for (line, issuer) in [
            (&["--set", "issuer=https://set.example"][..], "https://set.example"),
            (&["--set", "issuer=http://set.example", "--set", "insecure_http_issuer=true"], "http://set.example"),
            (&["--set", "insecure_http_issuer=true", "--issuer=http://id.example"], "http://id.example"),
            (&["--issuer=https://id.example", "--set", "issuer=https://set.example"], "https://set.example"),
            (&with_file, "http://file.example"),
            (&[&with_file[..], &["--issuer=https://id.example"]].concat(), "https://id.example"),
            (&[&with_file[..], &["--set", "issuer=https://set.example"]].concat(), "https://set.example"),
            (&[&with_file[..], &["--set", "issuer=null"]].concat(), "http://127.0.0.1:8000"),
        ] {
            assert_eq!(issuer_of(line, 8000).as_deref(), Ok(issuer), "{line:?}");
        }
    }

    #[test]
    fn plain_http_on_another_machine_is_refused_unless_named_insecure() {
        for line in [["--issuer", "http://id.example"], ["--address", "0.0.0.0"]] {
            assert!(issuer_of(&line, 8000).unwrap_err().contains("--insecure-http-issuer"));
            assert!(issuer_of(&[&line[..], &["--insecure-http-issuer"]].concat(), 8000).is_ok());
        }
        assert!(issuer_of(&["--issuer", "https://id.example/"], 8000).unwrap_err().starts_with("--issuer: remove"));
        let refused = issuer_of(&["--set", "issuer=https://id.example/"], 8000).unwrap_err();
        assert!(refused.starts_with("--set issuer: remove"), "{refused}");
    }

    #[test]
    fn any_setting_can_be_given_by_its_key() {
        let line = ["--set", "base_path=/oauth2", "--set", r#"scopes={"student:read":"See pupils"}"#];
        let config = config(&line, 8000).unwrap();
        assert_eq!(config.paths.token_path(), "/oauth2/token");
        assert_eq!(config.scopes.keys().collect::<Vec<_>>(), ["student:read"]);
        let reason = issuer_of(&["--set", "acess_token_lifetime=600"], 8000).unwrap_err();
        assert!(reason.contains("--set acess_token_lifetime: unknown field `acess_token_lifetime`"), "{reason}");
        let reason = issuer_of(&["--set", "sweep_interval=0"], 8000).unwrap_err();
        assert!(reason.starts_with("--set sweep_interval: "), "{reason}");
        assert!(Arguments::try_parse_from(["provider", "--set", "sweep_interval"]).is_err());
    }

    #[test]
    fn a_setting_that_cannot_be_used_is_named_as_the_option_it_came_from() {
        for (line, said) in [
            (&["--code-lifetime", "3600"][..], "--code-lifetime: "),
            (&["--issuer", "https://id.example/a%20b"], "--issuer: "),
            (&["--set", "issuer=https://id.example/a%20b"], "--set issuer: "),
            (&["--set", "base_path=/a b"], "--set base_path: "),
            (&["--set", "token_path=authorize"], "--set token_path: "),
            (&["--set", "code_lifetime=soon"], "--set code_lifetime: invalid type"),
            (&["--set", "scopes=read"], "--set scopes: invalid type"),
            (&["--failures-per-address", "0"], "--failures-per-address: "),
        ] {
            let reason = issuer_of(line, 8000).unwrap_err();
            assert!(reason.starts_with(said), "{reason}");
        }
        let reason = issuer_of(&["--set", "code_lifetime=soon"], 8000).unwrap_err();
        assert!(reason.ends_with("it takes: seconds"), "{reason}");
    }

    #[test]
    fn a_lifetime_that_was_given_contradicts_tokens_that_never_expire() {
        let never = ["--set", "insecure_access_tokens_never_expire=true"];
        assert!(config(&never, 8000).unwrap().insecure_access_tokens_never_expire);
        let file = File::new("access_token_lifetime = 600\n");
        for lifetime in
            [&["--access-token-lifetime=600"][..], &["--set", "access_token_lifetime=600"], &["--config", file.path()]]
        {
            let reason = config(&[&never[..], lifetime].concat(), 8000).unwrap_err();
            assert!(reason.contains("contradicts access_token_lifetime"), "{reason}");
        }
    }

    #[test]
    fn what_weakens_security_is_named_by_what_switched_it_on() {
        let file = File::new("insecure_implicit_grant = true\n");
        let line = ["--config", file.path(), "--insecure-http-redirects", "--set", "insecure_password_grant=true"];
        let warnings = parsed(&line).unwrap().warnings();
        let starts =
            ["--insecure-http-redirects: ", "--config: insecure_implicit_grant: ", "--set insecure_password_grant: "];
        assert_eq!(warnings.len(), starts.len(), "{warnings:?}");
        for (warning, start) in warnings.iter().zip(starts) {
            assert!(warning.starts_with(start) && warning.len() > start.len(), "{warning}");
        }
    }

    #[test]
    fn the_help_shows_the_defaults_of_the_settings() {
        let definition = crate::arguments::definition(&[]);
        let mut compared = 0;
        for setting in Settings::all() {
            let option = definition.get_arguments().find(|option| option.get_id() == super::option_of(setting.key));
            if let Some([default]) =
                option.filter(|it| it.get_action().takes_values()).map(|it| it.get_default_values())
            {
                assert_eq!(*default, *setting.default, "{}", setting.key);
                compared += 1;
            }
        }
        assert_eq!(compared, 7);
    }
}
