use super::{digest, json, json_or_empty, key, scope, unless_empty};
use crate::error::Outcome;
use crate::schema::{access_tokens, refresh_tokens};
use diesel::prelude::*;
use oauth_core::clock::Timestamp;
use oauth_core::identifier::ClientId;
use oauth_core::store::{Grant, IssuedAccess, IssuedRefresh, StoredRefresh};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = access_tokens)]
pub(crate) struct AccessRow {
    pub(crate) id: i64,
    pub(crate) tenant: i64,
    pub(crate) digest: Vec<u8>,
    pub(crate) client_ref: i64,
    pub(crate) grant_ref: Option<i64>,
    pub(crate) issued_at: i64,
    pub(crate) expires_at: i64,
    pub(crate) scope: Option<String>,
    pub(crate) audience: Option<String>,
    pub(crate) attributes: Option<String>,
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
    pub(crate) tenant: i64,
    pub(crate) digest: Vec<u8>,
    pub(crate) grant_ref: i64,
    pub(crate) predecessor: Option<i64>,
    pub(crate) issued_at: i64,
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
