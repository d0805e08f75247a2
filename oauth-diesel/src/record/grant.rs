use super::{bytes, digest, json_or_empty, key, scope, subject, unless_empty};
use crate::error::{Failure, Outcome};
use crate::schema::{codes, grants};
use diesel::prelude::*;
use oauth_core::clock::Timestamp;
use oauth_core::identifier::{Attributes, ClientId, GrantId, Resource};
use oauth_core::pkce::CodeChallenge;
use oauth_core::store::{Code, Grant};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = grants)]
pub(crate) struct GrantRow {
    pub(crate) id: i64,
    pub(crate) tenant: i64,
    grant_id: Vec<u8>,
    pub(crate) client_ref: i64,
    pub(crate) subject: String,
    scope: String,
    audience: Option<String>,
    auth_time: Option<i64>,
    acr: Option<String>,
    attributes: Option<String>,
    created_at: i64,
    last_issued_at: Option<i64>,
    pub(crate) expires_at: i64,
    pub(crate) revoked_at: Option<i64>,
    shown: Option<Vec<u8>>,
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
            shown: grant.shown.map(|shown| shown.as_bytes().to_vec()),
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
            shown: self.shown.map(|shown| digest(&shown, "grants.shown")).transpose()?,
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
