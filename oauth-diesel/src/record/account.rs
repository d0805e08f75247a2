use super::{digest, json_or_empty, key, scope, subject, unless_empty};
use crate::error::Outcome;
use crate::schema::{accounts, decisions, sessions};
use diesel::prelude::*;
use oauth_core::clock::Timestamp;
use oauth_core::scope::Scope;
use oauth_core::store::{Account, PasswordHash, PendingDecision, Session};

#[derive(AsChangeset, Queryable, Selectable, Insertable)]
#[diesel(table_name = accounts, treat_none_as_null = true)]
pub(crate) struct AccountRow {
    tenant: i64,
    subject: String,
    username: String,
    spelling: Option<String>,
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
            spelling: account.spelling.clone(),
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
            spelling: self.spelling,
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
