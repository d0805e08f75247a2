//! The database file, opened from a path or a URL.

use crate::output::Refused;
use oauth_diesel::SqliteStore;

/// Opens the database, and creates it where there is none.
pub(crate) async fn open(place: &str) -> Result<SqliteStore, Refused> {
    let path = path(place)?;
    SqliteStore::open(path).await.map_err(|error| {
        Refused::new("temporarily_unavailable", format!("--database {path}: {error}; give a file that can be written"))
    })
}

/// Finds the path in what `--database` says.
pub(crate) fn path(place: &str) -> Result<&str, Refused> {
    let no = |reason: &str| Err(Refused::new("invalid_configuration", format!("--database: {reason}")));
    let path = match place.split_once(':') {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("sqlite") => rest.strip_prefix("//").unwrap_or(rest),
        Some((scheme, rest)) if rest.starts_with("//") => {
            return no(&format!("{scheme} is not served by this example; give a path or a sqlite: URL"));
        }
        _ => place,
    };
    if path.is_empty() {
        return no("give the path of a file, such as ./provider.db");
    }
    if path == ":memory:" {
        return no("give the path of a file: a database in memory cannot be shared with other commands");
    }
    if path.contains(['?', '#']) && path.len() != place.len() {
        return no("give a sqlite: URL without query and fragment");
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::path;

    #[test]
    fn a_path_or_a_url_names_the_file() {
        for (place, expected) in [
            ("./provider.db", "./provider.db"),
            ("/var/lib/provider.db", "/var/lib/provider.db"),
            ("sqlite:provider.db", "provider.db"),
            ("sqlite://provider.db", "provider.db"),
            ("sqlite:///var/lib/provider.db", "/var/lib/provider.db"),
            ("SQLITE:provider.db", "provider.db"),
            ("C:\\provider.db", "C:\\provider.db"),
        ] {
            assert_eq!(path(place).unwrap(), expected);
        }
    }

    #[test]
    fn what_is_no_file_is_refused() {
        for place in ["", "sqlite:", "sqlite::memory:", ":memory:", "postgres://localhost/x", "sqlite:x?mode=ro"] {
            assert!(path(place).is_err(), "{place}");
        }
    }
}
