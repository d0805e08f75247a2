//! The stores that servers are tested on, behind one type, so that the provider is compiled once.

use oauth_core::client::Client;
use oauth_core::clock::Timestamp;
use oauth_core::identifier::{ClientId, GrantId, Subject};
use oauth_core::resource::Authorization;
use oauth_core::secret::Digest;
use oauth_core::store::{
    Account, AccountStore, ActiveToken, ClientFilter, ClientStore, Code, CodeStore, Created, Grant, GrantFilter,
    GrantStore, Housekeeping, Issue, MemoryStore, Page, PasswordHash, PendingDecision, Redeemed, Replaced, Result,
    Retry, Rotated, Saved, Session, SessionStore, StoredCode, StoredRefresh, Swept, TokenStore,
};
use oauth_diesel::SqlStore;
use oauth_test_servers::{Mariadb, Postgres};
use std::sync::OnceLock;
use tempfile::TempDir;

/// Where a server keeps its records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// In memory.
    Memory,
    /// In a SQLite file of its own.
    Sqlite,
    /// On PostgreSQL, as a tenant of its own in a database that all tests share.
    Postgres,
    /// On MariaDB, as a tenant of its own in a database that all tests share.
    Mysql,
}

/// A store of any kind; a clone is another handle on it.
#[derive(Clone)]
pub enum AnyStore {
    /// In memory.
    Memory(MemoryStore),
    /// In a SQL database of any kind.
    Sql(SqlStore),
}

/// Where records are that can be opened once more.
pub(crate) struct Place {
    url: String,
    tenant: String,
    /// Removed with the last server on it.
    files: Option<TempDir>,
}

/// The databases that the tests share, made by the first that needs one.
static POSTGRES: OnceLock<String> = OnceLock::new();
static MARIADB: OnceLock<String> = OnceLock::new();

impl Place {
    /// Takes a tenant that nobody has had before.
    async fn tenant_of(database: &'static OnceLock<String>, make: fn() -> String) -> Self {
        // The server may have to be started first.
        let url = tokio::task::spawn_blocking(move || database.get_or_init(make).clone());
        let tenant = GrantId::generate().to_string();
        Self { url: url.await.expect("the server starts"), tenant, files: None }
    }

    async fn open(&self) -> AnyStore {
        AnyStore::Sql(SqlStore::open(&self.url).await.expect("it opens").for_tenant(&self.tenant))
    }

    /// Gives the directory that the files are in, where they are this program's own.
    pub(crate) fn files(&self) -> Option<&TempDir> {
        self.files.as_ref()
    }
}

impl AnyStore {
    /// Opens a new, empty store, and says where it is.
    pub(crate) async fn open(backend: Backend) -> (Self, Option<Place>) {
        let place = match backend {
            Backend::Memory => return (Self::Memory(MemoryStore::new()), None),
            Backend::Sqlite => {
                let files = TempDir::new().expect("a directory for the file");
                let url = format!("sqlite:{}", files.path().join("provider.db").display());
                Place { url, tenant: String::new(), files: Some(files) }
            }
            Backend::Postgres => Place::tenant_of(&POSTGRES, || Postgres::shared().database()).await,
            Backend::Mysql => Place::tenant_of(&MARIADB, || Mariadb::shared().database()).await,
        };
        (place.open().await, Some(place))
    }

    /// Opens the same records once more, as another process would: memory stays as it is.
    pub(crate) async fn again(&self, place: Option<&Place>) -> Self {
        let Some(place) = place else { return self.clone() };
        place.open().await
    }
}

/// Hands every verb of every store trait to a macro, so that each wrapper is written once.
macro_rules! verbs {
    ($then:ident) => {
        $then! {
            ClientStore {
                fn client(id: &ClientId) -> Option<Client>;
                fn clients(filter: &ClientFilter, page: &Page<ClientId>) -> Vec<Client>;
                fn create_client(client: &Client) -> Created;
                fn update_client(client: &Client) -> bool;
                fn replace_client(read: &Client, changed: &Client) -> Replaced;
                fn delete_client(id: &ClientId, now: Timestamp) -> bool;
            }
            GrantStore {
                fn grant(id: &GrantId) -> Option<Grant>;
                fn grants(filter: &GrantFilter, page: &Page<GrantId>, now: Timestamp) -> Vec<Grant>;
                fn revoke_grant(id: &GrantId, now: Timestamp) -> bool;
                fn revoke_grants(filter: &GrantFilter, now: Timestamp) -> u64;
            }
            CodeStore {
                fn save_code(grant: &Grant, code: &Code) -> Saved;
                fn code(digest: &Digest) -> Option<StoredCode>;
                fn redeem(digest: &Digest, issue: &Issue) -> Redeemed;
            }
            TokenStore {
                fn issue(issue: &Issue) -> Saved;
                fn access_token(digest: &Digest, now: Timestamp) -> Option<ActiveToken>;
                fn authorization(digest: &Digest, now: Timestamp) -> Option<Authorization>;
                fn refresh_token(digest: &Digest) -> Option<StoredRefresh>;
                fn rotate(digest: &Digest, issue: &Issue, retry: &Retry) -> Rotated;
                fn revoke_access_token(digest: &Digest, now: Timestamp) -> bool;
            }
            Housekeeping {
                fn sweep(now: Timestamp, limit: u32) -> Swept;
            }
            AccountStore {
                fn account(subject: &Subject) -> Option<Account>;
                fn account_named(username: &str) -> Option<Account>;
                fn accounts(page: &Page<String>) -> Vec<Account>;
                fn create_account(account: &Account) -> Created;
                fn set_password(subject: &Subject, password: &PasswordHash, now: Timestamp) -> bool;
                fn set_account_enabled(subject: &Subject, enabled: bool, now: Timestamp) -> bool;
                fn delete_account(subject: &Subject, now: Timestamp) -> bool;
            }
            SessionStore {
                fn create_session(session: &Session) -> ();
                fn session(digest: &Digest, now: Timestamp) -> Option<Session>;
                fn end_session(digest: &Digest) -> bool;
                fn end_sessions(subject: &Subject) -> u64;
                fn save_decision(decision: &PendingDecision) -> ();
                fn take_decision(session: &Digest, request: &Digest, now: Timestamp) -> Option<PendingDecision>;
            }
        }
    };
}
pub(crate) use verbs;

macro_rules! delegate {
    ($($trait:ident { $(fn $verb:ident($($argument:ident: $type:ty),*) -> $outcome:ty;)* })*) => {
        $(impl $trait for AnyStore {
            $(async fn $verb(&self, $($argument: $type),*) -> Result<$outcome> {
                match self {
                    Self::Memory(store) => $trait::$verb(store, $($argument),*).await,
                    Self::Sql(store) => $trait::$verb(store, $($argument),*).await,
                }
            })*
        })*
    };
}

verbs!(delegate);
