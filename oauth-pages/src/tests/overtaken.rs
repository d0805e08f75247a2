//! What changes between a page and its answer, or between a comparison and its commit.

use super::*;
use crate::PasswordChange;
use oauth_core::clock::Timestamp;
use oauth_core::identifier::Subject;
use oauth_core::store::{AccountStore, GrantFilter, GrantStore, Page, PasswordHash, Replaced};

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
