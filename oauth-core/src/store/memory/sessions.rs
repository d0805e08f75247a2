use super::MemoryStore;
use super::index::{Key, Shards, place_of};
use crate::clock::Timestamp;
use crate::identifier::Subject;
use crate::secret::Digest;
use crate::store::{PendingDecision, Result, Session, SessionStore, StoreError};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The sessions by digest, each with its decisions, and their digests by person.
///
/// A shard of the persons is locked before a shard of the sessions, so that ending all sessions of a
/// person misses none that was created before.
#[derive(Default)]
pub(super) struct Sessions {
    by_subject: Shards<BTreeMap<Subject, BTreeSet<Digest>>>,
    by_digest: Shards<Shard>,
}

#[derive(Default)]
struct Shard {
    sessions: HashMap<Digest, Held>,
    ends: BTreeSet<(Timestamp, Digest)>,
    /// When each decision ends, with its session and its request.
    decision_ends: BTreeSet<(Timestamp, Digest, Digest)>,
}

struct Held {
    session: Session,
    decisions: BTreeMap<Digest, PendingDecision>,
}

impl Shard {
    fn remove(&mut self, digest: &Digest) -> bool {
        let Some(Held { session, decisions }) = self.sessions.remove(digest) else { return false };
        self.ends.remove(&(session.expires_at, *digest));
        for decision in decisions.into_values() {
            self.decision_ends.remove(&(decision.expires_at, *digest, decision.request));
        }
        true
    }

    fn take_decision(&mut self, session: &Digest, request: &Digest) -> Option<PendingDecision> {
        let decision = self.sessions.get_mut(session)?.decisions.remove(request)?;
        self.decision_ends.remove(&(decision.expires_at, *session, *request));
        Some(decision)
    }
}

impl Sessions {
    fn create(&self, session: &Session) -> bool {
        let mut by_subject = self.by_subject.write(place_of(session.subject.as_str()));
        let mut shard = self.by_digest.write(session.digest.place());
        if shard.sessions.contains_key(&session.digest) {
            return false;
        }
        let held = Held { session: session.clone(), decisions: BTreeMap::new() };
        shard.sessions.insert(session.digest, held);
        shard.ends.insert((session.expires_at, session.digest));
        by_subject.entry(session.subject.clone()).or_default().insert(session.digest);
        true
    }

    fn end(&self, digest: &Digest) -> bool {
        let Some(subject) = self.subject_of(digest) else { return false };
        let mut by_subject = self.by_subject.write(place_of(subject.as_str()));
        if let Some(digests) = by_subject.get_mut(&subject) {
            digests.remove(digest);
            if digests.is_empty() {
                by_subject.remove(&subject);
            }
        }
        self.by_digest.write(digest.place()).remove(digest)
    }

    fn subject_of(&self, digest: &Digest) -> Option<Subject> {
        self.by_digest.read(digest.place()).sessions.get(digest).map(|held| held.session.subject.clone())
    }

    pub(super) fn end_all(&self, subject: &Subject) -> u64 {
        let mut by_subject = self.by_subject.write(place_of(subject.as_str()));
        let digests = by_subject.remove(subject).unwrap_or_default();
        digests.iter().map(|digest| u64::from(self.by_digest.write(digest.place()).remove(digest))).sum()
    }

    pub(super) fn sweep(&self, now: Timestamp, limit: usize) -> usize {
        let mut over = Vec::new();
        for shard in self.by_digest.each() {
            let ends = shard.ends.iter().take_while(|(end, _)| end.is_over(now));
            over.extend(ends.take(limit - over.len()).map(|(_, digest)| *digest));
        }
        over.iter().filter(|digest| self.end(digest)).count()
    }

    pub(super) fn sweep_decisions(&self, now: Timestamp, limit: usize) -> usize {
        let mut over = Vec::new();
        for shard in self.by_digest.each() {
            let ends = shard.decision_ends.iter().take_while(|(end, ..)| end.is_over(now));
            over.extend(ends.take(limit - over.len()).map(|(_, session, request)| (*session, *request)));
        }
        let gone = over.iter().filter(|(session, request)| {
            let mut shard = self.by_digest.write(session.place());
            let held = shard.sessions.get(session).and_then(|held| held.decisions.get(request));
            held.is_some_and(|decision| decision.expires_at.is_over(now))
                && shard.take_decision(session, request).is_some()
        });
        gone.count()
    }

    /// Counts sessions, decisions, the ends that are noted, and the persons.
    #[cfg(all(test, feature = "conformance"))]
    pub(super) fn held(&self) -> usize {
        let decisions = |shard: &Shard| shard.sessions.values().map(|held| held.decisions.len()).sum::<usize>();
        let ends = |shard: &Shard| shard.ends.len() + shard.decision_ends.len();
        let shards = self.by_digest.each().map(|shard| shard.sessions.len() + decisions(&shard) + ends(&shard));
        let persons = self.by_subject.each().map(|shard| shard.values().map(BTreeSet::len).sum::<usize>());
        shards.sum::<usize>() + persons.sum::<usize>()
    }

    /// Tells when the first session or decision ends.
    pub(super) fn first_end(&self) -> Option<Timestamp> {
        let ends = self.by_digest.each().flat_map(|shard| {
            let session = shard.ends.first().map(|(end, _)| *end);
            [session, shard.decision_ends.first().map(|(end, ..)| *end)]
        });
        ends.flatten().min()
    }
}

impl SessionStore for MemoryStore {
    async fn create_session(&self, session: &Session) -> Result<()> {
        match self.0.sessions.create(session) {
            true => Ok(()),
            false => Err(StoreError::new("create a session", "its digest is taken")),
        }
    }

    async fn session(&self, digest: &Digest, now: Timestamp) -> Result<Option<Session>> {
        let shard = self.0.sessions.by_digest.read(digest.place());
        let held = shard.sessions.get(digest).filter(|held| !held.session.expires_at.is_over(now));
        Ok(held.map(|held| held.session.clone()))
    }

    async fn end_session(&self, digest: &Digest) -> Result<bool> {
        Ok(self.0.sessions.end(digest))
    }

    async fn end_sessions(&self, subject: &Subject) -> Result<u64> {
        Ok(self.0.sessions.end_all(subject))
    }

    /// A decision of a session that has ended meanwhile is dropped: nobody can come for it.
    async fn save_decision(&self, decision: &PendingDecision) -> Result<()> {
        let PendingDecision { session, request, expires_at, .. } = decision;
        let mut shard = self.0.sessions.by_digest.write(session.place());
        shard.take_decision(session, request);
        if let Some(held) = shard.sessions.get_mut(session) {
            held.decisions.insert(*request, decision.clone());
            shard.decision_ends.insert((*expires_at, *session, *request));
        }
        Ok(())
    }

    async fn take_decision(
        &self,
        session: &Digest,
        request: &Digest,
        now: Timestamp,
    ) -> Result<Option<PendingDecision>> {
        let mut shard = self.0.sessions.by_digest.write(session.place());
        let in_time = shard.sessions.get(session).is_some_and(|held| !held.session.expires_at.is_over(now));
        let decision = shard.take_decision(session, request);
        Ok(decision.filter(|decision| in_time && !decision.expires_at.is_over(now)))
    }
}
