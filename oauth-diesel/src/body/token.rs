use super::{Connection, Store, grant, instr, secret_of};
use crate::error::{Failure, Outcome};
use crate::issuance::{Consumed, Decided, Issuance};
use crate::record::{AccessRow, GrantRow, RefreshRow, client_id, key};
use crate::schema::{access_tokens, clients, grants, refresh_tokens};
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Nullable, Text};
use oauth_core::clock::Timestamp;
use oauth_core::identifier::{ClientId, GrantId};
use oauth_core::secret::Digest;
use oauth_core::store::{ActiveToken, Issue, Result, Retry, Rotated, Saved, StoredRefresh, TokenStore};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

impl TokenStore for Store {
    async fn issue(&self, issue: &Issue) -> Result<Saved> {
        let issue = issue.clone();
        let Some(id) = issue.access.grant else {
            return self
                .write_one("issue a token", move |connection, tenant| save_own(connection, tenant, &issue))
                .await;
        };
        self.change("issue tokens", move |connection, tenant| save(connection, tenant, &id, &issue)).await
    }

    async fn access_token(&self, digest: &Digest, now: Timestamp) -> Result<Option<ActiveToken>> {
        let digest = *digest;
        self.read("read an access token", move |connection, tenant| active(connection, tenant, &digest, now)).await
    }

    async fn refresh_token(&self, digest: &Digest) -> Result<Option<StoredRefresh>> {
        let digest = *digest;
        self.read("read a refresh token", move |connection, tenant| refresh(connection, tenant, &digest)).await
    }

    async fn rotate(&self, digest: &Digest, issue: &Issue, retry: &Retry) -> Result<Rotated> {
        let (digest, issue, retry) = (*digest, issue.clone(), retry.clone());
        // Without a window every second use ends the family, also one that came at the same time.
        let (may_come_late, was_current) = (retry.until > issue.now, AtomicBool::new(false));
        let body = move |connection: &mut Connection, tenant| {
            let decided = rotate(connection, tenant, &digest, &issue, &retry)?;
            Ok(match decided {
                // It was current when this verb read it first, and others were faster: their tokens are not touched.
                Decided::Revoke { .. } if may_come_late && was_current.load(Relaxed) => Decided::Nothing(Rotated::Gone),
                decided => {
                    was_current.fetch_or(matches!(decided, Decided::Issue { .. }), Relaxed);
                    decided
                }
            })
        };
        self.change("rotate a refresh token", body).await
    }

    async fn revoke_access_token(&self, digest: &Digest, now: Timestamp) -> Result<bool> {
        let digest = *digest;
        let body = move |connection: &mut Connection, tenant| revoke(connection, tenant, &digest, now);
        self.write_one("revoke an access token", body).await
    }
}

/// Stores the token of a client that acts for itself, in one statement that finds the client too. It
/// may meet the one that disables or deletes the client, or revokes all that it has, and still store it: it
/// is dead all the same, since everyone who reads a token reads its client, and compares the revocations.
/// Nobody compares the secret later, so the statement keeps it (`has_secret!`).
fn save_own(connection: &mut Connection, tenant: i64, issue: &Issue) -> Outcome<Saved> {
    if issue.refresh.is_some() {
        return Err(Failure::Contradiction("a refresh token stands under a grant, and none is named"));
    }
    let columns = (
        access_tokens::client_ref,
        access_tokens::id,
        access_tokens::tenant,
        access_tokens::digest,
        access_tokens::issued_at,
        access_tokens::expires_at,
        access_tokens::scope,
        access_tokens::audience,
        access_tokens::attributes,
        access_tokens::revocations,
    );
    let AccessRow { id, digest, issued_at, expires_at, scope, audience, attributes, .. } =
        AccessRow::new(tenant, 0, &issue.access, None)?;
    let saved = clients::table
        .filter(clients::tenant.eq(tenant))
        .filter(clients::client_id.eq(issue.access.client_id.as_str()))
        .filter(clients::enabled.eq(true))
        .filter(has_secret!(secret_of(issue)))
        .select((
            clients::id,
            id.into_sql::<BigInt>(),
            tenant.into_sql::<BigInt>(),
            digest.into_sql::<Binary>(),
            issued_at.into_sql::<BigInt>(),
            expires_at.into_sql::<BigInt>(),
            scope.into_sql::<Nullable<Text>>(),
            audience.into_sql::<Nullable<Text>>(),
            attributes.into_sql::<Nullable<Text>>(),
            clients::revocations,
        ))
        .insert_into(access_tokens::table)
        .into_columns(columns)
        .execute(connection)?;
    Ok(if saved == 0 { Saved::Gone } else { Saved::Now })
}

fn save(connection: &mut Connection, tenant: i64, id: &GrantId, issue: &Issue) -> Outcome<Decided<Saved>> {
    match grant::find(connection, tenant, id, &secret_of(issue))? {
        Some((row, client, true, true)) if row.is_live(issue.now) => {
            let issuance = issuance(tenant, row, client_id(client)?, issue, Consumed::Nothing)?;
            Ok(Decided::Issue { issuance, said: Saved::Now })
        }
        _ => Ok(Decided::Nothing(Saved::Gone)),
    }
}

/// Gathers what tokens under a grant that was found alive change, in the grant too.
pub(super) fn issuance(
    tenant: i64,
    row: GrantRow,
    client: ClientId,
    issue: &Issue,
    consumed: Consumed,
) -> Outcome<Box<Issuance>> {
    let (grant_ref, client_ref) = (row.id, row.client_ref);
    let grant = row.read(client)?;
    let refresh_is_of_it = issue.refresh.as_ref().is_none_or(|token| token.grant == grant.id);
    if issue.access.grant != Some(grant.id) || issue.access.client_id != grant.client_id || !refresh_is_of_it {
        return Err(Failure::Contradiction("the tokens name another grant or client than they are issued under"));
    }
    let predecessor = if let Consumed::Refresh { row, .. } = consumed { Some(row) } else { None };
    Ok(Box::new(Issuance {
        consumed,
        secret: secret_of(issue),
        grant: grant_ref,
        last_issued_at: issue.now.as_unix_seconds(),
        expires_at: issue.grant_expires_at.as_unix_seconds(),
        access: AccessRow::new(tenant, client_ref, &issue.access, Some(&grant))?,
        refresh: issue.refresh.as_ref().map(|refresh| RefreshRow::new(tenant, refresh, predecessor)),
    }))
}

fn active(connection: &mut Connection, tenant: i64, digest: &Digest, now: Timestamp) -> Outcome<Option<ActiveToken>> {
    let found: Option<(AccessRow, Option<String>, Option<GrantRow>)> = access_tokens::table
        .inner_join(clients::table)
        .left_join(grants::table)
        .filter(access_tokens::id.eq(key(digest.as_bytes())))
        .filter(access_tokens::digest.eq(digest.as_bytes().as_slice()))
        .filter(access_tokens::tenant.eq(tenant))
        .filter(access_tokens::expires_at.gt(now.as_unix_seconds()))
        .filter(clients::client_id.is_not_null())
        .filter(clients::enabled.eq(true))
        .filter(access_tokens::grant_ref.is_not_null().or(access_tokens::revocations.eq(clients::revocations)))
        .select((AccessRow::as_select(), clients::client_id, Option::<GrantRow>::as_select()))
        .get_result(connection)
        .optional()?;
    let Some((token, client, row)) = found else {
        return Ok(None);
    };
    let client = client_id(client)?;
    let grant = match (token.grant_ref, row) {
        (None, _) => None,
        (Some(_), Some(row)) if row.is_live(now) => Some(row.read(client.clone())?),
        // Revoked, over, or swept away already.
        (Some(_), _) => return Ok(None),
    };
    Ok(Some(ActiveToken { token: token.read(client, grant.as_ref())?, grant }))
}

/// A refresh token with its grant, its client's name, whether that is enabled, and whether it has a secret.
type Found = (RefreshRow, GrantRow, Option<String>, bool, bool);

fn find(connection: &mut Connection, tenant: i64, digest: &Digest, secret: &str) -> Outcome<Option<Found>> {
    let found = refresh_tokens::table
        .inner_join(grants::table.inner_join(clients::table))
        .filter(refresh_tokens::id.eq(key(digest.as_bytes())))
        .filter(refresh_tokens::digest.eq(digest.as_bytes().as_slice()))
        .filter(refresh_tokens::tenant.eq(tenant))
        .filter(clients::client_id.is_not_null())
        .select((
            RefreshRow::as_select(),
            GrantRow::as_select(),
            clients::client_id,
            clients::enabled,
            instr(clients::body, secret).gt(0_i64),
        ))
        .get_result(connection)
        .optional()?;
    Ok(found)
}

fn refresh(connection: &mut Connection, tenant: i64, digest: &Digest) -> Outcome<Option<StoredRefresh>> {
    find(connection, tenant, digest, "")?
        .map(|(token, grant, client, ..)| token.read(grant.read(client_id(client)?)?))
        .transpose()
}

fn rotate(
    connection: &mut Connection,
    tenant: i64,
    digest: &Digest,
    issue: &Issue,
    retry: &Retry,
) -> Outcome<Decided<Rotated>> {
    let found = find(connection, tenant, digest, &secret_of(issue))?;
    let Some((token, row, client, enabled, authenticated)) = found else {
        return Ok(Decided::Nothing(Rotated::Unknown));
    };
    if !enabled || !row.is_live(issue.now) {
        return Ok(Decided::Nothing(Rotated::Gone));
    }
    if !authenticated {
        return Ok(Decided::Nothing(Rotated::Unauthenticated));
    }
    let at = issue.now.as_unix_seconds();
    if token.retired_at.is_some() {
        return Ok(match (token.retry_sealed, token.retry_until.map(Timestamp::from_unix_seconds)) {
            // It is forgotten when the successor is rotated, so its being there says that it was not.
            (Some(sealed), Some(until)) if !until.is_over(issue.now) => Decided::Nothing(Rotated::Replay(sealed)),
            _ => Decided::Revoke { grant: row.id, at, said: Rotated::Reused(row.grant_id()?) },
        });
    }
    if Timestamp::from_unix_seconds(token.expires_at).is_over(issue.now) {
        return Ok(Decided::Nothing(Rotated::Gone));
    }
    let kept = (!retry.until.is_over(issue.now)).then(|| (retry.sealed.clone(), retry.until.as_unix_seconds()));
    let consumed = Consumed::Refresh { row: token.id, at, retry: kept, predecessor: token.predecessor };
    let issuance = issuance(tenant, row, client_id(client)?, issue, consumed)?;
    Ok(Decided::Issue { issuance, said: Rotated::Now })
}

fn revoke(connection: &mut Connection, tenant: i64, digest: &Digest, now: Timestamp) -> Outcome<bool> {
    let client = clients::table
        .filter(clients::id.eq(access_tokens::client_ref))
        .filter(clients::client_id.is_not_null())
        .filter(access_tokens::grant_ref.is_not_null().or(access_tokens::revocations.eq(clients::revocations)));
    let token = access_tokens::table
        .filter(access_tokens::id.eq(key(digest.as_bytes())))
        .filter(access_tokens::digest.eq(digest.as_bytes().as_slice()))
        .filter(access_tokens::tenant.eq(tenant))
        .filter(access_tokens::expires_at.gt(now.as_unix_seconds()))
        .filter(exists(client));
    Ok(diesel::delete(token).execute(connection)? > 0)
}
