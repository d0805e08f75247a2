use super::Connection;
use super::body::only_one;
use crate::error::Outcome;
use crate::issuance::{Consumed, Issuance};
use crate::schema::{access_tokens, codes, grants, refresh_tokens};
use diesel::prelude::*;

/// Issues tokens, statement by statement: here none of them is a trip.
pub(super) fn issue(connection: &mut Connection, issuance: Issuance) -> Outcome<()> {
    consume(connection, issuance.consumed)?;
    let updated = diesel::update(grants::table.find(issuance.grant).filter(grants::revoked_at.is_null()))
        .set((grants::last_issued_at.eq(issuance.last_issued_at), grants::expires_at.eq(issuance.expires_at)))
        .execute(connection)?;
    only_one(updated)?;
    diesel::insert_into(access_tokens::table).values(issuance.access).execute(connection)?;
    if let Some(refresh) = issuance.refresh {
        diesel::insert_into(refresh_tokens::table).values(refresh).execute(connection)?;
    }
    Ok(())
}

fn consume(connection: &mut Connection, consumed: Consumed) -> Outcome<()> {
    match consumed {
        Consumed::Nothing => Ok(()),
        Consumed::Code { row, at } => {
            let used = diesel::update(codes::table.find(row).filter(codes::used_at.is_null()))
                .set(codes::used_at.eq(at))
                .execute(connection)?;
            only_one(used)
        }
        Consumed::Refresh { row, at, retry, predecessor } => {
            let (sealed, until) = retry.unzip();
            let retired = diesel::update(refresh_tokens::table.find(row).filter(refresh_tokens::retired_at.is_null()))
                .set((
                    refresh_tokens::retired_at.eq(at),
                    refresh_tokens::retry_sealed.eq(sealed),
                    refresh_tokens::retry_until.eq(until),
                ))
                .execute(connection)?;
            only_one(retired)?;
            if let Some(predecessor) = predecessor {
                diesel::update(refresh_tokens::table.find(predecessor))
                    .set((
                        refresh_tokens::retry_sealed.eq(None::<Vec<u8>>),
                        refresh_tokens::retry_until.eq(None::<i64>),
                    ))
                    .execute(connection)?;
            }
            Ok(())
        }
    }
}
