use super::{Field, fields, json, needed, text, timestamp};
use crate::error::{Failure, Outcome};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use oauth_core::clock::Timestamp;
use oauth_core::identifier::{Attributes, Subject};
use oauth_core::scope::Scope;
use oauth_core::secret::Digest;
use oauth_core::store::{Account, PasswordHash, PendingDecision, Session};
use serde::{Deserialize, Serialize};

const ACCOUNT: &str = "an account";
const SESSION: &str = "a session";
const DECISION: &str = "a decision";

/// The part of an account that is one record.
#[derive(Serialize, Deserialize)]
pub(crate) struct AccountRecord {
    a: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    s: Option<String>,
    #[serde(default, skip_serializing_if = "Attributes::is_empty")]
    x: Attributes,
    c: Timestamp,
}

impl AccountRecord {
    /// Writes an account as names and values.
    pub(crate) fn write(account: &Account) -> Outcome<Vec<(&'static str, Vec<u8>)>> {
        let record = Self {
            a: account.administrator,
            s: account.spelling.clone(),
            x: account.attributes.clone(),
            c: account.created_at,
        };
        Ok(vec![
            ("n", account.username.clone().into_bytes()),
            ("p", account.password.as_phc().as_bytes().to_vec()),
            ("e", enabled(account.enabled).to_vec()),
            ("r", serde_json::to_vec(&record)?),
        ])
    }

    /// Reads the fields `n`, `p`, `e`, `r`; `None` where there is no such account.
    pub(crate) fn read(subject: Subject, found: Vec<Field>) -> Outcome<Option<Account>> {
        let [username, password, is_enabled, record] = fields(found, ACCOUNT)?;
        let Some(username) = username else { return Ok(None) };
        let record: Self = json(&needed(record, ACCOUNT)?, ACCOUNT)?;
        Ok(Some(Account {
            subject,
            username: text(&username, ACCOUNT)?.to_owned(),
            spelling: record.s,
            password: PasswordHash::from_phc(text(&needed(password, ACCOUNT)?, ACCOUNT)?),
            administrator: record.a,
            enabled: needed(is_enabled, ACCOUNT)? == b"1",
            attributes: record.x,
            created_at: record.c,
        }))
    }
}

fn enabled(enabled: bool) -> &'static [u8] {
    if enabled { b"1" } else { b"0" }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct SessionRecord {
    s: Subject,
    k: String,
    c: Timestamp,
    e: Timestamp,
}

impl SessionRecord {
    pub(crate) fn write(session: &Session) -> Outcome<Vec<u8>> {
        let Session { subject, credential, created_at, expires_at, .. } = session;
        let record = Self { s: subject.clone(), k: credential.to_base64url(), c: *created_at, e: *expires_at };
        Ok(serde_json::to_vec(&record)?)
    }

    pub(crate) fn read(digest: &Digest, record: &[u8]) -> Outcome<Session> {
        let Self { s, k, c, e } = json(record, SESSION)?;
        let credential = URL_SAFE_NO_PAD.decode(k).ok().and_then(|bytes| bytes.try_into().ok());
        let credential = credential.map(Digest::from_bytes).ok_or(Failure::Corrupt(SESSION))?;
        Ok(Session { digest: *digest, subject: s, credential, created_at: c, expires_at: e })
    }
}

/// Writes what was allowed; a denial is empty of it.
pub(crate) fn write_decision(decision: &PendingDecision) -> String {
    decision.allowed.as_ref().map_or_else(|| "-".to_owned(), |scope| format!("+{scope}"))
}

pub(crate) fn read_decision(session: &Digest, request: &Digest, record: &[u8]) -> Outcome<PendingDecision> {
    let (ends, allowed) = text(record, DECISION)?.split_once(':').ok_or(Failure::Corrupt(DECISION))?;
    let allowed = match allowed.strip_prefix('+') {
        Some(scope) => Some(scope.parse::<Scope>().map_err(|_| Failure::Corrupt(DECISION))?),
        None => None,
    };
    let expires_at = timestamp(ends.as_bytes(), DECISION)?;
    Ok(PendingDecision { session: *session, request: *request, allowed, expires_at })
}
