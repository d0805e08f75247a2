use super::{Client, ClientType, GrantType, Lifetimes, Origin, SecretHash};
use crate::config::Config;
use crate::identifier::{Attributes, ClientId, Resource, Subject, any_control, has_control};
use crate::name::is_client_name;
use crate::password::PasswordHasher;
use crate::redirect::{InvalidRedirectUri, RedirectUri};
use crate::scope::Scope;
use crate::secret::ClientSecret;

/// The most redirect URIs, origins and resources of a client.
const MOST: usize = 20;

/// What is asked when a client is registered or changed; the same rules for the page, the command
/// line and an application's own code.
///
/// ```
/// use oauth_core::client::{ClientType, GrantType, Registration};
/// use oauth_core::config::Config;
///
/// let config = Config::new("https://id.example")?;
/// let mut asked = Registration::new("Notes", ClientType::Confidential);
/// asked.redirect_uris = vec!["https://notes.example/callback".to_owned()];
/// asked.grant_types = vec![GrantType::AuthorizationCode, GrantType::RefreshToken];
/// let registered = asked.register(&config)?;
/// assert!(registered.secret.is_some(), "shown once, stored as a digest");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Registration {
    /// What people will know it by: 1 to 200 characters that [can be seen](is_client_name).
    pub name: String,
    /// Its site, https or http.
    pub uri: Option<String>,
    /// Whether it can keep a secret.
    pub client_type: ClientType,
    /// The grants it may use; authorization code and refresh token unless set.
    pub grant_types: Vec<GrantType>,
    /// Where it may be redirected to.
    pub redirect_uris: Vec<String>,
    /// The most it may ask for; `None` for every configured scope.
    pub scope: Option<Scope>,
    /// The resource identifiers it is the server of.
    pub resources: Vec<Resource>,
    /// The person who registers it.
    pub owner: Option<Subject>,
    /// Whether it may ask for codes without PKCE; confidential clients only.
    pub insecure_without_pkce: bool,
    /// The web origins whose scripts may read what is answered to it.
    pub allowed_origins: Vec<String>,
    /// How long what is issued to it lives, where not as the settings say.
    pub lifetimes: Lifetimes,
    /// Free attributes, without control characters.
    pub attributes: Attributes,
}

/// A registered client with the secret to show once.
#[derive(Debug)]
pub struct Registered {
    /// What to store.
    pub client: Client,
    /// The secret, for a confidential client.
    pub secret: Option<ClientSecret>,
}

/// Why a client cannot be registered: which field, and how to fix it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RegistrationError {
    /// The name is too long, shows nothing or has hidden characters ([`is_client_name`]).
    #[error("name: give 1 to 200 characters that can be seen, without line breaks, control or invisible characters")]
    Name,
    /// The site is not a web address.
    #[error("site: give an address that starts with https:// or http://")]
    Uri,
    /// An attribute has control characters.
    #[error("attributes: names and values have no line breaks or control characters")]
    Attributes,
    /// No grant was chosen.
    #[error("grants: choose at least one")]
    NoGrant,
    /// A refresh token alone cannot be obtained.
    #[error("grants: refresh_token needs authorization_code beside it")]
    RefreshAlone,
    /// The server does not offer the implicit grant.
    #[error(
        "grants: implicit is not offered here, because it sends tokens through the browser's address: use authorization_code"
    )]
    ImplicitOff,
    /// The server does not offer the password grant.
    #[error(
        "grants: password is not offered here, because it shows people's passwords to the application: use authorization_code"
    )]
    PasswordOff,
    /// The server offers the password grant to clients with a secret only.
    #[error("grants: password is for confidential clients only: leave it out, or make the client confidential")]
    PublicPassword,
    /// An administrator decides who may use a grant.
    #[error("grants: {0} is an administrator's to give: leave it out, or ask an administrator")]
    GrantNotOrdinary(GrantType),
    /// An administrator decides who may ask for a scope.
    #[error("scope: {0:?} is an administrator's to give: leave it out, or ask an administrator")]
    ScopeNotOrdinary(String),
    /// A public client cannot act for itself (RFC 6749 §4.4).
    #[error(
        "grants: client_credentials is for confidential clients only: leave it out, or make the client confidential"
    )]
    PublicClientCredentials,
    /// There are more of something than a client may have.
    #[error("{0}: give at most 20")]
    TooMany(&'static str),
    /// A redirect URI is missing.
    #[error(
        "redirect URIs: authorization_code and implicit need at least one: give the address to which browsers return"
    )]
    NoRedirectUri,
    /// A redirect URI is refused.
    #[error("redirect URI {uri:?}: {reason}")]
    RedirectUri {
        /// What was asked.
        uri: String,
        /// Why it is refused.
        reason: InvalidRedirectUri,
    },
    /// The scope has tokens that the server does not know.
    #[error("scope: this server does not offer {0:?}: use scopes_supported of its metadata")]
    UnknownScope(String),
    /// An origin is refused.
    #[error("origin {0:?}: {reason}", reason = super::InvalidOrigin)]
    Origin(String),
    /// A lifetime is zero, or that of codes more than ten minutes (RFC 6749 §4.1.2).
    #[error("lifetimes: give at least 1 second, and at most 600 for codes")]
    Lifetime,
    /// A public client cannot go without PKCE (RFC 9700 §2.1.1).
    #[error("PKCE: only a confidential client may go without: require it, or make the client confidential")]
    PublicWithoutPkce,
    /// A public client was given a secret.
    #[error("secret: a public client has none: remove it, or make the client confidential")]
    PublicSecret,
    /// A secret is too short to be one.
    #[error("secret: give 8 to 1024 characters without line breaks or control characters")]
    ShortSecret,
    /// There are as many secrets as there can be at a time.
    #[error("secret: there are two already; retire the old one first")]
    TwoSecrets,
    /// The password hasher has too much to do.
    #[error("secret: the server is busy hashing passwords; try again in a few seconds")]
    Busy,
}

impl Registration {
    /// Asks for a client with the code flow and refresh tokens.
    pub fn new(name: impl Into<String>, client_type: ClientType) -> Self {
        Self {
            name: name.into(),
            uri: None,
            client_type,
            grant_types: vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
            redirect_uris: Vec::new(),
            scope: None,
            resources: Vec::new(),
            owner: None,
            insecure_without_pkce: false,
            allowed_origins: Vec::new(),
            lifetimes: Lifetimes::default(),
            attributes: Attributes::new(),
        }
    }

    /// Asks for what a client is registered with, to be changed in parts and
    /// [applied](Self::apply) to it.
    pub fn of(client: &Client) -> Self {
        Self {
            name: client.name.clone(),
            uri: client.uri.clone(),
            client_type: client.client_type,
            grant_types: client.grant_types.clone(),
            redirect_uris: client.redirect_uris.iter().map(|uri| uri.as_str().to_owned()).collect(),
            scope: client.scope.clone(),
            resources: client.resources.clone(),
            owner: client.owner.clone(),
            insecure_without_pkce: client.insecure_without_pkce,
            allowed_origins: client.allowed_origins.iter().map(ToString::to_string).collect(),
            lifetimes: client.lifetimes,
            attributes: client.attributes.clone(),
        }
    }

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

impl Client {
    /// Gives the client a secret in the place of the ones it has, and returns it to show once.
    ///
    /// # Errors
    /// A public client has none.
    pub fn renew_secret(&mut self) -> Result<ClientSecret, RegistrationError> {
        if !self.is_confidential() {
            return Err(RegistrationError::PublicSecret);
        }
        let (secret, kept) = SecretHash::generate();
        self.secrets = vec![kept];
        Ok(secret)
    }

    /// Gives the client a secret that came from elsewhere. Nobody can tell how guessable it is, so it is stored
    /// as argon2id, which costs every token request some 20 ms of processor time; prefer
    /// [`renew_secret`](Self::renew_secret).
    ///
    /// # Errors
    /// A public client has none; a short one is refused; the hasher may be busy.
    pub async fn set_secret(
        &mut self,
        secret: &ClientSecret,
        hasher: &PasswordHasher,
    ) -> Result<(), RegistrationError> {
        let text = secret.expose();
        if !self.is_confidential() {
            return Err(RegistrationError::PublicSecret);
        }
        if text.chars().count() < 8 || text.len() > 1_024 || has_control(text) {
            return Err(RegistrationError::ShortSecret);
        }
        let hash = hasher.hash(text).await.map_err(|_| RegistrationError::Busy)?;
        self.secrets = vec![SecretHash::Argon2(hash)];
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Client, ClientId, ClientSecret, ClientType, PasswordHasher, SecretHash, is_web_address};

    #[test]
    fn a_site_shows_its_own_host() {
        assert!(is_web_address("https://app.example/about"));
        for wrong in ["https://bank.example@evil.example", "https://a:b@evil.example/", "ftp://app.example", "app"] {
            assert!(!is_web_address(wrong), "{wrong}");
        }
    }

    #[tokio::test]
    async fn r_189_a_secret_from_elsewhere_is_hashed_as_a_password_is() -> Result<(), Box<dyn std::error::Error>> {
        let mut client = Client::new(ClientId::new("old")?, "Old", ClientType::Confidential);
        for secret in ["letmein99", "0123456789abcdef0123456789abcdef", "AbCdEfGhIjKlMnOpQrStUvWxYz0123456789-_AbCdE"] {
            client.set_secret(&ClientSecret::new(secret), &PasswordHasher::new()).await?;
            assert!(matches!(client.secrets.as_slice(), [SecretHash::Argon2(_)]), "{secret}");
        }
        Ok(())
    }
}
