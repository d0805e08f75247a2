use super::record::{DECISION, SESSION, SIGNED_IN, ends, key, listed, names, read, taken, write};
use super::{KeyValue, KeyValueStore, Records, RecordsMut};
use crate::clock::Timestamp;
use crate::identifier::Subject;
use crate::secret::Digest;
use crate::store::{PendingDecision, Result, Session, SessionStore, StoreError};

impl<K: KeyValue> SessionStore for KeyValueStore<K> {
    async fn create_session(&self, session: &Session) -> Result<()> {
        let session = session.clone();
        let create = move |records: &mut dyn RecordsMut| {
            let (session_key, digest) = (key(SESSION, session.digest.as_bytes()), session.digest.as_bytes());
            if records.get(&session_key)?.is_some() {
                return Err(taken("create a session"));
            }
            records.put(&listed(SIGNED_IN, session.subject.as_str(), digest), b"")?;
            records.put(&ends(session.expires_at, SESSION, digest), b"")?;
            write(records, &session_key, &session)
        };
        self.0.write(create).await
    }

    async fn session(&self, digest: &Digest, now: Timestamp) -> Result<Option<Session>> {
        let digest = *digest;
        self.0.read(move |records| open(records, &digest, now)).await
    }

    async fn end_session(&self, digest: &Digest) -> Result<bool> {
        let digest = *digest;
        self.0.write(move |records| end(records, &digest)).await
    }

    async fn end_sessions(&self, subject: &Subject) -> Result<u64> {
        let subject = subject.clone();
        self.0.write(move |records| end_all(records, &subject)).await
    }

    /// A decision of a session that has ended meanwhile is dropped: nobody can come for it.
    async fn save_decision(&self, decision: &PendingDecision) -> Result<()> {
        let decision = decision.clone();
        let save = move |records: &mut dyn RecordsMut| {
            let name = name_of(&decision.session, &decision.request);
            remove_decision(records, &name)?;
            if read::<Session>(&*records, &key(SESSION, decision.session.as_bytes()))?.is_some() {
                records.put(&ends(decision.expires_at, DECISION, &name), b"")?;
                write(records, &key(DECISION, &name), &decision)?;
            }
            Ok(())
        };
        self.0.write(save).await
    }

    async fn take_decision(
        &self,
        session: &Digest,
        request: &Digest,
        now: Timestamp,
    ) -> Result<Option<PendingDecision>> {
        let (session, request) = (*session, *request);
        let take = move |records: &mut dyn RecordsMut| {
            let in_time = open(&*records, &session, now)?.is_some();
            let decision = remove_decision(records, &name_of(&session, &request))?;
            Ok(decision.filter(|decision| in_time && !decision.expires_at.is_over(now)))
        };
        self.0.write(take).await
    }
}

fn open(records: &dyn Records, digest: &Digest, now: Timestamp) -> Result<Option<Session>> {
    let session = read::<Session>(records, &key(SESSION, digest.as_bytes()))?;
    Ok(session.filter(|session| !session.expires_at.is_over(now)))
}

fn name_of(session: &Digest, request: &Digest) -> Vec<u8> {
    [session.as_bytes().as_slice(), request.as_bytes()].concat()
}

/// Removes a session with the decisions that wait in it.
pub(super) fn end(records: &mut dyn RecordsMut, digest: &Digest) -> Result<bool> {
    let session_key = key(SESSION, digest.as_bytes());
    let Some(session) = read::<Session>(&*records, &session_key)? else { return Ok(false) };
    records.remove(&session_key)?;
    records.remove(&listed(SIGNED_IN, session.subject.as_str(), digest.as_bytes()))?;
    records.remove(&ends(session.expires_at, SESSION, digest.as_bytes()))?;
    for request in names(&*records, &key(DECISION, digest.as_bytes()))? {
        remove_decision(records, &[digest.as_bytes().as_slice(), &request].concat())?;
    }
    Ok(true)
}

pub(super) fn end_all(records: &mut dyn RecordsMut, subject: &Subject) -> Result<u64> {
    let mut ended = 0;
    for digest in names(&*records, &listed(SIGNED_IN, subject.as_str(), []))? {
        ended += u64::from(end(records, &digest_of(&digest)?)?);
    }
    Ok(ended)
}

pub(super) fn remove_decision(records: &mut dyn RecordsMut, name: &[u8]) -> Result<Option<PendingDecision>> {
    let decision = read::<PendingDecision>(&*records, &key(DECISION, name))?;
    if let Some(decision) = &decision {
        records.remove(&key(DECISION, name))?;
        records.remove(&ends(decision.expires_at, DECISION, name))?;
    }
    Ok(decision)
}

pub(super) fn digest_of(bytes: &[u8]) -> Result<Digest> {
    let bytes = bytes.try_into().map_err(|_| StoreError::new("read a record", "no digest"))?;
    Ok(Digest::from_bytes(bytes))
}
