use super::{Connection, Store};
use crate::error::{Failure, Outcome};
use crate::record::key;
use crate::schema::failures;
use diesel::prelude::*;
use oauth_core::clock::Timestamp;
use oauth_core::secret::Digest;
use oauth_core::store::{Counted, FailureStore, Failures, Result};
use std::collections::{BTreeMap, BTreeSet};

#[async_trait::async_trait]
impl FailureStore for Store {
    async fn add_failures(&self, added: &[Failures], now: Timestamp) -> Result<Vec<Counted>> {
        let mut added = added.to_vec();
        let order = added.clone();
        // All processes take the rows in one order, so that none waits for another that waits for it.
        added.sort_unstable_by_key(|added| added.key);
        // Of two whose first eight bytes are the same, this process counts the second alone.
        added.dedup_by_key(|added| key(added.key.as_bytes()));
        let body = move |connection: &mut Connection, tenant| add(connection, tenant, &added, now);
        let counted = self.write("count failures", body).await?;
        let alone = |added: &Failures| Counted { number: added.number, until: added.until };
        Ok(order.iter().map(|added| counted.get(&added.key).copied().unwrap_or_else(|| alone(added))).collect())
    }
}

/// Computes the row of a count. What is counted has the same digest for all tenants.
fn row(tenant: i64, digest: &Digest) -> i64 {
    key(digest.as_bytes()) ^ tenant
}

/// Adds, begins what is not there, and reads all; five statements, however many counts there are.
fn add(
    connection: &mut Connection,
    tenant: i64,
    added: &[Failures],
    now: Timestamp,
) -> Outcome<BTreeMap<Digest, Counted>> {
    diesel::delete(
        failures::table.filter(failures::tenant.eq(tenant)).filter(failures::expires_at.le(now.as_unix_seconds())),
    )
    .execute(connection)?;
    let rows: Vec<i64> = added.iter().map(|added| row(tenant, &added.key)).collect();
    let there = || failures::table.filter(failures::tenant.eq(tenant)).filter(failures::id.eq_any(rows.clone()));
    let known: BTreeSet<i64> = there().select(failures::id).load::<i64>(connection)?.into_iter().collect();
    let mut by_number: BTreeMap<u32, Vec<i64>> = BTreeMap::new();
    for added in added.iter().filter(|added| known.contains(&row(tenant, &added.key))) {
        by_number.entry(added.number).or_default().push(row(tenant, &added.key));
    }
    for (number, rows) in by_number {
        let theirs = failures::table.filter(failures::tenant.eq(tenant)).filter(failures::id.eq_any(rows));
        diesel::update(theirs).set(failures::number.eq(failures::number + i64::from(number))).execute(connection)?;
    }
    let fresh: Vec<_> = added
        .iter()
        .filter(|added| !known.contains(&row(tenant, &added.key)))
        .map(|added| {
            (
                failures::id.eq(row(tenant, &added.key)),
                failures::tenant.eq(tenant),
                failures::digest.eq(added.key.as_bytes().to_vec()),
                failures::number.eq(i64::from(added.number)),
                failures::expires_at.eq(added.until.as_unix_seconds()),
            )
        })
        .collect();
    if !fresh.is_empty() {
        diesel::insert_into(failures::table).values(fresh).execute(connection)?;
    }
    let read: Vec<(Vec<u8>, i64, i64)> =
        there().select((failures::digest, failures::number, failures::expires_at)).load(connection)?;
    read.into_iter()
        .map(|(digest, number, until)| {
            let digest = digest.try_into().map_err(|_| Failure::Corrupt("failures.digest"))?;
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            Ok((Digest::from_bytes(digest), Counted { number, until: Timestamp::from_unix_seconds(until) }))
        })
        .collect()
}
