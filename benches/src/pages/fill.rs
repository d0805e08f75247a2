//! Many records of everything that a page lists.

use crate::Error;
use crate::provider::AnyStore;
use oauth_core::client::{Client, ClientType, GrantType};
use oauth_core::clock::{Clock as _, SystemClock};
use oauth_core::identifier::{Attributes, ClientId, GrantId, Subject};
use oauth_core::redirect::RedirectUri;
use oauth_core::secret::{AccessToken, AuthorizationCode, Digest};
use oauth_core::store::{
    Account, AccountStore as _, Basis, ClientStore as _, Code, CodeStore as _, Grant, Issue, IssuedAccess,
    PasswordHash, TokenStore as _,
};
use std::future::Future;
use std::time::Duration;
use tokio::task::JoinSet;

/// How many verbs are under way at a time: SQLite commits together what waits.
const AT_ONCE: usize = 256;
const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Runs so many of something.
async fn all<F>(number: usize, one: impl Fn(usize) -> F) -> Result<(), Error>
where
    F: Future<Output = Result<(), Error>> + Send + 'static,
{
    let mut under_way = JoinSet::new();
    for index in 0..number {
        while under_way.len() >= AT_ONCE {
            under_way.join_next().await.ok_or("one is under way")???;
        }
        under_way.spawn(one(index));
    }
    while let Some(done) = under_way.join_next().await {
        done??;
    }
    Ok(())
}

pub(super) fn application(index: usize) -> Result<ClientId, Error> {
    Ok(ClientId::new(format!("application-{index:06}"))?)
}

pub(super) async fn applications(store: &AnyStore, number: usize) -> Result<(), Error> {
    let one = |index| {
        let store = store.clone();
        async move {
            let mut client = Client::new(application(index)?, format!("Application {index}"), ClientType::Public);
            client.grant_types = vec![GrantType::AuthorizationCode, GrantType::RefreshToken];
            client.redirect_uris = vec![RedirectUri::register("https://app.example/callback", false)?];
            store.create_client(&client).await?;
            Ok(())
        }
    };
    all(number, one).await
}

pub(super) async fn people(store: &AnyStore, number: usize) -> Result<(), Error> {
    let one = |index| {
        let store = store.clone();
        async move {
            let account = Account {
                subject: Subject::generate(),
                username: format!("person-{index:07}"),
                spelling: None,
                password: PasswordHash::from_phc("$argon2id$none"),
                administrator: false,
                enabled: true,
                attributes: Attributes::new(),
                created_at: SystemClock.now(),
            };
            store.create_account(&account).await?;
            Ok(())
        }
    };
    all(number, one).await
}

/// Grants of one person for some applications in turn.
pub(super) async fn grants(store: &AnyStore, who: &Subject, number: usize, applications: usize) -> Result<(), Error> {
    let one = |index: usize| {
        let (store, who) = (store.clone(), who.clone());
        async move {
            let now = SystemClock.now();
            let grant = Grant {
                id: GrantId::generate(),
                client_id: application(index % applications)?,
                subject: who,
                scope: "read write".parse()?,
                audience: Vec::new(),
                auth_time: Some(now),
                acr: None,
                attributes: Attributes::new(),
                shown: None,
                created_at: now,
                last_issued_at: None,
                expires_at: now.after(YEAR),
                revoked_at: None,
            };
            let code = Code {
                digest: AuthorizationCode::generate().digest(),
                grant: grant.id,
                redirect_uri: "https://app.example/callback".to_owned(),
                redirect_uri_sent: true,
                code_challenge: None,
                nonce: None,
                expires_at: now.after(YEAR),
            };
            let basis = Basis::of(&store, &grant).await?.ok_or("the client is registered")?;
            store.save_code(&grant, &code, &basis).await?;
            Ok(())
        }
    };
    all(number, one).await
}

/// Access tokens of the first application, to be checked; their digests.
pub(super) async fn tokens(store: &AnyStore, number: usize) -> Result<Vec<Digest>, Error> {
    let digests: Vec<Digest> = (0..number).map(|_| AccessToken::generate().digest()).collect();
    let one = |index: usize| {
        let (store, digest) = (store.clone(), digests.get(index).copied());
        async move {
            let now = SystemClock.now();
            let access = IssuedAccess {
                digest: digest.ok_or("as many as digests")?,
                client_id: application(0)?,
                grant: None,
                scope: "read".parse()?,
                audience: Vec::new(),
                attributes: Attributes::new(),
                issued_at: now,
                expires_at: now.after(YEAR),
            };
            let issue = Issue { access, refresh: None, grant_expires_at: now, authenticated_by: None, now };
            store.issue(&issue).await?;
            Ok(())
        }
    };
    all(number, one).await?;
    Ok(digests)
}
