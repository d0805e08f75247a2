use super::Connection;
use crate::error::{Failure, Outcome};
use crate::issuance::{Consumed, Issuance};
use diesel::connection::SimpleConnection as _;
use diesel::result::{DatabaseErrorKind, Error};
use std::fmt::Write as _;

/// Issues tokens by a transaction that goes over as one text, which is one trip: no statement of these
/// databases changes two tables and says so. Each statement but the last ones asks whether the one
/// before it changed its row (`ROW_COUNT()`), and where it did not, the first token has no key; that is
/// an error, at which the server stops.
pub(super) fn issue(connection: &mut Connection, issuance: Issuance) -> Outcome<()> {
    let Err(error) = connection.batch_execute(&text(&issuance)) else {
        return Ok(());
    };
    connection.batch_execute("ROLLBACK")?;
    Err(match error {
        Error::DatabaseError(DatabaseErrorKind::NotNullViolation, _) => Failure::Raced,
        other => other.into(),
    })
}

fn text(issuance: &Issuance) -> String {
    let Issuance { consumed, secret, grant, last_issued_at, expires_at, access, refresh } = issuance;
    let mut text = "START TRANSACTION; ".to_owned();
    let held = match consumed {
        Consumed::Nothing => "",
        Consumed::Code { row, at } => {
            text += &format!("UPDATE oauth_codes SET used_at = {at} WHERE id = {row} AND used_at IS NULL; ");
            " AND ROW_COUNT() = 1"
        }
        Consumed::Refresh { row, at, retry, .. } => {
            let (sealed, until) = retry.as_ref().map(|(sealed, until)| (sealed, until)).unzip();
            text += &format!(
                "UPDATE oauth_refresh_tokens SET retired_at = {at}, retry_sealed = {}, retry_until = {} \
                 WHERE id = {row} AND retired_at IS NULL; ",
                bytes(sealed),
                number(until)
            );
            " AND ROW_COUNT() = 1"
        }
    };
    // The look at the secret holds the client's row until the commit: a secret that is deleted waits for it, or is seen.
    text += &format!(
        "UPDATE oauth_grants SET last_issued_at = {last_issued_at}, expires_at = {expires_at} \
         WHERE id = {grant} AND revoked_at IS NULL{held} \
         AND EXISTS (SELECT 1 FROM oauth_clients WHERE id = {} AND INSTR(body, {}) > 0 LOCK IN SHARE MODE); ",
        access.client_ref,
        bytes(Some(secret)),
    );
    text += &format!(
        "INSERT INTO oauth_access_tokens \
         (id, tenant, digest, client_ref, grant_ref, issued_at, expires_at, scope, audience, attributes) \
         VALUES (IF(ROW_COUNT() = 1, {}, NULL), {}, {}, {}, {}, {}, {}, {}, {}, {}); ",
        access.id,
        access.tenant,
        bytes(Some(&access.digest)),
        access.client_ref,
        number(access.grant_ref.as_ref()),
        access.issued_at,
        access.expires_at,
        bytes(access.scope.as_ref()),
        bytes(access.audience.as_ref()),
        bytes(access.attributes.as_ref()),
    );
    if let Some(refresh) = refresh {
        text += &format!(
            "INSERT INTO oauth_refresh_tokens \
             (id, tenant, digest, grant_ref, predecessor, issued_at, expires_at, family_expires_at) \
             VALUES ({}, {}, {}, {}, {}, {}, {}, {}); ",
            refresh.id,
            refresh.tenant,
            bytes(Some(&refresh.digest)),
            refresh.grant_ref,
            number(refresh.predecessor.as_ref()),
            refresh.issued_at,
            refresh.expires_at,
            refresh.family_expires_at,
        );
    }
    if let Consumed::Refresh { predecessor: Some(predecessor), .. } = consumed {
        text += &format!(
            "UPDATE oauth_refresh_tokens SET retry_sealed = NULL, retry_until = NULL WHERE id = {predecessor}; "
        );
    }
    text + "COMMIT"
}

fn number(value: Option<&i64>) -> String {
    value.map_or_else(|| "NULL".to_owned(), i64::to_string)
}

/// Writes bytes, or the bytes of a text, in hexadecimal: nothing in them can end the literal.
fn bytes(value: Option<&impl AsRef<[u8]>>) -> String {
    let Some(value) = value else {
        return "NULL".to_owned();
    };
    let mut text = "x'".to_owned();
    for byte in value.as_ref() {
        // Writing to a text does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    text + "'"
}
