use super::clients::dig_out;
use super::record::{
    ACCESS, ANSWER, CODE, DECISION, ENDS, GRANT, HeldGrant, MARK, OF_CLIENT, PENDING, REFRESH, SESSION, TOMBSTONE,
    end_of, ends, grant_id, key, listed, names, read, write_grant,
};
use super::sessions::{self, digest_of};
use super::tokens::{family_key, forget_answer};
use super::{KeyValue, KeyValueStore, RecordsMut, by_client};
use crate::clock::Timestamp;
use crate::store::{Housekeeping, Result, Swept};

/// How much one look at the order of the ends reads.
const BATCH: usize = 256;

impl<K: KeyValue> Housekeeping for KeyValueStore<K> {
    async fn sweep(&self, now: Timestamp, limit: u32) -> Result<Swept> {
        self.0.write(move |records| sweep(records, now, limit.into())).await
    }

    async fn overdue_since(&self, now: Timestamp) -> Result<Option<Timestamp>> {
        self.0
            .read(move |records| Ok(records.range(&[ENDS], &until(now), 1)?.first().and_then(|(key, _)| end_of(key))))
            .await
    }
}

/// Where the keys of what is over at a moment stop.
fn until(now: Timestamp) -> Vec<u8> {
    ends(Timestamp::from_unix_seconds(now.as_unix_seconds().saturating_add(1)), 0, [])
}

/// Every entry in the order of the ends says what is true: who moves an end moves its entry too.
fn sweep(records: &mut dyn RecordsMut, now: Timestamp, limit: u64) -> Result<Swept> {
    let first = [ENDS];
    let until = until(now);
    let mut removed = 0;
    loop {
        let over = records.range(&first, &until, BATCH)?;
        if over.is_empty() {
            return Ok(Swept { removed, more: false });
        }
        for (entry, _) in over {
            let Some((kind, name)) = entry.get(9..).and_then(<[u8]>::split_first) else { continue };
            // An answer that is not given again, or a mark, is no record: it goes, and is not counted.
            let counts = !matches!(*kind, ANSWER | MARK);
            if counts && removed == limit {
                return Ok(Swept { removed, more: true });
            }
            // Gone with another of the same batch.
            if records.get(&entry)?.is_none() {
                continue;
            }
            match *kind {
                ACCESS => records.remove(&key(ACCESS, name))?,
                ANSWER => forget_answer(records, &digest_of(name)?)?,
                CODE => forget_code(records, name)?,
                GRANT => remove_grant(records, name)?,
                SESSION => drop(sessions::end(records, &digest_of(name)?)?),
                MARK => records.remove(&key(MARK, name))?,
                PENDING => records.remove(&key(PENDING, name))?,
                TOMBSTONE => dig_out(records, name)?,
                DECISION => drop(sessions::remove_decision(records, name)?),
                _ => {}
            }
            records.remove(&entry)?;
            removed += u64::from(counts);
        }
    }
}

/// Forgets a code that was never redeemed.
fn forget_code(records: &mut dyn RecordsMut, digest: &[u8]) -> Result<()> {
    let pointer = key(CODE, digest);
    let Some(id) = records.get(&pointer)? else { return Ok(()) };
    records.remove(&pointer)?;
    if let Some(mut held) = read::<HeldGrant>(&*records, &key(GRANT, id))? {
        held.code = None;
        write_grant(records, &held)?;
    }
    Ok(())
}

/// Removes a grant with its code and its refresh tokens; access tokens have ends of their own.
fn remove_grant(records: &mut dyn RecordsMut, id: &[u8]) -> Result<()> {
    let grant_key = key(GRANT, id);
    let Some(held) = read::<HeldGrant>(&*records, &grant_key)? else { return Ok(()) };
    records.remove(&grant_key)?;
    by_client::leave(records, &held.grant)?;
    records.remove(&listed(OF_CLIENT, held.grant.client_id.as_str(), id))?;
    if let Some(held) = &held.code {
        records.remove(&key(CODE, held.code.digest.as_bytes()))?;
        records.remove(&ends(held.code.expires_at, CODE, held.code.digest.as_bytes()))?;
    }
    let id = grant_id(id)?;
    for digest in names(&*records, &key(super::record::FAMILY, id.as_bytes()))? {
        let digest = digest_of(&digest)?;
        forget_answer(records, &digest)?;
        records.remove(&key(REFRESH, digest.as_bytes()))?;
        records.remove(&family_key(&id, &digest))?;
    }
    Ok(())
}
