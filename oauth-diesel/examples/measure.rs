//! Measures the store: tokens issued per second, and bytes per token in the file.
//!
//! `cargo run --release -p oauth-diesel --example measure -- 200000`

use oauth_core::client::{Client, ClientType};
use oauth_core::clock::Timestamp;
use oauth_core::identifier::{Attributes, ClientId};
use oauth_core::secret::{Digest, random_bytes};
use oauth_core::store::{ClientStore, Issue, IssuedAccess, TokenStore};
use oauth_diesel::SqliteStore;
use std::time::Instant;

type Error = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
#[allow(clippy::print_stdout, reason = "it is a program, and this is its answer")]
async fn main() -> Result<(), Error> {
    let tokens: u32 = std::env::args().nth(1).map_or(Ok(200_000), |text| text.parse())?;
    let directory = tempfile::tempdir()?;
    let path = directory.path().join("measure.db");
    let store = SqliteStore::open(&path.to_string_lossy()).await?;
    store.create_client(&Client::new(ClientId::new("measure")?, "Measure", ClientType::Confidential)).await?;

    println!("issue, 1 at a time:   {:>7.0} each second", issue(&store, 1, 2_000).await?);
    println!("issue, 64 at a time:  {:>7.0} each second", issue(&store, 64, tokens).await?);
    println!("lookup, 1 at a time:  {:>7.0} each second", look_up(&store, 1, 20_000).await?);
    println!("lookup, 64 at a time: {:>7.0} each second", look_up(&store, 64, 50_000).await?);
    drop(store);
    // The last connection to close writes the log into the file.
    while path.with_extension("db-wal").exists() {
        std::thread::yield_now();
    }
    let size = std::fs::metadata(&path)?.len();
    println!("{} bytes for each access token, indexes included", size / u64::from(tokens + 2_000));
    Ok(())
}

async fn issue(store: &SqliteStore, tasks: u32, total: u32) -> Result<f64, Error> {
    let started = Instant::now();
    let tasks: Vec<_> = (0..tasks)
        .map(|_| {
            let (store, each) = (store.clone(), total / tasks);
            tokio::spawn(async move {
                for n in 0..each {
                    store.issue(&token(n)?).await?;
                }
                Ok::<_, Error>(())
            })
        })
        .collect();
    for task in tasks {
        task.await??;
    }
    Ok(f64::from(total) / started.elapsed().as_secs_f64())
}

async fn look_up(store: &SqliteStore, tasks: u32, total: u32) -> Result<f64, Error> {
    let known = token(0)?;
    store.issue(&known).await?;
    let started = Instant::now();
    let tasks: Vec<_> = (0..tasks)
        .map(|_| {
            let (store, each, digest) = (store.clone(), total / tasks, known.access.digest);
            tokio::spawn(async move {
                for _ in 0..each {
                    store.access_token(&digest, Timestamp::from_unix_seconds(0)).await?;
                }
                Ok::<_, Error>(())
            })
        })
        .collect();
    for task in tasks {
        task.await??;
    }
    Ok(f64::from(total) / started.elapsed().as_secs_f64())
}

fn token(n: u32) -> Result<Issue, Error> {
    let issued_at = Timestamp::from_unix_seconds(1_800_000_000 + i64::from(n / 8));
    let expires_at = Timestamp::from_unix_seconds(issued_at.as_unix_seconds() + 3_600);
    let access = IssuedAccess {
        digest: Digest::from_bytes(random_bytes()),
        client_id: ClientId::new("measure")?,
        grant: None,
        scope: "read".parse()?,
        audience: Vec::new(),
        attributes: Attributes::new(),
        issued_at,
        expires_at,
    };
    Ok(Issue { access, refresh: None, grant_expires_at: expires_at, now: issued_at })
}
