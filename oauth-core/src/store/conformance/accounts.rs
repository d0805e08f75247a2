//! What an [`AccountStore`] promises, together with the sessions and
//! grants that end with an account.

use super::AnyStore;
use super::sample::{
    at, awkward_attributes, changed_account, is_alive, is_revoked, issue, no_retry, redeemed, redeemed_by, refresh_of,
    registered, session, subject,
};
use crate::store::{
    Account, AccountStore, AttributeChanges, Created, Page, PasswordHash, Replaced, Rotated, SessionStore as _,
    TokenStore as _,
};
use std::collections::BTreeMap;

/// An account whose identifier is its name with a letter before it.
pub(super) fn account(username: &str) -> Account {
    Account {
        subject: subject(&format!("s{username}")),
        username: username.to_owned(),
        spelling: None,
        password: PasswordHash::from_phc("$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$old"),
        administrator: false,
        enabled: true,
        attributes: BTreeMap::new(),
        created_at: at(0),
    }
}

async fn created<S: AccountStore>(store: &S, username: &str) -> Account {
    let account = account(username);
    assert_eq!(store.create_account(&account).await.expect("create_account"), Created::Now, "a new account is saved");
    account
}

/// An account is read as it was saved, by identifier and by name.
pub async fn an_account_comes_back_as_it_was_saved(store: &AnyStore) {
    let mut account = account(&format!("{} '\"%_", "ü".repeat(100)));
    account.administrator = true;
    account.enabled = false;
    account.attributes = awkward_attributes();
    assert_eq!(store.create_account(&account).await.expect("create_account"), Created::Now, "a new account is saved");
    let by_subject = store.account(&account.subject).await.expect("account");
    assert_eq!(by_subject.as_ref(), Some(&account), "an account is read by identifier, a disabled one too");
    let by_name = store.account_named(&account.username).await.expect("account_named");
    assert_eq!(by_name, Some(account), "an account is read by name, a disabled one too");
    assert_eq!(store.account(&subject("nobody")).await.expect("account"), None, "an unknown account is not there");
}

/// A name and an identifier belong to one account.
pub async fn an_account_is_created_once(store: &AnyStore) {
    let first = created(store, "ada").await;
    let same_name = Account { subject: subject("other"), ..account("ada") };
    let same_subject = Account { subject: first.subject.clone(), ..account("other") };
    for second in [same_name, same_subject] {
        let outcome = store.create_account(&second).await.expect("create_account");
        assert_eq!(outcome, Created::Exists, "a name or identifier that is taken is refused");
    }
    let stored = store.account_named("ada").await.expect("account_named");
    assert_eq!(stored.as_ref(), Some(&first), "what was there first is unchanged");
    assert_eq!(store.account(&first.subject).await.expect("account"), Some(first), "by identifier too");
    assert_eq!(store.account(&subject("other")).await.expect("account"), None, "nothing of the second is stored");
    assert_eq!(store.account_named("other").await.expect("account_named"), None, "nor under its name");
}

/// Names that differ in case, accents or a space at the end are different accounts, listed in the
/// order of their bytes.
pub async fn usernames_compare_byte_for_byte(store: &AnyStore) {
    let mut names = ["josé", "jose", "José", "jose\u{301}", "josé ", "jos_", "jos%"];
    for name in names {
        assert_eq!(store.account_named(name).await.expect("account_named"), None, "{name:?} is another account");
        created(store, name).await;
    }
    for name in names {
        let stored = store.account_named(name).await.expect("account_named");
        assert_eq!(stored, Some(account(name)), "{name:?} is another account");
    }
    names.sort_unstable();
    let mut seen = Vec::new();
    let mut page = Page::first(3);
    loop {
        let found = store.accounts(&page).await.expect("accounts");
        assert!(found.len() <= 3, "a page holds no more than was asked for");
        let Some(last) = found.last() else { break };
        page = Page::after(last.username.clone(), 3);
        seen.extend(found.into_iter().map(|account| account.username));
    }
    assert_eq!(seen, names, "byte order, each once");
}

/// A new password, disabling and deletion end, in the same step, every session and every grant of
/// the account, and of no other.
pub async fn what_ends_an_account_ends_its_sessions_and_grants(store: &AnyStore) {
    let client = registered(store).await;
    let (mut ada, other) = (created(store, "ada").await, created(store, "Ada").await);
    let (kept, _, kept_tokens) = redeemed_by(store, &client, other.subject.as_str()).await;
    let kept_session = session(store, other.subject.as_str()).await;
    let password = PasswordHash::from_phc("$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$new");
    for step in ["a new password", "disabling", "deletion"] {
        let (grant, _, tokens) = redeemed_by(store, &client, ada.subject.as_str()).await;
        let sessions = [session(store, ada.subject.as_str()).await, session(store, ada.subject.as_str()).await];
        let done = match step {
            "a new password" => changed_account(store, &ada, 2, |ada| ada.password = password.clone()).await,
            "disabling" => changed_account(store, &ada, 2, |ada| ada.enabled = false).await,
            _ => store.delete_account(&ada.subject, at(2)).await.expect("delete_account"),
        };
        assert!(done, "the account was there");
        for session in sessions {
            let open = store.session(&session.digest, at(2)).await.expect("session");
            assert_eq!(open, None, "{step} ends every session of the account");
        }
        assert!(is_revoked(store, &grant).await, "{step} revokes every grant of the account");
        assert!(!is_alive(store, &tokens, 2).await, "{step} ends every token of the account");
        let outcome = store.rotate(&refresh_of(&tokens), &issue(&grant, 2), &no_retry(2)).await.expect("rotate");
        assert_eq!(outcome, Rotated::Gone, "{step} ends every refresh token of the account");

        ada.password = password.clone();
        ada.enabled = step == "a new password";
        let expected = (step != "deletion").then(|| ada.clone());
        assert_eq!(store.account(&ada.subject).await.expect("account"), expected, "{step} does what it says");
        let named = store.account_named(&ada.username).await.expect("account_named");
        assert_eq!(named, expected, "{step} does what it says, by name too");
    }
    assert!(store.session(&kept_session.digest, at(2)).await.expect("session").is_some(), "others stay signed in");
    assert!(!is_revoked(store, &kept).await && is_alive(store, &kept_tokens, 2).await, "others keep their grants");
    assert_eq!(store.account(&other.subject).await.expect("account"), Some(other), "others keep their accounts");
}

/// Attributes that are named are changed, others stay, and nothing ends.
pub async fn attributes_are_changed_one_by_one(store: &AnyStore) {
    let (mut ada, other) = (created(store, "ada").await, created(store, "Ada").await);
    let (_, _, tokens) = redeemed_by(store, &registered(store).await, ada.subject.as_str()).await;
    let session = session(store, ada.subject.as_str()).await;
    let set = |name: &str, value: &str| (name.to_owned(), Some(value.to_owned()));
    let all = awkward_attributes().into_iter().map(|(name, value)| (name, Some(value))).collect();
    let steps: [AttributeChanges; 6] = [
        all,
        [set("role", "teacher"), set("empty", "no more"), ("lines".to_owned(), None)].into(),
        AttributeChanges::new(),
        [("nothing".to_owned(), None), set("role", "head")].into(),
        [set("role", "head")].into(),
        awkward_attributes().into_keys().chain(["role".to_owned()]).map(|name| (name, None)).collect(),
    ];
    for changes in steps {
        let changed = changed_account(store, &ada, 2, |ada| ada.change_attributes(&changes)).await;
        assert!(changed, "the account is there");
        ada.change_attributes(&changes);
        let stored = store.account(&ada.subject).await.expect("account");
        assert_eq!(stored.as_ref(), Some(&ada), "what is named is changed, and nothing else");
        let named = store.account_named(&ada.username).await.expect("account_named");
        assert_eq!(named.as_ref(), Some(&ada), "by name too");
    }
    assert!(ada.attributes.is_empty(), "all of them can be removed");
    assert!(is_alive(store, &tokens, 2).await, "no grant ends");
    assert!(store.session(&session.digest, at(2)).await.expect("session").is_some(), "nor a session");
    assert_eq!(store.account(&other.subject).await.expect("account"), Some(other), "others keep theirs");
}

/// Enabling an account again gives back what it is, not what has ended.
pub async fn enabling_an_account_revives_nothing(store: &AnyStore) {
    let ada = created(store, "ada").await;
    let client = registered(store).await;
    let (_, _, tokens) = redeemed_by(store, &client, ada.subject.as_str()).await;
    let session = session(store, ada.subject.as_str()).await;
    let set_enabled = async |enabled| changed_account(store, &ada, 2, |ada| ada.enabled = enabled).await;
    assert!(set_enabled(true).await, "the account is there");
    assert!(is_alive(store, &tokens, 2).await, "enabling an enabled account ends nothing");
    assert!(set_enabled(false).await && set_enabled(true).await, "the account is there");
    assert_eq!(store.account(&ada.subject).await.expect("account").as_ref(), Some(&ada), "it is as it was");
    assert!(!is_alive(store, &tokens, 2).await, "its tokens do not live again");
    assert_eq!(store.session(&session.digest, at(2)).await.expect("session"), None, "nor do its sessions");
}

/// Where there is no account, the verbs say so and touch nobody's grants.
pub async fn without_an_account_nothing_ends(store: &AnyStore) {
    let (_, grant, _, _) = redeemed(store).await;
    let session = session(store, grant.subject.as_str()).await;
    let password = PasswordHash::from_phc("$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$new");
    let nobody = subject("nobody");
    let read = Account { subject: grant.subject.clone(), ..account("nobody") };
    let changed = Account { password, enabled: false, ..read.clone() };
    let outcome = store.replace_account(&read, &changed, at(2)).await.expect("replace_account");
    assert_eq!(outcome, Replaced::Gone, "there is no account");
    assert!(!store.delete_account(&nobody, at(2)).await.expect("delete_account"), "there is no account");
    assert_eq!(store.account(&nobody).await.expect("account"), None, "and none was made");
    assert!(!is_revoked(store, &grant).await, "a person without an account keeps grants");
    assert!(store.session(&session.digest, at(2)).await.expect("session").is_some(), "and sessions");
}

/// Of two changes of one account that was read once, the second is told so, and nothing of it is stored or ends
/// anything.
pub async fn f_03_an_account_that_was_changed_is_not_replaced(store: &AnyStore) {
    let read = created(store, "ada").await;
    let hash = |text: &str| PasswordHash::from_phc(format!("$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ${text}"));
    let (reset, mut late) = (Account { password: hash("reset"), ..read.clone() }, read.clone());
    assert_eq!(store.replace_account(&read, &reset, at(2)).await.expect("replace_account"), Replaced::Now, "as read");
    let (grant, _, tokens) = redeemed_by(store, &registered(store).await, read.subject.as_str()).await;
    let session = session(store, read.subject.as_str()).await;
    late.password = hash("late");
    for changed in [late, Account { enabled: false, ..read.clone() }, read.clone()] {
        let outcome = store.replace_account(&read, &changed, at(3)).await.expect("replace_account");
        assert_eq!(outcome, Replaced::Changed, "it was changed since it was read");
    }
    assert_eq!(store.account(&read.subject).await.expect("account").as_ref(), Some(&reset), "the first change holds");
    assert!(!is_revoked(store, &grant).await && is_alive(store, &tokens, 3).await, "a change that lost ends nothing");
    assert!(store.session(&session.digest, at(3)).await.expect("session").is_some(), "nor a session");
    let renamed = Account { username: "bob".to_owned(), ..reset.clone() };
    assert!(store.replace_account(&reset, &renamed, at(3)).await.is_err(), "a name never changes");
    let other = Account { subject: subject("other"), ..reset.clone() };
    assert!(store.replace_account(&reset, &other, at(3)).await.is_err(), "nor does an identifier");
    assert!(store.delete_account(&read.subject, at(3)).await.expect("delete_account"), "it is there");
    let outcome = store.replace_account(&reset, &read, at(3)).await.expect("replace_account");
    assert_eq!(outcome, Replaced::Gone, "replacing brings nothing back");
}

/// Accounts are listed in the order of their names' bytes, each once, although others come and go
/// meanwhile.
pub async fn accounts_are_listed_page_by_page(store: &AnyStore) {
    for name in ["d", "B", "a", "b", "~", "ä"] {
        created(store, name).await;
    }
    let mut page = Page::first(2);
    let mut seen = Vec::new();
    for others in [["A", "c"], ["C", "0"], ["D", "1"], ["E", "2"]] {
        let found = store.accounts(&page).await.expect("accounts");
        assert!(found.len() <= 2, "a page holds no more than was asked for");
        let Some(last) = found.last() else { break };
        page = Page::after(last.username.clone(), 2);
        seen.extend(found.iter().map(|account| account.username.clone()));
        if seen.len() == 2 {
            let gone = subject("sB");
            assert!(store.delete_account(&gone, at(1)).await.expect("delete_account"), "it was there");
        }
        for name in others {
            created(store, name).await;
        }
    }
    assert_eq!(seen, ["B", "a", "b", "c", "d", "~", "ä"], "byte order, each once, new ones where they belong");
}
