use super::{Connection, Store, instr, marks, secret_of, token};
use crate::error::{Failure, Outcome};
use crate::issuance::{Consumed, Decided};
use crate::record::{CodeRow, GrantRow, client_id, json, key};
use crate::schema::{clients, codes, grants};
use diesel::prelude::*;
use oauth_core::client::Client;
use oauth_core::clock::Timestamp;
use oauth_core::secret::Digest;
use oauth_core::store::{Basis, Code, CodeStore, Grant, Issue, Marks, Redeemed, Result, Saved, StoredCode};

impl CodeStore for Store {
    async fn save_code(&self, grant: &Grant, code: &Code, basis: &Basis) -> Result<Saved> {
        let (grant, code, basis) = (grant.clone(), code.clone(), basis.clone());
        self.write("save a code", move |connection, tenant| save(connection, tenant, &grant, &code, &basis)).await
    }

    async fn code(&self, digest: &Digest) -> Result<Option<StoredCode>> {
        let digest = *digest;
        self.read("read a code", move |connection, tenant| code(connection, tenant, &digest)).await
    }

    async fn redeem(&self, digest: &Digest, issue: &Issue) -> Result<Redeemed> {
        let (digest, issue) = (*digest, issue.clone());
        self.change("redeem a code", move |connection, tenant| redeem(connection, tenant, &digest, &issue)).await
    }
}

/// Holds the client and the person's mark until the commit, in this order on every way, so that what changes
/// one of them waits for the grant and finds it.
fn save(connection: &mut Connection, tenant: i64, grant: &Grant, code: &Code, basis: &Basis) -> Outcome<Saved> {
    if code.grant != grant.id {
        return Err(Failure::Contradiction("the code names another grant than the one it is saved with"));
    }
    let client = clients::table
        .filter(clients::tenant.eq(tenant))
        .filter(clients::client_id.eq(grant.client_id.as_str()))
        .select((clients::id, clients::enabled, clients::revocations, clients::body));
    let client: Option<(i64, bool, i64, String)> = share!(client).get_result(connection).optional()?;
    let Some((client, true, revocations, body)) = client else {
        return Ok(Saved::Gone);
    };
    if json::<Client>(&body, "clients.body")? != basis.client {
        return Ok(Saved::Changed);
    }
    let subject = marks::hold(connection, tenant, grant.subject.as_str(), grant.created_at)?;
    if basis.marks != (Marks { subject, client: marks::of_client(client, revocations) }) {
        return Ok(Saved::Changed);
    }
    diesel::insert_into(grants::table).values(GrantRow::new(tenant, client, grant)?).execute(connection)?;
    diesel::insert_into(codes::table).values(CodeRow::new(tenant, code)).execute(connection)?;
    Ok(Saved::Now)
}

/// A code with its grant, its client's name, whether that is enabled, and whether it has a secret.
type Found = (CodeRow, GrantRow, Option<String>, bool, bool);

fn find(connection: &mut Connection, tenant: i64, digest: &Digest, secret: &str) -> Outcome<Option<Found>> {
    let found = codes::table
        .inner_join(grants::table.inner_join(clients::table))
        .filter(codes::id.eq(key(digest.as_bytes())))
        .filter(codes::digest.eq(digest.as_bytes().as_slice()))
        .filter(codes::tenant.eq(tenant))
        .filter(clients::client_id.is_not_null())
        .select((
            CodeRow::as_select(),
            GrantRow::as_select(),
            clients::client_id,
            clients::enabled,
            instr(clients::body, secret).gt(0_i64),
        ))
        .get_result(connection)
        .optional()?;
    Ok(found)
}

fn code(connection: &mut Connection, tenant: i64, digest: &Digest) -> Outcome<Option<StoredCode>> {
    let Some((code, grant, client, ..)) = find(connection, tenant, digest, "")? else {
        return Ok(None);
    };
    let used_at = code.used_at.map(Timestamp::from_unix_seconds);
    let grant = grant.read(client_id(client)?)?;
    Ok(Some(StoredCode { code: code.read(grant.id)?, grant, used_at }))
}

fn redeem(connection: &mut Connection, tenant: i64, digest: &Digest, issue: &Issue) -> Outcome<Decided<Redeemed>> {
    let found = find(connection, tenant, digest, &secret_of(issue))?;
    let Some((code, row, client, enabled, authenticated)) = found else {
        return Ok(Decided::Nothing(Redeemed::Unknown));
    };
    if !enabled || !row.is_live(issue.now) {
        return Ok(Decided::Nothing(Redeemed::Gone));
    }
    if !authenticated {
        return Ok(Decided::Nothing(Redeemed::Unauthenticated));
    }
    let at = issue.now.as_unix_seconds();
    if code.used_at.is_some() {
        return Ok(Decided::Revoke { grant: row.id, at, said: Redeemed::Before(row.grant_id()?) });
    }
    if Timestamp::from_unix_seconds(code.expires_at).is_over(issue.now) {
        return Ok(Decided::Nothing(Redeemed::Gone));
    }
    let consumed = Consumed::Code { row: code.id, at };
    let issuance = token::issuance(tenant, row, client_id(client)?, issue, consumed)?;
    Ok(Decided::Issue { issuance, said: Redeemed::Now })
}
