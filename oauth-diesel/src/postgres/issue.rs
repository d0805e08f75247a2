use crate::error::{Failure, Outcome};
use crate::issuance::{Consumed, Issuance};
use crate::record::{AccessRow, RefreshRow};
use crate::schema::{access_tokens, refresh_tokens};
use crate::written::Word::{BytesOrNull, Number, NumberOrNull, Text, Value};
use crate::written::Written;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{self, BigInt, Binary, Nullable};

// What a part of the statement gives to those that come after it.
diesel::table! {
    granted (id) {
        id -> BigInt,
    }
}

/// Issues tokens in one statement, which is one trip and a transaction by itself. A part of it that
/// changes no row leaves those after it with nothing to do; and where the grant was revoked meanwhile,
/// its code or token is dead whether it is marked as used or not. A secret
/// that is not the client's any more leaves all of them with nothing to do; the client is held until the commit, so
/// that who takes the secret away waits, or was first and is seen.
pub(super) fn issue<C: diesel::Connection<Backend = Pg>>(connection: &mut C, issuance: Issuance) -> Outcome<()> {
    let authenticated = Written([
        Text("SELECT id FROM oauth_clients WHERE id = "),
        Number(issuance.access.client_ref),
        Text(" AND strpos(body, "),
        Value(issuance.secret),
        Text(") > 0 FOR SHARE"),
    ]);
    let mut with = With { parts: Vec::new(), last: Box::new(insert_access(issuance.access)) };
    with.part("authenticated", authenticated);
    let if_used = with.consume(issuance.consumed);
    let granted = Written([
        Text("UPDATE oauth_grants SET last_issued_at = "),
        Number(issuance.last_issued_at),
        Text(", expires_at = "),
        Number(issuance.expires_at),
        Text(" WHERE id = "),
        Number(issuance.grant),
        Text(" AND revoked_at IS NULL AND EXISTS (SELECT 1 FROM authenticated)"),
        Text(if_used),
        Text(" RETURNING id"),
    ]);
    with.part("granted", granted);
    if let Some(refresh) = issuance.refresh {
        with.part("refreshed", insert_refresh(refresh));
    }
    let issued = connection.execute_returning_count(&with)?;
    if issued == 1 { Ok(()) } else { Err(Failure::Raced) }
}

/// A statement with others before it, whose rows it sees by their names; all of them are run.
struct With {
    parts: Vec<(&'static str, Box<dyn QueryFragment<Pg>>)>,
    last: Box<dyn QueryFragment<Pg>>,
}

impl With {
    fn part(&mut self, name: &'static str, part: impl QueryFragment<Pg> + 'static) {
        self.parts.push((name, Box::new(part)));
    }

    /// Uses up what the tokens are issued for, if nobody was faster; gives the condition that it was so.
    fn consume(&mut self, consumed: Consumed) -> &'static str {
        const IF_USED: &str = " AND EXISTS (SELECT 1 FROM used)";
        match consumed {
            Consumed::Nothing => return "",
            Consumed::Code { row, at } => {
                let used = Written([
                    Text("UPDATE oauth_codes SET used_at = "),
                    Number(at),
                    Text(" WHERE id = "),
                    Number(row),
                    Text(" AND used_at IS NULL AND EXISTS (SELECT 1 FROM authenticated) RETURNING id"),
                ]);
                self.part("used", used);
            }
            Consumed::Refresh { row, at, retry, predecessor } => {
                let (sealed, until) = retry.unzip();
                let retired = Written([
                    Text("UPDATE oauth_refresh_tokens SET retired_at = "),
                    Number(at),
                    Text(", retry_sealed = "),
                    BytesOrNull(sealed),
                    Text(", retry_until = "),
                    NumberOrNull(until),
                    Text(" WHERE id = "),
                    Number(row),
                    Text(" AND retired_at IS NULL AND EXISTS (SELECT 1 FROM authenticated) RETURNING id"),
                ]);
                self.part("used", retired);
                // Where there is none, nothing has this key: the text is the same for all.
                let forgotten = Written([
                    Text("UPDATE oauth_refresh_tokens SET retry_sealed = NULL, retry_until = NULL WHERE id = "),
                    NumberOrNull(predecessor),
                    Text(IF_USED),
                ]);
                self.part("forgotten", forgotten);
            }
        }
        IF_USED
    }
}

fn insert_access(row: AccessRow) -> impl QueryFragment<Pg> + 'static {
    granted::table
        .select((
            granted::id.nullable(),
            row.id.into_sql::<BigInt>(),
            row.tenant.into_sql::<BigInt>(),
            row.digest.into_sql::<Binary>(),
            row.client_ref.into_sql::<BigInt>(),
            row.issued_at.into_sql::<BigInt>(),
            row.expires_at.into_sql::<BigInt>(),
            row.scope.into_sql::<Nullable<sql_types::Text>>(),
            row.audience.into_sql::<Nullable<sql_types::Text>>(),
            row.attributes.into_sql::<Nullable<sql_types::Text>>(),
        ))
        .insert_into(access_tokens::table)
        .into_columns((
            access_tokens::grant_ref,
            access_tokens::id,
            access_tokens::tenant,
            access_tokens::digest,
            access_tokens::client_ref,
            access_tokens::issued_at,
            access_tokens::expires_at,
            access_tokens::scope,
            access_tokens::audience,
            access_tokens::attributes,
        ))
}

fn insert_refresh(row: RefreshRow) -> impl QueryFragment<Pg> + 'static {
    granted::table
        .select((
            granted::id,
            row.id.into_sql::<BigInt>(),
            row.tenant.into_sql::<BigInt>(),
            row.digest.into_sql::<Binary>(),
            row.predecessor.into_sql::<Nullable<BigInt>>(),
            row.issued_at.into_sql::<BigInt>(),
            row.expires_at.into_sql::<BigInt>(),
            row.family_expires_at.into_sql::<BigInt>(),
        ))
        .insert_into(refresh_tokens::table)
        .into_columns((
            refresh_tokens::grant_ref,
            refresh_tokens::id,
            refresh_tokens::tenant,
            refresh_tokens::digest,
            refresh_tokens::predecessor,
            refresh_tokens::issued_at,
            refresh_tokens::expires_at,
            refresh_tokens::family_expires_at,
        ))
}

impl QueryFragment<Pg> for With {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        for (position, (name, part)) in self.parts.iter().enumerate() {
            out.push_sql(if position == 0 { "WITH " } else { ", " });
            out.push_identifier(name)?;
            out.push_sql(" AS (");
            part.walk_ast(out.reborrow())?;
            out.push_sql(")");
        }
        out.push_sql(" ");
        self.last.walk_ast(out)
    }
}

// Its text tells it apart, and is what the connection keeps it prepared by.
impl QueryId for With {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}
