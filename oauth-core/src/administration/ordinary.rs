//! What people who are no administrators may register.

use crate::client::{Client, GrantType, Registration, RegistrationError};
use crate::config::Config;
use crate::scope::Scope;

impl Config {
    /// Gives the grants that people who are no administrators may register clients for.
    pub fn registrable_grants(&self) -> Vec<GrantType> {
        let may = |grant: &GrantType| match &self.registrable_grants {
            Some(listed) => listed.contains(grant),
            None => *grant != GrantType::ClientCredentials,
        };
        self.grant_types().into_iter().filter(may).collect()
    }

    /// Gives the scopes that people who are no administrators may register clients for.
    pub fn registrable_scope(&self) -> Scope {
        self.registrable_scope.clone().or_else(|| self.default_scope.clone()).unwrap_or_default()
    }
}

impl Registration {
    /// Keeps a registration within what people may ask for who are no administrators; what the client has
    /// `before` stays. One without a limit of scopes is limited to those that people may give.
    ///
    /// ```
    /// use oauth_core::client::{ClientType, GrantType, Registration};
    /// use oauth_core::config::Config;
    ///
    /// let config = Config::new("https://id.example")?;
    /// let mut asked = Registration::new("Notes", ClientType::Confidential);
    /// asked.limit_to_ordinary(None, &config)?;
    /// assert_eq!(asked.scope, config.default_scope);
    /// asked.grant_types = vec![GrantType::ClientCredentials];
    /// assert!(asked.limit_to_ordinary(None, &config).is_err(), "it would act for itself");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Names the grant or scope that is an administrator's to give.
    pub fn limit_to_ordinary(&mut self, before: Option<&Client>, config: &Config) -> Result<(), RegistrationError> {
        let grants = config.registrable_grants();
        let had = |grant: GrantType| before.is_some_and(|before| before.may_use(grant));
        // One that is not on offer at all is refused with its own reason.
        let offered = config.grant_types();
        let beyond = |grant: &&GrantType| offered.contains(grant) && !grants.contains(grant) && !had(**grant);
        if let Some(grant) = self.grant_types.iter().find(beyond) {
            return Err(RegistrationError::GrantNotOrdinary(*grant));
        }
        // With a policy the settings do not say which scopes there are: the policy decides for each client.
        let by_policy = config.scope_policy.is_some() && config.registrable_scope.is_none();
        let unlimited_before = before.is_some_and(|before| before.scope.is_none());
        if by_policy || unlimited_before {
            return Ok(());
        }
        let (allowed, known) = (config.registrable_scope(), config.scope());
        if self.scope.is_none() && before.is_none() {
            self.scope = Some(allowed);
            return Ok(());
        }
        let Some(asked) = &self.scope else {
            self.scope =
                before.and_then(|before| before.scope.clone()).filter(|had| allowed.is_subset(had)).or(Some(allowed));
            return Ok(());
        };
        let had = before.and_then(|before| before.scope.as_ref());
        let may = |token: &str| allowed.contains(token) || had.is_some_and(|had| had.contains(token));
        match asked.iter().find(|token| known.contains(token) && !may(token)) {
            Some(token) => Err(RegistrationError::ScopeNotOrdinary(token.to_owned())),
            None => Ok(()),
        }
    }
}
