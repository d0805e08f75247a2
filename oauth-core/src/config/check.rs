use super::{Config, DAY, InvalidSetting, MINUTE, TokenFormat};
use crate::scope::Scope;

/// What introspection, a JWT or a session says under a name of its own (RFC 7662 §2.2, RFC 9068 §2.2,
/// RFC 9470 §6.2, RFC 8705 §3.2): no attribute is returned in the place of one.
const STANDARD_MEMBERS: [&str; 22] = [
    "active",
    "scope",
    "client_id",
    "username",
    "token_type",
    "exp",
    "iat",
    "nbf",
    "sub",
    "aud",
    "iss",
    "jti",
    "auth_time",
    "acr",
    "amr",
    "cnf",
    "act",
    "may_act",
    "authorization_details",
    "sid",
    "nonce",
    "azp",
];

impl Config {
    /// Checks what the types cannot: called when the provider is made.
    ///
    /// # Errors
    /// Names the setting, what is wrong with it and how to fix it.
    pub fn check(&self) -> Result<(), InvalidSetting> {
        self.check_lifetimes()?;
        self.check_tokens()?;
        self.check_combinations()?;
        let no = |key, reason| Err(InvalidSetting::new(key, reason));
        for (key, most) in [
            ("failures_per_client", self.failures_per_client),
            ("failures_per_address", self.failures_per_address),
            ("unknown_tokens_per_client", self.unknown_tokens_per_client),
        ] {
            if most == 0 {
                return no(key, "give at least 1; insecure_no_throttling switches the counting off");
            }
        }
        if self.grants_per_client == 0 {
            return no("grants_per_client", "give at least 1: with none no code could be redeemed");
        }
        if self.failures_per_account == Some(0) {
            return no(
                "failures_per_account",
                "give at least 1, or remove it: then it is five times failures_per_client",
            );
        }
        if self.sweep_interval.as_secs() == 0 {
            return no("sweep_interval", "give at least 1 second");
        }
        if self.sweep_batch == 0 {
            return no("sweep_batch", "give at least 1");
        }
        if self.scopes.keys().any(|name| name.parse::<Scope>().map_or(true, |scope| scope.iter().count() != 1)) {
            return no(
                "scopes",
                "write each scope as one token of printable ASCII, without space, quote and backslash",
            );
        }
        if self.default_scope.as_ref().is_some_and(|scope| !scope.is_subset(&self.scope())) {
            return no("default_scope", "name only scopes that scopes has, or give an empty text");
        }
        for (key, names) in
            [("consenting_roles", &self.consenting_roles), ("registering_groups", &self.registering_groups)]
        {
            if names.iter().flatten().any(|name| name.trim().is_empty()) {
                return no(key, "it has an empty name, which nobody has: remove it, or give a name");
            }
        }
        if self.introspected_attributes.iter().any(|name| STANDARD_MEMBERS.contains(&name.as_str())) {
            let reason = "it names a member that introspection has a meaning for: call it another";
            return no("introspected_attributes", reason);
        }
        if self.redirect_uri_schemes.iter().flatten().any(|scheme| !crate::redirect::may_be_registered(scheme)) {
            let reason = "give https, http, or schemes of applications such as com.example.app, in lower case, without a colon; \
                 those that run or read something in the browser are never taken";
            return no("redirect_uri_schemes", reason);
        }
        self.paths.check()
    }

    fn check_lifetimes(&self) -> Result<(), InvalidSetting> {
        let no = |key, reason| Err(InvalidSetting::new(key, reason));
        if self.code_lifetime.as_secs() == 0 || self.code_lifetime > MINUTE * 10 {
            return no("code_lifetime", "give 1 to 600 seconds (RFC 6749 section 4.1.2)");
        }
        // What is later than any moment that a store can keep would be taken for one that is past.
        let longest = DAY * 36_500;
        for (key, lifetime) in [
            ("access_token_lifetime", self.access_token_lifetime),
            ("refresh_token_idle", self.refresh_token_idle),
            ("refresh_token_lifetime", self.refresh_token_lifetime),
        ] {
            if lifetime.as_secs() == 0 {
                return no(key, "give at least 1 second");
            }
            if lifetime > longest {
                return no(key, "give at most a hundred years, which are 3153600000 seconds");
            }
        }
        if self.retry_window > MINUTE * 5 {
            return no("retry_window", "give at most 300 seconds, or 0 to switch it off");
        }
        Ok(())
    }

    fn check_tokens(&self) -> Result<(), InvalidSetting> {
        let formats: [(&str, &TokenFormat); 3] = [
            ("code_format", &self.code_format),
            ("access_token_format", &self.access_token_format),
            ("refresh_token_format", &self.refresh_token_format),
        ];
        for (key, format) in formats {
            format.check().map_err(|reason| InvalidSetting::new(key, reason))?;
        }
        let name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
        if self.token_type.is_empty() || !self.token_type.bytes().all(name) {
            return Err(InvalidSetting::new("token_type", "give letters, digits and - . _ (RFC 6749 appendix A.13)"));
        }
        Ok(())
    }

    fn check_combinations(&self) -> Result<(), InvalidSetting> {
        let no = |key, reason| Err(InvalidSetting::new(key, reason));
        if self.insecure_password_without_client_secret && !self.insecure_password_grant {
            let reason = "it says nothing without insecure_password_grant: remove it, or set both";
            return no("insecure_password_without_client_secret", reason);
        }
        if self.insecure_password_client.is_some() && !self.insecure_password_without_client_secret {
            let reason = "it has no secret: remove it, or set insecure_password_without_client_secret too";
            return no("insecure_password_client", reason);
        }
        if self.insecure_password_grant && self.insecure_no_throttling {
            let reason = "with insecure_no_throttling people's passwords could be guessed at full speed \
                          (RFC 6749 section 4.3.2): remove one of the two";
            return no("insecure_password_grant", reason);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identifier::ClientId;
    use std::time::Duration;

    fn refused(change: impl FnOnce(&mut Config)) -> String {
        let mut config = Config::new("https://id.example").unwrap();
        change(&mut config);
        config.check().unwrap_err().to_string()
    }

    #[test]
    fn r_034_unsafe_combinations_are_refused() {
        let refusal = refused(|config| config.insecure_password_without_client_secret = true);
        assert!(refusal.starts_with("insecure_password_without_client_secret: "), "{refusal}");
        let refusal = refused(|config| {
            config.insecure_password_grant = true;
            config.insecure_password_client = ClientId::new("app").ok();
        });
        assert!(refusal.starts_with("insecure_password_client: "), "{refusal}");
        let refusal = refused(|config| {
            config.insecure_password_grant = true;
            config.insecure_no_throttling = true;
        });
        assert!(refusal.starts_with("insecure_password_grant: "), "{refusal}");
    }

    #[test]
    fn each_refusal_names_the_key_that_is_wrong() {
        type Change = fn(&mut Config);
        let changes: [(&str, Change); 14] = [
            ("failures_per_client", |config| config.failures_per_client = 0),
            ("failures_per_address", |config| config.failures_per_address = 0),
            ("unknown_tokens_per_client", |config| config.unknown_tokens_per_client = 0),
            ("failures_per_account", |config| config.failures_per_account = Some(0)),
            ("sweep_interval", |config| config.sweep_interval = Duration::ZERO),
            ("sweep_batch", |config| config.sweep_batch = 0),
            ("access_token_lifetime", |config| config.access_token_lifetime = Duration::ZERO),
            ("refresh_token_idle", |config| config.refresh_token_idle = Duration::ZERO),
            ("refresh_token_idle", |config| config.refresh_token_idle = Duration::MAX),
            ("refresh_token_lifetime", |config| config.refresh_token_lifetime = Duration::ZERO),
            ("refresh_token_lifetime", |config| config.refresh_token_lifetime = Duration::MAX),
            ("base_path", |config| config.paths.base = "/a b".to_owned()),
            ("token_path", |config| config.paths.token = String::new()),
            ("introspection_path", |config| config.paths.introspection = config.paths.token.clone()),
        ];
        for (key, change) in changes {
            let refusal = refused(change);
            assert!(refusal.starts_with(&format!("{key}: ")), "{refusal}");
        }
    }

    #[test]
    fn f_35_an_empty_role_or_group_is_refused_by_its_key() {
        for name in ["", " "] {
            let refusal = refused(|config| config.consenting_roles = Some([name.to_owned()].into()));
            assert!(refusal.starts_with("consenting_roles: "), "{refusal}");
            let refusal = refused(|config| config.registering_groups = Some(["staff".into(), name.to_owned()].into()));
            assert!(refusal.starts_with("registering_groups: "), "{refusal}");
        }
    }

    #[test]
    fn r_046_a_guessable_format_is_refused_by_its_key() {
        let refusal = refused(|config| config.code_format = TokenFormat::new(21));
        assert!(refusal.starts_with("code_format: length: "), "{refusal}");
        let refusal = refused(|config| config.access_token_format = TokenFormat::new(21));
        assert!(refusal.starts_with("access_token_format: length: "), "{refusal}");
        let refusal = refused(|config| config.refresh_token_format = TokenFormat::new(21));
        assert!(refusal.starts_with("refresh_token_format: length: "), "{refusal}");
        let refusal = refused(|config| config.token_type = "Bearer token".to_owned());
        assert!(refusal.starts_with("token_type: "), "{refusal}");
        let refusal = refused(|config| config.access_token_lifetime = Duration::MAX);
        assert!(refusal.starts_with("access_token_lifetime: "), "{refusal}");
    }
}
