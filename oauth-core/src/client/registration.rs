use super::{Client, ClientType, GrantType, Lifetimes, SecretHash};
use crate::identifier::{Attributes, Resource, Subject, has_control};
use crate::password::PasswordHasher;
use crate::redirect::InvalidRedirectUri;
use crate::scope::Scope;
use crate::secret::ClientSecret;

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
    /// What people will know it by: 1 to 200 characters that [can be seen](crate::name::is_client_name).
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
    /// The name is too long, shows nothing or has hidden characters ([`is_client_name`](crate::name::is_client_name)).
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
    use super::{Client, ClientSecret, ClientType, PasswordHasher, SecretHash};
    use crate::identifier::ClientId;

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
