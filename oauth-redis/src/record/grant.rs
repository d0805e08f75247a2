use super::{Field, fields, grant_id, json, needed, optional_timestamp, seconds, text, timestamp};
use crate::error::{Failure, Outcome};
use oauth_core::clock::Timestamp;
use oauth_core::identifier::{Attributes, ClientId, GrantId, Resource, Subject};
use oauth_core::pkce::CodeChallenge;
use oauth_core::scope::Scope;
use oauth_core::secret::Digest;
use oauth_core::store::{Code, Grant, IssuedRefresh};
use serde::{Deserialize, Serialize};

const GRANT: &str = "a grant";
const CODE: &str = "a code";
const REFRESH: &str = "a refresh token";

/// The part of a grant that never changes.
#[derive(Serialize, Deserialize)]
struct GrantRecord {
    s: Scope,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    a: Vec<Resource>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    t: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    m: Option<String>,
    #[serde(default, skip_serializing_if = "Attributes::is_empty")]
    x: Attributes,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    d: Option<Digest>,
    c: Timestamp,
}

/// A grant as it was found, with the registration of the client that it was given to.
pub(crate) struct HeldGrant {
    pub(crate) grant: Grant,
    pub(crate) incarnation: Vec<u8>,
}

impl HeldGrant {
    /// Reads the fields `c`, `i`, `s`, `r`, `e`, `l`, `v`; `None` where there is no such grant.
    pub(crate) fn read(id: GrantId, found: Vec<Field>) -> Outcome<Option<Self>> {
        let [client_id, incarnation, subject, record, expires_at, last_issued_at, revoked_at] = fields(found, GRANT)?;
        let Some(client_id) = client_id else { return Ok(None) };
        let record: GrantRecord = json(&needed(record, GRANT)?, GRANT)?;
        let subject = text(&needed(subject, GRANT)?, GRANT)?.to_owned();
        let grant = Grant {
            id,
            client_id: ClientId::new(text(&client_id, GRANT)?).map_err(|_| Failure::Corrupt(GRANT))?,
            subject: Subject::new(subject).map_err(|_| Failure::Corrupt(GRANT))?,
            scope: record.s,
            audience: record.a,
            auth_time: record.t,
            acr: record.m,
            attributes: record.x,
            shown: record.d,
            created_at: record.c,
            last_issued_at: optional_timestamp(&last_issued_at, GRANT)?,
            expires_at: timestamp(&needed(expires_at, GRANT)?, GRANT)?,
            revoked_at: optional_timestamp(&revoked_at, GRANT)?,
        };
        Ok(Some(Self { grant, incarnation: needed(incarnation, GRANT)? }))
    }
}

/// Writes what `save_code` does not write by itself, as names and values.
pub(crate) fn write_grant(grant: &Grant) -> Outcome<Vec<(&'static str, Vec<u8>)>> {
    let record = GrantRecord {
        s: grant.scope.clone(),
        a: grant.audience.clone(),
        t: grant.auth_time,
        m: grant.acr.clone(),
        x: grant.attributes.clone(),
        d: grant.shown,
        c: grant.created_at,
    };
    let mut fields = vec![("r", serde_json::to_vec(&record)?)];
    fields.extend(grant.last_issued_at.map(|at| ("l", seconds(at).into_bytes())));
    fields.extend(grant.revoked_at.map(|at| ("v", seconds(at).into_bytes())));
    Ok(fields)
}

#[derive(Serialize, Deserialize)]
struct CodeRecord {
    u: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    s: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    c: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    n: Option<String>,
}

pub(crate) fn write_code(code: &Code) -> Outcome<Vec<u8>> {
    let record = CodeRecord {
        u: code.redirect_uri.clone(),
        s: code.redirect_uri_sent,
        c: code.code_challenge.as_ref().map(|challenge| challenge.as_str().to_owned()),
        n: code.nonce.clone(),
    };
    Ok(serde_json::to_vec(&record)?)
}

/// Reads the fields `k`, `K`, `x`, `u`: a code and when it was used; `None` where it was swept.
pub(crate) fn read_code(
    digest: &Digest,
    grant: GrantId,
    found: Vec<Field>,
) -> Outcome<Option<(Code, Option<Timestamp>)>> {
    let [held, record, expires_at, used_at] = fields(found, CODE)?;
    if held.as_deref() != Some(digest.as_bytes()) {
        return Ok(None);
    }
    let record: CodeRecord = json(&needed(record, CODE)?, CODE)?;
    let challenge = |text: String| CodeChallenge::parse(&text).ok_or(Failure::Corrupt(CODE));
    let code = Code {
        digest: *digest,
        grant,
        redirect_uri: record.u,
        redirect_uri_sent: record.s,
        code_challenge: record.c.map(challenge).transpose()?,
        nonce: record.n,
        expires_at: timestamp(&needed(expires_at, CODE)?, CODE)?,
    };
    Ok(Some((code, optional_timestamp(&used_at, CODE)?)))
}

/// Writes the times of a refresh token; the script adds the digest of its predecessor.
pub(crate) fn write_refresh(token: &IssuedRefresh) -> String {
    let [issued, ends, family] = [token.issued_at, token.expires_at, token.family_expires_at].map(seconds);
    format!("{issued}:{ends}:{family}:")
}

/// Reads the fields `t` and `y` of one refresh token: the token, and when it was retired.
pub(crate) fn read_refresh(
    digest: &Digest,
    grant: GrantId,
    found: Vec<Field>,
) -> Outcome<Option<(IssuedRefresh, Option<Timestamp>)>> {
    let [times, retirement] = fields(found, REFRESH)?;
    let Some(times) = times else { return Ok(None) };
    let mut parts = times.splitn(4, |byte| *byte == b':');
    let mut next = || timestamp(parts.next().unwrap_or_default(), REFRESH);
    let token =
        IssuedRefresh { digest: *digest, grant, issued_at: next()?, expires_at: next()?, family_expires_at: next()? };
    let retired = retirement.as_deref().and_then(|fields| fields.split(|byte| *byte == b':').next());
    Ok(Some((token, retired.map(|at| timestamp(at, REFRESH)).transpose()?)))
}

/// Reads the pointer that leads from a digest to a grant and its client.
pub(crate) fn read_pointer(pointer: &[u8]) -> Outcome<(GrantId, ClientId)> {
    let (id, client) = pointer.split_at_checked(16).ok_or(Failure::Corrupt("a pointer"))?;
    let client = ClientId::new(text(client, "a pointer")?).map_err(|_| Failure::Corrupt("a pointer"))?;
    Ok((grant_id(id)?, client))
}
