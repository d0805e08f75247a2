//! Rows, and how they become the records of oauth-core. Nothing in a column is taken on trust.

use crate::error::{Failure, Outcome};
use crate::schema::{access_tokens, accounts, codes, decisions, grants, refresh_tokens, sessions};
use diesel::prelude::*;
use oauth_core::clock::Timestamp;
use oauth_core::identifier::{Attributes, ClientId, GrantId, Resource, Subject};
use oauth_core::pkce::CodeChallenge;
use oauth_core::scope::Scope;
use oauth_core::secret::Digest;
use oauth_core::store::{
    Account, Code, Grant, IssuedAccess, IssuedRefresh, PasswordHash, PendingDecision, Session, StoredRefresh,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Computes the row of a digest or a random identifier: its first eight bytes, in the same order.
pub(crate) fn key<const N: usize>(bytes: &[u8; N]) -> i64 {
    let first = bytes.first_chunk().copied().unwrap_or_default();
    (u64::from_be_bytes(first) ^ (1 << 63)).cast_signed()
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = grants)]
pub(crate) struct GrantRow {
    pub(crate) id: i64,
    pub(crate) tenant: i64,
    grant_id: Vec<u8>,
    pub(crate) client_ref: i64,
    subject: String,
    scope: String,
    audience: Option<String>,
    auth_time: Option<i64>,
    acr: Option<String>,
    attributes: Option<String>,
    created_at: i64,
    last_issued_at: Option<i64>,
    pub(crate) expires_at: i64,
    pub(crate) revoked_at: Option<i64>,
}

impl GrantRow {
    pub(crate) fn new(tenant: i64, client_ref: i64, grant: &Grant) -> Outcome<Self> {
        Ok(Self {
            id: key(grant.id.as_bytes()),
            tenant,
            grant_id: grant.id.as_bytes().to_vec(),
            client_ref,
            subject: grant.subject.as_str().to_owned(),
            scope: grant.scope.to_string(),
            audience: unless_empty(grant.audience.is_empty(), &grant.audience)?,
            auth_time: grant.auth_time.map(Timestamp::as_unix_seconds),
            acr: grant.acr.clone(),
            attributes: unless_empty(grant.attributes.is_empty(), &grant.attributes)?,
            created_at: grant.created_at.as_unix_seconds(),
            last_issued_at: grant.last_issued_at.map(Timestamp::as_unix_seconds),
            expires_at: grant.expires_at.as_unix_seconds(),
            revoked_at: grant.revoked_at.map(Timestamp::as_unix_seconds),
        })
    }

    pub(crate) fn is_live(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && !Timestamp::from_unix_seconds(self.expires_at).is_over(now)
    }

    pub(crate) fn grant_id(&self) -> Outcome<GrantId> {
        Ok(GrantId::from_bytes(bytes(&self.grant_id, "grants.grant_id")?))
    }

    pub(crate) fn read(self, client_id: ClientId) -> Outcome<Grant> {
        Ok(Grant {
            id: self.grant_id()?,
            client_id,
            subject: subject(self.subject, "grants.subject")?,
            scope: scope(&self.scope, "grants.scope")?,
            audience: json_or_empty::<Vec<Resource>>(self.audience, "grants.audience")?,
            auth_time: self.auth_time.map(Timestamp::from_unix_seconds),
            acr: self.acr,
            attributes: json_or_empty::<Attributes>(self.attributes, "grants.attributes")?,
            created_at: Timestamp::from_unix_seconds(self.created_at),
            last_issued_at: self.last_issued_at.map(Timestamp::from_unix_seconds),
            expires_at: Timestamp::from_unix_seconds(self.expires_at),
            revoked_at: self.revoked_at.map(Timestamp::from_unix_seconds),
        })
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = codes)]
pub(crate) struct CodeRow {
    pub(crate) id: i64,
    tenant: i64,
    digest: Vec<u8>,
    pub(crate) grant_ref: i64,
    redirect_uri: String,
    redirect_uri_sent: bool,
    code_challenge: Option<String>,
    nonce: Option<String>,
    pub(crate) expires_at: i64,
    pub(crate) used_at: Option<i64>,
}

impl CodeRow {
    pub(crate) fn new(tenant: i64, code: &Code) -> Self {
        Self {
            id: key(code.digest.as_bytes()),
            tenant,
            digest: code.digest.as_bytes().to_vec(),
            grant_ref: key(code.grant.as_bytes()),
            redirect_uri: code.redirect_uri.clone(),
            redirect_uri_sent: code.redirect_uri_sent,
            code_challenge: code.code_challenge.as_ref().map(|challenge| challenge.as_str().to_owned()),
            nonce: code.nonce.clone(),
            expires_at: code.expires_at.as_unix_seconds(),
            used_at: None,
        }
    }

    pub(crate) fn read(self, grant: GrantId) -> Outcome<Code> {
        let challenge = |text: String| CodeChallenge::parse(&text).ok_or(Failure::Corrupt("codes.code_challenge"));
        Ok(Code {
            digest: digest(&self.digest, "codes.digest")?,
            grant,
            redirect_uri: self.redirect_uri,
            redirect_uri_sent: self.redirect_uri_sent,
            code_challenge: self.code_challenge.map(challenge).transpose()?,
            nonce: self.nonce,
            expires_at: Timestamp::from_unix_seconds(self.expires_at),
        })
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = access_tokens)]
pub(crate) struct AccessRow {
    id: i64,
    tenant: i64,
    digest: Vec<u8>,
    client_ref: i64,
    pub(crate) grant_ref: Option<i64>,
    issued_at: i64,
    expires_at: i64,
    scope: Option<String>,
    audience: Option<String>,
    attributes: Option<String>,
}

impl AccessRow {
    /// Leaves out what the token has in common with its grant: most of it, for most tokens.
    pub(crate) fn new(tenant: i64, client_ref: i64, token: &IssuedAccess, grant: Option<&Grant>) -> Outcome<Self> {
        let scope_is_known = grant.map_or(token.scope.is_empty(), |grant| grant.scope == token.scope);
        let audience_is_known = grant.map_or(token.audience.is_empty(), |grant| grant.audience == token.audience);
        Ok(Self {
            id: key(token.digest.as_bytes()),
            tenant,
            digest: token.digest.as_bytes().to_vec(),
            client_ref,
            grant_ref: grant.map(|grant| key(grant.id.as_bytes())),
            issued_at: token.issued_at.as_unix_seconds(),
            expires_at: token.expires_at.as_unix_seconds(),
            scope: (!scope_is_known).then(|| token.scope.to_string()),
            audience: unless_empty(audience_is_known, &token.audience)?,
            attributes: unless_empty(token.attributes.is_empty(), &token.attributes)?,
        })
    }

    pub(crate) fn read(self, client_id: ClientId, grant: Option<&Grant>) -> Outcome<IssuedAccess> {
        Ok(IssuedAccess {
            digest: digest(&self.digest, "access_tokens.digest")?,
            client_id,
            grant: grant.map(|grant| grant.id),
            scope: match self.scope {
                Some(text) => scope(&text, "access_tokens.scope")?,
                None => grant.map(|grant| grant.scope.clone()).unwrap_or_default(),
            },
            audience: match self.audience {
                Some(text) => json(&text, "access_tokens.audience")?,
                None => grant.map(|grant| grant.audience.clone()).unwrap_or_default(),
            },
            attributes: json_or_empty(self.attributes, "access_tokens.attributes")?,
            issued_at: Timestamp::from_unix_seconds(self.issued_at),
            expires_at: Timestamp::from_unix_seconds(self.expires_at),
        })
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = refresh_tokens)]
pub(crate) struct RefreshRow {
    pub(crate) id: i64,
    tenant: i64,
    digest: Vec<u8>,
    pub(crate) grant_ref: i64,
    pub(crate) predecessor: Option<i64>,
    issued_at: i64,
    pub(crate) expires_at: i64,
    pub(crate) family_expires_at: i64,
    pub(crate) retired_at: Option<i64>,
    pub(crate) retry_sealed: Option<Vec<u8>>,
    pub(crate) retry_until: Option<i64>,
}

impl RefreshRow {
    pub(crate) fn new(tenant: i64, token: &IssuedRefresh, predecessor: Option<i64>) -> Self {
        Self {
            id: key(token.digest.as_bytes()),
            tenant,
            digest: token.digest.as_bytes().to_vec(),
            grant_ref: key(token.grant.as_bytes()),
            predecessor,
            issued_at: token.issued_at.as_unix_seconds(),
            expires_at: token.expires_at.as_unix_seconds(),
            family_expires_at: token.family_expires_at.as_unix_seconds(),
            retired_at: None,
            retry_sealed: None,
            retry_until: None,
        }
    }

    pub(crate) fn read(self, grant: Grant) -> Outcome<StoredRefresh> {
        let token = IssuedRefresh {
            digest: digest(&self.digest, "refresh_tokens.digest")?,
            grant: grant.id,
            issued_at: Timestamp::from_unix_seconds(self.issued_at),
            expires_at: Timestamp::from_unix_seconds(self.expires_at),
            family_expires_at: Timestamp::from_unix_seconds(self.family_expires_at),
        };
        Ok(StoredRefresh { token, grant, retired_at: self.retired_at.map(Timestamp::from_unix_seconds) })
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = accounts)]
pub(crate) struct AccountRow {
    tenant: i64,
    subject: String,
    username: String,
    password: String,
    administrator: bool,
    enabled: bool,
    attributes: Option<String>,
    created_at: i64,
}

impl AccountRow {
    pub(crate) fn new(tenant: i64, account: &Account) -> Outcome<Self> {
        Ok(Self {
            tenant,
            subject: account.subject.as_str().to_owned(),
            username: account.username.clone(),
            password: account.password.as_phc().to_owned(),
            administrator: account.administrator,
            enabled: account.enabled,
            attributes: unless_empty(account.attributes.is_empty(), &account.attributes)?,
            created_at: account.created_at.as_unix_seconds(),
        })
    }

    pub(crate) fn read(self) -> Outcome<Account> {
        Ok(Account {
            subject: subject(self.subject, "accounts.subject")?,
            username: self.username,
            password: PasswordHash::from_phc(self.password),
            administrator: self.administrator,
            enabled: self.enabled,
            attributes: json_or_empty(self.attributes, "accounts.attributes")?,
            created_at: Timestamp::from_unix_seconds(self.created_at),
        })
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = sessions)]
pub(crate) struct SessionRow {
    id: i64,
    tenant: i64,
    digest: Vec<u8>,
    subject: String,
    credential: Vec<u8>,
    created_at: i64,
    expires_at: i64,
}

impl SessionRow {
    pub(crate) fn new(tenant: i64, session: &Session) -> Self {
        Self {
            id: key(session.digest.as_bytes()),
            tenant,
            digest: session.digest.as_bytes().to_vec(),
            subject: session.subject.as_str().to_owned(),
            credential: session.credential.as_bytes().to_vec(),
            created_at: session.created_at.as_unix_seconds(),
            expires_at: session.expires_at.as_unix_seconds(),
        }
    }

    pub(crate) fn read(self) -> Outcome<Session> {
        Ok(Session {
            digest: digest(&self.digest, "sessions.digest")?,
            subject: subject(self.subject, "sessions.subject")?,
            credential: digest(&self.credential, "sessions.credential")?,
            created_at: Timestamp::from_unix_seconds(self.created_at),
            expires_at: Timestamp::from_unix_seconds(self.expires_at),
        })
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = decisions)]
pub(crate) struct DecisionRow {
    tenant: i64,
    session: Vec<u8>,
    request: Vec<u8>,
    allowed: Option<String>,
    pub(crate) expires_at: i64,
}

impl DecisionRow {
    pub(crate) fn new(tenant: i64, decision: &PendingDecision) -> Self {
        Self {
            tenant,
            session: decision.session.as_bytes().to_vec(),
            request: decision.request.as_bytes().to_vec(),
            allowed: decision.allowed.as_ref().map(Scope::to_string),
            expires_at: decision.expires_at.as_unix_seconds(),
        }
    }

    pub(crate) fn read(self) -> Outcome<PendingDecision> {
        Ok(PendingDecision {
            session: digest(&self.session, "decisions.session")?,
            request: digest(&self.request, "decisions.request")?,
            allowed: self.allowed.map(|text| scope(&text, "decisions.allowed")).transpose()?,
            expires_at: Timestamp::from_unix_seconds(self.expires_at),
        })
    }
}

/// Writes a value as JSON, or leaves it out.
fn unless_empty<T: Serialize>(empty: bool, value: &T) -> Outcome<Option<String>> {
    Ok(if empty { None } else { Some(serde_json::to_string(value)?) })
}

/// Reads JSON; what is wrong with it stays out of the error, since it would quote the value.
pub(crate) fn json<T: DeserializeOwned>(text: &str, column: &'static str) -> Outcome<T> {
    serde_json::from_str(text).map_err(|_| Failure::Corrupt(column))
}

fn json_or_empty<T: DeserializeOwned + Default>(text: Option<String>, column: &'static str) -> Outcome<T> {
    text.map_or_else(|| Ok(T::default()), |text| json(&text, column))
}

/// Reads the identifier of a client that is there.
pub(crate) fn client_id(text: Option<String>) -> Outcome<ClientId> {
    text.and_then(|text| ClientId::new(text).ok()).ok_or(Failure::Corrupt("clients.client_id"))
}

fn subject(text: String, column: &'static str) -> Outcome<Subject> {
    Subject::new(text).map_err(|_| Failure::Corrupt(column))
}

fn scope(text: &str, column: &'static str) -> Outcome<Scope> {
    text.parse().map_err(|_| Failure::Corrupt(column))
}

fn digest(value: &[u8], column: &'static str) -> Outcome<Digest> {
    bytes(value, column).map(Digest::from_bytes)
}

fn bytes<const N: usize>(value: &[u8], column: &'static str) -> Outcome<[u8; N]> {
    value.try_into().map_err(|_| Failure::Corrupt(column))
}
