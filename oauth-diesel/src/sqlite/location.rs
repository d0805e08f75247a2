use crate::error::{Failure, Outcome};
use std::path::PathBuf;

/// Reads where the database is. The answer is absolute, so that SQLite takes no name for one of its
/// own (`file:…`, `:memory:`).
pub(super) fn parse(location: &str) -> Outcome<PathBuf> {
    let unusable = |what: &str| Failure::Unusable(format!("{location:?} is not a database file: {what}"));
    let (path, is_url) = match location.strip_prefix("sqlite:") {
        Some(rest) => (rest.strip_prefix("//").unwrap_or(rest), true),
        None => (location, false),
    };
    if path.is_empty() {
        return Err(unusable("give a path, or sqlite:PATH"));
    }
    if path == ":memory:" || path.starts_with("file:") {
        return Err(unusable(
            "to keep everything in memory use oauth_core::store::MemoryStore; else give a plain path",
        ));
    }
    if is_url && path.contains(['?', '#']) {
        return Err(unusable("a sqlite: URL takes no options"));
    }
    if !is_url && path.split_once("://").is_some_and(|(scheme, _)| scheme.bytes().all(|b| b.is_ascii_alphanumeric())) {
        return Err(unusable("this store opens paths and sqlite: URLs only"));
    }
    if path.contains('\0') {
        return Err(unusable("a path has no NUL in it"));
    }
    std::path::absolute(path).map_err(|error| Failure::File(path.to_owned(), error))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_path_and_a_url_name_the_same_file() {
        let plain = parse("data/provider.db").unwrap();
        assert!(plain.is_absolute());
        assert_eq!(parse("sqlite:data/provider.db").unwrap(), plain);
        assert_eq!(parse("sqlite://data/provider.db").unwrap(), plain);
        assert_eq!(parse("sqlite:///srv/provider.db").unwrap().to_str(), Some("/srv/provider.db"));
    }

    #[test]
    fn what_is_not_a_file_is_refused_with_the_way_out() {
        for memory in [":memory:", "sqlite::memory:", "sqlite://:memory:", "file::memory:?cache=shared"] {
            let refused = parse(memory).unwrap_err().to_string();
            assert!(refused.contains("MemoryStore"), "{memory}: {refused}");
        }
        for other in ["", "sqlite:", "sqlite://", "postgres://localhost/x", "sqlite:a.db?mode=ro", "a\0b"] {
            assert!(parse(other).is_err(), "{other:?}");
        }
    }
}
