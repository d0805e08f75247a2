use super::MemoryStore;
use super::cell::Cell;
use crate::client::{Client, ClientType};
use crate::clock::Timestamp;
use crate::identifier::{Attributes, ClientId, GrantId, Subject};
use crate::resource::Authorization;
use crate::secret::Digest;
use crate::store::{
    Basis, ClientStore as _, Code, CodeStore as _, Grant, GrantStore as _, Issue, IssuedAccess, Redeemed, Saved,
    TokenStore as _,
};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix_seconds(seconds)
}

/// A token from second 1 to second 100 under a grant that is over at second 50.
struct Issued {
    store: MemoryStore,
    client: Client,
    cell: Arc<Cell>,
    digest: Digest,
}

impl Issued {
    async fn new() -> Self {
        let store = MemoryStore::new();
        let client = Client::new(ClientId::generate(), "App", ClientType::Public);
        store.create_client(&client).await.unwrap();
        let grant = Grant {
            id: GrantId::generate(),
            client_id: client.id.clone(),
            subject: Subject::generate(),
            scope: "read".parse().unwrap(),
            audience: Vec::new(),
            auth_time: Some(at(1)),
            acr: None,
            attributes: Attributes::new(),
            shown: None,
            created_at: at(1),
            last_issued_at: None,
            expires_at: at(50),
            revoked_at: None,
        };
        let code = Code {
            digest: Digest::of("code"),
            grant: grant.id,
            redirect_uri: "https://app.example/back".to_owned(),
            redirect_uri_sent: true,
            code_challenge: None,
            nonce: None,
            expires_at: at(50),
        };
        let basis = Basis { client: client.clone(), marks: store.marks(&grant.subject, &client.id).await.unwrap() };
        assert_eq!(store.save_code(&grant, &code, &basis).await.unwrap(), Saved::Now);
        let digest = Digest::of("token");
        let access = IssuedAccess {
            digest,
            client_id: client.id.clone(),
            grant: Some(grant.id),
            scope: grant.scope.clone(),
            audience: Vec::new(),
            attributes: Attributes::new(),
            issued_at: at(1),
            expires_at: at(100),
        };
        let issue = Issue { access, refresh: None, grant_expires_at: at(50), authenticated_by: None, now: at(1) };
        assert_eq!(store.redeem(&code.digest, &issue).await.unwrap(), Redeemed::Now);
        let cell = store.0.grants.find(&grant.id).unwrap();
        Self { store, client, cell, digest }
    }

    fn check(&self, now: i64) -> Option<Authorization> {
        self.store.authorization_at_once(&self.digest, at(now)).expect("memory answers at once").unwrap()
    }
}

#[tokio::test]
async fn a_check_of_a_token_waits_for_no_verb_under_way() {
    let issued = Arc::new(Issued::new().await);
    // What the verbs hold that issue, rotate and revoke under this grant.
    let (_client, _family) = (issued.cell.client.hold(), issued.cell.lock());
    let (answer, answered) = mpsc::channel();
    let checked = Arc::clone(&issued);
    thread::spawn(move || answer.send(checked.check(2).is_some()));
    assert_eq!(answered.recv_timeout(Duration::from_secs(20)), Ok(true), "the check waits");
}

#[tokio::test]
async fn a_token_is_dead_before_it_has_left_the_index() {
    let issued = Issued::new().await;
    assert!(issued.check(2).is_some());
    issued.cell.hide(&mut issued.cell.lock());
    assert!(issued.store.0.access.find(&issued.digest).is_some(), "it is still there");
    assert_eq!(issued.check(2), None);
}

#[tokio::test]
async fn a_token_is_over_with_its_grant() {
    let issued = Issued::new().await;
    assert!(issued.check(49).is_some());
    assert_eq!(issued.check(50), None);
}

#[tokio::test]
async fn a_token_rests_while_its_client_is_disabled() {
    let mut issued = Issued::new().await;
    for enabled in [false, true] {
        issued.client.enabled = enabled;
        assert!(issued.store.update_client(&issued.client).await.unwrap());
        assert_eq!(issued.check(2).is_some(), enabled);
    }
    assert!(issued.store.delete_client(&issued.client.id, at(2)).await.unwrap());
    assert_eq!(issued.check(2), None);
}
