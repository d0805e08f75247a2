//! The same name and the same password from every keyboard, at every door.

use super::*;
use crate::{AccountError, AccountPasswords};
use oauth_core::grant::PasswordVerifier as _;
use oauth_core::store::AccountStore;

/// One name as different keyboards type it.
const SPELLINGS: [&str; 5] = ["Zo\u{eb}", "Zoe\u{308}", "ZO\u{cb}", "zoe\u{308}", "\u{ff3a}\u{ff4f}\u{eb}"];
/// One password as different keyboards type it.
const PASSWORDS: [&str; 2] = ["p\u{e4}ssw\u{f6}rd-12345", "pa\u{308}sswo\u{308}rd-12345"];

async fn site() -> (Site, Account) {
    let site = Site::with(|config| config.organisations = true).await;
    let zoe = site.accounts().create(SPELLINGS[1], &Password::new(PASSWORDS[1]), false).await.unwrap();
    (site, zoe)
}

#[tokio::test]
async fn f_28_each_door_takes_each_spelling() {
    let (site, zoe) = site().await;
    let ada = site.accounts().create_at("Nord", "Ada", &Password::new(PASSWORDS[0])).await.unwrap();
    site.client("notes", |client| client.owner = Some(zoe.subject.clone())).await;
    let client = site.client("other", |_| ()).await;
    let mut root = site.signed_in("root").await;
    for (spelling, password) in SPELLINGS.into_iter().flat_map(|name| PASSWORDS.map(|password| (name, password))) {
        let mut browser = site.browser();
        let answer = browser.sign_in(spelling, password).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{spelling:?} {password:?}");
        let home = browser.get("/oauth/").await;
        assert!(element(&home, "signed-in-as").unwrap().contains(">Zo\u{eb}<"), "the given spelling is shown");

        let verifier = AccountPasswords::new(site.accounts().clone());
        let verified = verifier.verify(spelling, &Password::new(password), &client).await.unwrap().unwrap();
        assert_eq!(verified.subject, zoe.subject, "the password grant {spelling:?}");

        let taken = site.accounts().create(spelling, &Password::new(PASSWORD), false).await;
        assert!(matches!(taken, Err(AccountError::Taken)), "{spelling:?}");
        assert_eq!(site.accounts().named(spelling).await.unwrap().subject, zoe.subject);

        let query = form_urlencoded::Serializer::new(String::new()).append_pair("owner", spelling).finish();
        let list = root.get(&format!("/oauth/applications?{query}")).await;
        assert!(text(&list).contains("id=\"application-notes\"") && !text(&list).contains("id=\"application-other\""));
        let query = form_urlencoded::Serializer::new(String::new()).append_pair("name", spelling).finish();
        let people = root.get(&format!("/oauth/people?{query}")).await;
        assert_eq!(text(&people).matches("id=\"person-").count(), 1, "{spelling:?}");
    }
    for (organisation, username) in [("Nord", "Ada"), ("nord", "ADA"), ("\u{ff2e}ORD", "ada")] {
        let mut browser = site.browser();
        let answer = browser.sign_in_at(organisation, username, PASSWORDS[1]).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{organisation:?} {username:?}");
        let home = browser.get("/oauth/").await;
        assert!(element(&home, "signed-in-as").unwrap().contains(">Ada<"));
        let taken = site.accounts().create_at(organisation, username, &Password::new(PASSWORD)).await;
        assert!(matches!(taken, Err(AccountError::Taken)), "{organisation:?} {username:?}");
    }
    assert_eq!((ada.username.as_str(), ada.shown_name()), ("nord/ada", "Nord/Ada"));
    for other in ["zoe", "zo\u{eb}\u{308}"] {
        assert_eq!(site.browser().sign_in(other, PASSWORDS[0]).await.status(), StatusCode::FORBIDDEN, "{other:?}");
    }
}

#[tokio::test]
async fn f_28_all_spellings_share_one_count_of_failures() {
    let (site, _) = site().await;
    let mut browser = site.browser();
    let mut refused = 0;
    for number in 0..15 {
        let answer = browser.sign_in(SPELLINGS[number % SPELLINGS.len()], "wrong password").await;
        refused += usize::from(answer.status() == StatusCode::TOO_MANY_REQUESTS);
    }
    assert_eq!(refused, 5, "ten failures a minute for a name, however it is spelled");
}

#[tokio::test]
async fn f_28_an_old_hash_is_stored_anew_and_nobody_is_signed_out() {
    let (site, mut zoe) = site().await;
    let mut old = zoe.clone();
    // As it was hashed before passwords were prepared.
    old.password = quick_hash(PASSWORDS[1]);
    let now = site.provider.app().config().clock.now();
    site.store.replace_account(&zoe, &old, now).await.unwrap();
    let mut elsewhere = site.browser();
    let refused = elsewhere.sign_in("zo\u{eb}", PASSWORDS[0]).await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN, "these bytes were never hashed");
    let held = Password::new(PASSWORDS[1]);
    assert!(matches!(
        crate::Accounts::change_password(site.accounts(), &old.clone().into(), &held, &Password::new("short")).await,
        Ok(crate::PasswordChange::Refused(_))
    ));
    // Somebody is signed in since before the update.
    let opened = site.store.account(&old.subject).await.unwrap().unwrap();
    assert_eq!(opened, old, "a password change that was refused stores nothing");
    let mut first = site.browser();
    assert_eq!(first.sign_in("zo\u{eb}", PASSWORDS[1]).await.status(), StatusCode::SEE_OTHER, "the raw form, once");
    let anew = site.store.account(&old.subject).await.unwrap().unwrap();
    assert_ne!(anew.password, old.password, "it is hashed anew");
    assert_eq!(anew.password.digest(), old.password.digest(), "and stands for the same");
    let mut second = site.browser();
    assert_eq!(second.sign_in("zo\u{eb}", PASSWORDS[0]).await.status(), StatusCode::SEE_OTHER, "another keyboard");
    for browser in [&mut first, &mut second] {
        assert_eq!(browser.get("/oauth/connected").await.status(), StatusCode::OK, "both are signed in");
    }
    zoe = site.store.account(&zoe.subject).await.unwrap().unwrap();
    assert_eq!(zoe, anew, "once is enough");
    site.accounts().set_password("ZO\u{cb}", &Password::new(PASSWORD)).await.unwrap();
    for browser in [&mut first, &mut second] {
        let answer = browser.get("/oauth/connected").await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "another password signs out as ever");
    }
}

#[tokio::test]
async fn f_28_names_that_meet_sign_in_by_their_bytes_until_one_is_renamed() {
    let (site, zoe) = site().await;
    for username in ["EVE", "Eve"] {
        let subject = oauth_core::identifier::Subject::new(username).unwrap();
        let password = quick_hash(&format!("the password of {username}"));
        let old = Account { subject, username: username.to_owned(), spelling: None, password, ..zoe.clone() };
        site.store.create_account(&old).await.unwrap();
    }
    let now = site.provider.app().config().clock.now();
    assert_eq!(oauth_core::store::fold_names(&site.store, now).await.unwrap(), ["EVE", "Eve"], "eve was first");
    for (username, password) in
        [("EVE", "the password of EVE"), ("Eve", "the password of Eve"), ("eve", PASSWORD), ("eVe", PASSWORD)]
    {
        let answer = site.browser().sign_in(username, password).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{username}");
    }
    let renamed = site.accounts().rename("Eve", "Evelyn").await.unwrap();
    assert_eq!(renamed.shown_name(), "Evelyn");
    assert!(matches!(site.accounts().rename("EVE", "EVELYN").await, Err(AccountError::Taken)));
    assert!(matches!(site.accounts().rename("EVE", "\u{200b}").await, Err(AccountError::Username)));
    assert!(matches!(site.accounts().rename("nobody", "somebody").await, Err(AccountError::Unknown)));
    let answer = site.browser().sign_in("evelyn", "the password of Eve").await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    let mut root = site.signed_in("root").await;
    let people = root.get("/oauth/people").await;
    assert_eq!(text(&people).matches("id=\"person-").count(), 6, "each is listed once");
}
