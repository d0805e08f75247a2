/// The paths that belong to a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mounts {
    /// Everything under this path: empty, or starting with a slash and not ending with one.
    pub base: String,
    /// Exact paths outside of it.
    pub well_known: Vec<String>,
}

impl Mounts {
    /// Tells whether a path is the provider's, as it stands in the request: nothing is decoded. A
    /// well-known document may be asked for with a slash at its end, as the provider answers it.
    ///
    /// ```
    /// use oauth_core::provider::Mounts;
    /// let well_known = vec!["/.well-known/oauth-authorization-server".to_owned()];
    /// let mounts = Mounts { base: "/oauth".to_owned(), well_known };
    /// assert!(mounts.contains("/oauth/token"));
    /// assert!(!mounts.contains("/oauthx"));
    /// ```
    pub fn contains(&self, path: &str) -> bool {
        let below = path.strip_prefix(self.base.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        below || self.well_known.iter().any(|known| path.strip_suffix('/').unwrap_or(path) == known)
    }
}

#[cfg(test)]
mod tests {
    use super::Mounts;

    #[test]
    fn a_path_is_the_providers_by_whole_segments() {
        let mounts = Mounts { base: "/oauth".to_owned(), well_known: vec!["/.well-known/document".to_owned()] };
        for mine in ["/oauth", "/oauth/", "/oauth//", "/oauth/a/b", "/.well-known/document", "/.well-known/document/"] {
            assert!(mounts.contains(mine), "{mine}");
        }
        let others =
            ["/", "", "/oauthx", "/oaut", "/x/oauth", "/OAuth", "/%6fauth", "/.well-known/document/x", "/.well-known"];
        for other in others {
            assert!(!mounts.contains(other), "{other}");
        }
        let everything = Mounts { base: String::new(), well_known: Vec::new() };
        assert!(everything.contains("/") && everything.contains("/any/thing"));
    }
}
