use super::site::{ROLE, STEPS, Site, config};
use super::ways::{End, Way};
use super::web::Gave;
use crate::moment::chance;
use crate::provider::CALLBACK;
use crate::races::Call as Later;
use crate::store::AnyStore;
use http::Method;
use oauth_core::client::{Client, ClientType, GrantType, SecretHash};
use oauth_core::clock::{Clock as _, SystemClock};
use oauth_core::identifier::{Attributes, ClientId, GrantId, Subject};
use oauth_core::redirect::RedirectUri;
use oauth_core::secret::{ClientSecret, Digest, Password};
use oauth_core::store::{
    Account, AccountStore as _, AttributeChanges, ClientStore as _, CodeStore as _, Created, GrantFilter,
    GrantStore as _, Page, TokenStore as _,
};
use oauth_pages::{AccountError, ROLES, StoredAccounts};
use oauth_tests::{Answer, Ask, Browser, Call, Form, PASSWORD, Tokens, cheap_hash};
use std::net::SocketAddr;
use std::sync::Arc;

const ANOTHER: &str = "another good password";
const SECRET: &str = "7TnVHMXJAVKhBHMXxSqcvpMkOiDyDHNzHvBmZBOzLkE";

/// Where people sign in, and who administers it.
pub(super) struct Place {
    addresses: [SocketAddr; 2],
    store: AnyStore,
    accounts: StoredAccounts<AnyStore>,
    administrator: Browser,
}

impl Place {
    pub(super) async fn new(site: &Site, store: &AnyStore) -> Self {
        let root = account("root", true);
        assert_eq!(store.create_account(&root).await.unwrap(), Created::Now);
        let administrator = Browser::new(site.addresses[1], config().paths);
        administrator.sign_in(&root.username).await;
        let accounts = StoredAccounts::new(store.clone(), &config());
        Self { addresses: site.addresses, store: store.clone(), accounts, administrator }
    }
}

fn account(username: &str, administrator: bool) -> Account {
    Account {
        subject: Subject::generate(),
        username: username.to_owned(),
        spelling: None,
        password: cheap_hash(),
        administrator,
        enabled: true,
        attributes: Attributes::from([(ROLES.to_owned(), ROLE.to_owned())]),
        created_at: SystemClock.now(),
    }
}

/// Somebody with an account, a browser, and one application.
pub(super) struct Person {
    place: Arc<Place>,
    account: Account,
    client: Client,
    /// Where the client's requests come from: what is refused counts for nobody else.
    address: String,
    browser: Arc<Browser>,
    /// What an earlier approval gave.
    earlier: Option<Tokens>,
    /// The code that is to be redeemed.
    code: Option<(String, Ask)>,
}

impl Person {
    pub(super) async fn new(place: Arc<Place>, way: Way, end: End) -> Self {
        let account = account(&format!("ada{}", chance(u64::MAX)), false);
        assert_eq!(place.store.create_account(&account).await.unwrap(), Created::Now);
        let mut client = Client::new(ClientId::generate(), "An application", ClientType::Confidential);
        client.redirect_uris = vec![RedirectUri::register(CALLBACK, false).unwrap()];
        client.grant_types = GrantType::ALL.to_vec();
        client.trusted = matches!(way, Way::Trusted | Way::Implicit);
        let hash = |secret: &str| SecretHash::Sha256(ClientSecret::new(secret).digest());
        client.secrets = vec![hash(SECRET), hash("the newer one")];
        assert_eq!(place.store.create_client(&client).await.unwrap(), Created::Now);
        let browser = Arc::new(Browser::new(place.addresses[0], config().paths));
        let address = format!("127.{}.{}.{}", 1 + chance(200), chance(250), 1 + chance(250));
        let mut person = Self { place, account, client, address, browser, earlier: None, code: None };
        if !matches!(way, Way::Client | Way::Password) {
            person.browser.sign_in(&person.account.username).await;
        }
        let needs_earlier = matches!(way, Way::Remembered | Way::Refresh)
            || end == End::RevokeApplication && matches!(way, Way::Consent | Way::Redeem);
        if needs_earlier {
            let (code, ask) = person.allowed().await;
            person.earlier = Some(person.redeem(&code, &ask).await.into());
        }
        if way == Way::Redeem {
            person.code = Some(person.allowed().await);
        }
        person
    }

    fn ask(&self) -> Ask {
        Ask::new(self.client.id.as_str(), CALLBACK, "read")
    }

    /// Allows the application on the page that asks, and gives the code.
    async fn allowed(&self) -> (String, Ask) {
        let ask = self.ask().and("prompt", "consent");
        let answer = self.browser.authorize(&ask).await.allow().await;
        let code = answer.parameter("code").unwrap_or_else(|| panic!("no code: {answer}"));
        (code, ask)
    }

    fn token(&self, fields: &[(&str, &str)]) -> Call {
        self.post("/oauth/token", fields)
    }

    fn post(&self, path: &str, fields: &[(&str, &str)]) -> Call {
        let call = Call::new(self.place.addresses[0], Method::POST, path).from(&self.address);
        call.basic(self.client.id.as_str(), SECRET).form(fields.iter().copied())
    }

    fn redeem(&self, code: &str, ask: &Ask) -> Call {
        self.token(&[
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", &ask.verifier),
        ])
    }

    fn refresh(&self, token: &str) -> Call {
        self.token(&[("grant_type", "refresh_token"), ("refresh_token", token)])
    }

    /// Decides, and gives the request that commits it.
    pub(super) async fn commit(&mut self, way: Way) -> Later<Answer> {
        let browser = Arc::clone(&self.browser);
        let open = |target: String| Box::pin(async move { browser.open(&target).await }) as Later<Answer>;
        let target = |ask: &Ask| format!("{}?{}", config().paths.authorization_path(), ask.query());
        let ask = self.ask();
        let call = match way {
            Way::Remembered | Way::Trusted => {
                self.code = Some((String::new(), ask.clone()));
                return open(target(&ask));
            }
            Way::Implicit => return open(target(&ask.set("response_type", "token").without_pkce())),
            Way::Consent => {
                let ask = ask.and("prompt", "consent");
                let asked = self.browser.authorize(&ask).await;
                let answer = self.browser.post(&asked.form().press("allow")).await;
                let location = answer.location().unwrap_or_else(|| panic!("{answer}")).to_owned();
                self.code = Some((String::new(), ask));
                return open(location);
            }
            Way::Steps => {
                let ticket = self.browser.open(&format!("{STEPS}?{}", ask.query())).await.expect(200).text();
                self.code = Some((String::new(), ask));
                return open(format!("{STEPS}?ticket={ticket}"));
            }
            Way::Password => self.token(&[
                ("grant_type", "password"),
                ("username", &self.account.username),
                ("password", PASSWORD),
                ("scope", "read"),
            ]),
            Way::Redeem => {
                let (code, ask) = self.code.as_ref().unwrap();
                self.redeem(code, ask)
            }
            Way::Refresh => self.refresh(&self.earlier.as_ref().unwrap().refresh),
            Way::Client => self.token(&[("grant_type", "client_credentials"), ("scope", "read")]),
        };
        Box::pin(async move { call.await })
    }

    /// Gives what ends it; that says what went wrong.
    pub(super) async fn end(&self, end: End) -> Later<Option<String>> {
        let id = self.client.id.as_str();
        match end {
            End::SetPassword | End::Disable | End::DisableAndEnable | End::DeleteAccount | End::Role => {
                let (accounts, name) = (self.place.accounts.clone(), self.account.username.clone());
                Box::pin(async move { by_command(&accounts, &name, end).await.err().map(|error| error.to_string()) })
            }
            End::RevokeOfPerson => {
                let (store, all) = (self.place.store.clone(), GrantFilter::Subject(self.account.subject.clone()));
                Box::pin(async move {
                    store.revoke_grants(&all, SystemClock.now()).await.err().map(|error| error.to_string())
                })
            }
            End::RevokeGrant => {
                let call = self.post("/oauth/revoke", &[("token", &self.earlier.as_ref().unwrap().refresh)]);
                Box::pin(async move { refused(&call.await) })
            }
            End::OwnPassword | End::RevokeApplication => {
                let browser = Browser::new(self.place.addresses[1], config().paths);
                browser.sign_in(&self.account.username).await;
                let form = if end == End::OwnPassword {
                    let page = browser.open("/oauth/password").await.expect(200);
                    let form = Form::with(&page.text(), "change-password").fill("old-password", PASSWORD);
                    form.fill("new-password", ANOTHER).press("change-password")
                } else {
                    let page = browser.open("/oauth/connected").await.expect(200);
                    Form::with(&page.text(), &format!("revoke-{id}"))
                };
                Box::pin(async move { refused(&browser.post(&form).await) })
            }
            End::ApiAccess => {
                let page = format!("/oauth/people?name={}", self.account.username);
                self.administered(&page, &format!("api-access-off-{}", self.account.subject)).await
            }
            End::RetireSecret => {
                self.administered(&format!("/oauth/applications/show?client_id={id}"), "retire-secret").await
            }
            End::DeleteClient => {
                self.administered(&format!("/oauth/applications/delete?client_id={id}"), "confirm-delete").await
            }
            End::DisableClient => self.changed("disable").await,
            End::BlockClient => self.changed("block").await,
            End::Untrust => self.changed("untrust").await,
        }
    }

    /// Prepares a form on a page for administrators.
    async fn administered(&self, page: &str, button: &str) -> Later<Option<String>> {
        let page = self.place.administrator.open(page).await.expect(200);
        self.sent(Form::with(&page.text(), button).press(button))
    }

    /// Prepares the form that confirms a change of the application.
    async fn changed(&self, action: &str) -> Later<Option<String>> {
        let administrator = &self.place.administrator;
        let page = administrator.open(&format!("/oauth/applications/show?client_id={}", self.client.id)).await;
        let asks = administrator.post(&Form::with(&page.text(), action).press(action)).await.expect(200);
        let form = Form::with(&asks.text(), "confirm-change");
        self.sent(if action == "block" { form.fill("reason", "spam") } else { form })
    }

    fn sent(&self, form: Form) -> Later<Option<String>> {
        let place = Arc::clone(&self.place);
        Box::pin(async move { refused(&place.administrator.post(&form).await) })
    }

    /// Gives the live grants of the person to the application.
    pub(super) async fn grants(&self) -> Vec<GrantId> {
        let both = GrantFilter::Both(self.account.subject.clone(), self.client.id.clone());
        let grants = self.place.store.grants(&both, &Page::first(9), SystemClock.now()).await.unwrap();
        grants.into_iter().map(|grant| grant.id).collect()
    }

    pub(super) async fn is_redeemed(&self) -> bool {
        let digest = Digest::of(&self.code.as_ref().unwrap().0);
        self.place.store.code(&digest).await.unwrap().is_some_and(|code| code.used_at.is_some())
    }

    pub(super) async fn is_retired(&self) -> bool {
        let digest = Digest::of(&self.earlier.as_ref().unwrap().refresh);
        self.place.store.refresh_token(&digest).await.unwrap().is_some_and(|token| token.retired_at.is_some())
    }

    /// Says what works of all that was given, now and before.
    pub(super) async fn works(&self, gave: &Gave, way: Way) -> Option<String> {
        let accesses =
            gave.access.iter().chain(self.earlier.iter().filter(|_| way == Way::Refresh).map(|had| &had.access));
        for access in accesses {
            let found = self.place.store.access_token(&Digest::of(access), SystemClock.now()).await;
            if !matches!(found, Ok(None)) {
                return Some("the access token lives".to_owned());
            }
        }
        let codes = self.code.iter().map(|(code, ask)| (gave.code.as_ref().unwrap_or(code), ask));
        for (code, ask) in codes.filter(|(code, _)| !code.is_empty()) {
            if self.redeem(code, ask).await.status == 200 {
                return Some("the code works".to_owned());
            }
        }
        let earlier = self.earlier.iter().filter(|_| way == Way::Refresh).map(|had| &had.refresh);
        for refresh in gave.refresh.iter().chain(earlier) {
            if self.refresh(refresh).await.status == 200 {
                return Some("the refresh token works".to_owned());
            }
        }
        None
    }
}

/// What the command does, from another process.
async fn by_command(accounts: &StoredAccounts<AnyStore>, name: &str, end: End) -> Result<(), AccountError> {
    match end {
        End::SetPassword => accounts.set_password(name, &Password::new(ANOTHER)).await,
        End::Disable => accounts.set_enabled(name, false).await,
        End::DisableAndEnable => {
            accounts.set_enabled(name, false).await?;
            accounts.set_enabled(name, true).await
        }
        End::DeleteAccount => accounts.delete(name).await,
        _ => {
            let changes = AttributeChanges::from([(ROLES.to_owned(), Some("Guest".to_owned()))]);
            accounts.change_attributes(name, &changes).await
        }
    }
}

/// Says how the end was answered, if it was not done.
fn refused(answer: &Answer) -> Option<String> {
    // Pages answer 303, the revocation endpoint 200 with an empty object.
    let done = answer.status == 303 || answer.status == 200 && answer.body.as_ref() == b"{}";
    (!done).then(|| answer.to_string())
}
