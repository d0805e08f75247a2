//! Hashing of what people choose: argon2id on threads of its own, never on those of the runtime.

use crate::name::{CATEGORIES, COMPOSED};
use crate::store::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _, phc};
use argon2::{Argon2, Params};
use futures_channel::oneshot;
use icu_properties::props::GeneralCategory;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;
use zeroize::Zeroizing;

/// How many jobs may wait; each waits some 25 ms for each job before it on its thread.
const QUEUE: usize = 128;

/// An argon2id hash of a password nobody has, so that an unknown name costs as much as a known one.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IGhhcyB0aGlz$Z0mGjGdTZm7dFMyNHFnPgvJdJIPqVsuA7hiD1tpuHHw";

type Job = Box<dyn FnOnce() + Send>;

/// Hashes and verifies passwords with argon2id (m = 19 MiB, t = 2, p = 1) on as many threads as
/// there are processors, with a bounded queue. A clone is another handle on the same threads.
#[derive(Clone, Default)]
pub struct PasswordHasher {
    queue: Arc<OnceLock<SyncSender<Job>>>,
}

/// The queue is full, or the threads are gone: answer that the server is busy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many passwords are waiting to be hashed")]
pub struct PasswordHasherBusy;

/// How a password compares with a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Compared {
    /// It is another password, or there was nothing to compare with.
    Differs,
    /// It is the password, in the form that is hashed today.
    Same,
    /// It is the password, byte for byte as it was hashed before passwords were [prepared]: hash it anew.
    SameUnprepared,
}

/// Prepares a password for hashing, so that it is the same from every keyboard: spaces of other kinds become
/// U+0020, and the text NFC (RFC 8265 §4.2.2). Case stays.
pub fn prepared(password: &str) -> Zeroizing<String> {
    let space = |character| match CATEGORIES.get(character) {
        GeneralCategory::SpaceSeparator => ' ',
        _ => character,
    };
    let spaced = Zeroizing::new(password.chars().map(space).collect::<String>());
    Zeroizing::new(COMPOSED.normalize(&spaced).into_owned())
}

impl PasswordHasher {
    /// Makes a hasher; its threads start with the first password.
    pub fn new() -> Self {
        Self::default()
    }

    /// Hashes a password with a fresh salt, once it is [prepared].
    ///
    /// # Errors
    /// The queue is full.
    pub async fn hash(&self, password: &str) -> Result<PasswordHash, PasswordHasherBusy> {
        let password = prepared(password);
        let hashed = self.run(move || hash(&password)).await?;
        hashed.ok_or(PasswordHasherBusy)
    }

    /// Verifies a password, or spends the same time if there is nothing to compare with; a
    /// malformed hash matches nothing. See [`compare`](Self::compare).
    ///
    /// # Errors
    /// The queue is full.
    pub async fn verify(
        &self,
        password: &str,
        hash: Option<&PasswordHash>,
        admit: impl FnOnce() -> bool + Send + 'static,
        done: impl FnOnce(bool) + Send + 'static,
    ) -> Result<bool, PasswordHasherBusy> {
        Ok(self.compare(password, hash, admit, done).await? != Compared::Differs)
    }

    /// Compares a password with a hash, or spends the same time if there is nothing to compare with; a
    /// malformed hash matches nothing. A password that differs from its [prepared] form is compared in both:
    /// an old hash may be one of the bytes that were typed.
    ///
    /// `admit` is asked on the hashing thread, just before the work: `false` skips it. A limit that
    /// is counted there cannot be overrun by many requests at the same time.
    ///
    /// # Errors
    /// The queue is full.
    pub async fn compare(
        &self,
        password: &str,
        hash: Option<&PasswordHash>,
        admit: impl FnOnce() -> bool + Send + 'static,
        done: impl FnOnce(bool) + Send + 'static,
    ) -> Result<Compared, PasswordHasherBusy> {
        let password = Zeroizing::new(password.to_owned());
        let hash = hash.cloned();
        self.run(move || {
            if !admit() {
                return Compared::Differs;
            }
            let compared = compare(&password, hash.as_ref().map_or(NOBODY, PasswordHash::phc));
            let compared = if hash.is_some() { compared } else { Compared::Differs };
            done(compared != Compared::Differs);
            compared
        })
        .await
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, PasswordHasherBusy> {
        let (sender, receiver) = oneshot::channel();
        let job: Job = Box::new(move || drop(sender.send(work())));
        match self.queue.get_or_init(start).try_send(job) {
            Ok(()) => receiver.await.map_err(|_| PasswordHasherBusy),
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => Err(PasswordHasherBusy),
        }
    }
}

impl std::fmt::Debug for PasswordHasher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordHasher")
    }
}

fn start() -> SyncSender<Job> {
    let (sender, receiver) = sync_channel::<Job>(QUEUE);
    let receiver = Arc::new(Mutex::new(receiver));
    let threads = thread::available_parallelism().map_or(1, usize::from);
    for number in 0..threads {
        let receiver = Arc::clone(&receiver);
        let started = thread::Builder::new().name(format!("argon2-{number}")).spawn(move || work(&receiver));
        if let Err(error) = started {
            tracing::error!(%error, "a thread for hashing passwords did not start");
        }
    }
    sender
}

fn work(queue: &Mutex<Receiver<Job>>) {
    loop {
        let next = match queue.lock() {
            Ok(receiver) => receiver.recv(),
            Err(_) => return,
        };
        match next {
            Ok(job) => job(),
            Err(_) => return,
        }
    }
}

fn hash(password: &str) -> Option<PasswordHash> {
    let hashed = Argon2::default().hash_password(password.as_bytes());
    hashed.ok().map(|phc| PasswordHash::from_phc(phc.to_string()))
}

fn compare(password: &str, phc: &str) -> Compared {
    let prepared = prepared(password);
    if verify(&prepared, phc) {
        return Compared::Same;
    }
    if *prepared != *password && verify(password, phc) { Compared::SameUnprepared } else { Compared::Differs }
}

/// A hash says itself what verifying it costs: one that asks for more than any of ours could is
/// corrupt, and matches nothing.
fn verify(password: &str, phc: &str) -> bool {
    let Ok(hash) = phc::PasswordHash::new(phc) else { return false };
    let affordable = Params::try_from(&hash)
        .is_ok_and(|params| params.m_cost() <= 1 << 18 && params.t_cost() <= 32 && params.p_cost() <= 16);
    affordable && Argon2::default().verify_password(password.as_bytes(), &hash).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_of_nobody_is_a_real_one() {
        let parsed = phc::PasswordHash::new(NOBODY).expect("it parses");
        assert!(parsed.hash.is_some() && parsed.salt.is_some(), "otherwise an unknown name would cost nothing");
    }

    #[test]
    fn vuln_69_corrupt_hash_matches_nothing() {
        for phc in
            ["", "$argon2id$", "$2b$12$abc", "\u{0}", "$argon2id$v=19$m=4294967295,t=1,p=1$AAAAAAAAAAA$AAAAAAAAAAA"]
        {
            assert!(!verify("secret", phc), "{phc:?}");
        }
    }

    #[test]
    fn a_hash_that_asks_for_too_much_work_matches_nothing() {
        let costs = |rounds| Params::new(8, rounds, 1, None).expect("parameters");
        let hashed = |rounds| {
            let argon2 = Argon2::from(costs(rounds));
            argon2.hash_password(b"secret").expect("hashed").to_string()
        };
        assert!(verify("secret", &hashed(32)));
        assert!(!verify("secret", &hashed(33)), "corrupt, or somebody's idea of switching the server off");
    }

    #[tokio::test]
    async fn a_password_matches_its_own_hash_only() {
        let hasher = PasswordHasher::new();
        let hash = hasher.hash("correct horse").await.expect("hashed");
        let verify = async |text: &str, hash| hasher.verify(text, hash, || true, |_| ()).await;
        assert_eq!(verify("correct horse", Some(&hash)).await, Ok(true));
        assert_eq!(verify("correct hors", Some(&hash)).await, Ok(false));
        assert_eq!(verify("correct horse", None).await, Ok(false));
        assert_eq!(hasher.verify("correct horse", Some(&hash), || false, |_| ()).await, Ok(false), "not admitted");
    }

    #[tokio::test]
    async fn f_28_a_password_is_the_same_from_every_keyboard() {
        let hasher = PasswordHasher::new();
        let compare = async |text: &str, hash: &PasswordHash| hasher.compare(text, Some(hash), || true, |_| ()).await;
        let (composed, decomposed) = ("pässwörd 12345", "pa\u{308}sswo\u{308}rd\u{a0}12345");
        for given in [composed, decomposed] {
            let hash = hasher.hash(given).await.expect("hashed");
            for typed in [composed, decomposed] {
                assert_eq!(compare(typed, &hash).await, Ok(Compared::Same), "{given:?} {typed:?}");
            }
            assert_eq!(compare("PÄSSWÖRD 12345", &hash).await, Ok(Compared::Differs), "case stays");
        }
        let old = hash(decomposed).expect("hashed as it was before");
        assert_eq!(compare(decomposed, &old).await, Ok(Compared::SameUnprepared));
        assert_eq!(compare(composed, &old).await, Ok(Compared::Differs), "these bytes were never hashed");
        let anew = hasher.hash(decomposed).await.expect("hashed").in_place_of(&old);
        assert_eq!(compare(composed, &anew).await, Ok(Compared::Same));
        assert_eq!(anew.digest(), old.digest(), "sessions remember the same");
        assert_eq!(anew.clone().in_place_of(&anew).digest(), old.digest(), "however often");
        assert_ne!(hasher.hash(composed).await.expect("hashed").digest(), old.digest());
    }
}
