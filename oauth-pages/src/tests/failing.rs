//! A store of which one call fails.

use super::applications::{REGISTER, filled};
use super::own_accounts::Plain;
use super::*;
use crate::accounts::Accounts as _;
use oauth_core::every_store_verb;
use oauth_core::identifier::Subject;
use oauth_core::store::*;

/// Fails one call of a verb: which verb, and how many calls of it come before.
#[derive(Clone, Default)]
struct Failing {
    store: MemoryStore,
    next: Arc<Mutex<Option<(&'static str, usize)>>>,
}

impl Failing {
    fn fail(&self, verb: &'static str, before: usize) {
        *self.next.lock().unwrap() = Some((verb, before));
    }

    fn fails(&self, called: &str) -> bool {
        let mut next = self.next.lock().unwrap();
        match next.as_mut() {
            Some((verb, 0)) if *verb == called => {
                *next = None;
                true
            }
            Some((verb, before)) if *verb == called => {
                *before -= 1;
                false
            }
            _ => false,
        }
    }
}

macro_rules! fail {
    ($($trait:ident { $(fn $verb:ident($($argument:ident: $type:ty),*) -> $outcome:ty;)* })*) => {
        $(impl $trait for Failing {
            $(async fn $verb(&self, $($argument: $type),*) -> Result<$outcome> {
                if self.fails(stringify!($verb)) {
                    return Err(StoreError::new(stringify!($verb), "it failed"));
                }
                $trait::$verb(&self.store, $($argument),*).await
            })*
        })*
    };
}

every_store_verb!(fail);

async fn provider(store: &Failing) -> Provider<PagesProvider<Failing, Plain>> {
    let mut client = Client::new("notes".parse().unwrap(), "Notes", ClientType::Public);
    client.redirect_uris = vec![RedirectUri::register(CALLBACK, false).unwrap()];
    client.grant_types = vec![GrantType::AuthorizationCode];
    store.create_client(&client).await.unwrap();
    let config = Config::new("https://id.example").unwrap();
    Provider::new(PagesProvider::new(config, store.clone(), Plain::new(&["ada"]))).unwrap()
}

#[tokio::test]
async fn f_08_a_browser_that_cannot_be_noted_fails_no_sign_in() {
    let store = Failing::default();
    let provider = provider(&store).await;
    let mut browser = Browser::of(&provider);
    // The first is the session itself.
    store.fail("create_session", 1);
    assert_eq!(browser.sign_in("ada", PASSWORD).await.status(), StatusCode::SEE_OTHER);
    assert_eq!(*store.next.lock().unwrap(), None, "it failed");

    let form = browser.get("/oauth/password").await;
    store.fail("create_session", 1);
    let fields = [("old-password", PASSWORD), ("new-password", "battery staple")];
    let answer = browser.submit(&form, "/oauth/password", &fields).await;
    assert_eq!((answer.status(), location(&answer)), (StatusCode::SEE_OTHER, "/oauth/"));
    assert_eq!(*store.next.lock().unwrap(), None, "it failed");
}

#[tokio::test]
async fn f_47_grants_are_revoked_although_sessions_cannot_be_ended() {
    let store = Failing::default();
    let provider = provider(&store).await;
    let mut browser = Browser::of(&provider);
    assert_eq!(browser.sign_in("ada", PASSWORD).await.status(), StatusCode::SEE_OTHER);
    let page = browser.get(&authorization("notes", &[])).await;
    let answer = browser.submit(&page, "/oauth/consent", &ALLOW).await;
    assert!(location(&browser.get(location(&answer)).await).contains("code="));
    let (ada, now) = (Subject::new("ada").unwrap(), Config::new("https://id.example").unwrap().clock.now());
    let grants = async || store.grants(&GrantFilter::Subject(ada.clone()), &Page::first(9), now).await.unwrap().len();
    assert_eq!(grants().await, 1);
    let form = browser.get("/oauth/password").await;
    store.fail("end_sessions", 0);
    let fields = [("old-password", PASSWORD), ("new-password", "battery staple")];
    let answer = browser.submit(&form, "/oauth/password", &fields).await;
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(grants().await, 0);
}

#[tokio::test]
async fn f_11_an_act_that_cannot_be_looked_at_does_not_stand() {
    const EDIT: &str = "/oauth/applications/edit";
    for act in ["register", "edit", "resource", "api access"] {
        let (store, config) = (Failing::default(), Config::new("https://id.example").unwrap());
        let accounts = StoredAccounts::new(store.clone(), &config);
        let ada = accounts.create("ada", &Password::new(PASSWORD), false).await.unwrap().subject;
        accounts.create("root", &Password::new(PASSWORD), true).await.unwrap();
        assert!(accounts.switch_api_access(&ada, false).await.unwrap());
        let mut notes = Client::new("notes".parse().unwrap(), "Notes", ClientType::Confidential);
        notes.owner = Some(ada.clone());
        store.create_client(&notes).await.unwrap();
        let provider = Provider::new(PagesProvider::new(config, store.clone(), accounts)).unwrap();
        let mut browser = Browser::of(&provider);
        // What an administrator registers is not looked up among what was given up.
        let actor = if act == "resource" { "ada" } else { "root" };
        assert_eq!(browser.sign_in(actor, PASSWORD).await.status(), StatusCode::SEE_OTHER);
        let (page, target, fields) = match act {
            "register" => (browser.get(REGISTER).await, REGISTER, filled(&[])),
            "edit" => (browser.get(&format!("{EDIT}?client_id=notes")).await, EDIT, filled(&[("name", "Bank")])),
            "resource" => {
                let fields = filled(&[("resources", "https://api.example/")]);
                (browser.get(&format!("{EDIT}?client_id=notes")).await, EDIT, fields)
            }
            _ => {
                let fields = vec![("subject", ada.as_str()), ("api-access", "on")];
                (browser.get("/oauth/people").await, "/oauth/people/api-access", fields)
            }
        };
        // The first reads who posted the form, or looks before the act.
        store.fail(if act == "resource" { "is_buried" } else { "session" }, 1);
        let answer = browser.submit(&page, target, &fields).await;
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE, "{act}: {}", text(&answer));
        let clients = store.clients(&ClientFilter::default(), &Page::first(9)).await.unwrap();
        assert_eq!(clients, [notes], "{act}");
        assert_eq!(*store.next.lock().unwrap(), None, "{act}: it failed");
        if act == "resource" {
            let again = browser.submit(&page, target, &fields).await;
            assert_eq!(again.status(), StatusCode::SEE_OTHER, "nothing of it is buried: {}", text(&again));
        }
        let accounts = provider.app().accounts();
        assert!(!accounts.person(&ada).await.unwrap().unwrap().may_authorize, "{act}");
    }
}
