//! The pages as a browser sees them: a provider over the memory store, without a web server.

mod administration;
mod applications;
mod audit;
mod authority;
mod bounds;
mod connected;
mod consent;
mod cookies;
mod deployment;
mod edges;
mod entitlement;
mod failing;
mod headers;
mod hostile;
mod limits;
mod meanwhile;
mod names;
mod ordinary;
mod organisations;
mod overtaken;
mod own_accounts;
mod password;
mod people;
mod resumed;
mod returning;
mod rules;
mod secrets;
mod sign_in;
mod standing;
mod wording;

use crate::{PagesProvider, StoredAccounts};
use argon2::password_hash::PasswordHasher as _;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use http::request::Builder;
use http::{Method, Request, Response, StatusCode};
use oauth_core::client::{Client, ClientType, GrantType};
use oauth_core::clock::{ManualClock, Timestamp};
use oauth_core::config::Config;
use oauth_core::event::{Event, EventSink};
use oauth_core::http::PeerAddress;
use oauth_core::identifier::Subject;
use oauth_core::provider::{AuthorizationProvider, Provider, Service};
use oauth_core::redirect::RedirectUri;
use oauth_core::secret::Password;
use oauth_core::store::{Account, AccountStore, ClientStore, MemoryStore, PasswordHash};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

type App = PagesProvider<MemoryStore, StoredAccounts<MemoryStore>>;

/// A provider with two people, ada and eve, and an administrator.
struct Site {
    provider: Provider<App>,
    store: MemoryStore,
    clock: Arc<ManualClock>,
    events: Arc<Recorder>,
    ada: Account,
}

#[derive(Default)]
struct Recorder(Mutex<Vec<Event>>);

impl EventSink for Recorder {
    fn record(&self, event: &Event) {
        self.0.lock().unwrap().push(event.clone());
    }
}

/// The session's cookie at `https://id.example`.
const SESSION: &str = "__Host-oauth-session-IKabd8GB";
const PASSWORD: &str = "correct horse";
const CALLBACK: &str = "https://app.example/callback";

impl Site {
    async fn new() -> Self {
        Self::at("https://id.example", |_| ()).await
    }

    /// A provider with settings of its own.
    async fn with(set: impl FnOnce(&mut Config)) -> Self {
        Self::at("https://id.example", set).await
    }

    async fn at(issuer: &str, set: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::new(issuer).unwrap();
        let clock = Arc::new(ManualClock::starting_at(Timestamp::from_unix_seconds(1_800_000_000)));
        let events = Arc::new(Recorder::default());
        config.clock = clock.clone();
        config.events = events.clone();
        set(&mut config);
        let store = MemoryStore::new();
        let accounts = StoredAccounts::new(store.clone(), &config);
        let ada = person(&store, "ada", false).await;
        person(&store, "eve", false).await;
        person(&store, "root", true).await;
        let provider = Provider::new(PagesProvider::new(config, store.clone(), accounts)).unwrap();
        Self { provider, store, clock, events, ada }
    }

    fn accounts(&self) -> &StoredAccounts<MemoryStore> {
        self.provider.app().accounts()
    }

    /// Saves a client that may use the code flow.
    async fn client(&self, id: &str, change: impl FnOnce(&mut Client)) -> Client {
        let mut client = Client::new(id.to_owned().try_into().unwrap(), "Notes", ClientType::Public);
        client.redirect_uris = vec![RedirectUri::register(CALLBACK, false).unwrap()];
        client.grant_types = vec![GrantType::AuthorizationCode, GrantType::RefreshToken];
        change(&mut client);
        self.store.create_client(&client).await.unwrap();
        client
    }

    fn browser(&self) -> Browser<'_> {
        Browser::of(&self.provider)
    }

    async fn signed_in(&self, username: &str) -> Browser<'_> {
        let mut browser = self.browser();
        let answer = browser.sign_in(username, PASSWORD).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{}", text(&answer));
        browser
    }

    fn recorded(&self, wanted: impl Fn(&Event) -> bool) -> usize {
        self.events.0.lock().unwrap().iter().filter(|event| wanted(event)).count()
    }
}

/// Stores a person whose password costs next to nothing to compare.
async fn person(store: &MemoryStore, username: &str, administrator: bool) -> Account {
    let person = Account {
        subject: Subject::generate(),
        username: username.to_owned(),
        spelling: None,
        password: quick_hash(PASSWORD),
        administrator,
        enabled: true,
        attributes: Default::default(),
        created_at: Timestamp::from_unix_seconds(1_800_000_000),
    };
    store.create_account(&person).await.unwrap();
    person
}

/// Hashes a password with the least parameters, byte for byte.
fn quick_hash(password: &str) -> PasswordHash {
    let params = argon2::Params::new(8, 1, 1, None).unwrap();
    let argon2 = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
    PasswordHash::from_phc(argon2.hash_password(password.as_bytes()).unwrap().to_string())
}

/// A browser: it keeps cookies, and follows nothing unless told.
#[derive(Clone)]
struct Browser<'a> {
    service: &'a dyn Service,
    cookies: BTreeMap<String, String>,
    address: std::net::IpAddr,
}

impl<'a> Browser<'a> {
    fn of(service: &'a dyn Service) -> Self {
        Self { service, cookies: BTreeMap::new(), address: "192.0.2.1".parse().unwrap() }
    }

    /// Begins a request with the cookies that it keeps.
    fn request(&self, method: Method, target: &str) -> Builder {
        let request = Request::builder().method(method).uri(target).extension(PeerAddress(self.address));
        if self.cookies.is_empty() {
            return request;
        }
        let pairs: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        request.header(COOKIE, pairs.join("; "))
    }

    async fn send(&mut self, method: Method, target: &str, form: Option<String>) -> Response<Bytes> {
        let mut request = self.request(method, target);
        if form.is_some() {
            request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").header("origin", "null");
        }
        let request = request.body(Bytes::from(form.unwrap_or_default())).unwrap();
        let answer = self.service.call(request).await;
        for line in answer.headers().get_all(SET_COOKIE) {
            let (name, value) = line.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }

    async fn get(&mut self, target: &str) -> Response<Bytes> {
        self.send(Method::GET, target, None).await
    }

    async fn post(&mut self, target: &str, fields: &[(String, String)]) -> Response<Bytes> {
        self.send(Method::POST, target, Some(encode(fields))).await
    }

    /// Posts the hidden fields of a page with others in their place or beside them; one without a
    /// value is left out.
    async fn submit(&mut self, page: &Response<Bytes>, target: &str, others: &[(&str, &str)]) -> Response<Bytes> {
        let mut fields = hidden(page, target);
        for (name, value) in others {
            fields.retain(|(other, _)| other != name);
            fields.push(((*name).to_owned(), (*value).to_owned()));
        }
        self.post(target, &fields).await
    }

    async fn sign_in(&mut self, username: &str, password: &str) -> Response<Bytes> {
        self.sign_in_at("", username, password).await
    }

    async fn sign_in_at(&mut self, organisation: &str, username: &str, password: &str) -> Response<Bytes> {
        let page = self.get("/oauth/sign-in").await;
        let fields = [("organisation", organisation), ("username", username), ("password", password)];
        self.submit(&page, "/oauth/sign-in", &fields).await
    }

    fn session(&self) -> Option<&str> {
        self.cookies.iter().find(|(name, _)| name.contains("oauth-session-")).map(|(_, value)| value.as_str())
    }
}

/// Finds the hidden fields of the page's form that posts to `target`.
fn hidden(page: &Response<Bytes>, target: &str) -> Vec<(String, String)> {
    let html = text(page);
    let form = html.split("<form ").skip(1).find(|form| attribute(form, "action").as_deref() == Some(target));
    let form = form.unwrap_or_else(|| panic!("no form posts to {target} in {html}"));
    let inputs = form.split("</form>").next().unwrap().split("<input ").skip(1);
    inputs
        .filter(|input| attribute(input, "type").as_deref() == Some("hidden"))
        .map(|input| (attribute(input, "name").unwrap(), attribute(input, "value").unwrap()))
        .collect()
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let tag = tag.split('>').next()?;
    let value = tag.split_once(&format!("{name}=\""))?.1.split('"').next()?;
    Some(unescape(value))
}

fn unescape(text: &str) -> String {
    [("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&")]
        .iter()
        .fold(text.to_owned(), |text, (escaped, plain)| text.replace(escaped, plain))
}

/// Gives the text of the element with this id, tags and all.
fn element(page: &Response<Bytes>, id: &str) -> Option<String> {
    let html = text(page);
    let after = html.split_once(&format!("id=\"{id}\""))?.1.split_once('>')?.1;
    let end = ["</output>", "</code>", "</dd>", "</span>", "</p>", "</a>", "</strong>", "</button>"];
    let end = end.iter().filter_map(|tag| after.find(tag)).min()?;
    Some(after[..end].to_owned())
}

fn text(page: &Response<Bytes>) -> String {
    String::from_utf8(page.body().to_vec()).unwrap()
}

fn location(answer: &Response<Bytes>) -> &str {
    answer.headers().get(LOCATION).map_or("", |value| value.to_str().unwrap())
}

fn encode(fields: &[(String, String)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

fn pairs(fields: &[(&str, &str)]) -> Vec<(String, String)> {
    fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// Writes an authorization request of a client, with other values in the place of the usual ones.
fn authorization(client_id: &str, more: &[(&str, &str)]) -> String {
    let mut fields = pairs(&[
        ("response_type", "code"),
        ("client_id", client_id),
        ("redirect_uri", CALLBACK),
        ("scope", "read write"),
        ("state", "xyz"),
        ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
        ("code_challenge_method", "S256"),
    ]);
    fields.retain(|(name, _)| more.iter().all(|(other, _)| name != other));
    fields.extend(pairs(more));
    format!("/oauth/authorize?{}", encode(&fields))
}

const ALLOW: [(&str, &str); 3] = [("decision", "allow"), ("scope:read", "on"), ("scope:write", "on")];
