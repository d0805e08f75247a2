//! What an [`AccountStore`] promises about names: it keeps the given spelling, and renames in one step.

use super::AnyStore;
use super::accounts::account;
use super::sample::{at, is_alive, is_revoked, redeemed_by, registered, session};
use crate::store::{
    Account, AccountStore, Created, Marks, PasswordHash, Renamed, Replaced, SessionStore as _, Store, account_called,
    fold_names,
};

/// Makes an account as it is made today: its name is folded, and the spelling beside it.
fn spelled(given: &str) -> Account {
    let mut account = account(given);
    account.take_name(given);
    account
}

async fn create<S: AccountStore>(store: &S, account: &Account) {
    assert_eq!(store.create_account(account).await.expect("create_account"), Created::Now, "a new account is saved");
}

async fn marks<S: Store>(store: &S, account: &Account) -> Marks {
    store.marks(&account.subject, &crate::identifier::ClientId::generate()).await.expect("marks")
}

/// A spelling comes back as it was given, from each reading verb; the account is found by each spelling.
pub async fn f_28_a_name_is_found_in_each_spelling(store: &AnyStore) {
    let given = spelled("Zo\u{eb} '\"%_");
    create(store, &given).await;
    assert_eq!(given.shown_name(), "Zo\u{eb} '\"%_", "the given spelling is shown");
    assert_eq!(store.account(&given.subject).await.expect("account").as_ref(), Some(&given), "by identifier");
    let page = crate::store::Page::first(10);
    let listed = store.accounts(&page).await.expect("accounts");
    assert_eq!(listed, std::slice::from_ref(&given), "in the list");
    for typed in ["zo\u{eb} '\"%_", "Zo\u{eb} '\"%_", "ZOE\u{308} '\"%_", "\u{ff3a}o\u{eb} '\"%_"] {
        let found = account_called(store, typed).await.expect("account_named");
        assert_eq!(found.as_ref(), Some(&given), "{typed:?} is the same name");
    }
    let same = Account { subject: account("other").subject, ..spelled("ZO\u{cb} '\"%_") };
    assert_eq!(store.create_account(&same).await.expect("create_account"), Created::Exists, "the same name is taken");
}

/// A renamed account keeps what it has, under the new name alone; a name that is taken changes nothing.
pub async fn f_28_a_renamed_account_keeps_what_it_has(store: &AnyStore) {
    let (read, other) = (account("ada"), account("bob"));
    create(store, &read).await;
    create(store, &other).await;
    let (grant, _, tokens) = redeemed_by(store, &registered(store).await, read.subject.as_str()).await;
    let session = session(store, read.subject.as_str()).await;
    let mut renamed = read.clone();
    renamed.take_name("Countess");
    let rename = async |read: &Account, renamed: &Account| {
        store.rename_account(read, renamed, at(2)).await.expect("rename_account")
    };

    let taken = Account { username: "bob".to_owned(), ..read.clone() };
    assert_eq!(rename(&read, &taken).await, Renamed::Taken, "somebody has the name");
    let late = Account { administrator: true, ..read.clone() };
    assert_eq!(rename(&late, &Account { administrator: true, ..renamed.clone() }).await, Renamed::Changed);
    let gone = Account { subject: account("nobody").subject, ..read.clone() };
    assert_eq!(rename(&gone, &Account { username: "x".to_owned(), ..gone.clone() }).await, Renamed::Gone);
    let more = Account { enabled: false, ..renamed.clone() };
    assert!(store.rename_account(&read, &more, at(2)).await.is_err(), "nothing else is changed on this way");
    assert_eq!(store.account_named("ada").await.expect("account_named").as_ref(), Some(&read), "nothing was changed");
    assert_eq!(store.account_named("bob").await.expect("account_named").as_ref(), Some(&other), "nor the other");

    let before = marks(store, &read).await;
    assert_eq!(rename(&read, &renamed).await, Renamed::Now, "it is as it was read");
    assert_ne!(marks(store, &read).await, before, "its mark moves");
    assert_eq!(store.account(&read.subject).await.expect("account").as_ref(), Some(&renamed), "by identifier");
    let named = store.account_named("countess").await.expect("account_named");
    assert_eq!(named.as_ref(), Some(&renamed), "by the new name");
    assert_eq!(store.account_named("ada").await.expect("account_named"), None, "the old name is nobody's");
    let page = crate::store::Page::first(10);
    assert_eq!(store.accounts(&page).await.expect("accounts"), [other, renamed.clone()], "each once, in order");
    assert!(!is_revoked(store, &grant).await && is_alive(store, &tokens, 2).await, "no grant ends");
    assert!(store.session(&session.digest, at(2)).await.expect("session").is_some(), "nor a session");

    let mut louder = renamed.clone();
    louder.take_name("COUNTESS");
    assert_eq!(rename(&renamed, &louder).await, Renamed::Now, "its own name is free for it, in another spelling");
    let named = store.account_named("countess").await.expect("account_named");
    assert_eq!(named.as_ref(), Some(&louder), "the spelling changed");
    let again = Account { subject: account("again").subject, ..account("ada") };
    create(store, &again).await;
    assert!(store.delete_account(&louder.subject, at(3)).await.expect("delete_account"), "it is there");
    assert_eq!(store.account_named("countess").await.expect("account_named"), None, "it is gone by its last name");
}

/// Old names are folded; of two that meet, each account is still found by exactly its bytes.
pub async fn f_28_old_names_are_folded(store: &AnyStore) {
    let (zoe, apart, plain) = (account("Zo\u{eb}"), account("Jose\u{301}"), account("plain"));
    let (upper, mixed) = (account("ADA"), account("Ada"));
    for account in [&zoe, &apart, &plain, &upper, &mixed] {
        create(store, account).await;
    }
    let (grant, _, tokens) = redeemed_by(store, &registered(store).await, zoe.subject.as_str()).await;
    let session = session(store, zoe.subject.as_str()).await;
    assert_eq!(fold_names(store, at(2)).await.expect("fold_names").len(), 1, "one of those that meet is left");
    for (typed, whose) in [
        ("Zo\u{eb}", &zoe),
        ("zoe\u{308}", &zoe),
        ("Jose\u{301}", &apart),
        ("JOS\u{c9}", &apart),
        ("plain", &plain),
        ("ADA", &upper),
        ("Ada", &mixed),
    ] {
        let found = account_called(store, typed).await.expect("account_named");
        assert_eq!(found.map(|account| account.subject), Some(whose.subject.clone()), "{typed:?}");
    }
    let folded = store.account(&zoe.subject).await.expect("account").expect("it is there");
    assert_eq!((folded.username.as_str(), folded.shown_name()), ("zo\u{eb}", "Zo\u{eb}"), "the old spelling is shown");
    assert!(!is_revoked(store, &grant).await && is_alive(store, &tokens, 2).await, "no grant ends");
    assert!(store.session(&session.digest, at(2)).await.expect("session").is_some(), "nor a session");
    assert_eq!(fold_names(store, at(3)).await.expect("fold_names").len(), 1, "it can be done again");
}

/// A new hash in the place of an old one ends nothing; another password ends everything.
pub async fn f_28_a_password_hashed_anew_ends_nothing(store: &AnyStore) {
    let read = account("ada");
    create(store, &read).await;
    let (grant, _, tokens) = redeemed_by(store, &registered(store).await, read.subject.as_str()).await;
    let session = session(store, read.subject.as_str()).await;
    let hash = || PasswordHash::from_phc("$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$new");
    let anew = Account { password: hash().in_place_of(&read.password), ..read.clone() };
    assert_eq!(store.replace_account(&read, &anew, at(2)).await.expect("replace_account"), Replaced::Now, "as read");
    let stored = store.account(&read.subject).await.expect("account").expect("it is there");
    assert_eq!(stored, anew, "the new hash is stored");
    assert_eq!(stored.password.digest(), read.password.digest(), "sessions remember the same");
    assert!(!is_revoked(store, &grant).await && is_alive(store, &tokens, 2).await, "no grant ends");
    assert!(store.session(&session.digest, at(2)).await.expect("session").is_some(), "nor a session");
    let other = Account { password: hash(), ..anew.clone() };
    assert_eq!(store.replace_account(&anew, &other, at(3)).await.expect("replace_account"), Replaced::Now, "as read");
    assert!(is_revoked(store, &grant).await, "another password ends them");
    assert_eq!(store.session(&session.digest, at(3)).await.expect("session"), None, "sessions too");
}
