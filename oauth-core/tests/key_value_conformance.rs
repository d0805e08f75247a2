//! What is made of a database with transactions keeps every promise of the store traits, and leaves
//! nothing by halves when the database fails.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in what it uses too")]

use oauth_core::client::{Client, ClientType};
use oauth_core::clock::Timestamp;
use oauth_core::identifier::{Attributes, GrantId};
use oauth_core::secret::{Digest, random_bytes};
use oauth_core::store::*;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

type Map = BTreeMap<Vec<u8>, Vec<u8>>;

/// A map that knows how to undo.
#[derive(Clone, Default)]
struct Database {
    map: Arc<Mutex<Map>>,
    /// After how many calls one fails.
    left: Arc<AtomicUsize>,
}

struct Rows<'a> {
    map: &'a mut Map,
    undo: Vec<(Vec<u8>, Option<Vec<u8>>)>,
    left: &'a AtomicUsize,
}

impl Rows<'_> {
    fn ask(&self) -> Result<()> {
        match self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)) {
            Ok(1) => Err(StoreError::new("ask the database", "a test broke it")),
            _ => Ok(()),
        }
    }
}

impl Records for Rows<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>> {
        self.ask()?;
        Ok(self.map.get(key).cloned())
    }

    fn range(&self, from: &[u8], until: &[u8], limit: usize) -> Result<Vec<(Vec<u8>, Vec<u8>)>> {
        assert!(key_is_short(from) && key_is_short(until));
        self.ask()?;
        let rows = self.map.range(from.to_vec()..until.to_vec());
        Ok(rows.take(limit).map(|(key, value)| (key.clone(), value.clone())).collect())
    }
}

impl RecordsMut for Rows<'_> {
    fn put(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        assert!(key_is_short(key), "{}", key.len());
        self.ask()?;
        let before = self.map.insert(key.to_vec(), value.to_vec());
        self.undo.push((key.to_vec(), before));
        Ok(())
    }

    fn remove(&mut self, key: &[u8]) -> Result<()> {
        self.ask()?;
        let before = self.map.remove(key);
        self.undo.push((key.to_vec(), before));
        Ok(())
    }
}

/// As the documentation of `put` promises, for databases that have a limit.
fn key_is_short(key: &[u8]) -> bool {
    key.len() <= 600
}

impl KeyValue for Database {
    async fn read<T: Send + 'static>(&self, work: impl Fn(&dyn Records) -> Result<T> + Send + 'static) -> Result<T> {
        work(&Rows { map: &mut self.map.lock().unwrap(), undo: Vec::new(), left: &self.left })
    }

    async fn write<T: Send + 'static>(
        &self,
        work: impl Fn(&mut dyn RecordsMut) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let mut map = self.map.lock().unwrap();
        let mut rows = Rows { map: &mut map, undo: Vec::new(), left: &self.left };
        let outcome = work(&mut rows);
        if outcome.is_err() {
            for (key, before) in std::mem::take(&mut rows.undo).into_iter().rev() {
                match before {
                    Some(value) => rows.map.insert(key, value),
                    None => rows.map.remove(&key),
                };
            }
        }
        outcome
    }
}

fn fresh() -> (KeyValueStore<Database>, ()) {
    (KeyValueStore::new(Database::default()), ())
}

oauth_core::store_conformance!(async { fresh() });
oauth_core::session_conformance!(async { fresh() });
oauth_core::pending_conformance!(async { fresh() });
oauth_core::account_conformance!(async { fresh() });

fn at(second: i64) -> Timestamp {
    Timestamp::from_unix_seconds(1_800_000_000 + second)
}

fn issue(grant: &Grant, now: i64) -> Issue {
    let digest = || Digest::from_bytes(random_bytes());
    let access = IssuedAccess {
        digest: digest(),
        client_id: grant.client_id.clone(),
        grant: Some(grant.id),
        scope: grant.scope.clone(),
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

/// Whatever call of the database fails, the verb is an error, and nothing has changed; then it succeeds.
async fn at_every_call<T>(
    store: &KeyValueStore<Database>,
    database: &Database,
    name: &str,
    verb: impl AsyncFn() -> Result<T>,
) {
    for call in 1.. {
        let before = database.map.lock().unwrap().clone();
        database.left.store(call, Ordering::SeqCst);
        let outcome = verb().await;
        if database.left.swap(0, Ordering::SeqCst) > 0 {
            assert!(call > 1 && outcome.is_ok(), "{name} of {store:?}: without a failure it succeeds");
            return;
        }
        assert!(outcome.is_err(), "{name}: call {call} failed, and the verb must say so");
        assert_eq!(*database.map.lock().unwrap(), before, "{name}: call {call} failed, and nothing was changed");
    }
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Database")
    }
}

#[tokio::test]
async fn a_database_that_fails_leaves_nothing_by_halves() {
    let database = Database::default();
    let store = KeyValueStore::new(database.clone());
    let client = Client::new("notes".parse().unwrap(), "Notes", ClientType::Public);
    let other = Client::new("other".parse().unwrap(), "Other", ClientType::Public);
    let grant = Grant {
        id: GrantId::generate(),
        client_id: client.id.clone(),
        subject: "ada".parse().unwrap(),
        scope: "read".parse().unwrap(),
        audience: Vec::new(),
        auth_time: None,
        acr: None,
        attributes: Attributes::new(),
        shown: None,
        created_at: at(0),
        last_issued_at: None,
        expires_at: at(1_000),
        revoked_at: None,
    };
    let code = Code {
        digest: Digest::of("code"),
        grant: grant.id,
        redirect_uri: String::new(),
        redirect_uri_sent: false,
        code_challenge: None,
        nonce: None,
        expires_at: at(60),
    };
    let (first, second) = (issue(&grant, 1), issue(&grant, 2));
    let refresh = first.refresh.as_ref().unwrap().digest;
    let retry = Retry { sealed: vec![1], until: at(12) };
    let session = Session {
        digest: Digest::of("session"),
        subject: grant.subject.clone(),
        credential: Digest::of("credential"),
        created_at: at(0),
        expires_at: at(600),
    };
    let account = Account {
        subject: grant.subject.clone(),
        username: "ada".into(),
        spelling: None,
        password: PasswordHash::from_phc("$argon2id$"),
        administrator: false,
        enabled: true,
        attributes: Attributes::new(),
        created_at: at(0),
    };
    let renewed = Account { password: PasswordHash::from_phc("$new"), ..account.clone() };
    assert_eq!(store.create_client(&client).await.unwrap(), Created::Now);
    let basis = Basis { client: client.clone(), marks: store.marks(&grant.subject, &client.id).await.unwrap() };
    macro_rules! at_every_call_of {
        ($($verb:ident($($argument:expr),*);)*) => {
            $(at_every_call(&store, &database, stringify!($verb), async || store.$verb($($argument),*).await).await;)*
        };
    }
    at_every_call_of! {
        create_client(&other);
        create_account(&account);
        create_session(&session);
        marks(&grant.subject, &client.id);
        save_code(&grant, &code, &basis);
        code(&code.digest);
        redeem(&code.digest, &first);
        rotate(&refresh, &second, &retry);
        access_token(&second.access.digest, at(3));
        authorization(&second.access.digest, at(3));
        refresh_token(&refresh);
        grants(&GrantFilter::Client(client.id.clone()), &Page::first(9), at(3));
        clients(&ClientFilter::default(), &Page::first(9));
        accounts(&Page::first(9));
        revoke_access_token(&first.access.digest, at(3));
        replace_account(&account, &renewed, at(3));
        delete_account(&account.subject, at(4));
        revoke_grants(&GrantFilter::Client(client.id.clone()), at(4));
        sweep(at(20_000), 1_000);
        delete_client(&client.id, at(20_000));
        delete_client(&other.id, at(20_000));
    }
    assert!(database.map.lock().unwrap().is_empty(), "and in the end nothing is left");
}
