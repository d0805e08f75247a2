//! The settings under `[default.oauth]`, and the issuer where none is set.

use oauth_core::config::{Config, InvalidSetting, Settings};
use rocket::figment::Figment;
use rocket::figment::error::{Error, Kind};
use rocket::figment::value::Value;

const TABLE: &str = "oauth";

/// Tells whether there is such a table, in a file or in the environment.
pub(super) fn are_present(figment: &Figment) -> bool {
    figment.contains(TABLE)
}

/// Reads the table over the safe defaults.
pub(super) fn read(figment: &Figment) -> Result<Config, InvalidSetting> {
    let settings = match figment.find_value(TABLE) {
        Ok(Value::Dict(..)) => figment.focus(TABLE).extract::<Settings>().map_err(unreadable)?,
        Ok(_) => return Err(InvalidSetting::new(TABLE, "give a table of settings, such as [default.oauth]")),
        Err(_) => Settings::default(),
    };
    let issuer = if settings.issuer.is_some() { String::new() } else { local_issuer(figment)? };
    settings.apply(&issuer).map_err(in_table)
}

/// Names a key as it stands in the file.
pub(super) fn in_table(setting: InvalidSetting) -> InvalidSetting {
    let InvalidSetting { key, reason } = setting;
    let reason = reason.strip_prefix(&format!("{key}: ")).unwrap_or(&reason);
    InvalidSetting::new(format!("{TABLE}.{key}"), reason)
}

/// Says which value it is and where it came from.
fn unreadable(error: Error) -> InvalidSetting {
    let key = match &error.kind {
        Kind::UnknownField(field, _) if error.path.is_empty() => format!("{TABLE}.{field}"),
        _ if error.path.is_empty() => TABLE.to_owned(),
        _ => format!("{TABLE}.{}", error.path.join(".")),
    };
    let origin = error.metadata.as_ref().map(|metadata| format!(", in {}", metadata.name)).unwrap_or_default();
    InvalidSetting::new(key, format!("{}{origin}", error.kind))
}

/// Makes the issuer of where Rocket listens: only where nobody else can reach it, because there the
/// address that clients use is known.
fn local_issuer(figment: &Figment) -> Result<String, InvalidSetting> {
    let no = |reason: &str| Err(in_table(InvalidSetting::new("issuer", reason)));
    let rocket = rocket::Config::try_from(figment)
        .map_err(|error| InvalidSetting::new("rocket", format!("Rocket's own settings cannot be read: {error}")))?;
    if !rocket.address.is_loopback() {
        return no("set it to the https address that clients use; it is known only if Rocket listens on loopback");
    }
    if rocket.port == 0 {
        return no("set it, or set a port; with port 0 it is not known before Rocket listens");
    }
    if figment.contains("tls") {
        return no("set it to the https address that clients use, since TLS is configured");
    }
    let address = std::net::SocketAddr::new(rocket.address, rocket.port);
    Ok(if rocket.port == 80 {
        format!("http://{address}").trim_end_matches(":80").to_owned()
    } else {
        format!("http://{address}")
    })
}

#[cfg(test)]
mod tests {
    use super::read;
    use rocket::figment::Figment;
    use rocket::figment::value::Value;

    fn error(key: &str, value: impl Into<Value>) -> String {
        let figment = Figment::from(rocket::Config::debug_default()).merge((key, value.into()));
        read(&figment).unwrap_err().to_string()
    }

    #[test]
    fn errors_name_the_key_and_the_fix() {
        let unknown = error("oauth.code_lifetme", 30);
        assert!(unknown.starts_with("oauth.code_lifetme: ") && unknown.contains("`code_lifetime`"), "{unknown}");
        let kind = error("oauth.code_lifetime", "soon");
        assert!(kind.starts_with("oauth.code_lifetime: ") && kind.contains("u64"), "{kind}");
        let nested = error("oauth.scopes.read", 1);
        assert!(nested.starts_with("oauth.scopes.read: "), "{nested}");
        let within = error("oauth.access_token_format.lenght", 42);
        assert!(within.starts_with("oauth.access_token_format.lenght: "), "{within}");
        let format = error("oauth.access_token_format.length", 21);
        assert!(format.starts_with("oauth.access_token_format: length: "), "{format}");
        let flag = error("oauth.insecure_password_without_client_secret", true);
        assert!(flag.starts_with("oauth.insecure_password_without_client_secret: "), "{flag}");
        let table = error("oauth", 1);
        assert!(table.starts_with("oauth: "), "{table}");
        let range = error("oauth.code_lifetime", 3600);
        assert!(range.starts_with("oauth.code_lifetime: give 1 to 600 seconds"), "{range}");
        let issuer = error("oauth.issuer", "http://id.example");
        assert!(issuer.starts_with("oauth.issuer: use https"), "{issuer}");
        let address = error("address", "192.0.2.1");
        assert!(address.starts_with("oauth.issuer: set it"), "{address}");
        let port = error("port", 0);
        assert!(port.starts_with("oauth.issuer: set it"), "{port}");
    }
}
