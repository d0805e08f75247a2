//! What can be registered: the rules for the page, the command line and an application's own code.

use crate::client::{Client, ClientType, GrantType, Origin, Registered, Registration, RegistrationError, SecretHash};
use crate::config::Config;
use crate::identifier::{ClientId, any_control, has_control};
use crate::name::is_client_name;
use crate::redirect::RedirectUri;
use crate::scope::Scope;

/// The most redirect URIs, origins and resources of a client.
const MOST: usize = 20;

impl Registration {
    /// Makes a client of it, with a generated identifier and, if confidential, a generated secret.
    ///
    /// # Errors
    /// Names the field that is refused, and why.
    pub fn register(&self, config: &Config) -> Result<Registered, RegistrationError> {
        let mut client = Client::new(ClientId::generate(), self.name.as_str(), self.client_type);
        client.created_at = config.clock.now();
        self.apply(&mut client, config)?;
        client.resources_since.clear();
        let (secret, kept) = client.is_confidential().then(SecretHash::generate).unzip();
        client.secrets = Vec::from_iter(kept);
        Ok(Registered { client, secret })
    }

    /// Changes a client to what is asked, by the same rules; identifier, secrets and owner stay.
    ///
    /// A client that an administrator [vouches for](Client::is_vouched_for) loses trust and badge if this
    /// [widens](Self::widens) its registration, and is marked as [`lapsed`](Client::lapsed): the approval was
    /// of what it was. For an administrator's own edit: [`apply_as_administrator`](Self::apply_as_administrator).
    ///
    /// # Errors
    /// Names the field that is refused, and why; the client is then unchanged.
    pub fn apply(&self, client: &mut Client, config: &Config) -> Result<(), RegistrationError> {
        let approved = client.is_vouched_for().then(|| Self::of(client));
        self.apply_as_administrator(client, config)?;
        if approved.is_some_and(|approved| !Self::of(client).widens(&approved, config).is_empty()) {
            client.lapse();
        }
        Ok(())
    }

    /// Changes a client as [`apply`](Self::apply) does, by an administrator, who vouches for what they make
    /// of it: trust and badge stay.
    ///
    /// # Errors
    /// Names the field that is refused, and why; the client is then unchanged.
    pub fn apply_as_administrator(&self, client: &mut Client, config: &Config) -> Result<(), RegistrationError> {
        self.check_numbers(client)?;
        let redirect_uris = self.check(config)?;
        let origin = |text: &String| Origin::register(text).map_err(|_| RegistrationError::Origin(text.clone()));
        let allowed_origins = self.allowed_origins.iter().map(origin).collect::<Result<_, _>>()?;
        client.name.clone_from(&self.name);
        client.uri.clone_from(&self.uri);
        client.client_type = self.client_type;
        client.grant_types.clone_from(&self.grant_types);
        client.redirect_uris = redirect_uris;
        client.scope.clone_from(&self.scope);
        let added = self.resources.iter().filter(|resource| !client.resources.contains(resource));
        client.resources_since.extend(added.map(|resource| (resource.clone(), config.clock.now())));
        client.resources_since.retain(|resource, _| self.resources.contains(resource));
        client.resources.clone_from(&self.resources);
        client.insecure_without_pkce = self.insecure_without_pkce;
        client.allowed_origins = allowed_origins;
        client.lifetimes = self.lifetimes;
        client.attributes.clone_from(&self.attributes);
        if client.owner.is_none() {
            client.owner.clone_from(&self.owner);
        }
        if self.client_type == ClientType::Public {
            client.secrets.clear();
        }
        Ok(())
    }

    /// Bounds what every look at the client reads; one that had more before the bound may keep them.
    fn check_numbers(&self, client: &Client) -> Result<(), RegistrationError> {
        let numbers = [
            ("redirect URIs", self.redirect_uris.len(), client.redirect_uris.len()),
            ("origins", self.allowed_origins.len(), client.allowed_origins.len()),
            ("resources", self.resources.len(), client.resources.len()),
        ];
        match numbers.into_iter().find(|(_, asked, had)| *asked > MOST.max(*had)) {
            Some((what, ..)) => Err(RegistrationError::TooMany(what)),
            None => Ok(()),
        }
    }

    fn check(&self, config: &Config) -> Result<Vec<RedirectUri>, RegistrationError> {
        use RegistrationError as No;
        let public = self.client_type == ClientType::Public;
        let uses = |grant| self.grant_types.contains(&grant);
        let known = config.scope();
        // A policy may offer what the settings do not name; what is registered only ever limits it.
        let listed = config.scope_policy.is_none();
        let unknown = self.scope.iter().flat_map(Scope::iter).find(|token| listed && !known.contains(token));
        if !is_client_name(&self.name) {
            return Err(No::Name);
        }
        if self.uri.as_deref().is_some_and(|uri| !is_web_address(uri)) {
            return Err(No::Uri);
        }
        if any_control(&self.attributes) {
            return Err(No::Attributes);
        }
        if self.grant_types.is_empty() && self.resources.is_empty() {
            return Err(No::NoGrant);
        }
        if uses(GrantType::Implicit) && !config.insecure_implicit_grant {
            return Err(No::ImplicitOff);
        }
        if uses(GrantType::Password) && !config.insecure_password_grant {
            return Err(No::PasswordOff);
        }
        if public && uses(GrantType::Password) && !config.insecure_password_without_client_secret {
            return Err(No::PublicPassword);
        }
        if uses(GrantType::RefreshToken) && !uses(GrantType::AuthorizationCode) && !uses(GrantType::Password) {
            return Err(No::RefreshAlone);
        }
        if public && uses(GrantType::ClientCredentials) {
            return Err(No::PublicClientCredentials);
        }
        if public && self.insecure_without_pkce {
            return Err(No::PublicWithoutPkce);
        }
        if !self.lifetimes.are_usable() {
            return Err(No::Lifetime);
        }
        if let Some(token) = unknown {
            return Err(No::UnknownScope(token.to_owned()));
        }
        let is_redirected = uses(GrantType::AuthorizationCode) || uses(GrantType::Implicit);
        if is_redirected && self.redirect_uris.is_empty() {
            return Err(No::NoRedirectUri);
        }
        let register = |uri: &String| {
            let (http, schemes) = (config.insecure_http_redirects, config.redirect_uri_schemes.as_ref());
            RedirectUri::register_for(self.client_type, uri, http, schemes)
                .map_err(|reason| No::RedirectUri { uri: uri.clone(), reason })
        };
        self.redirect_uris.iter().map(register).collect()
    }
}

fn is_web_address(uri: &str) -> bool {
    // A user name would stand where people look for the host: https://bank.example@evil.example.
    let nobody = |url: &url::Url| url.username().is_empty() && url.password().is_none();
    let good = |url: url::Url| matches!(url.scheme(), "https" | "http") && url.has_host() && nobody(&url);
    uri.len() <= 2_048 && !has_control(uri) && url::Url::parse(uri).is_ok_and(good)
}

#[cfg(test)]
mod tests {
    use super::is_web_address;

    #[test]
    fn a_site_shows_its_own_host() {
        assert!(is_web_address("https://app.example/about"));
        for wrong in ["https://bank.example@evil.example", "https://a:b@evil.example/", "ftp://app.example", "app"] {
            assert!(!is_web_address(wrong), "{wrong}");
        }
    }
}
