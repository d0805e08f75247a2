use crate::store::AnyStore;
use oauth_core::client::{Client, ClientType};
use oauth_core::clock::{Clock as _, SystemClock, Timestamp};
use oauth_core::identifier::{Attributes, ClientId, GrantId, Subject};
use oauth_core::secret::{Digest, random_bytes};
use oauth_core::store::{
    Basis, ClientStore as _, Code, CodeStore as _, Created, Grant, Issue, IssuedAccess, IssuedRefresh, PendingDecision,
    Redeemed, Retry, Rotated, Saved, Session, SessionStore as _, TokenStore as _,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Something that may be used once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Artefact {
    Code,
    Refresh,
    RefreshInWindow,
    Decision,
}

impl Artefact {
    pub(crate) const ALL: [Self; 4] = [Self::Code, Self::Refresh, Self::RefreshInWindow, Self::Decision];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Code => "code, redeemed",
            Self::Refresh => "refresh token, rotated",
            Self::RefreshInWindow => "refresh token, rotated within the retry window",
            Self::Decision => "decision, taken",
        }
    }
}

/// One call that uses it: as much as another process needs to make it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Shot {
    pub(crate) artefact: Artefact,
    /// The code, the refresh token, or the session of the decision.
    presented: Digest,
    /// The authorization request that was decided on.
    request: Digest,
    grant: GrantId,
    client: ClientId,
    pub(crate) access: Digest,
    refresh: Digest,
    pub(crate) sealed: Vec<u8>,
}

/// What a call came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Outcome {
    Won,
    /// It got the answer of the one that won.
    Replayed(Vec<u8>),
    /// It was known for a second use, which has ended the grant.
    Ended,
    Lost,
    Failed(String),
}

fn digest() -> Digest {
    Digest::from_bytes(random_bytes())
}

pub(crate) fn now() -> Timestamp {
    SystemClock.now()
}

fn issue(client: &ClientId, grant: GrantId, access: Digest, refresh: Digest) -> Issue {
    let (now, end) = (now(), now().after(DAY));
    let access = IssuedAccess {
        digest: access,
        client_id: client.clone(),
        grant: Some(grant),
        scope: "read".parse().unwrap(),
        audience: Vec::new(),
        attributes: Attributes::new(),
        issued_at: now,
        expires_at: end,
    };
    let refresh = IssuedRefresh { digest: refresh, grant, issued_at: now, expires_at: end, family_expires_at: end };
    Issue { access, refresh: Some(refresh), grant_expires_at: end, authenticated_by: None, now }
}

/// Those who have something to be raced for.
#[derive(Clone)]
pub(crate) struct Owner {
    store: AnyStore,
    client: ClientId,
    session: Digest,
}

impl Owner {
    pub(crate) async fn new(store: &AnyStore) -> Self {
        let client = Client::new(ClientId::generate(), "races", ClientType::Public);
        assert_eq!(store.create_client(&client).await.unwrap(), Created::Now);
        let session = Session {
            digest: digest(),
            subject: Subject::new("ada").unwrap(),
            credential: digest(),
            created_at: now(),
            expires_at: now().after(DAY),
        };
        store.create_session(&session).await.unwrap();
        Self { store: store.clone(), client: client.id, session: session.digest }
    }

    /// Makes something to be used once, and two calls that will.
    pub(crate) async fn prepare(&self, artefact: Artefact) -> [Shot; 2] {
        let (presented, request, grant) = match artefact {
            Artefact::Decision => {
                let decision = PendingDecision {
                    session: self.session,
                    request: digest(),
                    allowed: None,
                    expires_at: now().after(DAY),
                };
                self.store.save_decision(&decision).await.unwrap();
                (decision.session, decision.request, GrantId::generate())
            }
            Artefact::Code => {
                let (code, grant) = self.code().await;
                (code, digest(), grant)
            }
            Artefact::Refresh | Artefact::RefreshInWindow => {
                let (code, grant) = self.code().await;
                let refresh = digest();
                let first = issue(&self.client, grant, digest(), refresh);
                assert_eq!(self.store.redeem(&code, &first).await.unwrap(), Redeemed::Now);
                (refresh, digest(), grant)
            }
        };
        [0, 1].map(|_| Shot {
            artefact,
            presented,
            request,
            grant,
            client: self.client.clone(),
            access: digest(),
            refresh: digest(),
            sealed: random_bytes::<48>().to_vec(),
        })
    }

    async fn code(&self) -> (Digest, GrantId) {
        let grant = Grant {
            id: GrantId::generate(),
            client_id: self.client.clone(),
            subject: Subject::new("ada").unwrap(),
            scope: "read".parse().unwrap(),
            audience: Vec::new(),
            auth_time: None,
            acr: None,
            attributes: Attributes::new(),
            shown: None,
            created_at: now(),
            last_issued_at: None,
            expires_at: now().after(DAY),
            revoked_at: None,
        };
        let code = Code {
            digest: digest(),
            grant: grant.id,
            redirect_uri: "https://client.example/callback".to_owned(),
            redirect_uri_sent: true,
            code_challenge: None,
            nonce: None,
            expires_at: now().after(DAY),
        };
        let basis = Basis::of(&self.store, &grant).await.unwrap().unwrap();
        assert_eq!(self.store.save_code(&grant, &code, &basis).await.unwrap(), Saved::Now);
        (code.digest, grant.id)
    }
}

impl Shot {
    /// Makes the call.
    pub(crate) async fn fire(&self, store: &AnyStore) -> Outcome {
        let failed = |error: oauth_core::store::StoreError| Outcome::Failed(error.to_string());
        let issue = || issue(&self.client, self.grant, self.access, self.refresh);
        match self.artefact {
            Artefact::Code => match store.redeem(&self.presented, &issue()).await {
                Ok(Redeemed::Now) => Outcome::Won,
                Ok(Redeemed::Before(_)) => Outcome::Ended,
                Ok(Redeemed::Gone | Redeemed::Unauthenticated | Redeemed::Unknown) => Outcome::Lost,
                Err(error) => failed(error),
            },
            Artefact::Refresh | Artefact::RefreshInWindow => {
                let window = if self.artefact == Artefact::Refresh { Duration::ZERO } else { DAY };
                let retry = Retry { sealed: self.sealed.clone(), until: now().after(window) };
                match store.rotate(&self.presented, &issue(), &retry).await {
                    Ok(Rotated::Now) => Outcome::Won,
                    Ok(Rotated::Replay(sealed)) => Outcome::Replayed(sealed),
                    Ok(Rotated::Reused(_)) => Outcome::Ended,
                    Ok(Rotated::Gone | Rotated::Unauthenticated | Rotated::Unknown) => Outcome::Lost,
                    Err(error) => failed(error),
                }
            }
            Artefact::Decision => match store.take_decision(&self.presented, &self.request, now()).await {
                Ok(Some(_)) => Outcome::Won,
                Ok(None) => Outcome::Lost,
                Err(error) => failed(error),
            },
        }
    }
}
