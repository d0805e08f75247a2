//! Hashing of what people choose: argon2id on its own threads, never on those of the runtime.

mod hash;
mod queue;

pub use hash::PasswordHash;

use crate::http::Network;
use crate::name::{CATEGORIES, COMPOSED};
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _, phc};
use argon2::{Argon2, Params};
use futures_channel::oneshot;
use icu_properties::props::GeneralCategory;
use queue::Queue;
use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::net::IpAddr;
use std::pin::pin;
use std::sync::{Arc, OnceLock};
use std::thread;
use zeroize::Zeroizing;

/// An argon2id hash of a password nobody has, so that an unknown name costs as much as a known one.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IGhhcyB0aGlz$Z0mGjGdTZm7dFMyNHFnPgvJdJIPqVsuA7hiD1tpuHHw";

thread_local! {
    /// The network for which the future that is polled just now hashes.
    static NETWORK: Cell<Option<Network>> = const { Cell::new(None) };
}

/// Runs a future whose passwords are hashed in the share of the network around an address: a crowd from one
/// network waits for itself, and others for one job of it at a time.
pub async fn in_share_of<F: Future>(address: Option<IpAddr>, future: F) -> F::Output {
    struct Restored(Option<Network>);
    impl Drop for Restored {
        fn drop(&mut self) {
            NETWORK.set(self.0);
        }
    }
    let (network, mut future) = (address.map(Network::widest), pin!(future));
    poll_fn(|context| {
        let _restored = Restored(NETWORK.replace(network));
        future.as_mut().poll(context)
    })
    .await
}

/// Hashes and verifies passwords with argon2id (m = 19 MiB, t = 2, p = 1) on as many threads as
/// there are processors, with a bounded queue in which each network has a share
/// ([`in_share_of`]). A clone is another handle on the same threads.
#[derive(Clone, Default)]
pub struct PasswordHasher {
    queue: Arc<OnceLock<Threads>>,
}

/// The queue of some threads, which end with it.
struct Threads(Arc<Queue>);

impl Drop for Threads {
    fn drop(&mut self) {
        self.0.close();
    }
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
    pub async fn verify(&self, password: &str, hash: Option<&PasswordHash>) -> Result<bool, PasswordHasherBusy> {
        Ok(self.compare(password, hash).await? != Compared::Differs)
    }

    /// Compares a password with a hash, or spends the same time if there is nothing to compare with; a
    /// malformed hash matches nothing. A password that differs from its [prepared] form is compared in both:
    /// an old hash may be one of the bytes that were typed.
    ///
    /// # Errors
    /// The queue is full.
    pub async fn compare(&self, password: &str, hash: Option<&PasswordHash>) -> Result<Compared, PasswordHasherBusy> {
        let password = Zeroizing::new(password.to_owned());
        let hash = hash.cloned();
        self.run(move || {
            let compared = compare(&password, hash.as_ref().map_or(NOBODY, PasswordHash::phc));
            if hash.is_some() { compared } else { Compared::Differs }
        })
        .await
    }

    /// Counts the jobs that were ever taken: how much is hashed.
    pub fn jobs(&self) -> u64 {
        self.queue.get().map_or(0, |Threads(queue)| queue.taken())
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, PasswordHasherBusy> {
        let (sender, receiver) = oneshot::channel();
        // Nobody waits for it if the request was given up.
        let job = Box::new(move || {
            if !sender.is_canceled() {
                drop(sender.send(work()))
            }
        });
        if !self.queue.get_or_init(start).0.push(NETWORK.get(), job) {
            return Err(PasswordHasherBusy);
        }
        // A job that gave way to another network's is dropped with its sender.
        receiver.await.map_err(|_| PasswordHasherBusy)
    }
}

impl std::fmt::Debug for PasswordHasher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordHasher")
    }
}

fn start() -> Threads {
    let queue = Arc::new(Queue::default());
    let threads = thread::available_parallelism().map_or(1, usize::from);
    for number in 0..threads {
        let jobs = Arc::clone(&queue);
        let started = thread::Builder::new().name(format!("argon2-{number}")).spawn(move || {
            while let Some(job) = jobs.next() {
                job();
            }
        });
        match started {
            Ok(_) => queue.has_started(),
            Err(error) => tracing::error!(%error, "a thread for hashing passwords did not start"),
        }
    }
    Threads(queue)
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
        let verify = async |text: &str, hash| hasher.verify(text, hash).await;
        assert_eq!(verify("correct horse", Some(&hash)).await, Ok(true));
        assert_eq!(verify("correct hors", Some(&hash)).await, Ok(false));
        assert_eq!(verify("correct horse", None).await, Ok(false));
        assert_eq!(hasher.jobs(), 4);
    }

    #[tokio::test]
    async fn f_28_a_password_is_the_same_from_every_keyboard() {
        let hasher = PasswordHasher::new();
        let compare = async |text: &str, hash: &PasswordHash| hasher.compare(text, Some(hash)).await;
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
