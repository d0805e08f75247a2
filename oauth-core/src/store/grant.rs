use super::{Marks, Page, Result};
use crate::clock::Timestamp;
use crate::identifier::{Attributes, ClientId, GrantId, Resource, Subject};
use crate::scope::Scope;
use crate::secret::Digest;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::future::Future;

/// How many grants are read at once.
const BATCH: u32 = 500;

/// What a person once allowed a client: codes, tokens, the consent and its revocation hang on it.
///
/// A grant is also the family of its refresh tokens: revoking it ends every token under it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// Its identifier, never shown to the client.
    pub id: GrantId,
    /// The client that may act.
    pub client_id: ClientId,
    /// For whom it may act.
    pub subject: Subject,
    /// The most that any token under it may allow.
    pub scope: Scope,
    /// The resources that the request named, at which its tokens may be used (RFC 8707). If it named none, a
    /// token takes the default audience of the moment at which it is issued.
    pub audience: Vec<Resource>,
    /// When the person signed in, where known (`auth_time`).
    pub auth_time: Option<Timestamp>,
    /// How strongly the person was authenticated, where known (`acr`).
    pub acr: Option<String>,
    /// Free attributes given at the approval; its tokens carry them too.
    pub attributes: Attributes,
    /// What the page showed on which the person allowed it
    /// ([`AuthorizationRequest::shown`](crate::owner::AuthorizationRequest::shown)); `None` if no page asked,
    /// and of grants of earlier versions. Only what a page asked for is remembered as a consent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown: Option<Digest>,
    /// When it was approved.
    pub created_at: Timestamp,
    /// When tokens were last issued or refreshed under it.
    pub last_issued_at: Option<Timestamp>,
    /// When nothing under it can be alive any more, so that it may be swept away.
    pub expires_at: Timestamp,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

impl Grant {
    /// Tells whether it is neither revoked nor over.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && !self.expires_at.is_over(now)
    }
}

/// Whose grants are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GrantFilter {
    /// All that a person allowed.
    Subject(Subject),
    /// All that a client was allowed.
    Client(ClientId),
    /// What a person allowed a client.
    Both(Subject, ClientId),
}

impl GrantFilter {
    /// Tells whether a grant is meant.
    pub fn matches(&self, grant: &Grant) -> bool {
        match self {
            Self::Subject(subject) => grant.subject == *subject,
            Self::Client(client_id) => grant.client_id == *client_id,
            Self::Both(subject, client_id) => grant.subject == *subject && grant.client_id == *client_id,
        }
    }

    /// Narrows it to one of the people it means.
    #[must_use]
    pub fn of_person(&self, person: Subject) -> Self {
        match self {
            Self::Subject(_) => Self::Subject(person),
            Self::Client(client_id) | Self::Both(_, client_id) => Self::Both(person, client_id.clone()),
        }
    }
}

/// Where approvals are kept.
///
/// An end (each verb here that revokes, [`replace_account`](super::AccountStore::replace_account) and
/// [`delete_account`](super::AccountStore::delete_account)) revokes every grant that is meant and was not revoked,
/// **also one that has expired**. A redemption or a refresh commits by the [`Issue::now`](super::Issue::now) of its
/// decision. That may be earlier than the `now` of an end that has answered, and the commit would let the grant live
/// longer. Whether a grant is live at `now` decides only what the verb returns.
///
/// An end moves the mark before it revokes. If both are not one transaction, a request can read the new mark and a
/// grant that is not yet revoked, and rest a consent on it. So such a store moves the mark once more when it has
/// revoked, and looks again, until it finds no grant that it has not seen. If it revokes one grant, the mark moves
/// behind that.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// use oauth_core::clock::Timestamp;
/// use oauth_core::identifier::Subject;
/// use oauth_core::store::{GrantFilter, GrantStore, MemoryStore};
///
/// let store = MemoryStore::new();
/// let everything = GrantFilter::Subject(Subject::new("ada")?);
/// assert_eq!(store.revoke_grants(&everything, Timestamp::from_unix_seconds(0)).await?, 0);
/// # Ok::<(), Box<dyn std::error::Error>>(()) })?; Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait GrantStore: Send + Sync + 'static {
    /// Reads a grant, revoked ones too while they are kept.
    fn grant(&self, id: &GrantId) -> impl Future<Output = Result<Option<Grant>>> + Send;

    /// Lists live grants in the order of their identifiers' bytes.
    fn grants(
        &self,
        filter: &GrantFilter,
        page: &Page<GrantId>,
        now: Timestamp,
    ) -> impl Future<Output = Result<Vec<Grant>>> + Send;

    /// Reads the marks that a decision about this person and this client rests on ([`Basis`](super::Basis)).
    fn marks(&self, subject: &Subject, client: &ClientId) -> impl Future<Output = Result<Marks>> + Send;

    /// Lists the clients that a person's live grants are for, each once. The order is the store's own, and the same
    /// each time; behind a client that is not there any more there is nothing.
    ///
    /// Reads all grants of the person unless written, in the order of the identifiers' bytes: a store that has an
    /// index of them asks it.
    fn clients_of(
        &self,
        subject: &Subject,
        page: &Page<ClientId>,
        now: Timestamp,
    ) -> impl Future<Output = Result<Vec<ClientId>>> + Send {
        async move {
            let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
            let (filter, mut grants) = (GrantFilter::Subject(subject.clone()), Page::first(BATCH));
            let mut clients = BTreeSet::new();
            loop {
                let batch = self.grants(&filter, &grants, now).await?;
                grants.after = batch.last().map(|grant| grant.id);
                let full = batch.len() >= BATCH as usize;
                clients
                    .extend(batch.into_iter().map(|grant| grant.client_id).filter(|id| page.after.as_ref() < Some(id)));
                while clients.len() > limit {
                    clients.pop_last();
                }
                if !full {
                    return Ok(clients.into_iter().collect());
                }
            }
        }
    }

    /// Revokes a grant with every code and token under it, and moves the mark of its person; `false` if it
    /// was not live. A grant that has expired is revoked all the same.
    ///
    /// From the moment it returns nothing under the grant is alive and nothing can be issued under
    /// it, although a redemption or a rotation was under way.
    fn revoke_grant(&self, id: &GrantId, now: Timestamp) -> impl Future<Output = Result<bool>> + Send;

    /// Revokes a grant to make room for another one, also one that has expired, and tells whether it was live. Nobody
    /// decided it, so that the mark of its person need not move: what the person decides in that moment stands. Unless
    /// written, it is [`revoke_grant`](Self::revoke_grant).
    fn retire_grant(&self, id: &GrantId, now: Timestamp) -> impl Future<Output = Result<bool>> + Send {
        self.revoke_grant(id, now)
    }

    /// Moves the mark of the person or, for [`GrantFilter::Client`], of the client; then revokes all grants
    /// that are meant, also those that have expired, and counts those that were live. For a client its tokens
    /// without a grant (client credentials) end as well.
    ///
    /// From the moment it returns no grant lives that rests on a decision from before the call, although it
    /// was being saved meanwhile. An application with its own users changes its data first (the password, the
    /// account, what the person may do), and then calls this.
    fn revoke_grants(&self, filter: &GrantFilter, now: Timestamp) -> impl Future<Output = Result<u64>> + Send;
}
