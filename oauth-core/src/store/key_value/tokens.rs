use super::record::{
    ACCESS, ANSWER, FAMILY, GRANT, HeldAccess, HeldClient, HeldGrant, HeldRefresh, REFRESH, client, ends, grant, key,
    read, taken, write, write_grant,
};
use super::{KeyValue, KeyValueStore, Records, RecordsMut, grants};
use crate::clock::Timestamp;
use crate::secret::Digest;
use crate::store::{ActiveToken, Issue, Result, Retry, Rotated, Saved, StoreError, StoredRefresh, TokenStore};

impl<K: KeyValue> TokenStore for KeyValueStore<K> {
    async fn issue(&self, issue: &Issue) -> Result<Saved> {
        let issue = issue.clone();
        self.0.write(move |records| save(records, &issue)).await
    }

    async fn access_token(&self, digest: &Digest, now: Timestamp) -> Result<Option<ActiveToken>> {
        let digest = *digest;
        self.0.read(move |records| live(records, &digest, now)).await
    }

    async fn refresh_token(&self, digest: &Digest) -> Result<Option<StoredRefresh>> {
        let digest = *digest;
        let read = move |records: &dyn Records| {
            let Some((held, family, _)) = of_refresh(records, &digest)? else { return Ok(None) };
            Ok(Some(StoredRefresh { token: held.token, grant: family.grant, retired_at: held.retired_at }))
        };
        self.0.read(read).await
    }

    async fn rotate(&self, digest: &Digest, issue: &Issue, retry: &Retry) -> Result<Rotated> {
        let (digest, issue, retry) = (*digest, issue.clone(), retry.clone());
        self.0.write(move |records| rotate(records, &digest, &issue, &retry)).await
    }

    async fn revoke_access_token(&self, digest: &Digest, now: Timestamp) -> Result<bool> {
        let digest = *digest;
        let revoke = move |records: &mut dyn RecordsMut| {
            let was_live = live(&*records, &digest, now)?.is_some();
            if let Some(held) = read::<HeldAccess>(&*records, &key(ACCESS, digest.as_bytes()))? {
                records.remove(&key(ACCESS, digest.as_bytes()))?;
                records.remove(&ends(held.token.expires_at, ACCESS, digest.as_bytes()))?;
            }
            Ok(was_live)
        };
        self.0.write(revoke).await
    }
}

fn live(records: &dyn Records, digest: &Digest, now: Timestamp) -> Result<Option<ActiveToken>> {
    let held = read::<HeldAccess>(records, &key(ACCESS, digest.as_bytes()))?;
    let Some(held) = held.filter(|held| !held.token.expires_at.is_over(now)) else { return Ok(None) };
    let Some(id) = &held.token.grant else {
        let client = client(records, &held.token.client_id)?.filter(|client| client.client.enabled);
        let is_live = client.is_some_and(|client| (client.incarnation, client.own) == (held.incarnation, held.own));
        return Ok(is_live.then_some(ActiveToken { token: held.token, grant: None }));
    };
    let family = grant(records, id)?.filter(|(held, client)| client.client.enabled && held.grant.is_live(now));
    Ok(family.map(|(family, _)| ActiveToken { token: held.token, grant: Some(family.grant) }))
}

fn save(records: &mut dyn RecordsMut, issue: &Issue) -> Result<Saved> {
    let Some(id) = &issue.access.grant else {
        if issue.refresh.is_some() {
            return Err(StoreError::new("issue tokens", "a refresh token needs a grant"));
        }
        let client = client(&*records, &issue.access.client_id)?;
        let client = client.filter(|held| held.client.enabled && issue.is_authenticated(&held.client));
        let Some(client) = client else { return Ok(Saved::Gone) };
        add_access(records, issue, client.incarnation, client.own)?;
        return Ok(Saved::Now);
    };
    let family = grant(&*records, id)?;
    let family = family.filter(|(held, client)| {
        client.client.enabled && held.grant.is_live(issue.now) && issue.is_authenticated(&client.client)
    });
    let Some((mut held, _)) = family else { return Ok(Saved::Gone) };
    add_tokens(records, &mut held, issue, None)?;
    Ok(Saved::Now)
}

/// Saves what is issued under a grant, and when the grant ends now.
pub(super) fn add_tokens(
    records: &mut dyn RecordsMut,
    held: &mut HeldGrant,
    issue: &Issue,
    predecessor: Option<Digest>,
) -> Result<()> {
    let id = held.grant.id;
    add_access(records, issue, held.incarnation, 0)?;
    if let Some(token) = &issue.refresh {
        let refresh_key = key(REFRESH, token.digest.as_bytes());
        if records.get(&refresh_key)?.is_some() {
            return Err(taken("issue tokens"));
        }
        let token = token.clone();
        records.put(&family_key(&id, &token.digest), b"")?;
        let new = HeldRefresh { token, predecessor, successor: None, retired_at: None, answer_until: None };
        write(records, &refresh_key, &new)?;
    }
    records.remove(&ends(held.grant.expires_at, GRANT, id.as_bytes()))?;
    records.put(&ends(issue.grant_expires_at, GRANT, id.as_bytes()), b"")?;
    held.grant.expires_at = issue.grant_expires_at;
    held.grant.last_issued_at = Some(issue.now);
    write_grant(records, held)
}

fn add_access(records: &mut dyn RecordsMut, issue: &Issue, incarnation: u64, own: u64) -> Result<()> {
    let token = issue.access.clone();
    let access_key = key(ACCESS, token.digest.as_bytes());
    if records.get(&access_key)?.is_some() {
        return Err(taken("issue tokens"));
    }
    records.put(&ends(token.expires_at, ACCESS, token.digest.as_bytes()), b"")?;
    write(records, &access_key, &HeldAccess { token, incarnation, own })
}

pub(super) fn family_key(id: &crate::identifier::GrantId, digest: &Digest) -> Vec<u8> {
    [&[FAMILY], id.as_bytes().as_slice(), digest.as_bytes()].concat()
}

fn of_refresh(records: &dyn Records, digest: &Digest) -> Result<Option<(HeldRefresh, HeldGrant, HeldClient)>> {
    let Some(held) = read::<HeldRefresh>(records, &key(REFRESH, digest.as_bytes()))? else { return Ok(None) };
    Ok(grant(records, &held.token.grant)?.map(|(family, client)| (held, family, client)))
}

fn rotate(records: &mut dyn RecordsMut, digest: &Digest, issue: &Issue, retry: &Retry) -> Result<Rotated> {
    let Some((mut held, mut family, client)) = of_refresh(&*records, digest)? else { return Ok(Rotated::Unknown) };
    if !client.client.enabled || !family.grant.is_live(issue.now) {
        return Ok(Rotated::Gone);
    }
    if !issue.is_authenticated(&client.client) {
        return Ok(Rotated::Unauthenticated);
    }
    if held.retired_at.is_some() {
        if let Some(sealed) = answer_again(&*records, &held, issue.now)? {
            return Ok(Rotated::Replay(sealed));
        }
        grants::revoke(records, &family.grant.id, issue.now)?;
        return Ok(Rotated::Reused(family.grant.id));
    }
    if held.token.expires_at.is_over(issue.now) {
        return Ok(Rotated::Gone);
    }
    add_tokens(records, &mut family, issue, Some(*digest))?;
    held.retired_at = Some(issue.now);
    held.successor = issue.refresh.as_ref().map(|refresh| refresh.digest);
    held.answer_until = Some(retry.until);
    records.put(&key(ANSWER, digest.as_bytes()), &retry.sealed)?;
    records.put(&ends(retry.until, ANSWER, digest.as_bytes()), b"")?;
    write(records, &key(REFRESH, digest.as_bytes()), &held)?;
    if let Some(predecessor) = held.predecessor {
        forget_answer(records, &predecessor)?;
    }
    Ok(Rotated::Now)
}

/// Gives the answer of a rotation again, while its time is not over and its successor not retired.
fn answer_again(records: &dyn Records, held: &HeldRefresh, now: Timestamp) -> Result<Option<Vec<u8>>> {
    if held.answer_until.is_none_or(|until| until.is_over(now)) {
        return Ok(None);
    }
    if let Some(successor) = &held.successor
        && let Some(successor) = read::<HeldRefresh>(records, &key(REFRESH, successor.as_bytes()))?
        && successor.retired_at.is_some()
    {
        return Ok(None);
    }
    records.get(&key(ANSWER, held.token.digest.as_bytes()))
}

/// Forgets the sealed answer that was kept with a retired refresh token.
pub(super) fn forget_answer(records: &mut dyn RecordsMut, digest: &Digest) -> Result<()> {
    let refresh_key = key(REFRESH, digest.as_bytes());
    let Some(mut held) = read::<HeldRefresh>(&*records, &refresh_key)? else { return Ok(()) };
    if let Some(until) = held.answer_until.take() {
        records.remove(&ends(until, ANSWER, digest.as_bytes()))?;
        records.remove(&key(ANSWER, digest.as_bytes()))?;
        write(records, &refresh_key, &held)?;
    }
    Ok(())
}
