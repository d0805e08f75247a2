use super::{
    Account, AccountStore, ActiveToken, AuditStore, Basis, ClientFilter, ClientStore, Code, CodeStore, Created,
    FailureStore, Grant, GrantFilter, GrantStore, Housekeeping, Issue, KeptAct, Marks, Page, PendingDecision,
    PendingRequest, PendingRequestStore, Redeemed, Renamed, Replaced, Result, Retry, Rotated, Saved, Session,
    SessionStore, StoredCode, StoredRefresh, Swept, TokenStore,
};
use crate::act::Act;
use crate::authorization::Authorization;
use crate::client::Client;
use crate::clock::Timestamp;
use crate::identifier::{ClientId, GrantId, Subject};
use crate::secret::Digest;
use std::sync::Arc;

/// Two stores as one: `truth` keeps what must never be lost, `short_lived` what may be.
///
/// - In `truth`: clients, accounts, and grants with their codes and tokens. These belong together: using
///   a code, ending its grant and issuing its tokens are one step, which two stores cannot take. So do
///   tokens without a grant, which live and die with their client.
/// - In `short_lived`: browser sessions and the decisions that wait in them, and requests that wait for one. Who loses one
///   begins again.
///
/// Ending an account, or changing its password, ends its sessions in a second step, after the first
/// has happened. Where the second fails the verb is an error, though the account is changed and its
/// grants are revoked: call `end_sessions`. The ready-made pages are safe until then: they ask `truth` for
/// the person at every request, and take no session that was opened with another credential.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// use oauth_core::clock::Timestamp;
/// use oauth_core::store::{Housekeeping, MemoryStore, Mixed};
///
/// let store = Mixed::new(MemoryStore::new(), MemoryStore::new()); // SQL and Redis, say
/// store.sweep(Timestamp::from_unix_seconds(0), 1_000).await?;
/// # Ok::<(), Box<dyn std::error::Error>>(()) })?; Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Mixed<Truth, ShortLived> {
    truth: Truth,
    short_lived: ShortLived,
}

impl<T, S> Mixed<T, S> {
    /// Joins two stores.
    pub fn new(truth: T, short_lived: S) -> Self {
        Self { truth, short_lived }
    }
}

impl<T: ClientStore, S: Send + Sync + 'static> ClientStore for Mixed<T, S> {
    async fn client(&self, id: &ClientId) -> Result<Option<Client>> {
        self.truth.client(id).await
    }

    async fn clients(&self, filter: &ClientFilter, page: &Page<ClientId>) -> Result<Vec<Client>> {
        self.truth.clients(filter, page).await
    }

    async fn create_client(&self, client: &Client) -> Result<Created> {
        self.truth.create_client(client).await
    }

    async fn update_client(&self, client: &Client) -> Result<bool> {
        self.truth.update_client(client).await
    }

    async fn replace_client(&self, read: &Client, changed: &Client) -> Result<Replaced> {
        self.truth.replace_client(read, changed).await
    }

    async fn delete_client(&self, id: &ClientId, now: Timestamp) -> Result<bool> {
        self.truth.delete_client(id, now).await
    }

    async fn bury(&self, name: &Digest, now: Timestamp, until: Timestamp) -> Result<()> {
        self.truth.bury(name, now, until).await
    }

    async fn is_buried(&self, name: &Digest, now: Timestamp) -> Result<bool> {
        self.truth.is_buried(name, now).await
    }
}

impl<T: AuditStore, S: Send + Sync + 'static> AuditStore for Mixed<T, S> {
    async fn keep_act(&self, act: &Act) -> Result<bool> {
        self.truth.keep_act(act).await
    }

    async fn acts(&self, page: &Page<u64>) -> Result<Option<Vec<KeptAct>>> {
        self.truth.acts(page).await
    }
}

impl<T: GrantStore, S: Send + Sync + 'static> GrantStore for Mixed<T, S> {
    async fn grant(&self, id: &GrantId) -> Result<Option<Grant>> {
        self.truth.grant(id).await
    }

    async fn grants(&self, filter: &GrantFilter, page: &Page<GrantId>, now: Timestamp) -> Result<Vec<Grant>> {
        self.truth.grants(filter, page, now).await
    }

    async fn marks(&self, subject: &Subject, client: &ClientId) -> Result<Marks> {
        self.truth.marks(subject, client).await
    }

    async fn clients_of(&self, subject: &Subject, page: &Page<ClientId>, now: Timestamp) -> Result<Vec<ClientId>> {
        self.truth.clients_of(subject, page, now).await
    }

    async fn revoke_grant(&self, id: &GrantId, now: Timestamp) -> Result<bool> {
        self.truth.revoke_grant(id, now).await
    }

    async fn retire_grant(&self, id: &GrantId, now: Timestamp) -> Result<bool> {
        self.truth.retire_grant(id, now).await
    }

    async fn revoke_grants(&self, filter: &GrantFilter, now: Timestamp) -> Result<u64> {
        self.truth.revoke_grants(filter, now).await
    }
}

impl<T: CodeStore, S: Send + Sync + 'static> CodeStore for Mixed<T, S> {
    async fn save_code(&self, grant: &Grant, code: &Code, basis: &Basis) -> Result<Saved> {
        self.truth.save_code(grant, code, basis).await
    }

    async fn code(&self, digest: &Digest) -> Result<Option<StoredCode>> {
        self.truth.code(digest).await
    }

    async fn redeem(&self, digest: &Digest, issue: &Issue) -> Result<Redeemed> {
        self.truth.redeem(digest, issue).await
    }
}

impl<T: TokenStore, S: Send + Sync + 'static> TokenStore for Mixed<T, S> {
    async fn issue(&self, issue: &Issue) -> Result<Saved> {
        self.truth.issue(issue).await
    }

    async fn access_token(&self, digest: &Digest, now: Timestamp) -> Result<Option<ActiveToken>> {
        self.truth.access_token(digest, now).await
    }

    async fn authorization(&self, digest: &Digest, now: Timestamp) -> Result<Option<Authorization>> {
        self.truth.authorization(digest, now).await
    }

    fn authorization_at_once(&self, digest: &Digest, now: Timestamp) -> Option<Result<Option<Authorization>>> {
        self.truth.authorization_at_once(digest, now)
    }

    async fn refresh_token(&self, digest: &Digest) -> Result<Option<StoredRefresh>> {
        self.truth.refresh_token(digest).await
    }

    async fn rotate(&self, digest: &Digest, issue: &Issue, retry: &Retry) -> Result<Rotated> {
        self.truth.rotate(digest, issue, retry).await
    }

    async fn revoke_access_token(&self, digest: &Digest, now: Timestamp) -> Result<bool> {
        self.truth.revoke_access_token(digest, now).await
    }
}

impl<T: Housekeeping, S: Housekeeping> Housekeeping for Mixed<T, S> {
    async fn sweep(&self, now: Timestamp, limit: u32) -> Result<Swept> {
        let truth = self.truth.sweep(now, limit).await?;
        let left = limit.saturating_sub(u32::try_from(truth.removed).unwrap_or(u32::MAX));
        let short_lived = self.short_lived.sweep(now, left).await?;
        Ok(Swept { removed: truth.removed + short_lived.removed, more: truth.more || short_lived.more })
    }

    async fn overdue_since(&self, now: Timestamp) -> Result<Option<Timestamp>> {
        let oldest = [self.truth.overdue_since(now).await?, self.short_lived.overdue_since(now).await?];
        Ok(oldest.into_iter().flatten().min())
    }

    /// That of the short-lived store, which is the cheaper one to write to, or of the other.
    fn failures(&self) -> Option<Arc<dyn FailureStore>> {
        self.short_lived.failures().or_else(|| self.truth.failures())
    }
}

impl<T: Send + Sync + 'static, S: SessionStore> SessionStore for Mixed<T, S> {
    async fn create_session(&self, session: &Session) -> Result<()> {
        self.short_lived.create_session(session).await
    }

    async fn session(&self, digest: &Digest, now: Timestamp) -> Result<Option<Session>> {
        self.short_lived.session(digest, now).await
    }

    async fn end_session(&self, digest: &Digest) -> Result<bool> {
        self.short_lived.end_session(digest).await
    }

    async fn end_sessions(&self, subject: &Subject) -> Result<u64> {
        self.short_lived.end_sessions(subject).await
    }

    async fn save_decision(&self, decision: &PendingDecision) -> Result<()> {
        self.short_lived.save_decision(decision).await
    }

    async fn take_decision(
        &self,
        session: &Digest,
        request: &Digest,
        now: Timestamp,
    ) -> Result<Option<PendingDecision>> {
        self.short_lived.take_decision(session, request, now).await
    }
}

impl<T: Send + Sync + 'static, S: PendingRequestStore> PendingRequestStore for Mixed<T, S> {
    async fn save_pending(&self, pending: &PendingRequest) -> Result<()> {
        self.short_lived.save_pending(pending).await
    }

    async fn take_pending(&self, digest: &Digest, subject: &Subject, now: Timestamp) -> Result<Option<PendingRequest>> {
        self.short_lived.take_pending(digest, subject, now).await
    }
}

impl<T: AccountStore, S: SessionStore> AccountStore for Mixed<T, S> {
    async fn account(&self, subject: &Subject) -> Result<Option<Account>> {
        self.truth.account(subject).await
    }

    async fn account_named(&self, username: &str) -> Result<Option<Account>> {
        self.truth.account_named(username).await
    }

    async fn accounts(&self, page: &Page<String>) -> Result<Vec<Account>> {
        self.truth.accounts(page).await
    }

    async fn create_account(&self, account: &Account) -> Result<Created> {
        self.truth.create_account(account).await
    }

    async fn replace_account(&self, read: &Account, changed: &Account, now: Timestamp) -> Result<Replaced> {
        let replaced = self.truth.replace_account(read, changed, now).await?;
        self.end_sessions_if(replaced == Replaced::Now && read.is_ended_by(changed), &read.subject).await?;
        Ok(replaced)
    }

    async fn rename_account(&self, read: &Account, renamed: &Account, now: Timestamp) -> Result<Renamed> {
        self.truth.rename_account(read, renamed, now).await
    }

    async fn delete_account(&self, subject: &Subject, now: Timestamp) -> Result<bool> {
        let deleted = self.truth.delete_account(subject, now).await?;
        self.end_sessions_if(deleted, subject).await
    }
}

impl<T, S: SessionStore> Mixed<T, S> {
    async fn end_sessions_if(&self, ended: bool, subject: &Subject) -> Result<bool> {
        if ended {
            self.short_lived.end_sessions(subject).await?;
        }
        Ok(ended)
    }
}
