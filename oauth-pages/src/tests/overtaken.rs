//! What changes between a page and its answer, or between a comparison and its commit.

use super::*;
use crate::PasswordChange;
use oauth_core::clock::Timestamp;
use oauth_core::identifier::{ClientId, Subject};
use oauth_core::store::{AccountStore, ClientFilter, Created, GrantFilter, GrantStore, Page, PasswordHash, Replaced};

const NOW: Timestamp = Timestamp::from_unix_seconds(1_800_000_000);

#[tokio::test]
async fn f_77_a_consent_page_is_answered_for_what_it_showed() {
    type Edit = fn(&mut oauth_core::client::Client);
    let edits: [(&str, Edit, bool); 4] = [
        ("nothing", |_| (), true),
        ("name", |client| client.name = "Bank".to_owned(), false),
        ("site", |client| client.uri = Some("https://bank.example".to_owned()), false),
        ("owner", |client| client.owner = Subject::new("eve").ok(), false),
    ];
    for (what, edit, holds) in edits {
        let site = Site::new().await;
        let read = site.client("notes", |_| ()).await;
        let mut ada = site.signed_in("ada").await;
        let page = ada.get(&authorization("notes", &[])).await;
        let mut edited = read.clone();
        edit(&mut edited);
        assert_eq!(site.store.replace_client(&read, &edited).await.unwrap(), Replaced::Now);
        let answer = ada.submit(&page, "/oauth/consent", &ALLOW).await;
        let back = ada.get(location(&answer)).await;
        assert_eq!(location(&back).contains("code="), holds, "{what}");
        if !holds {
            assert!(text(&back).contains("id=\"allow\""), "{what}: the page is shown again, as it is now");
            let grants = site.store.grants(&GrantFilter::Client("notes".parse().unwrap()), &Page::first(9), NOW).await;
            assert_eq!(grants.unwrap(), [], "{what}: nothing was approved");
        }
    }
}

#[tokio::test]
async fn f_02_a_decision_that_waits_for_its_request_ends_with_a_revocation() {
    let ends: [fn(Subject) -> Option<GrantFilter>; 4] = [
        |_| None,
        |_| "notes".parse().ok().map(GrantFilter::Client),
        |ada| "notes".parse().ok().map(|notes| GrantFilter::Both(ada, notes)),
        |ada| Some(GrantFilter::Subject(ada)),
    ];
    for revoked in ends {
        let site = Site::new().await;
        site.client("notes", |_| ()).await;
        let mut ada = site.signed_in("ada").await;
        let page = ada.get(&authorization("notes", &[])).await;
        let answer = ada.submit(&page, "/oauth/consent", &ALLOW).await;
        let filter = revoked(site.ada.subject.clone());
        if let Some(filter) = &filter {
            site.store.revoke_grants(filter, NOW).await.unwrap();
        }
        let back = ada.get(location(&answer)).await;
        assert_eq!(location(&back).contains("code="), filter.is_none(), "{filter:?}");
        if filter.is_some() {
            let answer = ada.submit(&back, "/oauth/consent", &ALLOW).await;
            assert!(location(&ada.get(location(&answer)).await).contains("code="), "what is decided again holds");
        }
    }
}

#[tokio::test]
async fn f_03_a_password_change_that_a_reset_overtook_is_rejected() {
    let site = Site::new().await;
    let compared = site.store.account_named("ada").await.unwrap().unwrap();
    let (late, fresh) = (PasswordHash::from_phc("$argon2id$late"), PasswordHash::from_phc("$argon2id$fresh"));
    // Something else about the account may change meanwhile, and stays.
    let mut noted = compared.clone();
    noted.attributes.insert("room".to_owned(), "12".to_owned());
    site.store.replace_account(&compared, &noted, NOW).await.unwrap();
    let changed = site.accounts().replace_password(compared.clone(), late.clone()).await.unwrap();
    let PasswordChange::Changed(person) = changed else { panic!("{changed:?}") };
    let stored = site.store.account(&compared.subject).await.unwrap().unwrap();
    assert_eq!((&stored.password, stored.attributes.get("room").map(String::as_str)), (&late, Some("12")));
    assert_eq!(person.credential, late.digest(), "the session carries what this change set");

    let overtaken = site.accounts().replace_password(compared.clone(), fresh).await.unwrap();
    assert_eq!(overtaken, PasswordChange::Overtaken, "the hash that was compared is gone");
    assert_eq!(site.store.account(&compared.subject).await.unwrap().unwrap(), stored, "and nothing is changed");
}

/// Enters another application of the same person when one is entered, and edits that one if told to.
#[derive(Default)]
struct AtOnce(Mutex<Option<(MemoryStore, bool)>>);

impl EventSink for AtOnce {
    fn record(&self, event: &Event) {
        let Event::ClientRegistered { client_id } = event else { return };
        let Some((store, edits)) = self.0.lock().unwrap().take() else { return };
        let entering = async {
            let entered = store.client(client_id).await.unwrap().unwrap();
            let (mut other, mut edited) = (entered.clone(), entered);
            other.id = ClientId::generate();
            assert_eq!(store.create_client(&other).await.unwrap(), Created::Now);
            edited.name = "Other notes".to_owned();
            assert!(!edits || store.update_client(&edited).await.unwrap());
        };
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(std::pin::pin!(entering).poll(&mut context).is_ready(), "the memory store waits for nothing");
    }
}

#[tokio::test]
async fn f_13_registrations_at_once_keep_the_limit() {
    use super::applications::{REGISTER, filled, register, stored};
    let public = [("client-type", "public")];
    for (username, edits, kept) in [("ada", false, 2), ("ada", true, 2), ("root", false, 3)] {
        let sink = Arc::new(AtOnce::default());
        let events = Arc::clone(&sink);
        let site = Site::with(|config| (config.applications_per_person, config.events) = (2, events)).await;
        let mut browser = site.signed_in(username).await;
        let first = register(&mut browser, &public).await;
        let first = stored(&site, &browser.get(location(&first)).await).await;
        *sink.0.lock().unwrap() = Some((site.store.clone(), edits));
        let answer = register(&mut browser, &public).await;
        let filter = ClientFilter { owner: first.owner.clone(), ..ClientFilter::default() };
        assert_eq!(site.store.clients(&filter, &Page::first(9)).await.unwrap().len(), kept, "{username}, {edits}");
        if username == "root" {
            assert_eq!(answer.status(), StatusCode::SEE_OTHER, "an administrator has no limit");
            continue;
        }
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
        assert!(element(&answer, "form-error").unwrap().contains("as many applications"), "{}", text(&answer));
        // The form is for another application now, and good once there is room.
        assert!(site.store.delete_client(&first.id, NOW).await.unwrap());
        assert_eq!(browser.submit(&answer, REGISTER, &filled(&public)).await.status(), StatusCode::SEE_OTHER);
    }
}
