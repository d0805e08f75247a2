//! The settings under `[default.oauth]`, and the issuer where none is set.

use oauth_core::config::{Config, InvalidSetting, Settings};
use rocket::figment::Figment;

const TABLE: &str = "oauth";

/// Tells whether there is such a table, in a file or in the environment.
pub(super) fn are_present(figment: &Figment) -> bool {
    figment.contains(TABLE)
}

/// Reads the table over the safe defaults.
pub(super) fn read(figment: &Figment) -> Result<Config, InvalidSetting> {
    let settings = if are_present(figment) {
        figment.extract_inner::<Settings>(TABLE).map_err(|error| {
            InvalidSetting::new(TABLE, format!("{error}; see oauth_core::config::Settings for what may stand there"))
        })?
    } else {
        Settings::default()
    };
    let issuer = if settings.issuer.is_some() { String::new() } else { local_issuer(figment)? };
    settings.apply(&issuer).map_err(in_table)
}

/// Names a key as it stands in the file.
pub(super) fn in_table(setting: InvalidSetting) -> InvalidSetting {
    InvalidSetting::new(format!("{TABLE}.{}", setting.key), setting.reason)
}

/// Makes the issuer of where Rocket listens: only where nobody else can reach it, because there the
/// address that clients use is known.
fn local_issuer(figment: &Figment) -> Result<String, InvalidSetting> {
    let no = |reason: &str| Err(in_table(InvalidSetting::new("issuer", reason)));
    let rocket = rocket::Config::try_from(figment)
        .map_err(|error| InvalidSetting::new("rocket", format!("Rocket's own settings cannot be read: {error}")))?;
    if !rocket.address.is_loopback() {
        return no("set it to the https address that clients use; it is only known where Rocket listens on loopback");
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
