//! What becomes of an approval, and of the token that came of it, from the endpoints' side.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

use bytes::Bytes;
use http::header::LOCATION;
use http::{Request, Response};
use oauth_core::client::{Client, ClientType, GrantType};
use oauth_core::clock::{Clock, SystemClock, Timestamp};
use oauth_core::config::Config;
use oauth_core::identifier::{Attributes, ClientId, Resource, Subject};
use oauth_core::owner::{Approval, AuthorizationRequest, Decided, Decision, ResourceOwner};
use oauth_core::provider::{AuthorizationProvider, Provider, Service};
use oauth_core::redirect::RedirectUri;
use oauth_core::resource::{LocalResourceProvider, PresentedToken, Refusal, ResourceProvider};
use oauth_core::secret::AccessToken;
use oauth_core::store::{
    ClientStore, GrantFilter, GrantStore, Issue, IssuedAccess, MemoryStore, Page, Result, Saved, TokenStore,
};

/// Somebody who always agrees, and whose session may end again and again before the code is saved.
struct Ada {
    stays: bool,
    acr: Option<&'static str>,
    attribute: (&'static str, &'static str),
}

impl Ada {
    fn who(stays: bool) -> Self {
        Self { stays, acr: None, attribute: ("school", "12") }
    }
}

impl ResourceOwner for Ada {
    async fn decide(&self, _: &Request<Bytes>, ask: &AuthorizationRequest) -> Result<Decided> {
        let mut approval = Approval::new(ada(), ask.scope().clone());
        approval.acr = self.acr.map(str::to_owned);
        approval.attributes = [(self.attribute.0.to_owned(), self.attribute.1.to_owned())].into();
        Ok(Decision::Allow(approval).into())
    }

    async fn still_holds(&self, _: &Request<Bytes>, subject: &Subject) -> Result<bool> {
        assert_eq!(*subject, ada());
        Ok(self.stays)
    }
}

struct App {
    config: Config,
    store: MemoryStore,
    owner: Ada,
}

impl AuthorizationProvider for App {
    type Store = MemoryStore;
    type Owner = Ada;

    fn store(&self) -> &MemoryStore {
        &self.store
    }

    fn owner(&self) -> &Ada {
        &self.owner
    }

    fn config(&self) -> &Config {
        &self.config
    }
}

fn ada() -> Subject {
    Subject::new("ada").unwrap()
}

async fn authorize(store: &MemoryStore, owner: Ada) -> Response<Bytes> {
    let mut client = Client::new(ClientId::new("notes").unwrap(), "Notes", ClientType::Public);
    client.redirect_uris = vec![RedirectUri::register("https://app.example/cb", false).unwrap()];
    client.grant_types = vec![GrantType::AuthorizationCode];
    store.create_client(&client).await.unwrap();
    let app = App { config: Config::new("https://id.example").unwrap(), store: store.clone(), owner };
    let request = Request::get(
        "/oauth/authorize?response_type=code&client_id=notes&code_challenge_method=S256\
         &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    );
    Provider::new(app).unwrap().call(request.body(Bytes::new()).unwrap()).await
}

#[tokio::test]
async fn vuln_18_an_approval_that_ended_while_its_code_was_stored_gives_none() {
    for (stays, expected) in [(true, "code="), (false, "error=temporarily_unavailable")] {
        let store = MemoryStore::new();
        let answer = authorize(&store, Ada::who(stays)).await;
        let location = answer.headers()[LOCATION].to_str().unwrap();
        assert!(location.contains(expected), "{location}");
        let grants = store.grants(&GrantFilter::Subject(ada()), &Page::first(9), SystemClock.now()).await.unwrap();
        assert_eq!(grants.len(), usize::from(stays), "nothing is saved on a decision that holds no more");
    }
}

#[tokio::test]
async fn an_approval_with_control_characters_is_never_stored() {
    for control in ["\0", "\n", "\u{7f}", "\u{85}"] {
        let odd: &str = format!("a{control}b").leak();
        let odd_ones = [
            Ada { acr: Some(odd), ..Ada::who(true) },
            Ada { attribute: (odd, "12"), ..Ada::who(true) },
            Ada { attribute: ("school", odd), ..Ada::who(true) },
        ];
        for owner in odd_ones {
            let store = MemoryStore::new();
            let answer = authorize(&store, owner).await;
            let location = answer.headers()[LOCATION].to_str().unwrap();
            assert!(location.contains("error=server_error") && location.contains("control+characters"), "{location}");
            let grants = store.grants(&GrantFilter::Subject(ada()), &Page::first(9), SystemClock.now()).await.unwrap();
            assert!(grants.is_empty());
        }
    }
    let fine = Ada { acr: Some("urn:é strong"), attribute: ("école", "№ 12 \u{1f511}"), ..Ada::who(true) };
    let answer = authorize(&MemoryStore::new(), fine).await;
    assert!(answer.headers()[LOCATION].to_str().unwrap().contains("code="));
}

#[tokio::test]
async fn r_064_a_token_for_a_resource_server_is_not_taken_where_no_audience_is_named() {
    let store = MemoryStore::new();
    let client = Client::new(ClientId::new("robot").unwrap(), "Robot", ClientType::Confidential);
    store.create_client(&client).await.unwrap();
    let notes = Resource::new("https://notes.example").unwrap();
    let token = async |audience: &[Resource]| {
        let token = AccessToken::generate();
        let access = IssuedAccess {
            digest: token.digest(),
            client_id: client.id.clone(),
            grant: None,
            scope: "read".parse().unwrap(),
            audience: audience.to_vec(),
            attributes: Attributes::new(),
            issued_at: SystemClock.now(),
            expires_at: Timestamp::from_unix_seconds(i64::MAX),
        };
        let grant_expires_at = access.expires_at;
        let issue = Issue { access, refresh: None, grant_expires_at, authenticated_by: None, now: SystemClock.now() };
        assert_eq!(store.issue(&issue).await.unwrap(), Saved::Now);
        token
    };
    let (meant, open) = (token(std::slice::from_ref(&notes)).await, token(&[]).await);
    let (here, there) =
        (LocalResourceProvider::new(store.clone()), LocalResourceProvider::new(store.clone()).for_audience(notes));
    let (meant, open) = (PresentedToken::new(meant.expose()).unwrap(), PresentedToken::new(open.expose()).unwrap());
    assert!(here.validate_access_token(&open).await.is_ok());
    assert_eq!(here.validate_access_token(&meant).await.unwrap_err(), Refusal::InvalidToken);
    assert!(there.validate_access_token(&meant).await.is_ok());
    assert_eq!(there.validate_access_token(&open).await.unwrap_err(), Refusal::InvalidToken);
}
