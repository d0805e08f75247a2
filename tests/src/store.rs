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
use oauth_diesel::SqliteStore;
use tempfile::TempDir;

/// Where a server keeps its records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// In memory.
    Memory,
    /// In a SQLite file of its own.
    Sqlite,
}

/// A store of any kind; a clone is another handle on it.
#[derive(Clone)]
pub enum AnyStore {
    /// In memory.
    Memory(MemoryStore),
    /// In a SQLite file.
    Sqlite(SqliteStore),
}

impl AnyStore {
    /// Opens a new, empty store, with the directory that its files are in.
    pub(crate) async fn open(backend: Backend) -> (Self, Option<TempDir>) {
        match backend {
            Backend::Memory => (Self::Memory(MemoryStore::new()), None),
            Backend::Sqlite => {
                let files = TempDir::new().expect("a directory for the file");
                let path = files.path().join("provider.db");
                let store = SqliteStore::open(path.to_str().expect("a path in UTF-8")).await.expect("it opens");
                (Self::Sqlite(store), Some(files))
            }
        }
    }

    /// Opens the same records once more, as another process would: a file anew, memory as it is.
    pub(crate) async fn again(&self, files: Option<&TempDir>) -> Self {
        let Some(files) = files else { return self.clone() };
        let path = files.path().join("provider.db");
        Self::Sqlite(SqliteStore::open(path.to_str().expect("a path in UTF-8")).await.expect("it opens"))
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
                    Self::Sqlite(store) => $trait::$verb(store, $($argument),*).await,
                }
            })*
        })*
    };
}

verbs!(delegate);
