//! The file that `--config` names.

use crate::output::Refused;
use oauth_core::config::Settings;
use serde_json::{Map, Value};
use std::path::Path;

/// Reads the settings of a TOML file, each of which there must be.
pub(crate) fn read(path: &Path) -> Result<Map<String, Value>, Refused> {
    let refused = |reason: String| {
        Refused::new("invalid_configuration", format!("--config {}: {}", path.display(), reason.trim_end()))
    };
    let text = std::fs::read_to_string(path).map_err(|error| refused(format!("it cannot be read: {error}")))?;
    let settings: Map<String, Value> = toml::from_str(&text).map_err(|wrong| refused(wrong.to_string()))?;
    let known = serde_json::from_value::<Settings>(Value::Object(settings.clone()));
    known.map_err(|wrong| refused(wrong.to_string()))?;
    Ok(settings)
}

#[cfg(test)]
mod tests {
    use crate::arguments::Arguments;
    use clap::{CommandFactory as _, FromArgMatches as _};
    use oauth_core::config::Config;
    use std::time::Duration;

    fn config(text: &str, line: &[&str]) -> Result<Config, String> {
        let name = oauth_core::secret::random_bytes::<8>().map(|byte| format!("{byte:02x}")).concat();
        let path = std::env::temp_dir().join(format!("{name}.toml"));
        std::fs::write(&path, text).unwrap();
        let line = [&["provider", "--config", path.to_str().unwrap()], line].concat();
        let matches = Arguments::command().try_get_matches_from(line).unwrap();
        let mut options = Arguments::from_arg_matches(&matches).unwrap().options;
        let config = options.complete(&matches).and_then(|()| options.config(8000));
        let config = config.map_err(|refused| refused.to_string());
        std::fs::remove_file(path).unwrap();
        config
    }

    #[test]
    fn f_58_a_file_holds_over_defaults_and_an_option_over_the_file() {
        let text = "issuer = \"https://id.example\"\naccess_token_lifetime = 600\ncode_lifetime = 30\n\
                    trusted_proxies = [\"192.0.2.1\"]\n[scopes]\n\"student:read\" = \"See pupils\"\n";
        let line = ["--code-lifetime=40", "--set", "retry_window=5", "sweep"];
        let config = config(text, &line).unwrap();
        assert_eq!(config.issuer.as_str(), "https://id.example");
        assert_eq!(config.access_token_lifetime, Duration::from_secs(600));
        assert_eq!(config.code_lifetime, Duration::from_secs(40));
        assert_eq!(config.retry_window, Duration::from_secs(5));
        assert!(config.trusted_proxies.contains("192.0.2.1".parse().unwrap()));
        assert_eq!(config.scopes.keys().collect::<Vec<_>>(), ["student:read"]);
    }

    #[test]
    fn f_58_a_file_with_an_unknown_key_or_a_wrong_value_is_refused() {
        for (text, said) in [
            ("bogus_key = 1", "unknown field `bogus_key`"),
            ("code_lifetime = 601", "--config: code_lifetime: "),
            ("code_lifetime", "--config /"),
        ] {
            let refused = config(text, &[]).unwrap_err();
            assert!(refused.starts_with("--config") && refused.contains(said), "{refused}");
        }
    }
}
