//! Answers that are remembered for a moment, by the digests of their tokens.

use oauth_core::clock::Timestamp;
use oauth_core::resource::{Authorization, Refusal};
use oauth_core::secret::Digest;
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use std::sync::Arc;
use std::time::Duration;

/// What became of a check; shared by all who wait for it.
pub(crate) type Outcome = Result<Arc<Authorization>, Refusal>;

/// Remembers good and bad tokens apart, so that a flood of bad ones drives no good one out.
pub(crate) struct Answers {
    active: Cache<Digest, Known, Size>,
    inactive: Cache<Digest, Timestamp>,
    active_lifetime: Duration,
    inactive_lifetime: Duration,
}

#[derive(Clone)]
struct Known {
    authorization: Arc<Authorization>,
    asked_at: Timestamp,
}

impl Answers {
    pub(crate) fn new(entries: usize, active_lifetime: Duration, inactive_lifetime: Duration) -> Self {
        let weight = u64::try_from(entries).unwrap_or(u64::MAX);
        Self {
            active: Cache::with_weighter(entries, weight, Size),
            inactive: Cache::new(entries),
            active_lifetime,
            inactive_lifetime,
        }
    }

    /// Finds what is known of a token and still counts: within its lifetime here and its own end.
    pub(crate) fn find(&self, token: &Digest, now: Timestamp) -> Option<Outcome> {
        if let Some(known) = self.active.get(token) {
            let ended = known.authorization.expires_at.is_over(now);
            if !ended && counts(known.asked_at, self.active_lifetime, now) {
                return Some(Ok(known.authorization));
            }
        }
        let asked_at = self.inactive.get(token)?;
        counts(asked_at, self.inactive_lifetime, now).then_some(Err(Refusal::InvalidToken))
    }

    /// Keeps an answer that was asked for at `asked_at`. What could not be told is not kept.
    pub(crate) fn keep(&self, token: Digest, outcome: &Outcome, asked_at: Timestamp) {
        match outcome {
            Ok(authorization) => {
                self.inactive.remove(&token);
                if !self.active_lifetime.is_zero() {
                    self.active.insert(token, Known { authorization: Arc::clone(authorization), asked_at });
                }
            }
            Err(Refusal::InvalidToken) => {
                self.active.remove(&token);
                if !self.inactive_lifetime.is_zero() {
                    self.inactive.insert(token, asked_at);
                }
            }
            Err(_) => {}
        }
    }
}

/// Counts from the moment of asking, and not at all where the clock was set back.
fn counts(asked_at: Timestamp, lifetime: Duration, now: Timestamp) -> bool {
    asked_at <= now && !asked_at.after(lifetime).is_over(now)
}

/// Weighs an answer by the KiB it takes, so that the number of entries bounds the memory.
#[derive(Clone)]
struct Size;

impl Weighter<Digest, Known> for Size {
    fn weight(&self, _: &Digest, known: &Known) -> u64 {
        let known = &known.authorization;
        let attributes = known.attributes.iter().map(|(name, value)| name.len().saturating_add(value.len()));
        let audience = known.audience.iter().map(|resource| resource.as_str().len());
        let scope = known.scope.iter().map(str::len);
        let named = known.acr.iter().map(String::len);
        // A part costs its text and about as much as 64 bytes to point at it.
        let parts = attributes.chain(audience).chain(scope).chain(named);
        let bytes = parts.fold(512_usize, |sum, part| sum.saturating_add(part + 64));
        u64::try_from(bytes.div_ceil(1_024)).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use oauth_core::identifier::ClientId;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix_seconds(seconds)
    }

    fn active(until: i64) -> Outcome {
        Ok(Arc::new(Authorization::new(ClientId::new("app").unwrap(), at(until))))
    }

    fn answers(entries: usize) -> Answers {
        Answers::new(entries, Duration::from_secs(10), Duration::from_secs(5))
    }

    #[test]
    fn answers_count_for_their_lifetimes_and_not_before_them() {
        let (answers, token) = (answers(10), Digest::of("token"));
        answers.keep(token, &active(1_000), at(100));
        assert!(matches!(answers.find(&token, at(109)), Some(Ok(_))));
        assert!(answers.find(&token, at(110)).is_none());
        assert!(answers.find(&token, at(99)).is_none(), "the clock was set back");
        answers.keep(token, &Err(Refusal::InvalidToken), at(200));
        assert!(matches!(answers.find(&token, at(204)), Some(Err(Refusal::InvalidToken))));
        assert!(answers.find(&token, at(205)).is_none());
        answers.keep(token, &Err(Refusal::Unavailable), at(300));
        assert!(answers.find(&token, at(300)).is_none(), "what could not be told is not kept");
    }

    #[test]
    fn no_answer_outlives_its_token() {
        let (answers, token) = (answers(10), Digest::of("token"));
        answers.keep(token, &active(103), at(100));
        assert!(matches!(answers.find(&token, at(102)), Some(Ok(_))));
        assert!(answers.find(&token, at(103)).is_none());
    }

    #[test]
    fn the_last_answer_counts() {
        let (answers, token) = (answers(10), Digest::of("token"));
        answers.keep(token, &active(1_000), at(100));
        answers.keep(token, &Err(Refusal::InvalidToken), at(101));
        assert!(matches!(answers.find(&token, at(101)), Some(Err(Refusal::InvalidToken))));
        answers.keep(token, &active(1_000), at(102));
        assert!(matches!(answers.find(&token, at(102)), Some(Ok(_))));
    }

    #[test]
    fn memory_is_bounded_by_number_and_by_size() {
        let mut many = Authorization::new(ClientId::new("app").unwrap(), at(1_000));
        let mut strong = many.clone();
        many.attributes.insert("large".to_owned(), "x".repeat(16_000));
        strong.acr = Some("x".repeat(16_000));
        for large in [many, strong] {
            let (answers, large) = (answers(100), Ok(Arc::new(large)));
            for number in 0..2_000 {
                let token = Digest::of(&format!("token {number}"));
                answers.keep(token, if number % 2 == 0 { &large } else { &Err(Refusal::InvalidToken) }, at(100));
            }
            assert!(answers.active.len() <= 7, "{} answers of 16 KiB", answers.active.len());
            assert!(answers.inactive.len() <= 100, "{}", answers.inactive.len());
        }
    }
}
