use super::record::{
    CODE, GRANT, HeldClient, HeldCode, HeldGrant, OF_CLIENT, client, ends, grant, grant_id, key, listed, mark, taken,
    write_grant,
};
use super::tokens::add_tokens;
use super::{KeyValue, KeyValueStore, Records, RecordsMut, by_client, grants};
use crate::secret::Digest;
use crate::store::{Basis, Code, CodeStore, Grant, Issue, Marks, Redeemed, Result, Saved, StoredCode};

impl<K: KeyValue> CodeStore for KeyValueStore<K> {
    async fn save_code(&self, grant: &Grant, code: &Code, basis: &Basis) -> Result<Saved> {
        let (grant, code, basis) = (grant.clone(), code.clone(), basis.clone());
        self.0.write(move |records| save(records, &grant, &code, &basis)).await
    }

    async fn code(&self, digest: &Digest) -> Result<Option<StoredCode>> {
        let digest = *digest;
        let read = move |records: &dyn Records| {
            let Some((HeldGrant { grant, code, .. }, _)) = of_code(records, &digest)? else { return Ok(None) };
            Ok(code.map(|HeldCode { code, used_at }| StoredCode { code, grant, used_at }))
        };
        self.0.read(read).await
    }

    async fn redeem(&self, digest: &Digest, issue: &Issue) -> Result<Redeemed> {
        let (digest, issue) = (*digest, issue.clone());
        self.0.write(move |records| redeem(records, &digest, &issue)).await
    }
}

fn save(records: &mut dyn RecordsMut, grant: &Grant, code: &Code, basis: &Basis) -> Result<Saved> {
    let Some(client) = client(&*records, &grant.client_id)?.filter(|held| held.client.enabled) else {
        return Ok(Saved::Gone);
    };
    let marks = Marks { subject: mark(&*records, &grant.subject)?, client: client.mark() };
    if client.client != basis.client || marks != basis.marks {
        return Ok(Saved::Changed);
    }
    let (grant_key, code_key) = (key(GRANT, grant.id.as_bytes()), key(CODE, code.digest.as_bytes()));
    if records.get(&grant_key)?.is_some() || records.get(&code_key)?.is_some() {
        return Err(taken("save a code"));
    }
    let held = HeldCode { code: code.clone(), used_at: None };
    write_grant(records, &HeldGrant { grant: grant.clone(), incarnation: client.incarnation, code: Some(held) })?;
    records.put(&code_key, grant.id.as_bytes())?;
    by_client::enter(records, grant)?;
    records.put(&listed(OF_CLIENT, grant.client_id.as_str(), grant.id.as_bytes()), b"")?;
    records.put(&ends(grant.expires_at, GRANT, grant.id.as_bytes()), b"")?;
    records.put(&ends(code.expires_at, CODE, code.digest.as_bytes()), b"")?;
    Ok(Saved::Now)
}

/// Finds the grant that a code stands for, with its client.
fn of_code(records: &dyn Records, digest: &Digest) -> Result<Option<(HeldGrant, HeldClient)>> {
    let Some(id) = records.get(&key(CODE, digest.as_bytes()))? else { return Ok(None) };
    grant(records, &grant_id(&id)?)
}

fn redeem(records: &mut dyn RecordsMut, digest: &Digest, issue: &Issue) -> Result<Redeemed> {
    let Some((mut held, client)) = of_code(&*records, digest)? else { return Ok(Redeemed::Unknown) };
    let Some(HeldCode { used_at, code }) = &held.code else { return Ok(Redeemed::Unknown) };
    let (used, code_ends) = (used_at.is_some(), code.expires_at);
    if !client.client.enabled || !held.grant.is_live(issue.now) {
        return Ok(Redeemed::Gone);
    }
    if !issue.is_authenticated(&client.client) {
        return Ok(Redeemed::Unauthenticated);
    }
    if used {
        grants::revoke(records, &held.grant.id, issue.now)?;
        return Ok(Redeemed::Before(held.grant.id));
    }
    if code_ends.is_over(issue.now) {
        return Ok(Redeemed::Gone);
    }
    if let Some(code) = &mut held.code {
        code.used_at = Some(issue.now);
    }
    add_tokens(records, &mut held, issue, None)?;
    // A used code is remembered as long as its grant.
    records.remove(&ends(code_ends, CODE, digest.as_bytes()))?;
    Ok(Redeemed::Now)
}
