//! Accounts of an application: a plain map, which ends no session and revokes no grant of its people.

use super::*;
use crate::{Accounts, PasswordChange, Person};
use oauth_core::identifier::Subject;
use oauth_core::store::Result;

const NEW: &str = "battery staple";

/// Passwords by name; a person's credential never changes.
pub(super) struct Plain(Mutex<BTreeMap<String, String>>);

impl Plain {
    /// People with the usual password.
    pub(super) fn new(names: &[&str]) -> Self {
        Self(Mutex::new(names.iter().map(|name| ((*name).to_owned(), PASSWORD.to_owned())).collect()))
    }

    fn is_right(&self, username: &str, password: &Password) -> bool {
        self.0.lock().unwrap().get(username).is_some_and(|known| known == password.expose())
    }
}

fn person(username: &str) -> Person {
    Person::new(Subject::new(username).unwrap(), username)
}

impl Accounts for Plain {
    async fn sign_in(&self, username: &str, password: &Password) -> Result<Option<Person>> {
        Ok(self.is_right(username, password).then(|| person(username)))
    }

    async fn person(&self, subject: &Subject) -> Result<Option<Person>> {
        Ok(self.0.lock().unwrap().contains_key(subject.as_str()).then(|| person(subject.as_str())))
    }

    fn offers_password_change(&self) -> bool {
        true
    }

    async fn change_password(&self, person: &Person, old: &Password, new: &Password) -> Result<PasswordChange> {
        if !self.is_right(&person.username, old) {
            return Ok(PasswordChange::WrongPassword);
        }
        self.0.lock().unwrap().insert(person.username.clone(), new.expose().to_owned());
        Ok(PasswordChange::Changed(Box::new(person.clone())))
    }
}

/// Redeems the code, or refreshes: gives the status and the next refresh token.
async fn token(browser: &mut Browser<'_>, fields: &[(&str, &str)]) -> (StatusCode, String) {
    let answer = browser.post("/oauth/token", &[pairs(&[("client_id", "notes")]), pairs(fields)].concat()).await;
    let refresh =
        text(&answer).split("\"refresh_token\":\"").nth(1).and_then(|rest| rest.split('"').next()).map(str::to_owned);
    (answer.status(), refresh.unwrap_or_default())
}

// proves: R-187, vuln_18
#[tokio::test]
async fn f_47_a_new_password_ends_sessions_and_grants_of_accounts_from_elsewhere() {
    let (config, store) = (Config::new("https://id.example").unwrap(), MemoryStore::new());
    let mut client = Client::new("notes".parse().unwrap(), "Notes", ClientType::Public);
    client.redirect_uris = vec![RedirectUri::register(CALLBACK, false).unwrap()];
    client.grant_types = vec![GrantType::AuthorizationCode, GrantType::RefreshToken];
    store.create_client(&client).await.unwrap();
    let provider = Provider::new(PagesProvider::new(config, store, Plain::new(&["ada", "eve"]))).unwrap();
    let mut browsers = Vec::new();
    let mut families = Vec::new();
    for username in ["ada", "ada", "eve"] {
        let mut browser = Browser::of(&provider);
        assert_eq!(browser.sign_in(username, PASSWORD).await.status(), StatusCode::SEE_OTHER);
        let page = browser.get(&authorization("notes", &[("prompt", "consent")])).await;
        let answer = browser.submit(&page, "/oauth/consent", &ALLOW).await;
        let answer = browser.get(location(&answer)).await;
        let code = location(&answer).split(['?', '&']).find_map(|pair| pair.strip_prefix("code=")).unwrap();
        let redeem = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
        ];
        let (status, refresh) = token(&mut Browser::of(&provider), &redeem).await;
        assert_eq!(status, StatusCode::OK);
        browsers.push(browser);
        families.push(refresh);
    }

    let form = browsers[0].get("/oauth/password").await;
    let fields = [("old-password", PASSWORD), ("new-password", NEW)];
    let answer = browsers[0].submit(&form, "/oauth/password", &fields).await;
    assert_eq!((answer.status(), location(&answer)), (StatusCode::SEE_OTHER, "/oauth/"));

    let signed_in = [StatusCode::OK, StatusCode::SEE_OTHER, StatusCode::OK];
    let refreshed = [StatusCode::BAD_REQUEST, StatusCode::BAD_REQUEST, StatusCode::OK];
    for (number, browser) in browsers.iter_mut().enumerate() {
        assert_eq!(browser.get("/oauth/").await.status(), signed_in[number], "the session of browser {number}");
        let refresh = [("grant_type", "refresh_token"), ("refresh_token", families[number].as_str())];
        let (status, _) = token(&mut Browser::of(&provider), &refresh).await;
        assert_eq!(status, refreshed[number], "the refresh token of browser {number}");
    }
    assert_eq!(Browser::of(&provider).sign_in("ada", PASSWORD).await.status(), StatusCode::FORBIDDEN);
    assert_eq!(Browser::of(&provider).sign_in("ada", NEW).await.status(), StatusCode::SEE_OTHER);
}
