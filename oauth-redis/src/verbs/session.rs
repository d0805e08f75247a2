use super::apart::seconds_left;
use super::{BATCH, after};
use crate::error::{Failure, Outcome};
use crate::link::Access;
use crate::record::{Field, SessionRecord, read_decision, seconds, write_decision};
use crate::{RedisStore, script};
use futures_util::future::try_join_all;
use oauth_core::clock::Timestamp;
use oauth_core::identifier::Subject;
use oauth_core::secret::Digest;
use oauth_core::store::{PendingDecision, Result, Session, SessionStore};

impl SessionStore for RedisStore {
    async fn create_session(&self, session: &Session) -> Result<()> {
        let (store, session) = (self.clone(), session.clone());
        let saved = match self.0.places.is_cluster() {
            true => Self::whole(async move { store.open_apart(&session).await }).await,
            false => self.open_session(&session).await,
        };
        saved.map_err(|failure| failure.while_doing("create a session"))
    }

    async fn session(&self, digest: &Digest, now: Timestamp) -> Result<Option<Session>> {
        let read = self.read_session(digest).await.map_err(|failure| failure.while_doing("read a session"))?;
        Ok(read.filter(|session| !session.expires_at.is_over(now)))
    }

    async fn end_session(&self, digest: &Digest) -> Result<bool> {
        let (store, digest) = (self.clone(), *digest);
        let ended = match self.0.places.is_cluster() {
            true => Self::whole(async move { store.end_one(&digest).await }).await,
            false => self.end_one(&digest).await,
        };
        ended.map_err(|failure| failure.while_doing("end a session"))
    }

    async fn end_sessions(&self, subject: &Subject) -> Result<u64> {
        let (store, subject) = (self.clone(), subject.clone());
        let steps = Self::whole(async move { store.end_all(&subject).await });
        steps.await.map_err(|failure| failure.while_doing("end sessions"))
    }

    /// A decision of a session that has ended meanwhile is dropped: nobody can come for it.
    async fn save_decision(&self, decision: &PendingDecision) -> Result<()> {
        self.decide(decision).await.map_err(|failure| failure.while_doing("save a decision"))
    }

    async fn take_decision(
        &self,
        session: &Digest,
        request: &Digest,
        now: Timestamp,
    ) -> Result<Option<PendingDecision>> {
        let taken = self.take(session, request).await.map_err(|failure| failure.while_doing("take a decision"))?;
        let in_time = |(session, decision): &(Session, PendingDecision)| {
            !session.expires_at.is_over(now) && !decision.expires_at.is_over(now)
        };
        Ok(taken.filter(in_time).map(|(_, decision)| decision))
    }
}

impl RedisStore {
    fn session_key(&self, digest: &Digest) -> Vec<u8> {
        self.0.places.of_digest(digest).key('s', digest.as_bytes())
    }

    fn session_list(&self, subject: &Subject) -> Vec<u8> {
        self.0.places.of_name(subject.as_str()).key('v', subject.as_str())
    }

    async fn open_session(&self, session: &Session) -> Outcome<()> {
        let place = self.0.places.of_digest(&session.digest);
        let (record, ends, now) =
            (SessionRecord::write(session)?, seconds(session.expires_at), seconds(session.created_at));
        let arguments: [&[u8]; 7] = [
            place.as_str().as_bytes(),
            self.0.places.if_single().as_bytes(),
            session.digest.as_bytes(),
            session.subject.as_str().as_bytes(),
            &record,
            ends.as_bytes(),
            now.as_bytes(),
        ];
        let key = self.session_key(&session.digest);
        let created: bool = self.0.link.script(Access::Write, &script::CREATE_SESSION, &key, &arguments).await?;
        if created { Ok(()) } else { Err(Failure::Taken) }
    }

    /// In a cluster the person's list is written first, so that ending all misses none.
    async fn open_apart(&self, session: &Session) -> Outcome<()> {
        let lives = seconds_left(session.expires_at, session.created_at);
        self.enter_list(&self.session_list(&session.subject), session.digest.as_bytes(), lives).await?;
        self.open_session(session).await
    }

    async fn read_session(&self, digest: &Digest) -> Outcome<Option<Session>> {
        let mut command = redis::cmd("HGET");
        command.arg(self.session_key(digest)).arg("r");
        let record: Field = self.0.link.run(Access::Read, &command).await?;
        record.map(|record| SessionRecord::read(digest, &record)).transpose()
    }

    async fn end_one(&self, digest: &Digest) -> Outcome<bool> {
        let arguments = [self.0.places.if_single().as_bytes(), digest.as_bytes()];
        let key = self.session_key(digest);
        let subject: Field = self.0.link.script(Access::Write, &script::END_SESSION, &key, &arguments).await?;
        let Some(subject) = subject else { return Ok(false) };
        if self.0.places.is_cluster() {
            self.clear_away(&[b"v".to_vec(), digest.as_bytes().to_vec(), subject]).await?;
        }
        Ok(true)
    }

    /// Ends all sessions of a person and counts them.
    pub(super) async fn end_all(&self, subject: &Subject) -> Outcome<u64> {
        let list = self.session_list(subject);
        let (mut from, mut ended) = (b"-".to_vec(), 0);
        loop {
            let entries = self.listed(&list, &from, BATCH).await?;
            let Some(last) = entries.last() else { return Ok(ended) };
            from = after(last);
            let ends = entries.iter().map(async |entry| {
                let digest = entry.as_slice().try_into().map_err(|_| Failure::Corrupt("a session"))?;
                self.end_one(&Digest::from_bytes(digest)).await
            });
            ended += try_join_all(ends).await?.into_iter().map(u64::from).sum::<u64>();
        }
    }

    async fn decide(&self, decision: &PendingDecision) -> Outcome<()> {
        let PendingDecision { session, request, expires_at, .. } = decision;
        let place = self.0.places.of_digest(session);
        let (ends, record) = (seconds(*expires_at), write_decision(decision));
        let arguments: [&[u8]; 5] =
            [place.as_str().as_bytes(), session.as_bytes(), request.as_bytes(), ends.as_bytes(), record.as_bytes()];
        let key = self.session_key(session);
        let _: i64 = self.0.link.script(Access::Write, &script::SAVE_DECISION, &key, &arguments).await?;
        Ok(())
    }

    async fn take(&self, session: &Digest, request: &Digest) -> Outcome<Option<(Session, PendingDecision)>> {
        let field = [b"d", request.as_bytes().as_slice()].concat();
        let key = self.session_key(session);
        let taken: Option<(Vec<u8>, Vec<u8>)> =
            self.0.link.script(Access::Write, &script::TAKE_DECISION, &key, &[&field]).await?;
        let Some((record, decision)) = taken else { return Ok(None) };
        Ok(Some((SessionRecord::read(session, &record)?, read_decision(session, request, &decision)?)))
    }
}
