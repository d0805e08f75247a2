//! Registered clients (RFC 6749 §2).

mod lifetimes;
mod origin;
mod registration;
mod secrets;

pub use crate::client_type::ClientType;
pub use lifetimes::Lifetimes;
pub use origin::{InvalidOrigin, Origin};
pub use registration::{Registered, Registration, RegistrationError};

use crate::clock::Timestamp;
use crate::identifier::{Attributes, ClientId, Resource, Subject};
use crate::password::PasswordHash;
use crate::redirect::RedirectUri;
use crate::scope::Scope;
use crate::secret::{ClientSecret, Digest};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// A grant that a client may use, by its RFC name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum GrantType {
    /// RFC 6749 §4.1.
    AuthorizationCode,
    /// RFC 6749 §6.
    RefreshToken,
    /// RFC 6749 §4.4.
    ClientCredentials,
    /// RFC 6749 §4.2, removed from OAuth 2.1:
    /// [`Config::insecure_implicit_grant`](crate::config::Config::insecure_implicit_grant).
    Implicit,
    /// RFC 6749 §4.3, removed from OAuth 2.1:
    /// [`Config::insecure_password_grant`](crate::config::Config::insecure_password_grant).
    Password,
}

impl GrantType {
    /// All that this version knows; [`Config::grant_types`](crate::config::Config::grant_types) gives
    /// those that a server offers.
    pub const ALL: [Self; 5] =
        [Self::AuthorizationCode, Self::RefreshToken, Self::ClientCredentials, Self::Implicit, Self::Password];

    /// Gives the name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::RefreshToken => "refresh_token",
            Self::ClientCredentials => "client_credentials",
            Self::Implicit => "implicit",
            Self::Password => "password",
        }
    }
}

impl fmt::Display for GrantType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// No grant has this name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a grant is one of authorization_code, refresh_token, client_credentials, implicit, password")]
pub struct UnknownGrantType;

impl FromStr for GrantType {
    type Err = UnknownGrantType;

    fn from_str(text: &str) -> Result<Self, UnknownGrantType> {
        Self::ALL.into_iter().find(|grant| grant.as_str() == text).ok_or(UnknownGrantType)
    }
}

/// A client secret as it is stored. `Debug` shows the kind only.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SecretHash {
    /// SHA-256, for secrets that [`generate`](Self::generate) made, of 256 random bits: nothing slower makes
    /// them harder to guess.
    ///
    /// A client that presents the right secret in the form of a generated one, 43 characters of base64url, is
    /// admitted whatever was guessed before. A hash that was imported may be of any text: a secret of any other
    /// form has the limits of failures. A copy of the store still shows it to guesses that nobody counts, so
    /// prefer [`Client::set_secret`] if the text is known.
    Sha256(Digest),
    /// argon2id, for secrets that came from elsewhere ([`Client::set_secret`]).
    Argon2(PasswordHash),
}

impl SecretHash {
    /// Writes it as it stands in a [`Client`] that serde has written as JSON.
    ///
    /// A store that keeps clients so looks for this text, to tell in a statement or a script whether a secret
    /// is the client's ([`Issue::authenticated_by`](crate::store::Issue::authenticated_by)). No name, address
    /// or other text of a client can hold it, because JSON escapes the quotation marks of a text.
    ///
    /// ```
    /// use oauth_core::client::{Client, ClientType, SecretHash};
    /// use oauth_core::identifier::ClientId;
    ///
    /// let (_, secret) = SecretHash::generate();
    /// let mut client = Client::new(ClientId::new("notes")?, "Notes", ClientType::Confidential);
    /// assert!(!serde_json::to_string(&client)?.contains(&secret.stored_text()));
    /// client.secrets = vec![secret.clone()];
    /// assert!(serde_json::to_string(&client)?.contains(&secret.stored_text()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn stored_text(&self) -> String {
        let (kind, value) = match self {
            Self::Sha256(digest) => ("sha256", Value::from(digest.as_bytes().as_slice())),
            Self::Argon2(hash) => ("argon2", Value::from(hash.as_phc())),
        };
        format!(r#"{{"{kind}":{value}}}"#)
    }
}

impl fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sha256(_) => "Sha256(redacted)",
            Self::Argon2(_) => "Argon2(redacted)",
        })
    }
}

impl SecretHash {
    /// Makes a secret of 256 random bits, to show once, and what a store keeps of it.
    ///
    /// ```
    /// use oauth_core::client::SecretHash;
    /// let (secret, kept) = SecretHash::generate();
    /// assert_eq!(kept, SecretHash::Sha256(secret.digest()));
    /// ```
    pub fn generate() -> (ClientSecret, Self) {
        let secret = ClientSecret::generate();
        let kept = Self::Sha256(secret.digest());
        (secret, kept)
    }
}

/// A registered client.
///
/// Made by [`Registration`], which applies the rules of registration; a store keeps it as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Client {
    /// Its identifier.
    pub id: ClientId,
    /// What people know it by.
    pub name: String,
    /// Its site, for the consent page.
    pub uri: Option<String>,
    /// Whether it can keep a secret.
    pub client_type: ClientType,
    /// The secrets it may authenticate with; none for a public client.
    pub secrets: Vec<SecretHash>,
    /// Where it may be redirected to.
    pub redirect_uris: Vec<RedirectUri>,
    /// The grants it may use.
    pub grant_types: Vec<GrantType>,
    /// The most it may ask for; `None` for every configured scope.
    pub scope: Option<Scope>,
    /// The resource identifiers it is the server of.
    pub resources: Vec<Resource>,
    /// Since when it is the server of those resources that it got after it was registered.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub resources_since: BTreeMap<Resource, Timestamp>,
    /// The person who registered it.
    pub owner: Option<Subject>,
    /// Whether it may do anything at all.
    pub enabled: bool,
    /// Whether it may ask for codes without PKCE: weakens it against code injection.
    pub insecure_without_pkce: bool,
    /// The web origins whose scripts may read what is answered to it (CORS).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allowed_origins: Vec<Origin>,
    /// How long what is issued to it lives, where not as the settings say.
    #[serde(default, skip_serializing_if = "Lifetimes::is_empty")]
    pub lifetimes: Lifetimes,
    /// Whether people are not asked for their consent: an application of the house.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub trusted: bool,
    /// Whether those who run this server vouch for it: a badge on the consent page, no more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sanctioned: bool,
    /// Whether an edit by somebody else than an administrator took [`trusted`](Self::trusted) or
    /// [`sanctioned`](Self::sanctioned) away, and no administrator has decided about it since.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub lapsed: bool,
    /// Why those who run this server have blocked it, in words for people. [`block`](Self::block) sets
    /// it: a blocked client is also not [`enabled`](Self::enabled), which is what a store looks at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocked: Option<String>,
    /// Free attributes, by which it can be found.
    pub attributes: Attributes,
    /// When it was registered.
    pub created_at: Timestamp,
}

impl Client {
    /// Makes an enabled client that can do nothing yet: no secret, redirect URI or grant.
    pub fn new(id: ClientId, name: impl Into<String>, client_type: ClientType) -> Self {
        Self {
            id,
            name: name.into(),
            uri: None,
            client_type,
            secrets: Vec::new(),
            redirect_uris: Vec::new(),
            grant_types: Vec::new(),
            scope: None,
            resources: Vec::new(),
            resources_since: BTreeMap::new(),
            owner: None,
            enabled: true,
            insecure_without_pkce: false,
            allowed_origins: Vec::new(),
            lifetimes: Lifetimes::default(),
            trusted: false,
            sanctioned: false,
            lapsed: false,
            blocked: None,
            attributes: Attributes::new(),
            created_at: Timestamp::from_unix_seconds(0),
        }
    }

    /// Tells whether it may use a grant.
    pub fn may_use(&self, grant: GrantType) -> bool {
        self.grant_types.contains(&grant)
    }

    /// Tells whether it can keep a secret.
    pub fn is_confidential(&self) -> bool {
        self.client_type == ClientType::Confidential
    }

    /// Tells since when it is the server of a resource: a token that was issued before, and a grant that was
    /// approved before, were meant for another client's. `None` if it is not its server.
    pub fn server_since(&self, resource: &Resource) -> Option<Timestamp> {
        let since = || self.resources_since.get(resource).copied().unwrap_or(self.created_at);
        self.resources.contains(resource).then(since)
    }

    /// Blocks it, for a [reason](crate::name::is_reason) that people are told: nothing it holds counts from the moment it is stored,
    /// and only [`unblock`](Self::unblock) makes it usable again.
    pub fn block(&mut self, reason: impl Into<String>) {
        self.enabled = false;
        self.blocked = Some(reason.into());
    }

    /// Takes a block back, and enables it.
    pub fn unblock(&mut self) {
        self.enabled = true;
        self.blocked = None;
    }

    /// Keeps of a scope what this client may have.
    pub fn limit(&self, scope: &Scope) -> Scope {
        match &self.scope {
            Some(allowed) => scope.intersection(allowed),
            None => scope.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Client, ClientType, Digest, PasswordHash, SecretHash};
    use crate::identifier::ClientId;

    fn written(secrets: &[&SecretHash], name: &str) -> Result<String, Box<dyn std::error::Error>> {
        let mut client = Client::new(ClientId::new("notes")?, name, ClientType::Confidential);
        client.secrets = secrets.iter().copied().cloned().collect();
        Ok(serde_json::to_string(&client)?)
    }

    #[test]
    fn the_text_of_a_secret_stands_in_its_client_and_in_no_other() -> Result<(), Box<dyn std::error::Error>> {
        let hashes = [
            SecretHash::Sha256(Digest::of("one")),
            SecretHash::Sha256(Digest::of("another")),
            SecretHash::Argon2(PasswordHash::from_phc("$argon2id$v=19$m=8,t=1,p=1$c2FsdA$aGFzaA")),
            SecretHash::Argon2(PasswordHash::from_phc("$argon2id$v=19$m=8,t=1,p=1$c2FsdA$aGFzaGVz")),
            SecretHash::Argon2(PasswordHash::from_phc("an odd \"one\" with \\ and \n in it")),
        ];
        for hash in &hashes {
            let text = hash.stored_text();
            assert_eq!(text, serde_json::to_string(hash)?);
            for other in &hashes {
                assert_eq!(written(&[other], "Notes")?.contains(&text), other == hash);
            }
            let all: Vec<_> = hashes.iter().collect();
            assert!(written(&all, "Notes")?.contains(&text));
            assert!(!written(&[], &text)?.contains(&text), "a name is no secret");
        }
        Ok(())
    }
}
