//! The same tokens for the client, the bare check and ours.

use crate::Error;
use oauth_core::client::{Client, ClientType, GrantType};
use oauth_core::clock::{Clock as _, SystemClock};
use oauth_core::identifier::{Attributes, ClientId, GrantId, Subject};
use oauth_core::secret::Digest;
use oauth_core::store::{
    Basis, ClientStore, Code, CodeStore, Grant, Issue, IssuedAccess, Marks, MemoryStore, Redeemed,
};
use std::time::Duration;

const LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// Gives the n-th token: as long as a real one, and as hard to compress.
pub(super) fn token(number: usize) -> String {
    Digest::of(&format!("token {number}")).to_base64url()
}

/// Writes the request that carries the n-th token: the same for every case.
pub(super) fn request(number: usize) -> Vec<u8> {
    let token = token(number);
    format!("GET /hello HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\nAuthorization: Bearer {token}\r\n\r\n")
        .into_bytes()
}

/// Fills a store as people would: each token stands under a grant of its own, made by a code.
pub(super) async fn store(tokens: usize) -> Result<MemoryStore, Error> {
    let store = MemoryStore::new();
    let mut client = Client::new(ClientId::new("app")?, "App", ClientType::Confidential);
    client.grant_types = [GrantType::AuthorizationCode].into();
    store.create_client(&client).await?;
    let now = SystemClock.now();
    let expires_at = now.after(LIFETIME);
    for number in 0..tokens {
        let grant = Grant {
            id: GrantId::generate(),
            client_id: client.id.clone(),
            subject: Subject::new(format!("subject-{number}"))?,
            scope: "read write".parse()?,
            audience: Vec::new(),
            auth_time: Some(now),
            acr: None,
            attributes: Attributes::new(),
            shown: None,
            created_at: now,
            last_issued_at: None,
            expires_at,
            revoked_at: None,
        };
        let code = Code {
            digest: Digest::of(&format!("code {number}")),
            grant: grant.id,
            redirect_uri: "https://app.example/back".to_owned(),
            redirect_uri_sent: true,
            code_challenge: None,
            nonce: None,
            expires_at,
        };
        store.save_code(&grant, &code, &Basis { client: client.clone(), marks: Marks::default() }).await?;
        let access = IssuedAccess {
            digest: Digest::of(&token(number)),
            client_id: client.id.clone(),
            grant: Some(grant.id),
            scope: grant.scope,
            audience: Vec::new(),
            attributes: Attributes::new(),
            issued_at: now,
            expires_at,
        };
        let issue = Issue { access, refresh: None, grant_expires_at: expires_at, authenticated_by: None, now };
        if store.redeem(&code.digest, &issue).await? != Redeemed::Now {
            return Err("each code is redeemed once".into());
        }
    }
    Ok(store)
}
