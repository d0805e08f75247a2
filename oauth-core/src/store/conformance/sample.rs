use crate::client::{Client, ClientType};
use crate::clock::Timestamp;
use crate::identifier::{Attributes, ClientId, GrantId, Subject};
use crate::pkce::CodeChallenge;
use crate::resource::Authorization;
use crate::scope::Scope;
use crate::secret::{Digest, random_bytes};
use crate::store::{
    Account, AccountStore, Basis, ClientStore, Code, Created, Grant, Issue, IssuedAccess, IssuedRefresh, Redeemed,
    Replaced, Result, Retry, Saved, Session, SessionStore, Store, TokenStore,
};
use std::collections::BTreeMap;

/// A moment, some seconds after the beginning of every test.
pub(super) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix_seconds(1_800_000_000 + seconds)
}

pub(super) fn digest() -> Digest {
    Digest::from_bytes(random_bytes())
}

pub(super) fn scope(text: &str) -> Scope {
    text.parse().expect("a scope")
}

pub(super) fn subject(text: &str) -> Subject {
    Subject::new(text).expect("a subject")
}

pub(super) fn client_id(text: &str) -> ClientId {
    ClientId::new(text).expect("a client identifier")
}

/// Attributes that a careless store would damage: accents, quotes, wildcards, line ends, empty and
/// long values.
pub(super) fn awkward_attributes() -> Attributes {
    BTreeMap::from([
        ("schule".to_owned(), "Gymnasium Köln-Süd 🏫".to_owned()),
        ("quotes".to_owned(), "'; DROP TABLE grants; -- \" \\ %_*?[a] {}".to_owned()),
        ("lines".to_owned(), "one\r\ntwo\tthree ".to_owned()),
        ("combined".to_owned(), "e\u{301} is not \u{e9}".to_owned()),
        ("empty".to_owned(), String::new()),
        ("long".to_owned(), "ü".repeat(16 * 1024)),
    ])
}

pub(super) fn client(id: &str) -> Client {
    Client::new(client_id(id), format!("Client {id}"), ClientType::Public)
}

/// Saves a client under a random identifier.
pub(super) async fn registered(store: &impl ClientStore) -> Client {
    let client = client(ClientId::generate().as_str());
    assert_eq!(store.create_client(&client).await.expect("create_client"), Created::Now, "a new client is saved");
    client
}

/// A grant from second 0 to second 1,000.
pub(super) fn grant(client: &Client, who: &str) -> Grant {
    Grant {
        id: GrantId::generate(),
        client_id: client.id.clone(),
        subject: subject(who),
        scope: scope("read write"),
        audience: Vec::new(),
        auth_time: None,
        acr: None,
        attributes: Attributes::new(),
        shown: None,
        created_at: at(0),
        last_issued_at: None,
        expires_at: at(1_000),
        revoked_at: None,
    }
}

/// A code that expires at second 60.
pub(super) fn code(grant: &Grant) -> Code {
    Code {
        digest: digest(),
        grant: grant.id,
        redirect_uri: "https://client.example/callback".to_owned(),
        redirect_uri_sent: true,
        code_challenge: CodeChallenge::parse("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
        nonce: None,
        expires_at: at(60),
    }
}

/// Tokens under a grant: the access token expires 300 seconds after `now`, the refresh token 500,
/// the grant at second 1,000.
pub(super) fn issue(grant: &Grant, now: i64) -> Issue {
    let access = IssuedAccess {
        digest: digest(),
        client_id: grant.client_id.clone(),
        grant: Some(grant.id),
        scope: scope("read"),
        audience: Vec::new(),
        attributes: Attributes::new(),
        issued_at: at(now),
        expires_at: at(now + 300),
    };
    let refresh = IssuedRefresh {
        digest: digest(),
        grant: grant.id,
        issued_at: at(now),
        expires_at: at(now + 500),
        family_expires_at: at(1_000),
    };
    Issue { access, refresh: Some(refresh), grant_expires_at: at(1_000), authenticated_by: None, now: at(now) }
}

/// A token for a client that acts for itself, which expires at second 300.
pub(super) fn grantless(client: &Client) -> Issue {
    let mut issue = issue(&grant(client, "nobody"), 0);
    issue.access.grant = None;
    issue.refresh = None;
    issue.grant_expires_at = issue.access.expires_at;
    issue
}

pub(super) fn refresh_of(issue: &Issue) -> Digest {
    issue.refresh.as_ref().expect("a refresh token").digest
}

/// A retry window that ends at a second, with its own answer.
pub(super) fn retry_until(second: i64) -> Retry {
    Retry { sealed: random_bytes::<48>().to_vec(), until: at(second) }
}

/// No retry window.
pub(super) fn no_retry(now: i64) -> Retry {
    retry_until(now)
}

/// Reads what a decision on a grant rests on, as it is now.
pub(super) async fn basis(store: &impl Store, grant: &Grant) -> Basis {
    let registered = store.client(&grant.client_id).await.expect("client");
    let client = registered.unwrap_or_else(|| client(grant.client_id.as_str()));
    Basis { client, marks: store.marks(&grant.subject, &grant.client_id).await.expect("marks") }
}

/// Decides and saves a code.
pub(super) async fn save(store: &impl Store, grant: &Grant, code: &Code) -> Result<Saved> {
    store.save_code(grant, code, &basis(store, grant).await).await
}

/// Changes an account as it is now, and reads it again if another call was faster; `false` if there is none.
pub(super) async fn changed_account(
    store: &impl AccountStore,
    account: &Account,
    now: i64,
    change: impl Fn(&mut Account),
) -> bool {
    while let Some(read) = store.account(&account.subject).await.expect("account") {
        let mut changed = read.clone();
        change(&mut changed);
        match store.replace_account(&read, &changed, at(now)).await.expect("replace_account") {
            Replaced::Now => return true,
            Replaced::Changed => {}
            Replaced::Gone => break,
        }
    }
    false
}

/// Approves a client and saves the code. An end that a caller dropped may go on in the store, and move the mark
/// between the look and the commit: the fixture looks again, as a server does.
pub(super) async fn approved_by(store: &impl Store, client: &Client, who: &str) -> (Grant, Code) {
    let grant = grant(client, who);
    let code = code(&grant);
    let mut outcome = Saved::Changed;
    for _ in 0..3 {
        if outcome == Saved::Changed {
            outcome = save(store, &grant, &code).await.expect("save_code");
        }
    }
    assert_eq!(outcome, Saved::Now, "a new code is saved");
    (grant, code)
}

/// Approves a new client and saves the code.
pub(super) async fn approved(store: &impl Store) -> (Client, Grant, Code) {
    let client = registered(store).await;
    let (grant, code) = approved_by(store, &client, "ada").await;
    (client, grant, code)
}

/// Approves a client and redeems the code at second 1.
pub(super) async fn redeemed_by(store: &impl Store, client: &Client, who: &str) -> (Grant, Code, Issue) {
    let (grant, code) = approved_by(store, client, who).await;
    let issue = issue(&grant, 1);
    let outcome = store.redeem(&code.digest, &issue).await.expect("redeem");
    assert_eq!(outcome, Redeemed::Now, "a new code can be redeemed");
    (grant, code, issue)
}

/// Approves a new client and redeems the code at second 1.
pub(super) async fn redeemed(store: &impl Store) -> (Client, Grant, Code, Issue) {
    let client = registered(store).await;
    let (grant, code, issue) = redeemed_by(store, &client, "ada").await;
    (client, grant, code, issue)
}

pub(super) async fn is_alive(store: &impl TokenStore, issue: &Issue, now: i64) -> bool {
    let digest = &issue.access.digest;
    let read = store.access_token(digest, at(now)).await.expect("access_token");
    let told = store.authorization(digest, at(now)).await.expect("authorization");
    let at_once = store.authorization_at_once(digest, at(now));
    let at_once = at_once.map(|at_once| at_once.expect("authorization_at_once"));
    for told in at_once.iter().chain([&told]) {
        if *told != read.clone().map(Authorization::from) {
            // What a dropped verb began may have come to its end between the two.
            let read = store.access_token(digest, at(now)).await.expect("access_token");
            assert_eq!(*told, read.map(Authorization::from), "all verbs say the same of an access token");
        }
    }
    told.is_some()
}

pub(super) async fn is_revoked(store: &impl Store, grant: &Grant) -> bool {
    let stored = store.grant(&grant.id).await.expect("grant");
    stored.expect("a revoked grant is kept until its end").revoked_at.is_some()
}

/// Opens a session that expires at second 600.
pub(super) async fn session(store: &impl SessionStore, who: &str) -> Session {
    let session = Session {
        digest: digest(),
        subject: subject(who),
        credential: digest(),
        created_at: at(0),
        expires_at: at(600),
    };
    store.create_session(&session).await.expect("create_session");
    session
}
