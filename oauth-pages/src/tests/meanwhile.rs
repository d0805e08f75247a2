//! What comes between an act that the store has taken and the look that follows.

use super::applications::filled;
use super::*;
use oauth_core::identifier::{ClientId, Resource, Subject};
use oauth_core::store::{AccountStore, Created, Replaced};

const ID: &str = "notes";
const SHOW: &str = "/oauth/applications/show?client_id=notes";
const EDIT: &str = "/oauth/applications/edit";
const CHANGE: &str = "/oauth/applications/change";
const NOW: Timestamp = Timestamp::from_unix_seconds(1_800_000_000);

type Then = Box<dyn FnOnce() + Send>;

/// Does something as the next application is changed.
#[derive(Default)]
struct Meanwhile(Mutex<Option<Then>>);

impl Meanwhile {
    fn then(&self, work: impl Future<Output = ()> + Send + 'static) {
        *self.0.lock().unwrap() = Some(Box::new(move || {
            let mut context = std::task::Context::from_waker(std::task::Waker::noop());
            assert!(Box::pin(work).as_mut().poll(&mut context).is_ready(), "the memory store waits for nothing");
        }));
    }
}

impl EventSink for Meanwhile {
    fn record(&self, event: &Event) {
        if let Event::ClientChanged { .. } = event {
            let then = self.0.lock().unwrap().take();
            then.into_iter().for_each(|then| then());
        }
    }
}

/// A site with an application of ada's that is switched off.
async fn site() -> (Site, Arc<Meanwhile>, Client) {
    let meanwhile = Arc::new(Meanwhile::default());
    let events = Arc::clone(&meanwhile);
    let site = Site::with(|config| config.events = events).await;
    let owner = site.ada.subject.clone();
    let client = site.client(ID, |client| {
        client.client_type = ClientType::Confidential;
        (client.owner, client.enabled) = (Some(owner), false);
        client.renew_secret().unwrap();
    });
    let client = client.await;
    (site, meanwhile, client)
}

async fn now(site: &Site) -> Client {
    site.store.client(&ClientId::new(ID).unwrap()).await.unwrap().unwrap()
}

async fn rename(store: MemoryStore) {
    let mut client = store.client(&ClientId::new(ID).unwrap()).await.unwrap().unwrap();
    client.name = "Other notes".to_owned();
    assert!(store.update_client(&client).await.unwrap());
}

async fn change_account(store: MemoryStore, subject: Subject, change: fn(&mut Account)) {
    let read = store.account(&subject).await.unwrap().unwrap();
    let mut changed = read.clone();
    change(&mut changed);
    assert_eq!(store.replace_account(&read, &changed, NOW).await.unwrap(), Replaced::Now);
}

#[tokio::test]
async fn f_11_an_act_under_way_ends_with_the_account() {
    for act in ["switch", "secret", "edit"] {
        for deletes in [false, true] {
            let (site, meanwhile, before) = site().await;
            let mut ada = site.signed_in("ada").await;
            let (target, page, fields) = match act {
                "switch" => ("/oauth/applications/switch", ada.get(SHOW).await, vec![("switch", "on")]),
                "secret" => ("/oauth/applications/secret", ada.get(SHOW).await, vec![]),
                _ => (EDIT, ada.get(&format!("{EDIT}?client_id={ID}")).await, filled(&[("name", "Bank")])),
            };
            let (store, subject) = (site.store.clone(), site.ada.subject.clone());
            meanwhile.then(async move {
                if deletes {
                    assert!(store.delete_account(&subject, NOW).await.unwrap());
                } else {
                    change_account(store, subject, |account| account.enabled = false).await;
                }
            });
            let answer = ada.submit(&page, target, &fields).await;
            assert!(location(&answer).starts_with("/oauth/sign-in"), "{act}, {deletes}: {}", answer.status());
            assert_eq!(now(&site).await, before, "{act}, {deletes}");
        }
    }
}

#[tokio::test]
async fn f_11_an_act_of_an_administrator_under_way_ends_with_the_right() {
    for action in ["enable", "trust", "sanction", "unblock"] {
        for edits in [false, true] {
            let (site, meanwhile, mut before) = site().await;
            if action == "unblock" {
                before.block("spam");
                site.store.update_client(&before).await.unwrap();
            }
            let mut root = site.signed_in("root").await;
            let show = root.get(SHOW).await;
            let confirm = root.submit(&show, CHANGE, &[("action", action)]).await;
            let store = site.store.clone();
            meanwhile.then(async move {
                let root = store.account_named("root").await.unwrap().unwrap();
                change_account(store.clone(), root.subject, |account| account.administrator = false).await;
                if edits {
                    rename(store).await;
                }
            });
            let answer = root.submit(&confirm, CHANGE, &[]).await;
            assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{action}, {edits}");
            if edits {
                before.name = "Other notes".to_owned();
            }
            assert_eq!(now(&site).await, before, "{action}, {edits}");
        }
    }
}

#[tokio::test]
async fn f_11_what_an_act_took_away_does_not_return_as_it_is_taken_back() {
    for action in ["disable", "untrust", "unsanction", "block"] {
        let (site, meanwhile, mut before) = site().await;
        (before.enabled, before.trusted, before.sanctioned) = (true, action == "untrust", action == "unsanction");
        site.store.update_client(&before).await.unwrap();
        let mut root = site.signed_in("root").await;
        let show = root.get(SHOW).await;
        let confirm = root.submit(&show, CHANGE, &[("action", action)]).await;
        let store = site.store.clone();
        meanwhile.then(async move {
            let root = store.account_named("root").await.unwrap().unwrap();
            change_account(store, root.subject, |account| account.administrator = false).await;
        });
        let answer = root.submit(&confirm, CHANGE, &[("reason", "spam")]).await;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{action}");
        let left = now(&site).await;
        assert!(!left.trusted && !left.sanctioned, "{action}");
        assert_eq!(left.enabled, !matches!(action, "disable" | "block"), "{action}");
        assert_eq!(left.blocked.is_some(), action == "block", "{action}");
    }
}

#[tokio::test]
async fn f_81_a_refused_resource_is_not_saved_by_an_edit_at_the_same_moment() {
    for edits in [false, true] {
        let (site, meanwhile, mut before) = site().await;
        let mut ada = site.signed_in("ada").await;
        let page = ada.get(&format!("{EDIT}?client_id={ID}")).await;
        let store = site.store.clone();
        meanwhile.then(async move {
            let mut other = Client::new(ClientId::new("api").unwrap(), "API", ClientType::Confidential);
            other.resources = vec![Resource::new("https://api.example/").unwrap()];
            assert_eq!(store.create_client(&other).await.unwrap(), Created::Now);
            if edits {
                rename(store).await;
            }
        });
        let fields = filled(&[("resources", "https://api.example/")]);
        let answer = ada.submit(&page, EDIT, &fields).await;
        assert!(element(&answer, "form-error").unwrap().contains("belongs to somebody else"), "{}", text(&answer));
        let left = now(&site).await;
        assert!(left.resources.is_empty(), "{edits}");
        if edits {
            assert_eq!(left.name, "Other notes", "an edit at the same moment stays");
            before = left.clone();
        }
        assert_eq!(left, before);
    }
}
