use crate::{Error, Kind};
use bytes::Bytes;
use http::{HeaderMap, Method, Request, header};
use oauth_core::client::{Client, ClientType, GrantType, SecretHash};
use oauth_core::config::Config;
use oauth_core::identifier::{ClientId, Subject};
use oauth_core::owner::{Approval, AuthorizationRequest, Decided, Decision, ResourceOwner};
use oauth_core::provider::{AuthorizationProvider, Provider, Service as _};
use oauth_core::redirect::RedirectUri;
use oauth_core::resource::{Access, LocalResourceProvider, ProtectedResource, Requirement, ResourceRequest};
use oauth_core::secret::ClientSecret;
use oauth_core::store::{ClientStore as _, MemoryStore, Result as Stored, StoreError};
use serde_json::Value;
use std::sync::atomic::{AtomicU64, Ordering};

const CALLBACK: &str = "https://client.example/callback";
/// Of the form of a generated one, as clients have it.
const SECRET: &str = "iwR0vcVxvDtm9yNaeYDAFDXnhGpKAkfZyd4ZgKWWdbQ";
/// The example of RFC 7636, appendix B.
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// Agrees to everything, each time as another person.
struct Agrees(AtomicU64);

impl ResourceOwner for Agrees {
    async fn decide(&self, _: &Request<Bytes>, asked: &AuthorizationRequest) -> Stored<Decided> {
        let person = Subject::new(format!("person-{}", self.0.fetch_add(1, Ordering::Relaxed)));
        let person = person.map_err(|error| StoreError::new("naming a person", error))?;
        Ok(Decision::Allow(Approval::new(person, asked.scope().clone())).into())
    }
}

struct App {
    config: Config,
    store: MemoryStore,
    owner: Agrees,
}

impl AuthorizationProvider for App {
    type Store = MemoryStore;
    type Owner = Agrees;

    fn store(&self) -> &MemoryStore {
        &self.store
    }

    fn owner(&self) -> &Agrees {
        &self.owner
    }

    fn config(&self) -> &Config {
        &self.config
    }
}

/// A provider in memory, with one confidential client.
pub(crate) struct Requests {
    provider: Provider<App>,
    store: MemoryStore,
}

impl Requests {
    pub(crate) async fn new() -> Result<Self, Error> {
        let mut client = Client::new(ClientId::new("notes")?, "Notes", ClientType::Confidential);
        client.secrets = vec![SecretHash::Sha256(ClientSecret::new(SECRET).digest())];
        client.redirect_uris = vec![RedirectUri::register(CALLBACK, false)?];
        client.grant_types = vec![GrantType::AuthorizationCode, GrantType::RefreshToken, GrantType::ClientCredentials];
        let store = MemoryStore::new();
        store.create_client(&client).await?;
        let mut config = Config::new("https://id.example")?;
        config.default_scope = Some("read".parse()?);
        let app = App { config, store: store.clone(), owner: Agrees(AtomicU64::new(0)) };
        Ok(Self { provider: Provider::new(app)?, store })
    }

    pub(crate) async fn make(&self, kind: Kind, count: u64) -> Result<(), Error> {
        match kind {
            Kind::Check => self.checks(count).await,
            Kind::Refresh => {
                let mut token = self.exchange().await?;
                for _ in 0..count {
                    let refresh_token = text(&token, "refresh_token")?;
                    token = self.token(&[("grant_type", "refresh_token"), ("refresh_token", refresh_token)]).await?;
                }
                Ok(())
            }
            Kind::ClientCredentials | Kind::Authorization | Kind::Code => {
                for _ in 0..count {
                    match kind {
                        Kind::Authorization => drop(self.code().await?),
                        Kind::Code => drop(self.exchange().await?),
                        _ => drop(self.token(&[("grant_type", "client_credentials"), ("scope", "read")]).await?),
                    }
                }
                Ok(())
            }
        }
    }

    async fn checks(&self, count: u64) -> Result<(), Error> {
        let issued = self.exchange().await?;
        let resource = ProtectedResource::new(LocalResourceProvider::new(self.store.clone()));
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, format!("Bearer {}", text(&issued, "access_token")?).parse()?);
        let access = Access::from(Requirement::AllOf(vec!["read"].into()));
        for _ in 0..count {
            let request = ResourceRequest::new(&Method::GET, &headers);
            let checked = resource.authorize_at_once(&request, &access).ok_or("memory made the check wait")?;
            checked.map_err(|_| "the token was rejected")?.ok_or("the token was not seen")?;
        }
        Ok(())
    }

    /// Asks for a code.
    async fn code(&self) -> Result<String, Error> {
        let query = form(&[
            ("response_type", "code"),
            ("client_id", "notes"),
            ("redirect_uri", CALLBACK),
            ("scope", "read"),
            ("code_challenge_method", "S256"),
            ("code_challenge", CHALLENGE),
        ]);
        let request = Request::get(format!("/oauth/authorize?{query}")).body(Bytes::new())?;
        let answer = self.provider.call(request).await;
        let location = answer.headers().get(header::LOCATION).ok_or("no redirect")?.to_str()?;
        let query = location.split_once('?').ok_or("no query")?.1;
        let code = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "code");
        Ok(code.ok_or("no code")?.1.into_owned())
    }

    /// Asks for a code, and redeems it.
    async fn exchange(&self) -> Result<Value, Error> {
        let code = self.code().await?;
        let grant = ("grant_type", "authorization_code");
        self.token(&[grant, ("code", &code), ("redirect_uri", CALLBACK), ("code_verifier", VERIFIER)]).await
    }

    async fn token(&self, parameters: &[(&str, &str)]) -> Result<Value, Error> {
        let body = form(&[&[("client_id", "notes"), ("client_secret", SECRET)], parameters].concat());
        let request = Request::post("/oauth/token")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Bytes::from(body))?;
        let answer = self.provider.call(request).await;
        if !answer.status().is_success() {
            return Err(format!("{}: {}", answer.status(), String::from_utf8_lossy(answer.body())).into());
        }
        Ok(serde_json::from_slice(answer.body())?)
    }
}

fn form(parameters: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish()
}

fn text<'a>(answer: &'a Value, member: &str) -> Result<&'a str, Error> {
    answer.get(member).and_then(Value::as_str).ok_or_else(|| format!("no {member}").into())
}
