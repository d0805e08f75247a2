//! Client authentication (RFC 6749 §2.3): the only way to an [`AuthenticatedClient`], which is the
//! only key to a grant.

use crate::client::{Client, ClientType, SecretHash};
use crate::error::Rejection;
use crate::event::Event;
use crate::http::Parameters;
use crate::identifier::ClientId;
use crate::secret::ClientSecret;
use crate::server::{AuthorizationProvider, Server};
use crate::store::ClientStore;
use crate::throttle::{Attempt, Refused};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{HeaderMap, Request};
use percent_encoding::percent_decode_str;
use std::net::IpAddr;

/// A client that has shown who it is; made nowhere else than here.
///
/// A confidential client has proved it by its secret. A public client cannot prove anything: its
/// grants are bound to it by what else they check.
#[derive(Clone, Debug)]
pub struct AuthenticatedClient {
    client: Client,
    secret: Option<SecretHash>,
    address: Option<IpAddr>,
}

impl AuthenticatedClient {
    /// Gives the registered client.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Gives the secret that authenticated it, as it is stored; `None` for a public client.
    pub fn secret(&self) -> Option<&SecretHash> {
        self.secret.as_ref()
    }

    /// Gives where its request came from, where known.
    pub fn address(&self) -> Option<IpAddr> {
        self.address
    }
}

/// What authenticated a client.
enum Proof {
    /// This one of its secrets.
    Secret(SecretHash),
    /// Nothing: it is public.
    NoneNeeded,
    /// It is not authenticated.
    Wrong,
}

/// What a request says of its client, before anything is believed.
struct Credentials {
    /// The client's identifier, and the one to look for if there is none of that name.
    ids: Vec<String>,
    /// Readings of the secret, any of which may be the right one; empty where none was sent.
    secrets: Vec<ClientSecret>,
}

impl<P: AuthorizationProvider> Server<P> {
    /// Authenticates the client of a token, revocation or introspection request, by HTTP Basic, by
    /// `client_secret` in the form, or, for a public client, by its `client_id` alone.
    ///
    /// A secret of the form of a generated one is compared first, and the right one is admitted whatever was
    /// guessed before. Any other secret is compared within the limits of failures, however its hash is stored.
    ///
    /// # Errors
    /// Says why the client was not authenticated. A failed attempt counts, also for a client that
    /// does not exist, and the text of the answer does not tell the two apart. Its time does: it tells which
    /// clients have a secret that is stored as argon2id. Client identifiers are no secret (RFC 6749 §2.2), and a
    /// hash for unknown ones would let strangers fill the queue of the hasher.
    pub async fn authenticate(
        &self,
        request: &Request<Bytes>,
        parameters: &Parameters,
    ) -> Result<AuthenticatedClient, Rejection> {
        let address = self.address(request);
        if request.uri().query().is_some_and(|query| query.contains("client_secret=")) {
            return Err(Rejection::CredentialsInUri);
        }
        let twice = self.config().accept_credentials_twice;
        let credentials = match credentials(request.headers(), parameters, twice) {
            Ok(credentials) => credentials,
            Err(rejection) => {
                self.throttle.failed("", address);
                self.tell_failed(None, address);
                return Err(rejection);
            }
        };
        let client = self.registered(&credentials.ids).await?;
        // Nobody guesses a generated secret, so no count of failures keeps out a client that has it.
        let proof = match client.as_ref().map_or(Proof::Wrong, |client| proves(client, &credentials.secrets)) {
            Proof::Wrong => self.guessable(client.as_ref(), &credentials, address).await?,
            proof => proof,
        };
        let secret = match proof {
            Proof::Secret(secret) => Some(secret),
            Proof::NoneNeeded => None,
            Proof::Wrong => return Err(Rejection::ClientAuthenticationFailed),
        };
        match client {
            Some(client) if client.enabled => Ok(AuthenticatedClient { client, secret, address }),
            Some(_) => Err(Rejection::DisabledClient),
            None => Err(Rejection::ClientAuthenticationFailed),
        }
    }

    /// Looks for a presented secret among all that the client has, within the limits of failures. The limits are
    /// the same for each client, also for an unknown one, so they do not tell what is stored.
    async fn guessable(
        &self,
        client: Option<&Client>,
        credentials: &Credentials,
        address: Option<IpAddr>,
    ) -> Result<Proof, Rejection> {
        // One count for a client, in however many ways its identifier can be written.
        let sent = credentials.ids.first().map(String::as_str).unwrap_or_default();
        let name = client.map_or(sent, |client| client.id.as_str());
        let attempt = self.attempt(name, address).await?;
        let compared = match client.filter(|client| client.is_confidential()) {
            Some(client) => attempt.run(self.has_secret(client, &credentials.secrets)).await,
            // An unknown client is not hashed for: strangers could fill the queue.
            None => Ok(Proof::Wrong),
        };
        match compared {
            Ok(Proof::Wrong) => {
                self.tell_failed(Some(name), address);
                attempt.failed().await;
            }
            Ok(_) => attempt.succeeded(),
            Err(_) => attempt.abandoned(),
        }
        compared
    }

    /// Tells whether the client that a request names, by whatever means and rightly or not, has
    /// registered an origin: whose scripts may read the answer, an error too. It proves nothing.
    pub(crate) async fn has_registered(&self, origin: &str, request: &Request<Bytes>) -> bool {
        let header = request.headers().get(AUTHORIZATION).and_then(|header| header.to_str().ok());
        let mut ids = header.and_then(|header| basic(header).ok()).map(|sent| sent.ids).unwrap_or_default();
        ids.extend(Parameters::readable(request).get("client_id").map(str::to_owned));
        let client = self.registered(&ids).await.ok().flatten();
        client.is_some_and(|client| client.allowed_origins.iter().any(|allowed| allowed.matches(origin)))
    }

    /// Lets a request that names no client stand for a public one that the settings name: it proves as
    /// little as a sender of that client's identifier.
    pub(crate) async fn stand_in(
        &self,
        id: &ClientId,
        request: &Request<Bytes>,
    ) -> Result<AuthenticatedClient, Rejection> {
        match self.store().client(id).await? {
            Some(client) if client.is_confidential() => Err(Rejection::ClientAuthenticationFailed),
            Some(client) if !client.enabled => Err(Rejection::DisabledClient),
            Some(client) => Ok(AuthenticatedClient { client, secret: None, address: self.address(request) }),
            None => Err(Rejection::ClientAuthenticationFailed),
        }
    }

    /// Begins an attempt that may fail, once as few are under way as may still fail.
    pub(crate) async fn attempt(&self, name: &str, address: Option<IpAddr>) -> Result<Attempt, Rejection> {
        match self.throttle.begin(name, address, false).await {
            Ok(attempt) => Ok(attempt),
            Err(Refused::Throttled) => Err(self.throttled(address)),
            Err(busy) => Err(busy.into()),
        }
    }

    fn throttled(&self, address: Option<IpAddr>) -> Rejection {
        self.config().events.record(&Event::Throttled { address });
        Rejection::Throttled
    }

    async fn registered(&self, ids: &[String]) -> Result<Option<Client>, Rejection> {
        for id in ids {
            if let Ok(id) = ClientId::new(id.as_str())
                && let Some(client) = self.store().client(&id).await?
            {
                return Ok(Some(client));
            }
        }
        Ok(None)
    }

    async fn has_secret(&self, client: &Client, presented: &[ClientSecret]) -> Result<Proof, Rejection> {
        for secret in presented {
            if let Some(stored) = digested(client, secret) {
                return Ok(Proof::Secret(stored.clone()));
            }
            for stored in &client.secrets {
                let SecretHash::Argon2(hash) = stored else { continue };
                let compared = self.config().passwords.verify(secret.expose(), Some(hash)).await;
                if compared.map_err(|_| Rejection::Busy)? {
                    return Ok(Proof::Secret(stored.clone()));
                }
            }
        }
        Ok(Proof::Wrong)
    }

    fn tell_failed(&self, name: Option<&str>, address: Option<IpAddr>) {
        let client_id = name.map(|name| name.chars().take(255).collect());
        self.config().events.record(&Event::ClientAuthenticationFailed { client_id, address });
    }
}

/// Looks for what nobody can guess: the generated secret of a client, or nothing, if it is public and sends none.
fn proves(client: &Client, presented: &[ClientSecret]) -> Proof {
    if client.client_type == ClientType::Public {
        return if presented.is_empty() { Proof::NoneNeeded } else { Proof::Wrong };
    }
    let mut generated = presented.iter().filter(|secret| secret.has_generated_form());
    let stored = generated.find_map(|secret| digested(client, secret));
    stored.map_or(Proof::Wrong, |stored| Proof::Secret(stored.clone()))
}

/// Finds a presented secret among those that are stored as SHA-256.
fn digested<'a>(client: &'a Client, presented: &ClientSecret) -> Option<&'a SecretHash> {
    let digest = presented.digest();
    client.secrets.iter().find(|stored| matches!(stored, SecretHash::Sha256(kept) if *kept == digest))
}

/// Reads the one way in which the client authenticates; `twice` takes the same in both.
fn credentials(headers: &HeaderMap, parameters: &Parameters, twice: bool) -> Result<Credentials, Rejection> {
    let in_form = parameters.get("client_secret");
    let has_assertion =
        parameters.get("client_assertion").is_some() || parameters.get("client_assertion_type").is_some();
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let header = values.next();
    if values.next().is_some() {
        return Err(Rejection::BadRequestHead);
    }
    match (header, in_form) {
        (Some(_), Some(_)) if has_assertion || !twice => Err(Rejection::TwoAuthenticationMethods),
        (Some(_), None) | (None, Some(_)) if has_assertion => Err(Rejection::TwoAuthenticationMethods),
        (Some(header), in_form) => {
            let credentials = basic(header.to_str().map_err(|_| Rejection::MalformedBasic)?)?;
            let is_the_same = |sent| credentials.secrets.contains(&ClientSecret::new(sent));
            match (parameters.get("client_id"), in_form) {
                (Some(id), _) if !credentials.ids.iter().any(|known| known == id) => Err(Rejection::ClientIdsDiffer),
                (_, Some(secret)) if !is_the_same(secret) => Err(Rejection::TwoAuthenticationMethods),
                _ => Ok(credentials),
            }
        }
        _ if has_assertion => Err(Rejection::ClientAuthenticationFailed),
        (None, secret) => {
            let id = parameters.get("client_id").ok_or(Rejection::ClientAuthenticationFailed)?;
            Ok(Credentials { ids: vec![id.to_owned()], secrets: secret.map(ClientSecret::new).into_iter().collect() })
        }
    }
}

/// Reads HTTP Basic (RFC 6749 §2.3.1). Identifier and secret are form-encoded inside it; half of the
/// popular clients never encode them, so each is also taken as it stands.
fn basic(header: &str) -> Result<Credentials, Rejection> {
    let (scheme, rest) = header.split_once(' ').ok_or(Rejection::MalformedBasic)?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(Rejection::MalformedBasic);
    }
    let bytes = STANDARD.decode(rest.trim_matches(' ')).map_err(|_| Rejection::MalformedBasic)?;
    let text = String::from_utf8(bytes).map_err(|_| Rejection::MalformedBasic)?;
    let (id, secret) = text.split_once(':').ok_or(Rejection::MalformedBasic)?;
    let secrets = if secret.is_empty() { Vec::new() } else { readings(secret) };
    Ok(Credentials { ids: readings(id), secrets: secrets.into_iter().map(ClientSecret::new).collect() })
}

/// Gives the form-decoded reading of a text and, if it differs, the text as it stands.
fn readings(text: &str) -> Vec<String> {
    let spaced = text.replace('+', " ");
    let decoded = percent_decode_str(&spaced).decode_utf8().ok().map(|decoded| decoded.into_owned());
    match decoded {
        Some(decoded) if decoded != text => vec![decoded, text.to_owned()],
        _ => vec![text.to_owned()],
    }
}
