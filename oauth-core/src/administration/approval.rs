//! What an administrator's approval of a client covers, and which edits end it.

use crate::client::{Client, Lifetimes, Registration};
use crate::config::Config;

impl Registration {
    /// Names the fields in which this registration gives a client more than `approved` does, or shows
    /// it to people as another one (RFC 6749 §10.2). Empty if it is the same or narrower.
    ///
    /// A redirect URI, an origin, a grant, a scope, a resource or the exception from PKCE more is
    /// wider; so is a longer lifetime. Name, site, client type and owner count if they differ.
    /// Attributes are the application's own, and never count.
    ///
    /// ```
    /// use oauth_core::client::{ClientType, Registration};
    /// use oauth_core::config::Config;
    ///
    /// let config = Config::new("https://id.example")?;
    /// let approved = Registration::new("Notes", ClientType::Confidential);
    /// let mut asked = approved.clone();
    /// asked.scope = "read".parse().ok();
    /// assert!(asked.widens(&approved, &config).is_empty(), "it narrows");
    /// asked.name = "Bank".to_owned();
    /// assert_eq!(asked.widens(&approved, &config), ["name"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn widens(&self, approved: &Self, config: &Config) -> Vec<&'static str> {
        // Without `..`: a new field does not compile until it is decided here.
        let Self {
            name,
            uri,
            client_type,
            grant_types,
            redirect_uris,
            scope,
            resources,
            owner,
            insecure_without_pkce,
            allowed_origins,
            lifetimes,
            attributes: _,
        } = self;
        let wider_scope = match (scope, &approved.scope) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some(asked), Some(approved)) => !asked.is_subset(approved),
        };
        [
            ("name", *name != approved.name),
            ("uri", *uri != approved.uri),
            ("client_type", *client_type != approved.client_type),
            ("grant_types", has_more(grant_types, &approved.grant_types)),
            ("redirect_uris", has_more(redirect_uris, &approved.redirect_uris)),
            ("scope", wider_scope),
            ("resources", has_more(resources, &approved.resources)),
            ("owner", *owner != approved.owner),
            ("insecure_without_pkce", *insecure_without_pkce && !approved.insecure_without_pkce),
            ("allowed_origins", has_more(allowed_origins, &approved.allowed_origins)),
            ("lifetimes", lifetimes.are_longer(&approved.lifetimes, config)),
        ]
        .into_iter()
        .filter_map(|(field, wider)| wider.then_some(field))
        .collect()
    }
}

impl Client {
    /// Tells whether an administrator vouches for it: an edit by somebody else may end that.
    pub fn is_vouched_for(&self) -> bool {
        self.trusted || self.sanctioned
    }

    /// Takes trust and badge away, until an administrator gives them again.
    pub(super) fn lapse(&mut self) {
        self.trusted = false;
        self.sanctioned = false;
        self.lapsed = true;
    }
}

impl Lifetimes {
    /// Tells whether something lives longer under these than under others, each with the settings where
    /// it says nothing.
    fn are_longer(&self, than: &Self, config: &Config) -> bool {
        let server = Self {
            code: Some(config.code_lifetime),
            access_token: (!config.insecure_access_tokens_never_expire).then_some(config.access_token_lifetime),
            refresh_token_idle: Some(config.refresh_token_idle),
            refresh_token: Some(config.refresh_token_lifetime),
        };
        let each = |of: &Self| [of.code, of.access_token, of.refresh_token_idle, of.refresh_token];
        // `None` that is left after the settings never expires.
        let longer = |asked: Option<_>, approved: Option<_>| match (asked, approved) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some(asked), Some(approved)) => asked > approved,
        };
        let all = each(self).into_iter().zip(each(than)).zip(each(&server));
        all.into_iter().any(|((asked, approved), server)| longer(asked.or(server), approved.or(server)))
    }
}

fn has_more<T: PartialEq>(asked: &[T], approved: &[T]) -> bool {
    asked.iter().any(|one| !approved.contains(one))
}

#[cfg(test)]
mod tests;
