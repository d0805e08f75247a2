use super::InvalidSetting;

/// Where the endpoints are: a base path, and a path for each under it.
///
/// Each endpoint answers with and without one slash at its end; the metadata announces it as it is
/// written here. What is served elsewhere is set here, and the metadata follows.
///
/// ```
/// use oauth_core::config::Paths;
/// let mut paths = Paths::under("/v1/oauth2");
/// paths.authorization = "auth".to_owned();
/// assert_eq!(paths.authorization_path(), "/v1/oauth2/auth");
/// assert_eq!(paths.token_path(), "/v1/oauth2/token");
/// paths.token = "token/".to_owned();
/// assert_eq!(paths.token_path(), "/v1/oauth2/token/");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Paths {
    /// The path that all of them start with: empty, or starting with a slash and not ending with one.
    pub base: String,
    /// What clients and browsers have before all paths and the server never sees, because a proxy takes it away:
    /// empty, or starting with a slash and not ending with one. It stands in the metadata and in every link.
    pub public_prefix: String,
    /// The authorization endpoint: `authorize` unless set.
    pub authorization: String,
    /// The token endpoint: `token` unless set.
    pub token: String,
    /// The revocation endpoint: `revoke` unless set.
    pub revocation: String,
    /// The introspection endpoint: `introspect` unless set.
    pub introspection: String,
}

impl Paths {
    /// Puts the usual endpoints under a base path, given with or without slashes around it.
    pub fn under(base: &str) -> Self {
        let base = base.trim_matches('/');
        Self {
            base: if base.is_empty() { String::new() } else { format!("/{base}") },
            public_prefix: String::new(),
            authorization: "authorize".to_owned(),
            token: "token".to_owned(),
            revocation: "revoke".to_owned(),
            introspection: "introspect".to_owned(),
        }
    }

    /// Gives the path of something under the base; of slashes at its end one is kept.
    pub fn join(&self, path: &str) -> String {
        let inner = path.trim_matches('/');
        let slash = if path.ends_with('/') && !inner.is_empty() { "/" } else { "" };
        format!("{}/{inner}{slash}", self.base)
    }

    /// Gives the path of something under the base as a browser asks for it, for links, forms and redirects.
    ///
    /// ```
    /// use oauth_core::config::Paths;
    /// let mut paths = Paths::under("/oauth");
    /// paths.public_prefix = "/auth".to_owned();
    /// assert_eq!(paths.link("sign-in"), "/auth/oauth/sign-in");
    /// assert_eq!(paths.join("sign-in"), "/oauth/sign-in");
    /// ```
    pub fn link(&self, path: &str) -> String {
        format!("{}{}", self.public_prefix, self.join(path))
    }

    /// Gives the path of the authorization endpoint.
    pub fn authorization_path(&self) -> String {
        self.join(&self.authorization)
    }

    /// Gives the path of the token endpoint.
    pub fn token_path(&self) -> String {
        self.join(&self.token)
    }

    /// Gives the path of the revocation endpoint.
    pub fn revocation_path(&self) -> String {
        self.join(&self.revocation)
    }

    /// Gives the path of the introspection endpoint.
    pub fn introspection_path(&self) -> String {
        self.join(&self.introspection)
    }

    fn by_key(&self) -> [(&'static str, &String); 4] {
        [
            ("authorization_path", &self.authorization),
            ("token_path", &self.token),
            ("revocation_path", &self.revocation),
            ("introspection_path", &self.introspection),
        ]
    }

    /// Names the setting that puts an endpoint at a path, given without a slash at its end; `paths` if none does.
    pub(crate) fn key_of(&self, path: &str) -> &'static str {
        let at = |inner: &str| self.join(inner).trim_end_matches('/') == path;
        self.by_key().into_iter().find(|(_, inner)| at(inner)).map_or("paths", |(key, _)| key)
    }

    pub(super) fn check(&self) -> Result<(), InvalidSetting> {
        let all = self.by_key();
        let good = |path: &str| !path.is_empty() && path.split('/').all(is_segment);
        if !self.base.is_empty() && !self.base.strip_prefix('/').is_some_and(good) {
            let reason = "give a path such as /oauth, of letters, digits and -._~; unless set it is the issuer's path and /oauth";
            return Err(InvalidSetting::new("base_path", reason));
        }
        if !self.public_prefix.is_empty() && !self.public_prefix.strip_prefix('/').is_some_and(good) {
            let reason = "give a path such as /auth, of letters, digits and -._~, without a slash at its end";
            return Err(InvalidSetting::new("public_prefix", reason));
        }
        for (position, (key, path)) in all.into_iter().enumerate() {
            if !good(path.trim_matches('/')) {
                return Err(InvalidSetting::new(key, "give a path such as token, of letters, digits and -._~"));
            }
            let mut before = all.iter().take(position);
            if let Some((other, _)) = before.find(|(_, other)| other.trim_matches('/') == path.trim_matches('/')) {
                return Err(InvalidSetting::new(key, format!("give a path that {other} does not have")));
            }
        }
        Ok(())
    }
}

fn is_segment(segment: &str) -> bool {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    !segment.is_empty() && !matches!(segment, "." | "..") && segment.bytes().all(unreserved)
}
