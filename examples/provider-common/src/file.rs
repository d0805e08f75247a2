//! The file that `--config` names.

use crate::output::Refused;
use crate::settings::{self, ByKey};
use std::io::ErrorKind;
use std::path::Path;

/// Reads the settings of a TOML file; each key and each type must be known.
pub(crate) fn read(path: &Path) -> Result<ByKey, Refused> {
    let refused = |reason: String| {
        Refused::new("invalid_configuration", format!("--config {}: {}", path.display(), reason.trim_end()))
    };
    let text = std::fs::read_to_string(path).map_err(|error| refused(unreadable(&error)))?;
    let settings: ByKey = toml::from_str(&text).map_err(|wrong| refused(wrong.to_string()))?;
    settings::read(settings.clone()).map_err(|wrong| refused(wrong.to_string()))?;
    Ok(settings)
}

fn unreadable(error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => {
            "there is no such file: give the path of one, or leave --config and PROVIDER_CONFIG out".to_owned()
        }
        ErrorKind::PermissionDenied => {
            format!("it cannot be read: {error}; let the user that runs this program read it")
        }
        ErrorKind::IsADirectory => "it is a folder: give the path of a TOML file in it".to_owned(),
        _ => format!("it cannot be read: {error}; give the path of a TOML file"),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use crate::options::parsed;
    use oauth_core::config::Config;
    use std::path::PathBuf;
    use std::time::Duration;

    /// A file of settings, for as long as a test needs it.
    pub(crate) struct Settings(PathBuf);

    impl Settings {
        pub(crate) fn new(text: &str) -> Self {
            let name = oauth_core::secret::random_bytes::<8>().map(|byte| format!("{byte:02x}")).concat();
            let path = std::env::temp_dir().join(format!("{name}.toml"));
            std::fs::write(&path, text).unwrap();
            Self(path)
        }

        pub(crate) fn path(&self) -> &str {
            self.0.to_str().unwrap()
        }
    }

    impl Drop for Settings {
        fn drop(&mut self) {
            std::fs::remove_file(&self.0).unwrap();
        }
    }

    fn config(text: &str, line: &[&str]) -> Result<Config, String> {
        let file = Settings::new(text);
        let options = parsed(&[&["--config", file.path()], line].concat());
        options.and_then(|options| options.config(8000)).map_err(|refused| refused.to_string())
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
            ("code_lifetime = \"soon\"", "code_lifetime: invalid type"),
            ("[default.oauth]\ncode_lifetime = 30", "write its settings at the top of the file"),
        ] {
            let refused = config(text, &[]).unwrap_err();
            assert!(refused.starts_with("--config") && refused.contains(said), "{refused}");
        }
    }
}
