//! What the stores are filled with, and the requests that ask for it.

use super::store::AnyStore;
use crate::Error;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use oauth_core::client::{Client, ClientType, GrantType, SecretHash};
use oauth_core::clock::{Clock as _, SystemClock, Timestamp};
use oauth_core::identifier::{Attributes, ClientId};
use oauth_core::secret::{ClientSecret, Digest};
use oauth_core::store::{ClientStore as _, Issue, IssuedAccess, TokenStore as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

/// How many calls of the store are under way at a time.
const AT_A_TIME: usize = 64;

/// As long as the identifiers that are generated.
const CLIENT: &str = "Xq3VbN0aT8mYc5KfR1uLpw";

/// Likewise.
const SECRET: &str = "sssssssssssssssssssssssssssssssssssssssssss";

/// Which tokens are made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Term {
    Live,
    Over,
}

/// Gives the n-th token: as long as a real one, and as hard to compress.
fn token(number: usize) -> String {
    Digest::of(&format!("token {number}")).to_base64url()
}

/// Writes the request that checks the n-th token.
pub(crate) fn check(number: usize) -> Vec<u8> {
    let token = token(number);
    format!("GET /hello HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\nAuthorization: Bearer {token}\r\n\r\n")
        .into_bytes()
}

/// Writes the request of a client for a token of its own.
pub(crate) fn client_credentials() -> Vec<u8> {
    let basic = STANDARD.encode(format!("{CLIENT}:{SECRET}"));
    let body = "grant_type=client_credentials&scope=read";
    format!(
        "POST /oauth/token HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\nAuthorization: Basic {basic}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

pub(super) async fn register(store: &AnyStore) -> Result<(), Error> {
    let mut client = Client::new(ClientId::new(CLIENT)?, "Bench", ClientType::Confidential);
    client.grant_types = [GrantType::ClientCredentials].into();
    client.secrets = vec![SecretHash::Sha256(ClientSecret::new(SECRET).digest())];
    store.create_client(&client).await?;
    Ok(())
}

fn issue(digest: Digest, number: usize, term: Term, now: Timestamp) -> Result<Issue, Error> {
    let spread = Duration::from_secs(u64::try_from(number % 3_600)?);
    let (issued_at, expires_at) = match term {
        Term::Live => (now, now.after(Duration::from_secs(24 * 60 * 60)).after(spread)),
        Term::Over => {
            let issued_at = Timestamp::from_unix_seconds(now.as_unix_seconds() - 3 * 3_600);
            (issued_at, issued_at.after(Duration::from_secs(3_600)).after(spread))
        }
    };
    let access = IssuedAccess {
        digest,
        client_id: ClientId::new(CLIENT)?,
        grant: None,
        scope: "read".parse()?,
        audience: Vec::new(),
        attributes: Attributes::new(),
        issued_at,
        expires_at,
    };
    Ok(Issue { access, refresh: None, grant_expires_at: expires_at, authenticated_by: None, now: issued_at })
}

/// Issues the tokens of some numbers.
pub(super) async fn fill(store: &AnyStore, from: usize, to: usize, term: Term) -> Result<(), Error> {
    let (next, now) = (Arc::new(AtomicUsize::new(from)), SystemClock.now());
    each_of(|| {
        let (store, next) = (store.clone(), Arc::clone(&next));
        async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= to {
                    return Ok(0);
                }
                store.issue(&issue(Digest::of(&token(number)), number, term, now)?).await?;
            }
        }
    })
    .await?;
    Ok(())
}

/// Issues tokens for some time, and counts them.
pub(super) async fn issue_for(store: &AnyStore, time: Duration) -> Result<usize, Error> {
    let (over, now) = (stop_after(time), SystemClock.now());
    each_of(|| {
        let (store, over) = (store.clone(), Arc::clone(&over));
        async move {
            let mut done = 0;
            while !over.load(Ordering::Relaxed) {
                let digest = Digest::from_bytes(oauth_core::secret::random_bytes());
                store.issue(&issue(digest, done, Term::Live, now)?).await?;
                done += 1;
            }
            Ok(done)
        }
    })
    .await
}

/// Checks tokens of the first `tokens` for some time, and counts the checks.
pub(super) async fn check_for(store: &AnyStore, time: Duration, tokens: usize) -> Result<usize, Error> {
    let (over, now, next) = (stop_after(time), SystemClock.now(), Arc::new(AtomicUsize::new(0)));
    each_of(|| {
        let (store, over, next) = (store.clone(), Arc::clone(&over), Arc::clone(&next));
        async move {
            let mut done = 0;
            while !over.load(Ordering::Relaxed) {
                let number = next.fetch_add(7_919, Ordering::Relaxed) % tokens;
                let found = store.authorization(&Digest::of(&token(number)), now).await?;
                found.ok_or("the token is alive")?;
                done += 1;
            }
            Ok(done)
        }
    })
    .await
}

fn stop_after(time: Duration) -> Arc<AtomicBool> {
    let over = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&over);
    tokio::spawn(async move {
        tokio::time::sleep(time).await;
        told.store(true, Ordering::Relaxed);
    });
    over
}

/// Runs as many tasks as calls are to be under way, and adds up what they say.
async fn each_of<F>(task: impl Fn() -> F) -> Result<usize, Error>
where
    F: Future<Output = Result<usize, Error>> + Send + 'static,
{
    let tasks: Vec<_> = (0..AT_A_TIME).map(|_| tokio::spawn(task())).collect();
    let mut total = 0;
    for task in tasks {
        total += task.await??;
    }
    Ok(total)
}
